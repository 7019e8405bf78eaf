"""``rcspike chips``: accuracy over chips whose devices differ."""

from pathlib import Path

import click

from rcspike_brian.commands.options import (
    DriveVoltage,
    NumberList,
    data_options,
    fills_folder,
    threads_option,
)
from rcspike_brian.commands.runs import open_run, run_folders

_EFFECTS = {
    "capacitor_spread": "Log-normal spread of the capacitors.",
    "weight_levels": "Conductances that can be programmed, for either sign; 0: any.",
    "comparator_offset": "Spread of the thresholds over neurons, in units of V_th.",
    "comparator_jitter": "Noise of the thresholds from image to image, in units of V_th.",
    "leak": "Leak of the capacitors, in units of 1/T.",
    "ramp_conductance": "T/(R C) of a ramp with the output resistance R.",
}


def _effect_options(command):
    for name, text in reversed(_EFFECTS.items()):
        kind = int if name == "weight_levels" else float
        option = f"--{name.replace('_', '-')}"
        command = click.option(option, type=kind, default=0, show_default=True, help=text)(command)
    return command


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--spread",
    "spreads",
    type=NumberList(float),
    default="0,0.05,0.1,0.2",
    show_default=True,
    help="Log-normal spreads of the conductances.",
)
@click.option("--chips", type=int, default=20, show_default=True, help="Per network and spread.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the first chip.")
@click.option(
    "--v-syn",
    type=DriveVoltage(),
    default=1.0,
    show_default=True,
    help="Circuit for networks that were trained as ANNs (conventional circuit).",
)
@_effect_options
@click.option("--images", type=int, help="Only the first test images [default: all].")
@data_options
@threads_option
@click.option("--out", type=click.Path(path_type=Path), default=Path("figures"), show_default=True)
@fills_folder
def chips(runs, spreads, chips, seed, v_syn, images, data_dir, subset, threads, out, **effects):
    """Test accuracy of the networks in RUNS on many chips whose devices differ.

    RUNS are run folders, or folders of them, all of one data set. Networks that were trained for
    the conventional circuit are shown on it and mapped to the RC-Spike circuit with --v-syn.
    Writes chips.csv (a row per chip), chips_summary.csv and the figure.
    """
    from rcspike_brian.devices import DeviceEffects, accuracy_over_chips
    from rcspike_brian.errors import InvalidInput
    from rcspike_brian.figures import chips_figure, save_figure, save_table

    others = DeviceEffects(**effects)
    networks, datasets = {}, {}
    for run in run_folders(runs):
        network, dataset, _ = open_run(run, data_dir, subset)
        datasets[dataset.name] = dataset
        for name, chip in _as_chips(run, network, v_syn).items():
            networks[name if name not in networks else f"{name} ({run.name})"] = chip
    if len(datasets) > 1:
        raise InvalidInput(f"RUNS must be of one data set, got {', '.join(datasets)}")

    def show(name, spread, found):
        click.echo(
            f"{name}: spread {spread:g}, mean {found.mean():.4f}, lowest {found.min():.4f} of "
            f"{len(found)} chips"
        )

    frame = accuracy_over_chips(
        networks,
        dataset,
        spreads,
        chips,
        effects=others,
        progress=show,
        seed=seed,
        images=images,
        threads=threads,
    )
    summary = (
        frame.groupby(["dataset", "model", "spread"], sort=False)["accuracy"]
        .agg(["count", "mean", "std", "min", "median", "max"])
        .reset_index()
    )
    paths = [save_table(frame, out, "chips"), save_table(summary, out, "chips_summary")]
    paths += save_figure(chips_figure(frame), out, "chips")
    for path in paths:
        click.echo(f"wrote {path}")


def _as_chips(run, network, v_syn):
    """Name and network of a run, on the circuits that it is shown on."""
    from math import isinf

    from rcspike_brian.training import run_settings

    config, _ = run_settings(run)
    trained = config.weight_spread
    in_loop = f", trained with a spread of {trained:g}" if trained else ""
    if not isinf(network.v_syn[0]):
        return {f"RC-Spike{in_loop}": network}
    return {
        f"conventional circuit{in_loop}": network,
        f"ANN on RC-Spike circuit{in_loop}": network.on_circuit(v_syn),
    }
