"""``rcspike chips``: accuracy over chips whose devices differ."""

import click

from rcspike_brian.commands import options
from rcspike_brian.commands.options import option
from rcspike_brian.commands.runs import open_run, run_folders, write_results

_SPREAD = "Log-normal spreads of the conductances."


@click.command()
@options.runs
@option("--spread", "spreads", type=options.ListOf(float), default="0,0.05,0.1,0.2", help=_SPREAD)
@option("--chips", default=20, help="Per network and spread.")
@option("--seed", default=0, help="Of the first chip.")
@options.v_syn("Circuit for networks that were trained as ANNs (conventional circuit)", 1.0)
@options.fields_of("devices/effects.py", "DeviceEffects", without=("conductance_spread",))
@options.images
@options.data
@options.threads
@options.out()
def chips(runs, spreads, chips, v_syn, seed, images, threads, data_dir, subset, out, **effects):
    """Test accuracy of the networks in RUNS on many chips whose devices differ.

    RUNS are run folders, or folders of them, all of one data set. Networks that were trained for
    the conventional circuit are shown on it and mapped to the RC-Spike circuit with --v-syn.
    Writes chips.csv (a row per chip), chips_summary.csv and the figure.
    """
    from rcspike_brian.devices import DeviceEffects, accuracy_over_chips
    from rcspike_brian.errors import InvalidInput
    from rcspike_brian.figures import chips_figure

    others = DeviceEffects(**effects)
    networks, datasets = {}, {}
    for run in run_folders(runs):
        network, dataset, config = open_run(run, data_dir, subset)
        datasets[dataset.name] = dataset
        for name, chip in _as_chips(network, config.weight_spread, v_syn).items():
            networks[name if name not in networks else f"{name} ({run.name})"] = chip
    if len(datasets) > 1:
        raise InvalidInput(f"RUNS must be of one data set, got {', '.join(datasets)}")

    def show(name, spread, found):
        click.echo(
            f"{name}: spread {spread:g}, mean {found.mean():.4f}, lowest {found.min():.4f} of "
            f"{len(found)} chips"
        )

    options = {"seed": seed, "images": images, "threads": threads, "each": show}
    frame = accuracy_over_chips(networks, dataset, spreads, chips, effects=others, **options)
    models = frame.groupby(["dataset", "model", "spread"], sort=False)["accuracy"]
    summary = models.agg(["count", "mean", "std", "min", "median", "max"]).reset_index()
    tables = {"chips": frame, "chips_summary": summary}
    write_results(out, tables, {"chips": chips_figure(frame)})


def _as_chips(network, trained, v_syn):
    """Name and network of a run, on the circuits that it is shown on."""
    in_loop = f", trained with a spread of {trained:g}" if trained else ""
    if network.circuit.kind == "rc-spike":
        return {f"RC-Spike{in_loop}": network}
    return {
        f"conventional circuit{in_loop}": network,
        f"ANN on RC-Spike circuit{in_loop}": network.on_circuit(v_syn),
    }
