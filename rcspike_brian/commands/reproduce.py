"""``rcspike reproduce``: the paper's three figures."""

from pathlib import Path

import click

from rcspike_brian.commands.options import option


@click.command()
@option("--workers", type=int, help="Processes to train in (default: one per processor).")
@option("--out", type=click.Path(path_type=Path), default=Path("figures"))
@click.pass_context
def reproduce(ctx, out, workers):
    """Make Figures 1, 2 and 3 offline, in a few minutes.

    Figure 3 uses the bundled subset of 5,000 training and 1,000 test images of each data set, and
    says so; its networks are kept in OUT/fig3-sweep. `rcspike sweep --preset figure3` makes the
    numbers from the complete data.
    """
    commands = ctx.find_root().command.commands
    click.echo("Figure 1: the two circuits")
    ctx.invoke(commands["figure1"], out=out)
    click.echo("Figure 2: membrane potentials, simulated in Brian2")
    ctx.invoke(commands["figure2"], out=out)
    click.echo("Figure 3: accuracy against V_syn")
    folder = out / "fig3-sweep"
    ctx.invoke(commands["sweep"], preset="reproduce", out=folder, workers=workers)
    ctx.invoke(commands["figure3"], results=folder, out=out)
