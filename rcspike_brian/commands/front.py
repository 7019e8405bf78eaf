"""``rcspike front``: accuracy against energy per inference, and what no other network beats."""

import click

from rcspike_brian.commands import options
from rcspike_brian.commands.options import option
from rcspike_brian.commands.runs import (
    budget_of,
    circuit_and_costs,
    open_run,
    run_folders,
    write_results,
)


@click.command()
@options.runs
@option("--jitter", default=0.03, help="Of the thresholds of all comparators, in units of V_th.")
@option("--draws", default=3, help="Of the jitter, with the seeds 0, 1, ...; accuracies are means.")
@option("--confidence", default=0.95, help="Of the intervals over the seeds.")
@options.energy_costs
@options.images
@options.data
@options.threads
@options.out()
def front(runs, jitter, draws, confidence, images, data_dir, subset, threads, out, **costs):
    """Accuracy against energy per inference of the networks in RUNS, and the Pareto front.

    RUNS are run folders, folders of them, or a sweep over V_syn, weight decay or temperature.
    Runs that differ in nothing but their seeds are one point. Writes front.csv, a row per point:
    its settings, accuracy without and with comparator jitter and energy per inference with their
    intervals over the seeds, whether it is on the front, by both accuracies, and what was assumed
    of the parts; and the figure.
    Options of the energy are those of `rcspike energy`.
    """
    import pandas as pd

    from rcspike_brian.analysis import front_table
    from rcspike_brian.figures import front_figure

    rows = []
    for run in run_folders(runs):
        network, dataset, config = open_run(run, data_dir, subset)
        row = _measured(network, dataset, run, images, jitter, draws, threads, **costs)
        rows.append({"dataset": dataset.name, **_settings(run, dataset, config), **row})
        click.echo(
            f"{run}: accuracy {row['accuracy']:.4f}, with jitter {row['accuracy_jitter']:.4f}, "
            f"{row['energy'] * 1e12:.2f} pJ per inference"
        )
    frame = pd.DataFrame(rows)
    measured = ("accuracy", "accuracy_jitter", "energy", "seed")
    by = [name for name in frame if name not in measured]
    table = front_table(frame, by, confidence).assign(
        **{name: value for name, value in costs.items() if value is not None}, jitter=jitter
    )
    for point in table[table["front"] | table["front_jitter"]].to_dict("records"):
        which = [n for n, on in (("ideal", "front"), ("jitter", "front_jitter")) if point[on]]
        click.echo(
            f"on the front ({', '.join(which)}): {point['dataset']}, V_syn/V_th "
            f"{point['v_syn']:g}, weight decay {point['weight_decay']:g}, temperature "
            f"{point['temperature']:g}: {point['accuracy']:.4f}, {point['accuracy_jitter']:.4f}, "
            f"{point['energy'] * 1e12:.2f} pJ"
        )
    caption = _caption(table, by, jitter, draws, confidence, images, costs)
    write_results(out, {"front": table}, {"front": front_figure(table, jitter, caption)})


def _measured(network, dataset, run, images, jitter, draws, threads, clamp, stop_at_first_spike,
              **costs):  # fmt: skip
    """Accuracies and mean energy of one network."""
    from rcspike_brian.devices import DeviceEffects, chip_accuracies
    from rcspike_brian.energy import network_energy

    circuit, known = circuit_and_costs(network, **costs)
    inputs, labels = dataset.test_images[:images], dataset.test_labels[:images]
    settings = {"clamp": clamp, "stop_at_first_spike": stop_at_first_spike, "threads": threads}
    budget = budget_of(run, network, inputs, circuit, known, **settings)
    effects = DeviceEffects(comparator_jitter=jitter)
    noisy = chip_accuracies(network, dataset, effects, draws, images=images, threads=threads)
    found = network_energy(budget, labels)
    return {
        **{name: found[name] for name in ("accuracy", "energy")},
        "accuracy_jitter": noisy.mean(),
    }


def _settings(run, dataset, config):
    """All settings of a run as a row, those that the figure shows first."""
    from rcspike_brian.errors import RunFolderError

    if isinstance(config.v_syn, tuple):
        raise RunFolderError(f"{run} has unequal rails {config.v_syn}; only one V_syn is supported")
    first = {name: getattr(config, name) for name in ("v_syn", "weight_decay", "temperature")}
    rest = {**config.to_dict(), "hidden": "-".join(map(str, config.hidden))}
    # Groups of rows need numbers or text.
    rest = {n: v if isinstance(v, (int, float, str)) else str(v) for n, v in rest.items()}
    data = "bundled subset" if dataset.is_subset else "full"
    return {**first, "data": data, **{n: v for n, v in rest.items() if n not in first}}


def _caption(table, by, jitter, draws, confidence, images, costs):
    """What was run, and what was kept."""
    shown = ("dataset", "v_syn", "weight_decay", "temperature")
    others = [name for name in by if name not in shown]
    kept = {name: table[name].iloc[0] for name in others if table[name].nunique() == 1}
    varied = [name.replace("_", " ") for name in others if name not in kept]
    told = ("data", "hidden", "epochs", "batch_size", "learning_rate", "noise", "label_smoothing")
    fixed = [f"{name.replace('_', ' ')} {_text(kept[name])}" for name in told if name in kept]
    seeds = " to ".join(map(str, sorted({table["seeds"].min(), table["seeds"].max()})))
    parts = {"V_th": (costs["v_th"], "V"), "V_dd": (costs["v_dd"], "V"),
             "C": (costs["capacitance"] * 1e15, "fF"), "T": (costs["period"] * 1e6, "µs"),
             "comparators": (costs["comparator_energy"] * 1e15, "fJ each")}  # fmt: skip
    if costs["threshold_capacitance"] is not None:
        parts["C_in"] = costs["threshold_capacitance"] * 1e15, "fF"
    circuit = ", ".join(f"{name} = {value:g} {unit}" for name, (value, unit) in parts.items())
    images = f"The first {images:,} test images" if images else "All test images"
    stop = ", stop at the first output spike" if costs["stop_at_first_spike"] else ""
    return (
        f"Accuracy by earliest spike against energy per inference of {len(table)} settings, "
        f"seeds of each: {seeds}; bars: {confidence:.0%} intervals over the seeds, cut where they "
        f"are long. {images}. "
        f"Left: ideal comparators. Right: thresholds of all comparators with Gaussian jitter of "
        f"{jitter:g} V_th, mean over {draws} draws. Filled and joined: the Pareto front, by the "
        f"means. Kept fixed: {', '.join(fixed)}; firing ramp {costs['ramp'] or 'of the network'}"
        f"{stop}, {circuit}."
        + (f" Also varied: {', '.join(varied)}." if varied else "")
        + " Line drivers, wires and clock are not included."
    )


def _text(value):
    return value if isinstance(value, str) else f"{value:g}"
