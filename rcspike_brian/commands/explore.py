"""``rcspike explore``: the explorer as one page."""

from pathlib import Path

import click

from rcspike_brian.commands.options import option


@click.command()
@option("--out", type=click.Path(path_type=Path), required=True, help="HTML file to write.")
def explore(out):
    """Write the explorer: one page for a browser, without a server and without installation.

    It shows a neuron on both circuits as its drive voltage, diodes and input spikes are moved, and
    a trained network. It has everything in it: it can be copied, sent and opened from a disk.
    """
    from rcspike_brian.interactive.page import explorer_page
    from rcspike_brian.storage import atomic_write, make_folder

    make_folder(out.parent)
    with atomic_write(out) as temporary:
        temporary.write_text(explorer_page(), encoding="utf-8")
    click.echo(f"wrote {out}; open it in a browser")
