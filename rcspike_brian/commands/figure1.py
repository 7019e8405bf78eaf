"""``rcspike figure1``: the two circuits side by side."""

import click

from rcspike_brian.commands import options
from rcspike_brian.commands.runs import write_results


@click.command()
@options.out("Folder for fig1.png and fig1.pdf.")
def figure1(out):
    """Draw Figure 1: the conventional and the RC-Spike circuit side by side."""
    from rcspike_brian.figures import circuits_figure

    write_results(out, {}, {"fig1": circuits_figure()})
