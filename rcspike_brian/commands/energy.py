"""``rcspike energy``: energy per inference of trained networks."""

import warnings

import click

from rcspike_brian.commands import options
from rcspike_brian.commands.options import option
from rcspike_brian.commands.runs import (
    budget_of,
    check_alike,
    circuit_and_costs,
    open_run,
    run_folders,
    write_results,
)

_INTERVAL = ["energy", "least", "most"]  # of the corners


@click.command()
@options.runs
@options.energy_costs
@option("--parts", help="Comparator and op-amp with their costs: sky130 or literature.")
@options.images
@options.data
@options.threads
@options.out()
def energy(
    runs, clamp, stop_at_first_spike, parts, images, data_dir, subset, threads, out, **values
):
    """Energy per inference of the networks in RUNS: run folders, folders of them, or a sweep.

    For one data set they must have the same layers, and at one V_syn the same settings but for the
    seed, since tables and figures are over seeds.

    Writes energy.csv (a row per network, with these options), energy_layers.csv (where it goes),
    energy_classes.csv, energy_ramps.csv (with other firing ramps of the same spike times, and with
    a stop at the first output spike), energy_ratio.csv (V_syn = 8 against 1 at equal accuracy, if
    RUNS has both) and the figure.
    Defaults of the circuit are those of arXiv:2412.09010. If RUNS has a conventional network, say
    what its neuron takes while it charges, in the op-amp or the current sources (--static-power),
    and the voltage that feeds these (--conventional-supply). With --parts these and the comparator
    are known, picojoule.csv and its figure have the lines too, with an interval over corners, and
    picojoule_ratio.csv has the conventional circuit against V_syn = 1 at equal accuracy.
    """
    import pandas as pd

    from rcspike_brian import energy as energies
    from rcspike_brian.errors import InvalidInput
    from rcspike_brian.figures import energy_figure, picojoule_figure
    from rcspike_brian.ramps import ThresholdRamp
    from rcspike_brian.registry import look_up

    named = None if parts is None else look_up("parts", parts, energies.PARTS)()
    if named is not None:
        known = {"comparator_energy": named.comparator[0], "static_power": named.static_power[0]}
        known["conventional_supply"] = named.supply
        for name in known:
            if values[name] is not None:
                raise InvalidInput(f"--{name.replace('_', '-')} is one of --parts: leave one out")
        values |= known
    folders = run_folders(runs)
    for run in folders:
        _check_rails(run)
    check_alike(folders)
    tables = {"energy": [], "energy_layers": [], "energy_classes": [], "energy_ramps": []}
    terms = []
    for number, run in enumerate(folders):
        network, dataset, config = open_run(run, data_dir, subset)
        columns = _columns(network, dataset, config)
        inputs, labels = dataset.test_images[:images], dataset.test_labels[:images]
        circuit, costs = circuit_and_costs(network, **values)
        if named is not None and named.fixed_threshold and isinstance(circuit.ramp, ThresholdRamp):
            raise InvalidInput(
                f"the comparator of --parts {parts} switches at one voltage, and the threshold of "
                f"--ramp {circuit.ramp.name} falls: choose another ramp or other parts"
            )
        how = {"clamp": clamp, "stop_at_first_spike": stop_at_first_spike, "threads": threads}
        budget = budget_of(run, network, inputs, circuit, costs, **how)
        row = energies.network_energy(budget, labels, **columns, images=len(labels))
        assumed = values | {"ramp": circuit.ramp.name, "clamp": clamp, "parts": parts}
        assumed["stop_at_first_spike"] = stop_at_first_spike
        tables["energy"].append(row | assumed)
        tables["energy_layers"] += energies.layer_energy(budget, **columns)
        tables["energy_classes"] += energies.class_energy(budget, labels, **columns)
        if named is not None:
            lines = energies.line_energy(network, inputs, named.supply).sum(axis=1).mean()
            found = _terms(row, float(lines), named, circuit.kind, parts)
            terms += [{**term, "number": number} for term in found]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # said above
            tables["energy_ramps"] += energies.ramp_savings(
                network, inputs, circuit, costs, clamp=clamp, threads=threads, **columns
            )
        click.echo(
            f"{run}: V_syn/V_th = {row['v_syn']:g}, accuracy {row['accuracy']:.4f}, "
            f"{row['energy'] * 1e12:.2f} pJ per inference"
        )
    frames = {name: pd.DataFrame(rows) for name, rows in tables.items()}
    ratio = energies.equal_accuracy_ratio(frames["energy"])
    if len(ratio):
        frames["energy_ratio"] = ratio
    elif {1.0, 8.0} <= set(frames["energy"]["v_syn"]):
        click.echo("no networks at V_syn = 1 and 8 with accuracies within 0.001 of each other")
    for row in ratio.itertuples():
        click.echo(
            f"{row.dataset}: V_syn = 8 ({row.accuracy_high:.4f}) takes {row.ratio:.2f} times the "
            f"energy of V_syn = 1 ({row.accuracy_low:.4f})"
        )
    figures = {"energy": energy_figure(frames["energy"], frames["energy_layers"])}
    if named is not None:
        frames["picojoule"], means, pairs = _both_circuits(pd.DataFrame(terms))
        figures["picojoule"] = picojoule_figure(means)
        if len(pairs):
            frames["picojoule_ratio"] = pairs
        for row in pairs.itertuples():
            click.echo(
                f"{row.dataset}: the conventional circuit ({row.accuracy_high:.4f}) takes "
                f"{row.ratio:.2f} times the energy of V_syn = 1 ({row.accuracy_low:.4f})"
            )
        for name, source in named.sources.items():
            click.echo(f"{name}: {source}")
    write_results(out, frames, figures)


