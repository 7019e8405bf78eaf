"""The chip experiment: a 5-5-5 network on Iris in the exact solver, in Brian2 and in ngspice.

After the experiment of Sakemi et al., arXiv:2412.09010 (there: post-layout simulation of a sky130
circuit). Five input lines (four features and the bias, which spikes at 0) drive five hidden
neurons, and those, with a bias line of their own, five output neurons. Three outputs are the
species; the two others stand for no class and learn not to be first.

The circuit is that of `rcspike_brian.Circuit.sky130`: the transistors are in its two effective
rails, so what is simulated here is the resistor-and-diode circuit with the same rails, not the
layout.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from rcspike_brian.circuit import Circuit
from rcspike_brian.core.checks import positive_integer
from rcspike_brian.data import Dataset, load_iris
from rcspike_brian.diodes import Diode
from rcspike_brian.errors import InvalidInput
from rcspike_brian.network import Network
from rcspike_brian.readout import first_to_spike
from rcspike_brian.simulation import simulate_network
from rcspike_brian.spice import simulate_spice
from rcspike_brian.training import recipe, train

SIZES = (4, 5, 5)
RC_SPIKE, MAPPED = "RC-Spike", "ANN on RC-Spike circuit"


@dataclass(frozen=True, eq=False)
class IrisNetworks:
    """Two networks for the same circuit, and the data.

    Attributes
    ----------
    circuit : Circuit
    data : rcspike_brian.data.Dataset
    trained : Network
        Trained with the circuit's equations.
    ann : Network
        Trained as an ordinary network (conventional circuit).

    Examples
    --------
    >>> train_iris(iterations=20).model("RC-Spike").sizes
    (4, 5, 5)
    """

    circuit: Circuit
    data: Dataset
    trained: Network
    ann: Network

    def model(self, name: str) -> Network:
        """The network of that name with the equations that its own training assumed."""
        return {RC_SPIKE: self.trained, MAPPED: self.ann}[name]


def train_iris(
    circuit: Circuit | None = None, *, seed: int = 0, iterations: int = 60
) -> IrisNetworks:
    """Train the RC-Spike network and the ANN by L-BFGS, on all flowers of the training set at once.

    Parameters
    ----------
    circuit : Circuit, optional
        Default: `Circuit.sky130`.
    seed : int
        Of the initial weights and of the choice of the test flowers.
    iterations : int
        At most; each takes about one gradient.

    Examples
    --------
    >>> train_iris(iterations=20).trained.sizes
    (4, 5, 5)
    """
    seed = positive_integer(seed, "seed", least=0)
    iterations = positive_integer(iterations, "iterations")
    circuit, data = Circuit.sky130() if circuit is None else circuit, load_iris(seed)
    on = circuit, Circuit.normalised(math.inf)
    return IrisNetworks(circuit, data, *(_trained(data, c, seed, iterations) for c in on))


def _trained(data, circuit, seed, iterations):
    settings = {"optimizer": "l-bfgs", "epochs": iterations, "seed": seed, "v_syn": circuit.e}
    config = recipe("plain", data, ramp=circuit.ramp.name, **settings)
    start = Network.random(SIZES, circuit, seed, 2.0, np.float64)
    return train(data, config, start=start, progress=False, threads=1).network


def compare_iris(
    networks: IrisNetworks,
    *,
    samples: int | None = None,
    diode: Diode | str = "ideal",
    tolerance: float = 1e-5,
    brian_steps: int = 1000,
) -> pd.DataFrame:
    """Spike times of every neuron by the model, by Brian2 and by ngspice.

    Parameters
    ----------
    networks : IrisNetworks
    samples : int, optional
        How many test flowers; default all 50.
    diode : str or Diode
        Of the netlist.
    tolerance : float
        Of ngspice.
    brian_steps : int
        Time steps per phase in Brian2.

    Returns
    -------
    pandas.DataFrame
        Columns network ("RC-Spike" or "ANN on RC-Spike circuit"), sample, label, layer, neuron,
        ``t_model`` (what the equations of the network's own training say), ``t_brian2`` and
        ``t_ngspice`` (the circuit), in units of T; 1 is no spike.

    Examples
    --------
    >>> frame = compare_iris(train_iris(iterations=20), samples=2)  # doctest: +SKIP
    """
    times = _chosen(networks, samples)
    how = diode, tolerance, brian_steps
    frames = [_compare(networks, name, times, *how) for name in (RC_SPIKE, MAPPED)]
    return pd.concat(frames, ignore_index=True)


def _chosen(networks, samples):
    """Spike times of so many test flowers; of all if None."""
    times = networks.data.test_images
    n = len(times) if samples is None else positive_integer(samples, "samples")
    if n > len(times):
        raise InvalidInput(f"samples must be at most {len(times)}, the test flowers, got {n}")
    return times[:n]


def _compare(networks, name, times, diode, tolerance, brian_steps):
    brian_steps = positive_integer(brian_steps, "brian_steps")
    circuit, network = networks.circuit, networks.model(name)
    on_circuit, dt = network.on_circuit(circuit), circuit.T / brian_steps
    brian = simulate_network(on_circuit, times, dt=dt, target="runtime", progress=False)
    judges = {
        "t_model": np.hstack(network.spike_times(times)),
        "t_brian2": np.hstack(brian.t_out),
        "t_ngspice": _ngspice_times(circuit, on_circuit, times, diode, tolerance),
    }
    places = [(l, i) for l, n in enumerate(network.sizes[1:], start=1) for i in range(n)]
    sample = np.repeat(np.arange(len(times)), len(places))
    layer, neuron = np.tile(np.transpose(places), len(times))
    columns = {"network": name, "sample": sample, "label": networks.data.test_labels[sample]}
    columns |= {"layer": layer, "neuron": neuron}
    return pd.DataFrame(columns | {judge: found.ravel() for judge, found in judges.items()})


def iris_tolerances(
    networks: IrisNetworks, tolerances: Sequence[float], *, samples: int | None = None
) -> pd.DataFrame:
    """Exact solver against ngspice on the trained network, at several tolerances of SPICE.

    Parameters
    ----------
    networks, samples
        As for `compare_iris`.
    tolerances : sequence of float

    Returns
    -------
    pandas.DataFrame
        Columns tolerance and ``model_ngspice``: spike-time RMSE over both layers, in units of T.

    Examples
    --------
    >>> iris_tolerances(train_iris(iterations=20), [1e-3, 1e-5], samples=2)  # doctest: +SKIP
    """
    times = _chosen(networks, samples)
    exact = np.hstack(networks.trained.spike_times(times))
    rows = []
    for tolerance in tolerances:
        spice = _ngspice_times(networks.circuit, networks.trained, times, "ideal", tolerance)
        rows.append((tolerance, _rmse(spice, exact)))
    return pd.DataFrame(rows, columns=["tolerance", "model_ngspice"])


def _ngspice_times(circuit, network, times, diode, tolerance):
    """Spike times of all neurons of all layers, (n, n_neurons)."""
    options = {"diode": diode, "tolerance": tolerance}
    runs = [simulate_spice(circuit, network, sample, **options) for sample in times]
    return np.array([np.concatenate(run.t_out) for run in runs])


def _rmse(a, b):
    return float(np.sqrt(np.mean((a - b) ** 2)))


def iris_rmse(frame: pd.DataFrame) -> pd.DataFrame:
    """Root mean square difference of spike times, in units of T, per network and layer.

    Parameters
    ----------
    frame : pandas.DataFrame
        From `compare_iris`.

    Returns
    -------
    pandas.DataFrame
        Columns network, layer ("1", "2", "all"), ``model_ngspice``, ``brian2_ngspice`` and
        ``model_brian2``.

    Examples
    --------
    >>> places = {"network": "mine", "layer": [1, 2], "sample": 0, "label": 0, "neuron": 0}
    >>> times = {"t_model": [0.5, 0.7], "t_brian2": [0.5, 0.7], "t_ngspice": [0.5, 0.7]}
    >>> iris_rmse(pd.DataFrame(places | times))["model_ngspice"].tolist()
    [0.0, 0.0, 0.0]
    """
    pairs = (("model", "ngspice"), ("brian2", "ngspice"), ("model", "brian2"))
    rows = []
    for name, network in frame.groupby("network", sort=False):
        for layer in (1, 2, "all"):
            part = network if layer == "all" else network[network["layer"] == layer]
            rmse = {f"{a}_{b}": _rmse(part[f"t_{a}"], part[f"t_{b}"]) for a, b in pairs}
            rows.append({"network": name, "layer": str(layer), **rmse})
    return pd.DataFrame(rows)


def iris_accuracy(frame: pd.DataFrame) -> pd.DataFrame:
    """Test accuracy by the earliest spike, as model, Brian2 and ngspice see it.

    Parameters
    ----------
    frame : pandas.DataFrame
        From `compare_iris`.

    Returns
    -------
    pandas.DataFrame
        Columns network, model, brian2, ngspice: fractions of the samples.

    Examples
    --------
    >>> places = {"network": "mine", "layer": 2, "sample": 0, "label": 1, "neuron": [0, 1]}
    >>> times = {"t_model": [0.7, 0.2], "t_brian2": [0.7, 0.2], "t_ngspice": [0.7, 0.2]}
    >>> iris_accuracy(pd.DataFrame(places | times)).values.tolist()
    [['mine', 1.0, 1.0, 1.0]]
    """
    rows = []
    for name, part in frame[frame["layer"] == frame["layer"].max()].groupby("network", sort=False):
        labels = part.groupby("sample")["label"].first().to_numpy()
        shares = {}
        for judge in ("model", "brian2", "ngspice"):
            times = part.pivot(index="sample", columns="neuron", values=f"t_{judge}").to_numpy()
            shares[judge] = float(np.mean(first_to_spike(times) == labels))
        rows.append({"network": name, **shares})
    return pd.DataFrame(rows)
