"""The chip experiment in transistors of sky130: corners, mismatch, and a network trained for each.

The network is that of `rcspike_brian.experiments.iris`. Its L-BFGS stops after 30 iterations: with
more, weights grow until membranes leave the range in which the current sources are saturated
(roughly -0.35 to 1.3 V_th) and come back, which no model with two rails describes.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from rcspike_brian.core.checks import positive_integer
from rcspike_brian.errors import expect
from rcspike_brian.experiments.iris import (
    MAPPED,
    RC_SPIKE,
    IrisNetworks,
    compare_iris,
    train_iris,
)  # fmt: skip
from rcspike_brian.quantities import real_number
from rcspike_brian.readout import first_to_spike
from rcspike_brian.spice import Extraction, Process, program, simulate_transistors

ITERATIONS = 30
_TIME_LIMIT = 7200.0


def train_for_transistors(extraction: Extraction, *, seed: int = 0) -> IrisNetworks:
    """Train the RC-Spike network, and the ANN, for an extracted circuit.

    Parameters
    ----------
    extraction : Extraction
    seed : int
        As for `train_iris`.

    Examples
    --------
    >>> train_for_transistors(extract())  # doctest: +SKIP
    """
    return train_iris(extraction.circuit, seed=seed, iterations=ITERATIONS)


def compare_transistors(
    networks: IrisNetworks, extraction: Extraction, process: Process | None = None, *,
    samples: int = 50, models: Iterable[str] = (RC_SPIKE, MAPPED), others: bool = False,
    copiers: bool = False,
) -> pd.DataFrame:  # fmt: skip
    """Spike times of every neuron by the model and by the transistors.

    Parameters
    ----------
    networks : IrisNetworks
        For the circuit of the extraction.
    extraction : Extraction
        What the chip is programmed by.
    process : Process, optional
        What it is made in; default: that of the extraction.
    samples : int
        Test flowers, evenly from all 50.
    models : iterable of str
    others : bool
        With Brian2 and the resistor-and-diode circuit in ngspice too, for all 50 flowers.
    copiers : bool
        As for `rcspike_brian.spice.simulate_transistors`.

    Returns
    -------
    pandas.DataFrame
        Columns extracted (corner), corner, mismatch (seed or -1), network, sample, label, layer,
        neuron, ``t_model`` (what the network's own training assumed), ``t_circuit`` (exact, on the
        extracted circuit), ``t_transistors``, and with others ``t_brian2`` and ``t_ngspice``.

    Examples
    --------
    >>> compare_transistors(networks, extraction, samples=2)  # doctest: +SKIP
    """
    expect("networks", networks, IrisNetworks)
    expect("extraction", extraction, Extraction)
    process = extraction.process if process is None else process
    expect("process", process, Process)
    data, n = networks.data, positive_integer(samples, "samples")
    chosen = np.unique(np.linspace(0, len(data.test_images) - 1, n).round().astype(int))
    times, frames = data.test_images[chosen], []
    for name in models:
        own = networks.model(name)
        on_circuit = own.on_circuit(extraction.circuit)
        found = simulate_transistors(
            program(extraction, on_circuit), times, process,
            copiers=copiers, time_limit=_TIME_LIMIT,
        )  # fmt: skip
        places = [(l, i) for l, size in enumerate(own.sizes[1:], start=1) for i in range(size)]
        sample, (layer, neuron) = np.repeat(chosen, len(places)), np.tile(np.transpose(places), n)
        exact = own.spike_times(times), on_circuit.spike_times(times)
        judged = dict(zip(("model", "circuit", "transistors"), (*exact, found), strict=True))
        where = {
            "extracted": extraction.process.corner,
            "corner": process.corner,
            "mismatch": -1 if process.seed is None else process.seed,
            "network": name,
            "sample": sample,
            "label": data.test_labels[sample],
            "layer": layer,
            "neuron": neuron,
        }
        found_times = {f"t_{judge}": np.hstack(t).ravel() for judge, t in judged.items()}
        frames.append(pd.DataFrame(where | found_times))
    frame = pd.concat(frames, ignore_index=True)
    if others:
        keys = ["network", "sample", "layer", "neuron"]
        more = compare_iris(networks)[[*keys, "t_brian2", "t_ngspice"]]
        frame = frame.merge(more, on=keys, how="left")
    return frame


def transistor_rmse(frame: pd.DataFrame, T: float = 1e-6) -> pd.DataFrame:
    """Spike-time RMSE in nanoseconds and accuracy, by how and where the chip was made.

    Parameters
    ----------
    frame : pandas.DataFrame
        From `compare_transistors`.
    T : float
        Of a phase, in seconds.

    Returns
    -------
    pandas.DataFrame
        Columns extracted, corner, mismatch, network, samples, ``model``, ``circuit`` (RMSE against
        the transistors, all neurons), those of layers 1 and 2 (``circuit_1``, ``circuit_2``),
        ``brian2`` and ``ngspice`` if they are there, ``accuracy_model``, ``accuracy``.

    Examples
    --------
    >>> columns = ["extracted", "corner", "mismatch", "network", "sample", "label", "layer"]
    >>> rows = [["tt", "tt", -1, "mine", 0, 0, l, n] for l in (1, 2) for n in (0, 1)]
    >>> frame = pd.DataFrame(rows, columns=[*columns, "neuron"])
    >>> times = {"t_model": 0.5, "t_circuit": 0.5, "t_transistors": [0.5, 0.502, 0.5, 0.502]}
    >>> round(float(transistor_rmse(frame.assign(**times))["model"][0]), 3)
    1.414
    """
    T, rows = real_number("T", T, "> 0"), []
    keys = ["extracted", "corner", "mismatch", "network"]
    for values, part in frame.groupby(keys, sort=False):
        row = dict(zip(keys, values, strict=True)) | {"samples": part["sample"].nunique()}
        last = part[part["layer"] == part["layer"].max()]
        for judge in ("model", "circuit", "brian2", "ngspice"):
            if f"t_{judge}" in part and part[f"t_{judge}"].notna().all():
                row[judge] = _rmse(part, judge) * T * 1e9
        for l in (1, 2):
            row[f"circuit_{l}"] = _rmse(part[part["layer"] == l], "circuit") * T * 1e9
        labels = last.groupby("sample")["label"].first().to_numpy()
        for name, judge in (("accuracy_model", "model"), ("accuracy", "transistors")):
            times = last.pivot(index="sample", columns="neuron", values=f"t_{judge}").to_numpy()
            row[name] = float(np.mean(first_to_spike(times) == labels))
        rows.append(row)
    return pd.DataFrame(rows)


def _rmse(part, judge):
    return float(np.sqrt(np.mean((part[f"t_{judge}"] - part["t_transistors"]) ** 2)))
