"""``rcspike reproduce``: the paper's three figures."""

import click

from rcspike_brian.commands.figure1 import figure1
from rcspike_brian.commands.figure2 import figure2
from rcspike_brian.commands.figure3 import figure3
from rcspike_brian.commands.options import threads_option


@click.command()
@click.option("--out", type=click.Path(), default="figures", show_default=True)
@threads_option
@click.pass_context
def reproduce(ctx, out, threads):
    """Make Figures 1, 2 and 3 offline, in a few minutes.

    Figure 3 uses the bundled subset of 5,000 training and 1,000 test images of each data set, and
    says so. `rcspike figure3` makes it from the complete data.
    """
    click.echo("Figure 1: the two circuits")
    ctx.invoke(figure1, out=out)
    click.echo("Figure 2: membrane potentials, simulated in Brian2")
    ctx.invoke(figure2, out=out)
    click.echo("Figure 3: accuracy against V_syn")
    ctx.invoke(figure3, out=out, subset="bundled", threads=threads)
