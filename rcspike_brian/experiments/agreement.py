"""A network in Brian2 against the exact solution, and the study of it in a folder of results."""

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from rcspike_brian.analysis.agreement import (
    combine_agreement,
    convergence_order,
    label_agreement,
    spike_time_agreement,
)
from rcspike_brian.analysis.spike_times import raster_frame
from rcspike_brian.figures.presentation import presentation_figure
from rcspike_brian.figures.saving import save_figure, save_table
from rcspike_brian.progress import Progress, progress_bar
from rcspike_brian.simulation import NetworkSimulation, exact_network_traces, exact_spike_times
from rcspike_brian.simulation.result import spikes_frame, traces_frame
from rcspike_brian.storage import atomic_write, make_folder, versions, write_json

_DRIVE = r"$(V_\mathrm{syn}-V_\mathrm{d})/V_\mathrm{th}$"  # a caption breaks at spaces
PROBES = 3
"""Neurons per layer whose membrane potential is drawn."""


@dataclass(frozen=True, eq=False)
class Agreement:
    """What `compare_with_exact` returns.

    Attributes
    ----------
    layers, labels : pandas.DataFrame
        Frames of `spike_time_agreement` and `label_agreement` in `rcspike_brian.analysis`.
    seconds : dict
        As in `rcspike_brian.simulation.NetworkResult`.

    Examples
    --------
    >>> Agreement(pd.DataFrame({"rmse": [0.001]}), pd.DataFrame(), {}).layers.columns.tolist()
    ['rmse']
    """

    layers: pd.DataFrame
    labels: pd.DataFrame
    seconds: dict


def compare_with_exact(
    simulation: NetworkSimulation,
    inputs: np.ndarray,
    *,
    each: Callable[[Any], object] | None = None,
    progress: Progress = True,
) -> Agreement:
    """Present inputs and compare the spikes of all layers with the exact solution.

    Memory does not grow with the number of inputs, but for one short row of labels each.

    Parameters
    ----------
    simulation : NetworkSimulation
        Inside its ``with`` block.
    inputs : (n, n_in) array
    each : function of Chunk, optional
        Called with every chunk, in order, for instance to write its spikes to a file.
    progress : bool or function
        As for `rcspike_brian.simulate_network`.

    Examples
    --------
    >>> from rcspike_brian import Network, NetworkSimulation
    >>> network = Network.random((4, 3, 2), scale=2.0, seed=1)
    >>> with NetworkSimulation(network, target="runtime", presentations=1) as simulation:
    ...     found = compare_with_exact(simulation, [[0.0, 0.2, 0.4, 1.0]], progress=False)
    >>> bool((found.layers["rmse"] < 0.01).all())  # of T; a time step is 0.001
    True
    """
    layers, labels, seconds = [], [], {"build": simulation.build_seconds}
    with progress_bar(progress, len(inputs), "image", "simulating") as update:
        for chunk in simulation.present(inputs):
            part = np.asarray(inputs[chunk.first : chunk.first + len(chunk)])
            exact = exact_spike_times(simulation.network, part, simulation.circuit)
            layers = [combine_agreement([*layers, spike_time_agreement(chunk.t_out, exact)])]
            labels.append(label_agreement(chunk.t_out[-1], exact[-1], first=chunk.first))
            for name, value in chunk.seconds.items():
                seconds[name] = seconds.get(name, 0.0) + value
            if each is not None:
                each(chunk)
            update(len(chunk))
    return Agreement(layers[0], pd.concat(labels, ignore_index=True), seconds)


def choose_probes(layers, count=PROBES) -> dict:
    """Choose neurons by layer: spread over the firing phase; the first to spike in the output.

    Of each layer, whose spike times (n_l,) are given, up to ``count``: it is part of the program.
    """
    chosen = {}
    for number, times in enumerate(layers, start=1):
        order = np.argsort(times, kind="stable")
        inside = order[(times[order] > 0) & (times[order] < 1)]
        wanted = min(count, len(order))
        pool = inside if len(inside) >= wanted and number < len(layers) else order
        last = len(pool) - 1 if number < len(layers) else wanted - 1
        chosen[number] = [int(pool[k]) for k in np.linspace(0, last, wanted).astype(int)]
    return chosen


@contextmanager
def spikes_file(path, simulation):
    """Open a CSV file that takes the spikes of one chunk after another; whole or not there."""
    with atomic_write(path) as temporary, temporary.open("w", encoding="utf-8") as file:

        def write(chunk):
            frame = spikes_frame(chunk, simulation.circuit)
            frame.to_csv(file, index=False, header=chunk.first == 0, float_format="%.9g")

        yield write


class _Shown:
    """Keeps what the figure needs of the chunk that holds one image."""

    def __init__(self, image, simulation):
        self.image, self.simulation = image, simulation

    def look(self, chunk):
        if not chunk.first <= self.image < chunk.first + len(chunk):
            return
        frame = traces_frame(chunk, self.simulation.setup)
        self.traces = frame[frame["image"] == self.image].reset_index(drop=True)
        self.t_out = [times[self.image - chunk.first] for times in chunk.t_out]


