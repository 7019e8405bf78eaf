"""``rcspike energy``: energy per inference of trained networks."""

import warnings

import click

from rcspike_brian.commands import options
from rcspike_brian.commands.options import option
from rcspike_brian.commands.runs import open_run, run_folders, write_results


@click.command()
@options.runs
@option("--comparator-energy", type=float, required=True, help="In joules per inference; 0: none.")
@option("--static-power", type=float, help="Of a neuron of the conventional circuit, in watts.")
@option("--conventional-supply", type=float, help="Of its current sources, in volts.")
@options.flag("--clamp", help="Stop these where they reach their supply, as real ones do.")
@option("--v-th", default=0.872, help="In volts.")
@option("--v-dd", default=1.8, help="Supply of a linear ramp, in volts.")
@option("--v-d", default=0.0, help="Diode drop, in volts.")
@option("--capacitance", default=140e-15, help="In farads.")
@option("--period", default=1e-6, help="T, in seconds.")
@options.images
@options.data
@options.threads
@options.out()
def energy(runs, clamp, images, data_dir, subset, threads, out, **values):
    """Energy per inference of the networks in RUNS: run folders, or folders of run folders.

    Writes energy.csv (a row per network), energy_layers.csv (where it goes), energy_classes.csv,
    energy_ratio.csv (V_syn = 8 against 1 at equal accuracy, if RUNS has both) and the figure.
    Defaults of the circuit are those of arXiv:2412.09010. If RUNS has a conventional network, say
    what its neuron takes while it charges, in the op-amp or the current sources (--static-power),
    and the voltage that feeds these (--conventional-supply).
    """
    import pandas as pd

    from rcspike_brian import energy as energies
    from rcspike_brian.figures import energy_figure

    tables = {"energy": [], "energy_layers": [], "energy_classes": []}
    for run in run_folders(runs):
        network, dataset, config = open_run(run, data_dir, subset)
        columns = _columns(run, dataset, config)
        inputs, labels = dataset.test_images[:images], dataset.test_labels[:images]
        circuit, costs = _circuit_and_costs(network, **values)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            settings = {"clamp": clamp, "threads": threads}
            budget = energies.energy_budget(network, inputs, circuit, costs, **settings)
        for warning in said:
            click.echo(f"{run}: {warning.message}", err=True)
        row = energies.network_energy(budget, labels, **columns, images=len(labels))
        tables["energy"].append(row)
        tables["energy_layers"] += energies.layer_energy(budget, **columns)
        tables["energy_classes"] += energies.class_energy(budget, labels, **columns)
        click.echo(
            f"{run}: V_syn/V_th = {row['v_syn']:g}, accuracy {row['accuracy']:.4f}, "
            f"{row['energy'] * 1e12:.2f} pJ per inference"
        )
    frames = {name: pd.DataFrame(rows) for name, rows in tables.items()}
    ratio = energies.equal_accuracy_ratio(frames["energy"])
    if len(ratio):
        frames["energy_ratio"] = ratio
    for row in ratio.itertuples():
        click.echo(
            f"{row.dataset}: V_syn = 8 ({row.accuracy_high:.4f}) takes {row.ratio:.2f} times the "
            f"energy of V_syn = 1 ({row.accuracy_low:.4f})"
        )
    figure = energy_figure(frames["energy"], frames["energy_layers"])
    write_results(out, frames, {"energy": figure})


def _columns(run, dataset, config):
    """What tells runs apart."""
    from rcspike_brian.errors import RunFolderError

    if isinstance(config.v_syn, tuple):
        raise RunFolderError(f"{run} has unequal rails {config.v_syn}; only one V_syn is supported")
    return {
        "dataset": dataset.name,
        "v_syn": config.v_syn,
        "seed": config.seed,
        "epochs": config.epochs,
        "data": "bundled subset" if dataset.is_subset else "full",
    }


def _circuit_and_costs(network, comparator_energy, static_power, conventional_supply, **parts):
    from rcspike_brian.circuit import Circuit
    from rcspike_brian.energy import EnergyCosts
    from rcspike_brian.errors import InvalidInput
    from rcspike_brian.quantities import SI

    network.circuit.check_exact()  # diodes and lines of the circuit below are ideal
    parts = {name: SI(value) for name, value in parts.items()}
    V_th, V_d = parts["v_th"], parts["v_d"]
    components = {"C": parts["capacitance"], "T": parts["period"], "V_th": V_th}
    if network.circuit.kind == "rc-spike":
        V_syn = tuple(SI(e * V_th + V_d) for e in network.circuit.e)
        circuit = Circuit(**components, V_syn=V_syn, V_d=V_d, ramp=network.circuit.ramp)
    elif conventional_supply is None:
        needed = "--conventional-supply and --static-power: no values are assumed"
        raise InvalidInput(f"a network for the conventional circuit needs {needed}")
    else:
        source = {"V_syn": SI(conventional_supply), "ramp": network.circuit.ramp}
        circuit = Circuit(**components, **source, kind="conventional")
    power = None if static_power is None else SI(static_power)
    return circuit, EnergyCosts(parts["v_dd"], SI(comparator_energy), power)
