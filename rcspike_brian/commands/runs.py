"""What commands read and write: run folders; tables and figures."""

import hashlib
import warnings

import click


def run_folders(paths):
    """Run folders among the paths, in them and in sweeps; ReLU networks have no circuit: left out.

    No network is among them twice.
    """
    from rcspike_brian.errors import RunFolderError
    from rcspike_brian.storage import exists, user_path
    from rcspike_brian.sweeps.folder import CELLS, SWEEP

    found = []
    for path in map(user_path, paths):
        if exists(path / "network.npz"):
            found.append(path)
            continue
        of_sweep = path / CELLS if exists(path / SWEEP) else path
        inside = sorted(file.parent for file in of_sweep.glob("*/network.npz"))
        if not inside:
            raise RunFolderError(
                f"{path} is no run folder, no folder of run folders and no sweep with networks"
            )
        spiking = [run for run in inside if not _is_relu(run)]
        if len(spiking) < len(inside):
            click.echo(f"{path}: left out {len(inside) - len(spiking)} ReLU networks (no circuit)")
        if not spiking:
            raise RunFolderError(f"{path} has ReLU networks only; they are not on a circuit")
        found += spiking
    return _without_copies(found)


def _without_copies(runs):
    """Sweeps may have networks in common; means and intervals over seeds would count them twice."""
    from rcspike_brian.network import Network

    first = {}
    for run in runs:
        network = Network.load(run / "network.npz")
        weights = b"".join(layer.matrix.tobytes() for layer in network.layers)
        other = first.setdefault((network.circuit, hashlib.sha256(weights).digest()), run)
        if other is not run:
            click.echo(f"left out {run}: the same network as {other}")
    return list(first.values())


def _is_relu(run):
    from rcspike_brian.storage import exists, read_json

    config = run / "config.json"
    return exists(config) and read_json(config).get("model") == "relu-mlp"


def open_run(run, data_dir, subset, dataset=None, v_syn=None):
    """Network, data set and settings of a run, or another data set or circuit than the run's."""
    from rcspike_brian.data import load_dataset
    from rcspike_brian.network import Network
    from rcspike_brian.storage import read_json
    from rcspike_brian.training import run_settings

    network = Network.load(run / "network.npz")
    config, trained_on = run_settings(run)
    completed = read_json(run / "config.json").get("epochs_completed")
    unfinished = isinstance(completed, int) and completed < config.epochs
    if unfinished and not config.on_all_samples:  # methods of SciPy end when they are done
        click.echo(f"{run}: trained for {completed} of {config.epochs} epochs so far", err=True)
    subset = same_subset(subset, data_dir, trained_on)
    data = load_dataset(dataset or trained_on["name"], data_dir=data_dir, subset=subset)
    return network if v_syn is None else network.on_circuit(v_syn), data, config


def check_alike(runs):
    """Refuse means over more than seeds: other layers for a data set, other settings at a V_syn."""
    from rcspike_brian.errors import RunFolderError
    from rcspike_brian.training import run_settings

    first = {}
    for run in runs:
        config, trained_on = run_settings(run)
        mine = config.to_dict() | {"train_images": trained_on["train_images"], "seed": None}
        for place, names in (((), ["hidden"]), ((config.v_syn,), mine)):
            other, theirs = first.setdefault((trained_on["name"], *place), (run, mine))
            for name in names:
                if mine[name] != theirs[name]:
                    raise RunFolderError(
                        f"{run} has {name} {mine[name]}, and {other} has {theirs[name]}: give runs "
                        "that differ in V_syn and seed, for means over seeds; `rcspike front` "
                        "compares settings"
                    )


def same_subset(subset, data_dir, trained_on):
    """The subset a run was trained on, unless the command line says which data to use."""
    return subset or ("bundled" if trained_on["is_subset"] and not data_dir else None)


def circuit_and_costs(
    network, comparator_energy, static_power, conventional_supply, ramp, threshold_capacitance,
    **parts,
):  # fmt: skip
    """The circuit with units that a network is put on, and what else its energy depends on."""
    from rcspike_brian.circuit import Circuit
    from rcspike_brian.energy import EnergyCosts
    from rcspike_brian.errors import InvalidInput
    from rcspike_brian.quantities import SI
    from rcspike_brian.ramps import ramp_named

    if comparator_energy is None:
        raise InvalidInput(
            "no comparator is assumed: say --comparator-energy (0 leaves it out), or --parts "
            "of rcspike energy"
        )
    ramp = network.circuit.ramp if ramp is None else ramp_named(ramp)
    if ramp is not network.circuit.ramp and not _linear({ramp, network.circuit.ramp}):
        raise InvalidInput(
            f"--ramp {ramp.name} has other spike times than the ramp of the network, "
            f"{network.circuit.ramp.name!r}: leave --ramp out, or train for it"
        )
    network.circuit.check_exact()  # diodes and lines of the circuit below are ideal
    parts = {name: SI(value) for name, value in parts.items()}
    V_th, V_d = parts["v_th"], parts["v_d"]
    components = {"C": parts["capacitance"], "T": parts["period"], "V_th": V_th}
    if network.circuit.kind == "rc-spike":
        V_syn = tuple(SI(e * V_th + V_d) for e in network.circuit.e)
        circuit = Circuit(**components, V_syn=V_syn, V_d=V_d, ramp=ramp)
    elif conventional_supply is None:
        needed = "--conventional-supply and --static-power: no values are assumed"
        raise InvalidInput(f"a network for the conventional circuit needs {needed}")
    else:
        source = {"V_syn": SI(conventional_supply), "ramp": ramp}
        circuit = Circuit(**components, **source, kind="conventional")
    power = None if static_power is None else SI(static_power)
    C_in = None if threshold_capacitance is None else SI(threshold_capacitance)
    return circuit, EnergyCosts(parts["v_dd"], SI(comparator_energy), power, C_in)


def budget_of(run, *what, **how):
    """The energy budget of a run; what it warns of is said with the name of the run."""
    from rcspike_brian.energy import energy_budget

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        budget = energy_budget(*what, **how)
    for warning in said:
        click.echo(f"{run}: {warning.message}", err=True)
    return budget


def _linear(ramps):
    """Whether all are linear ones, which have the same spike times."""
    from rcspike_brian.ramps import LinearRamp

    return all(isinstance(ramp, LinearRamp) for ramp in ramps)


def write_results(folder, tables, figures):
    """Save tables and figures under their names, and say so."""
    from rcspike_brian.figures import save_figure, save_table

    paths = [save_table(frame, folder, name) for name, frame in tables.items()]
    for name, figure in figures.items():
        paths += save_figure(figure, folder, name)
    for path in paths:
        click.echo(f"wrote {path}")


def simulate_in_numpy():
    """Choose how Brian2 runs: this process is ours, and Cython would compile for a minute first."""
    from rcspike_brian.brian import prefs

    prefs.codegen.target = "numpy"
