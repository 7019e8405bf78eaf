"""``rcspike energy``: energy per inference of trained networks."""

from pathlib import Path

import click

from rcspike_brian.commands.options import data_options, fills_folder, threads_option
from rcspike_brian.commands.runs import open_run, run_folders


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--comparator-energy",
    type=float,
    required=True,
    help="Energy of one comparator in one inference, in joules; 0 leaves it out.",
)
@click.option(
    "--static-power",
    type=float,
    help="Power of the op-amp or current sources of one neuron of the conventional circuit while "
    "it charges, in watts; required if RUNS has such a network.",
)
@click.option(
    "--conventional-supply",
    type=float,
    help="Voltage that feeds the current sources of the conventional circuit, in volts; required "
    "if RUNS has such a network.",
)
@click.option("--v-th", type=float, default=0.872, show_default=True, help="In volts.")
@click.option("--v-dd", type=float, default=1.8, show_default=True, help="Ramp supply, in volts.")
@click.option("--v-d", type=float, default=0.0, show_default=True, help="Diode drop, in volts.")
@click.option("--capacitance", type=float, default=140e-15, show_default=True, help="In farads.")
@click.option("--period", type=float, default=1e-6, show_default=True, help="T, in seconds.")
@click.option("--images", type=int, help="Only the first test images [default: all].")
@data_options
@threads_option
@click.option("--out", type=click.Path(path_type=Path), default=Path("figures"), show_default=True)
@fills_folder
def energy(runs, images, data_dir, subset, threads, out, **values):
    """Energy per inference of the networks in RUNS: run folders, or folders of run folders.

    Writes energy.csv (a row per network), energy_layers.csv (where it goes), energy_classes.csv,
    energy_ratio.csv (V_syn = 8 against 1 at equal accuracy, if RUNS has both) and the figure.
    Defaults of the circuit are those of arXiv:2412.09010.
    """
    import pandas as pd

    from rcspike_brian.energy import (
        class_energy,
        energy_budget,
        equal_accuracy_ratio,
        layer_energy,
        network_energy,
    )
    from rcspike_brian.figures import energy_figure, save_figure, save_table

    tables = {"energy": [], "energy_layers": [], "energy_classes": []}
    for run in run_folders(runs):
        network, dataset, columns = open_run(run, data_dir, subset)
        circuit, costs = _circuit_and_costs(network, values)
        n = images or len(dataset.test_labels)
        labels = dataset.test_labels[:n]
        budget = energy_budget(network, dataset.test_images[:n], circuit, costs, threads=threads)
        tables["energy"].append(network_energy(budget, labels, **columns, images=len(labels)))
        tables["energy_layers"] += layer_energy(budget, **columns)
        tables["energy_classes"] += class_energy(budget, labels, **columns)
        row = tables["energy"][-1]
        click.echo(
            f"{run}: V_syn/V_th = {row['v_syn']:g}, accuracy {row['accuracy']:.4f}, "
            f"{row['energy'] * 1e12:.2f} pJ per inference"
        )
    frames = {name: pd.DataFrame(rows) for name, rows in tables.items()}
    ratio = equal_accuracy_ratio(frames["energy"])
    if len(ratio):
        frames["energy_ratio"] = ratio
    for row in ratio.itertuples():
        click.echo(
            f"{row.dataset}: V_syn = 8 ({row.accuracy_high:.4f}) takes {row.ratio:.2f} times the "
            f"energy of V_syn = 1 ({row.accuracy_low:.4f})"
        )
    paths = [save_table(frame, out, name) for name, frame in frames.items()]
    paths += save_figure(energy_figure(frames["energy"], frames["energy_layers"]), out, "energy")
    for path in paths:
        click.echo(f"wrote {path}")


def _circuit_and_costs(network, values):
    from math import isinf

    from brian2.units import farad, joule, second, volt, watt

    from rcspike_brian.circuit import Circuit
    from rcspike_brian.energy import EnergyCosts
    from rcspike_brian.errors import InvalidInput

    V_th = values["v_th"]
    parts = {
        "C": values["capacitance"] * farad,
        "T": values["period"] * second,
        "V_th": V_th * volt,
    }
    power = values["static_power"]
    if isinf(network.v_syn[0]):
        if values["conventional_supply"] is None:
            raise InvalidInput(
                "a network for the conventional circuit needs --conventional-supply and "
                "--static-power: no values are assumed"
            )
        V_syn = values["conventional_supply"] * volt
        circuit = Circuit(**parts, V_syn=V_syn, kind="conventional")
    else:
        V_syn = tuple((v * V_th + values["v_d"]) * volt for v in network.circuit.e)
        circuit = Circuit(**parts, V_syn=V_syn, V_d=values["v_d"] * volt)
    costs = EnergyCosts(
        V_dd=values["v_dd"] * volt,
        comparator=values["comparator_energy"] * joule,
        static_power=None if power is None else power * watt,
    )
    return circuit, costs
