"""``rcspike sweep``: a grid of training runs."""

import sys
from dataclasses import replace

import click

from rcspike_brian.commands.options import NameList, NumberList, data_options


@click.command()
@click.option("--preset", help="figure3, reproduce, or a TOML file; see docs/sweeps.md.")
@click.option("--dataset", "datasets", type=NameList(), help="E.g. mnist,fashion-mnist.")
@click.option(
    "--v-syn",
    type=NumberList(float),
    help="Drive voltages in units of V_th, e.g. 0.5,1,2,inf; 'inf' is the conventional circuit.",
)
@click.option("--seeds", type=NumberList(int), help="E.g. 0,1,2.")
@click.option("--epochs", type=int, help="Short for --set epochs=N.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Any training option, e.g. --set learning_rate=3e-4; can be repeated.",
)
@click.option(
    "--vary",
    multiple=True,
    metavar="NAME=V1,V2",
    help="A further axis over any training option, e.g. --vary noise=0,0.02; can be repeated.",
)
@click.option(
    "--references/--no-references",
    default=None,
    help="Also train ReLU networks and put them on the circuits (default: yes).",
)
@click.option(
    "--validation",
    type=int,
    help="Hold out so many training images and measure on them; the test images are not used.",
)
@data_options
@click.option("--workers", type=int, help="Processes (default: one per processor).")
@click.option(
    "--threads", type=int, default=1, show_default=True, help="Of each worker; one is efficient."
)
@click.option("--scheduler", help="Address of a Dask scheduler whose workers to use instead.")
@click.option("--extend", is_flag=True, help="Add cells to the sweep in OUT.")
@click.option("--out", type=click.Path(), required=True, help="Folder of the sweep.")
@click.option("--quiet", is_flag=True, help="No progress bar.")
def sweep(preset, data_dir, workers, threads, scheduler, extend, out, quiet, **options):
    """Train a grid of networks: data sets x drive voltages x seeds x any training options.

    Each network has a run folder of its own in OUT, and OUT/results.csv one row for each accuracy.
    A sweep that was stopped or killed continues when the same command, or `rcspike sweep --out
    OUT`, is given again; no more than the running epoch of each network is lost. Networks that
    fail are listed at the end.
    """
    from rcspike_brian.sweeps import run_sweep

    try:
        outcome = run_sweep(
            _grid(preset, options),
            out,
            workers=workers,
            threads=threads,
            data_dir=data_dir,
            scheduler=scheduler,
            extend=extend,
            progress=not quiet,
        )
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


def _grid(preset, options):
    """The grid that the options ask for; None if they ask for none, to continue a sweep."""
    from rcspike_brian.sweeps.grid import Grid
    from rcspike_brian.sweeps.options import parse_axis, parse_setting

    settings, vary = options.pop("settings"), options.pop("vary")
    set_ = dict(parse_setting(text) for text in settings)
    epochs = options.pop("epochs")
    if epochs is not None:
        set_["epochs"] = epochs
    said = {name: value for name, value in options.items() if value is not None}
    if preset is None and not (said or set_ or vary):
        return None
    grid = Grid.read(preset) if preset else Grid()
    return replace(
        grid,
        **said,
        options={**grid.options, **set_},
        vary={**grid.vary, **dict(parse_axis(text) for text in vary)},
    )