def _terms(row, lines, named, kind, parts):
    """What one network takes, term by term, with its interval over corners."""
    synapses = row["positive synapses"] + row["negative synapses"]
    fixed = {"synapses": synapses, "firing ramp": row["firing ramp"], "lines": lines}
    terms = [(name, value, value, value) for name, value in fixed.items()]
    scaled = [("comparators", row["comparators"], named.comparator)]
    scaled.append(("op-amps", row["current sources"], named.static_power))
    for name, energy, (typical, least, most) in scaled:
        one = energy / (typical or 1.0)  # so many times the typical one
        terms.append((name, energy, one * least, one * most))
    where = {name: row[name] for name in ("dataset", "network")} | {"circuit": kind}
    where |= {name: row[name] for name in ("v_syn", "seed")}
    where |= {"parts": parts, "accuracy": row["accuracy"]}
    return [where | dict(zip(["term", *_INTERVAL], term, strict=True)) for term in terms]


def _both_circuits(terms):
    """Terms of all networks, their means over seeds, and pairs of equal accuracy."""
    from rcspike_brian.energy import equal_accuracy_ratio

    circuits = ["dataset", "network", "circuit", "v_syn", "parts"]
    means = terms.groupby([*circuits, "term"], sort=False)[_INTERVAL].mean().reset_index()
    totals = terms.groupby([*circuits, "accuracy", "number"], sort=False)[_INTERVAL].sum()
    conventional = float("inf")
    pairs = equal_accuracy_ratio(totals.reset_index(), 1.0, conventional, columns=_INTERVAL)
    return terms.drop(columns="number"), means, pairs


def _check_rails(run):
    """Refuse unequal rails, before anything is computed."""
    from rcspike_brian.errors import RunFolderError
    from rcspike_brian.training import run_settings

    v_syn = run_settings(run)[0].v_syn
    if isinstance(v_syn, tuple):
        raise RunFolderError(
            f"{run} has unequal rails {v_syn}, and the tables have one V_syn: take "
            "rcspike_brian.energy.energy_budget for it"
        )


def _columns(network, dataset, config):
    """What tells runs apart."""
    from rcspike_brian.layers.notation import network_name

    return {
        "dataset": dataset.name,
        "network": network_name(network.layers),
        "v_syn": config.v_syn,
        "seed": config.seed,
        "epochs": config.epochs,
        "data": "bundled subset" if dataset.is_subset else "full",
    }
