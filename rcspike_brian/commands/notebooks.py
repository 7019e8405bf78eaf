"""``rcspike notebooks``: the course, for someone who has only installed the package."""

import click

from rcspike_brian.commands.options import flag
from rcspike_brian.editions import EDITIONS, LANGUAGES


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path())
@flag("--replace", help="Replace those in DIR that differ, and keep yours: NAME.yours-1.ipynb.")
@click.option(
    "--edition",
    type=click.Choice(EDITIONS),
    help="Exercises with blanks to fill in, or with their solutions as cells, which are to be run.",
)
@click.option(
    "--install",
    metavar="WHAT",
    help="Begin with a cell that installs WHAT with pip where the package is missing (Colab).",
)
@click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    default="en",
    help="Language of the texts; code and pictures stay English.",
)
def notebooks(folder, replace, edition, install, language):
    """Copy the notebooks of the course into the folder DIR.

    A notebook that is there already and differs, because you worked in it or because it comes from
    another version, is left alone unless you say --replace.
    """
    from rcspike_brian.course import copy_course

    result = copy_course(folder, replace, edition, install, language)
    for name in result.written:
        backup = result.backups.get(name)
        click.echo(f"wrote {result.folder / name}" + (f", yours is now {backup}" if backup else ""))
    for name in result.unchanged:
        click.echo(f"unchanged {result.folder / name}")
    for name in result.kept:
        click.echo(f"kept yours {result.folder / name}: it differs (--replace keeps a copy of it)")
    if result.written:
        click.echo(f'open them with: jupyter lab "{result.folder}"')
