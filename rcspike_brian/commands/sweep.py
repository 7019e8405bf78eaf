"""``rcspike sweep``: a grid of training runs."""

import sys
from dataclasses import replace

import click

from rcspike_brian.commands import options
from rcspike_brian.commands.options import flag, option


@click.command()
@option("--preset", help="A preset, such as figure3, or a TOML file; docs/sweeps.md lists them.")
@option("--dataset", "datasets", type=options.ListOf(str), help="E.g. mnist,fashion-mnist.")
@option("--v-syn", type=options.ListOf(float), help="V_syn/V_th with ideal diodes, e.g. 0.5,1,inf.")
@option("--seeds", type=options.ListOf(int), help="E.g. 0,1,2.")
@option("--recipe", help="Settings by name, see `rcspike train`.")
@option("--epochs", type=int, help="Short for --set epochs=N.")
@option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="For all networks.")
@option("--vary", multiple=True, metavar="NAME=V1,V2", help="A further axis of the grid.")
@option(
    "--references/--no-references",
    default=None,
    help="Networks put on other circuits [default: yes].",
)
@option("--validation", type=int, help="Training images to measure on, instead of the test images.")
@options.data
@option("--workers", type=int, help="Processes (default: one per processor).")
@option("--threads", default=1, help="Of each worker; one is efficient.")
@option("--scheduler", help="Address of a Dask scheduler whose workers to use instead.")
@flag("--extend", help="Add cells to the sweep in OUT.")
@option("--out", type=click.Path(), required=True, help="Folder of the sweep.")
@options.quiet
def sweep(out, quiet, preset, epochs, settings, vary, **more):
    """Train a grid of networks: data sets x drive voltages x seeds x any training options.

    --set gives any training option (see `rcspike train`) another value, such as learning_rate=3e-4,
    and --vary makes it an axis, such as noise=0,0.02, with lists in brackets, such as
    hidden=[16C3,P2,128],[200]; both can be repeated. --v-syn inf is the
    conventional circuit. --references also trains ReLU networks, and puts them and those of the
    conventional circuit on the other circuits, with their weights and not with their resistors.

    Each network has a run folder of its own in OUT, and OUT/results.csv one row for each accuracy.
    A sweep that was stopped or killed continues when the same command, or `rcspike sweep --out
    OUT`, is given again; no more than the running epoch of each network is lost. Networks that
    fail are listed at the end.
    """
    from rcspike_brian.sweeps import run_sweep

    run = {n: more.pop(n) for n in ("workers", "threads", "data_dir", "scheduler", "extend")}
    grid = _grid(preset, epochs, settings, vary, axes=more)
    try:
        outcome = run_sweep(grid, out, progress=not quiet, **run)
    except KeyboardInterrupt:
        click.echo(f"Stopped. Continue with: rcspike sweep --out {out}", err=True)
        sys.exit(130)
    click.echo(f"{len(outcome.results)} results in {out}/results.csv")
    if outcome.errors:
        for name, message in outcome.errors.items():
            click.echo(f"{name}: {message}", err=True)
        raise click.ClickException(
            f"{len(outcome.errors)} networks failed; {out}/cells/NAME/error.txt says where. The "
            "same command tries them again."
        )


def _grid(preset, epochs, settings, vary, axes):
    """The grid that the options ask for; None if they ask for none, to continue a sweep."""
    from rcspike_brian.sweeps import Grid
    from rcspike_brian.sweeps.options import parse_axis, parse_setting

    axes = {name: value for name, value in axes.items() if value is not None}
    options = dict(parse_setting(text) for text in settings)
    if epochs is not None:
        options["epochs"] = epochs
    if not (preset or axes or options or vary):
        return None
    grid = Grid.read(preset) if preset else Grid()
    varied = dict(parse_axis(text) for text in vary)
    return replace(grid, **axes, options=grid.options | options, vary=grid.vary | varied)