def simulate_into(
    folder, network, inputs, labels, circuit, *, dts, show=0, progress=True, say=print, **options
):
    """Simulate a network, compare it with the exact solution, and write what was found.

    The folder receives ``agreement.csv`` (which is returned), ``differing.csv``, ``order.csv`` (of
    several dt), ``spikes.csv``, ``labels.csv``, ``traces.csv``, ``simulation.json`` and the figure
    ``presentation`` of the image ``show``; with several ``dts``, those of the smallest one.
    ``options`` are those of `NetworkSimulation`.
    """
    folder = make_folder(folder)
    exact_shown = exact_spike_times(network, inputs[show : show + 1], circuit)
    record = choose_probes([times[0] for times in exact_shown])
    agreements, differing, runs = [], [], []
    for dt in sorted(dts, reverse=True):
        with NetworkSimulation(network, circuit, dt=dt, record=record, **options) as simulation:
            say(_headline(simulation))
            shown = _Shown(show, simulation)
            with spikes_file(folder / "spikes.csv", simulation) as write:

                def each(chunk, write=write, shown=shown):
                    write(chunk)
                    shown.look(chunk)

                found = compare_with_exact(simulation, inputs, each=each, progress=progress)
        agreements.append(_agreement_rows(found, simulation.plan.steps))
        differing.append(_differing_rows(found, labels, simulation.plan.steps))
        runs.append({"steps": simulation.plan.steps, "seconds": found.seconds})
        for line in _findings(agreements[-1], differing[-1]):
            say(line)
    agreement = pd.concat(agreements, ignore_index=True)
    tables = {
        "agreement": agreement,
        "differing": pd.concat(differing, ignore_index=True),
        "labels": found.labels.assign(label=labels),
        "traces": shown.traces,
    }
    if len(agreements) > 1:
        tables["order"] = convergence_order(agreement)
        orders = ", ".join(f"{order:.2f}" for order in tables["order"]["order"])
        say(f"order in dt of the spike times, by layer: {orders}")
    for name, frame in tables.items():
        save_table(frame, folder, name)
    save_figure(_draw(network, inputs, simulation, shown, record), folder, "presentation")
    write_json(folder / "simulation.json", _settings(simulation, found, labels, runs))
    return agreement


def _headline(simulation):
    plan = simulation.plan
    how = f"target {simulation.target!r}, dt = T/{plan.steps}"
    if simulation.target != "cpp_standalone":
        return f"{how}, in this process"
    seconds = simulation.build_seconds
    ready = f"compiled in {seconds:.0f} s" if seconds else "cached"
    return f"{how}, {simulation.workers} processes, program {ready}"


def _agreement_rows(found, steps):
    rows = found.layers.assign(images=len(found.labels), labels_differ=pd.NA)
    rows.loc[rows.index[-1], "labels_differ"] = int((~found.labels["agrees"]).sum())
    rows.insert(0, "dt", 1 / steps)
    rows.insert(0, "steps", steps)
    return rows


def _differing_rows(found, labels, steps):
    """Images whose class differs, with the exact gap between the two first spikes in steps."""
    rows = found.labels.assign(label=labels)
    rows = rows[~rows["agrees"]].drop(columns="agrees")
    rows.insert(0, "steps", steps)
    return rows.assign(gap_in_steps=rows["gap"] * steps)


def _findings(agreement, differing):
    for row in agreement.itertuples():
        yield (
            f"  layer {row.layer}: RMSE {row.rmse:.2e} T, largest difference "
            f"{row.max_difference:.2e} T, spikes only here {row.only_simulated}, only in the exact "
            f"solution {row.only_exact}, of {row.spiking}"
        )
    yield f"  labels that differ: {len(differing)} of {agreement['images'].iloc[-1]}"
    for row in differing.itertuples():
        yield (
            f"    image {row.image}: {row.simulated} here, {row.exact} exactly, where the first "
            f"two spikes are {row.gap_in_steps:.2f} time steps apart"
        )


def _draw(network, inputs, simulation, shown, record):
    one = inputs[shown.image : shown.image + 1]
    times = network.input_spike_times(one)[0]
    exact = exact_spike_times(network, one, simulation.circuit)
    plan, circuit = simulation.plan, simulation.circuit
    drive = " / ".join(f"{e:g}" for e in dict.fromkeys(circuit.e)).replace("inf", "∞")
    named = "; ".join(f"{', '.join(map(str, n))} of layer {l}" for l, n in record.items())
    caption = (
        f"Image {shown.image} in a network of {'-'.join(map(str, network.sizes))} neurons, "
        f"simulated with Brian2 (target {simulation.target!r}, dt = T/{plan.steps}), and the exact "
        f"solution over it. {circuit.model} circuit, {_DRIVE} = {drive}. Left: spikes; each layer "
        f"fires (shaded) while the next one charges. Right: membrane potentials of neurons {named}."
    )
    return presentation_figure(
        raster_frame([times, *shown.t_out]),
        # Input spikes are given, not simulated: nothing to compare.
        raster_frame([np.ones_like(times), *(layer[0] for layer in exact)]),
        shown.traces,
        exact_network_traces(network, one, circuit, record=record, samples=plan.steps),
        network.sizes,
        caption,
    )


def _settings(simulation, found, labels, runs):
    return {
        "target": simulation.target,
        "workers": simulation.workers,
        "circuit": simulation.circuit.to_dict(),
        "plan": asdict(simulation.plan),
        "images": len(found.labels),
        "accuracy_simulated": float(np.mean(found.labels["simulated"] == labels)),
        "accuracy_exact": float(np.mean(found.labels["exact"] == labels)),
        "runs": runs,
        "versions": versions(),
    }
