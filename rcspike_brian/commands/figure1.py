"""``rcspike figure1``: the two circuits side by side."""

from pathlib import Path

import click


@click.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("figures"),
    show_default=True,
    help="Folder for fig1.png and fig1.pdf.",
)
def figure1(out):
    """Draw Figure 1: the conventional and the RC-Spike circuit side by side."""
    from rcspike_brian.figures import circuits_figure, save_figure

    for path in save_figure(circuits_figure(), out, "fig1"):
        click.echo(f"wrote {path}")
