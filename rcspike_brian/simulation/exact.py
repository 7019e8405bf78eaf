"""What the exact solution says about the same network on the same circuit."""

import numpy as np
import pandas as pd

from rcspike_brian.core.reference import trajectory
from rcspike_brian.simulation.network_simulation import circuit_of, spike_times_of


def exact_spike_times(network, inputs, circuit=None) -> list:
    """Solve every layer exactly, with the circuit's own rails, diodes and ramp.

    Parameters
    ----------
    network : rcspike_brian.Network
    inputs : (n, n_in) array
        uint8 grey levels, or spike times in units of T.
    circuit : Circuit, optional
        As for `simulate_network`.

    Returns
    -------
    list of (n, n_l) ndarray
        Output spike times in units of T, in [0, 1]; 1 is no spike. Double precision.

    Examples
    --------
    >>> from rcspike_brian import Network
    >>> network = Network.random((4, 3, 2), scale=2.0, seed=1)
    >>> [times.shape for times in exact_spike_times(network, [[0.0, 0.2, 0.4, 1.0]])]
    [(1, 3), (1, 2)]
    """
    circuit = circuit_of(network, circuit)
    return [state.times for state in network.on_circuit(circuit).walk(inputs)]


def exact_network_traces(network, inputs, circuit=None, *, record, samples=500, first=0):
    """Exact membrane potentials of chosen neurons, in both phases.

    Parameters
    ----------
    network, inputs, circuit
        As for `exact_spike_times`.
    record : dict of int to list of int
        Neurons by layer (1, 2, ...).
    samples : int
        Points per phase.
    first : int
        Number of the first input, for the column ``image``.

    Returns
    -------
    pandas.DataFrame
        Columns image, layer, neuron, phase, t (units of T since the layer's charging phase began, 0
        to 2) and v (membrane potential/V_th), as in `NetworkResult.traces`; after its spike a
        neuron is at 0.

    Examples
    --------
    >>> from rcspike_brian import Network
    >>> network = Network.random((4, 3, 2), scale=2.0, seed=1)
    >>> traces = exact_network_traces(network, [[0.0, 0.2, 0.4, 1.0]], record={2: [1]}, samples=10)
    >>> len(traces)
    21
    """
    circuit = circuit_of(network, circuit)
    spikes = [spike_times_of(network, inputs), *exact_spike_times(network, inputs, circuit)]
    frames = []
    for number, neurons in sorted(record.items()):
        weights = network.weights[number - 1][:, list(neurons)].astype(float)
        for image in range(len(inputs)):
            times = np.append(spikes[number - 1][image], 0.0)
            t_out = spikes[number][image][list(neurons)]
            v = _both_phases(times, weights, t_out, circuit, samples)
            place = {"image": first + image, "layer": number}
            frames.append(_frame(v, list(neurons), samples, place))
    return pd.concat(frames, ignore_index=True)


def _both_phases(times, weights, t_out, circuit, samples):
    """v of each neuron (n, 2 samples + 1)."""
    charging = trajectory(times, weights, circuit.beta, np.linspace(0, 1, samples + 1)).T
    since = np.linspace(0, 1, samples + 1)[1:]
    v_end = charging[:, -1:]
    firing = circuit.ramp.rise(v_end, since, circuit)
    # v = 0 would reach the threshold at the very end, which is no spike.
    fired = (t_out[:, None] < 1) & (since >= t_out[:, None])
    return np.hstack([charging, np.where(fired, 0.0, firing)])


def _frame(v, neurons, samples, place):
    step = np.tile(np.arange(2 * samples + 1), len(neurons))
    columns = {
        "neuron": np.repeat(neurons, 2 * samples + 1),
        "phase": np.where(step <= samples, "charging", "firing"),
        "t": step / samples,
        "v": v.ravel(),
    }
    return pd.DataFrame({**place, **columns})
