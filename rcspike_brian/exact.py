"""What the exact solution says about a network on a circuit, for comparison with simulations."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from rcspike_brian.circuit import Circuit
from rcspike_brian.core.checks import positive_integer, recorded_by_layer
from rcspike_brian.core.reference import trajectory
from rcspike_brian.errors import InvalidInput, expect
from rcspike_brian.network import Network


def exact_spike_times(
    network: Network, inputs: ArrayLike, circuit: Circuit | None = None
) -> list[np.ndarray]:
    """Output spike times of every layer, exactly, with the circuit's own rails, diodes and ramp.

    Parameters
    ----------
    network : rcspike_brian.Network
    inputs : (n, n_in) array
        uint8 grey levels, or spike times in units of T.
    circuit : Circuit, optional
        Default: the network's.

    Returns
    -------
    list of (n, n_l) ndarray
        In units of T, in [0, 1]; 1 is no spike. Double precision.

    Examples
    --------
    >>> from rcspike_brian import Network
    >>> network = Network.random((4, 3, 2), scale=2.0, seed=1)
    >>> [times.shape for times in exact_spike_times(network, [[0.0, 0.2, 0.4, 1.0]])]
    [(1, 3), (1, 2)]
    """
    expect("network", network, Network)
    network = network if circuit is None else network.on_circuit(circuit)
    return [state.times for state in network.walk(inputs)]


def exact_network_traces(
    network: Network,
    inputs: ArrayLike,
    circuit: Circuit | None = None,
    *,
    record: dict[int, Sequence[int]],
    samples: int = 500,
    first: int = 0,
) -> pd.DataFrame:
    """Exact membrane potentials of chosen neurons, in both phases.

    Parameters
    ----------
    network, inputs, circuit
        As for `exact_spike_times`.
    record : dict of int to list of int
        Neurons by layer (1, 2, ...), at least one; True for all of a layer.
    samples : int
        Points per phase.
    first : int
        Number of the first input, for the column ``image``.

    Returns
    -------
    pandas.DataFrame
        Columns image, layer, neuron, phase, t (units of T since the layer's charging phase began, 0
        to 2) and v (membrane potential/V_th); after its spike a neuron is at 0.

    Examples
    --------
    >>> from rcspike_brian import Network
    >>> network = Network.random((4, 3, 2), scale=2.0, seed=1)
    >>> traces = exact_network_traces(network, [[0.0, 0.2, 0.4, 1.0]], record={2: [1]}, samples=10)
    >>> len(traces)
    21
    """
    expect("network", network, Network)
    network = network if circuit is None else network.on_circuit(circuit)
    samples, first = positive_integer(samples, "samples"), positive_integer(first, "first", least=0)
    chosen = recorded_by_layer(record, network.sizes)
    if not any(chosen):
        raise InvalidInput(f"record must name at least one neuron, got {record!r}")
    frames = []
    for number, (neurons, state) in enumerate(zip(chosen, network.walk(inputs), strict=True), 1):
        if not neurons:
            continue
        times = state.times[:, list(neurons)]
        v = np.empty((*times.shape, 2 * samples + 1))
        for which, lines, weights in network.layers[number - 1].views(state.lines, neurons):
            images = zip(lines, times[:, which], strict=True)
            v[:, which] = [
                _both_phases(line, weights.astype(float), t_out, network, samples)
                for line, t_out in images
            ]
        columns = traces_columns(first, number, neurons, v.shape)
        frames.append(pd.DataFrame({**columns, "v": np.ravel(v)}))
    return pd.concat(frames, ignore_index=True)


def _both_phases(lines, weights, t_out, network, samples):
    """v of each neuron (n, 2 samples + 1)."""
    t = np.linspace(0, 1, samples + 1)
    charging = trajectory(lines, weights, network.beta, t).T
    since = t[1:]
    firing = network.circuit.ramp.rise(charging[:, -1:], since, network.circuit)
    # v = 0 would reach the threshold at the very end, which is no spike.
    fired = (t_out[:, None] < 1) & (since >= t_out[:, None])
    after = network.circuit.ramp.after(np.maximum(since - t_out[:, None], 0), network.circuit)
    return np.hstack([charging, np.where(fired, after, firing)])


def traces_columns(first, number, neurons, shape) -> dict:
    """Columns that say where and when, for potentials (images, neurons, 2 steps + 1) of a layer."""
    images, count, samples = shape
    step, steps = np.tile(np.arange(samples), images * count), samples // 2
    return {
        "image": np.repeat(np.arange(images) + first, count * samples),
        "layer": number,
        "neuron": np.tile(np.repeat(np.array(neurons, dtype=int), samples), images),
        "phase": np.where(step <= steps, "charging", "firing"),
        "t": step / steps,
    }
