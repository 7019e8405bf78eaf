"""``rcspike figure1``, ``figure2``, ``figure3`` and ``reproduce``: the figures of the paper."""

from pathlib import Path

import click

from rcspike_brian.commands import options
from rcspike_brian.commands.options import option
from rcspike_brian.commands.runs import simulate_in_numpy, write_results

_PATH = click.Path(path_type=Path)
_TARGETS = click.Choice(["runtime", "cpp_standalone"])


@click.command()
@options.out("Folder for fig1.png and fig1.pdf.")
def figure1(out):
    """Draw Figure 1: the conventional and the RC-Spike circuit side by side."""
    from rcspike_brian.figures import circuits_figure

    write_results(out, {}, {"fig1": circuits_figure()})


@click.command()
@option("--target", type=_TARGETS, default="runtime", help="In Python, or compiled as C++.")
@options.out("Folder for the figure, fig2.csv (potentials), fig2_inputs.csv and fig2_spikes.csv.")
def figure2(out, target):
    """Simulate and draw Figure 2: membrane potential for the same input spikes.

    Both circuits, both phases, and RC-Spike at several drive voltages.
    """
    from rcspike_brian.circuit import Circuit
    from rcspike_brian.experiments import example_inputs, simulate_example
    from rcspike_brian.figures import membrane_figure

    simulate_in_numpy()
    circuit = Circuit.normalised(1.0)
    inputs = example_inputs(circuit)
    traces, spikes = simulate_example(target=target)
    figure = membrane_figure(traces, spikes, inputs, circuit)
    tables = {"fig2": traces, "fig2_inputs": inputs, "fig2_spikes": spikes}
    write_results(out, tables, {"fig2": figure})


@click.command()
@click.argument("results", type=_PATH, nargs=-1, required=True)
@option("--out", type=_PATH, help="Folder of figure and table [default: that of the first].")
@option("--where", multiple=True, metavar="NAME=VALUE", help="Use only these; can be repeated.")
def figure3(results, out, where):
    """Draw Figure 3 from RESULTS: folders of sweeps, or their results.csv alone.

    Writes fig3, and fig3_noise: the same networks with noise on every spike and with comparators
    that jitter. `rcspike sweep --preset figure3 --out DIR` makes the results from the complete
    data. Where the sweep varied a training option, --where chooses a value.
    """
    import pandas as pd

    from rcspike_brian.analysis import accuracy_table, format_accuracy_table
    from rcspike_brian.figures import accuracy_figure, named_models, noise_figure
    from rcspike_brian.storage import user_path
    from rcspike_brian.sweeps import read_results, select
    from rcspike_brian.sweeps.work import DISTURBANCES

    frame = pd.concat([read_results(path) for path in results], ignore_index=True)
    frame = named_models(select(frame, where))
    table = accuracy_table(frame)
    first = user_path(results[0])
    folder = out or (first if first.is_dir() else first.parent)
    figures = {"fig3": accuracy_figure(frame)}
    own = frame[frame["model"] == "RC-Spike"].dropna(axis="columns", how="all")
    if any(name in own for name in DISTURBANCES):
        figures["fig3_noise"] = noise_figure(frame)
    write_results(folder, {"fig3": table}, figures)
    click.echo("Accuracy in %, mean ± standard deviation (networks), against V_syn/V_th:")
    click.echo(format_accuracy_table(table).to_string())


@click.command()
@option("--workers", type=int, help="Processes to train in (default: one per processor).")
@option("--out", type=_PATH, default=Path("figures"))
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
    ctx.invoke(commands["figure3"], results=[folder], out=out)
