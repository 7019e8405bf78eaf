"""The results of a network simulation as tidy data frames."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from rcspike_brian.circuit import Circuit
from rcspike_brian.exact import traces_columns
from rcspike_brian.readout import first_to_spike
from rcspike_brian.simulation.model import NetworkModel
from rcspike_brian.simulation.plan import Plan
from rcspike_brian.simulation.recording import read_chunk
from rcspike_brian.simulation.runners import read_monitors


@dataclass(frozen=True, eq=False)
class NetworkResult:
    """What `simulate_network` returns.

    Attributes
    ----------
    spikes : pandas.DataFrame
        One row per spike of a neuron, at most one per image and neuron. Columns: ``image``,
        ``layer`` (1 is the first hidden layer), ``neuron``, ``time`` (seconds since the image's
        presentation began), ``t_out`` (units of T from the start of the layer's firing phase,
        between time steps), ``t_grid`` (the time step that saw the spike).
    labels : pandas.DataFrame
        One row per image. Columns: ``image``, ``predicted`` (the output neuron that spikes first;
        -1 if none does, or two at once).
    traces : pandas.DataFrame
        One row per image, recorded neuron and time step. Columns: ``image``, ``layer``,
        ``neuron``, ``phase`` ("charging" up to and including the end of that phase, then
        "firing"), ``time`` (seconds since the image's presentation began), ``t`` (units of T since
        the layer's charging phase began, 0 to 2), ``membrane_potential`` (volts), ``v``
        (membrane potential/V_th).
    t_out, v_end : list of (n, n_l) ndarray
        Spike times (1: no spike) and v(T) of each layer.
    circuit, plan, target
        As in `NetworkSimulation`.
    seconds : dict
        Where the time went: build, and load, run and read summed over all processes.

    Examples
    --------
    >>> from rcspike_brian import Network, simulate_network
    >>> network = Network.random((4, 3, 2), scale=2.0, seed=1)
    >>> result = simulate_network(network, [0, 0.2, 0.4, 1], target="runtime", progress=False)
    >>> [times.shape for times in result.t_out]
    [(1, 3), (1, 2)]
    """

    spikes: pd.DataFrame
    labels: pd.DataFrame
    traces: pd.DataFrame
    t_out: list
    v_end: list
    circuit: Circuit
    plan: Plan
    target: str
    seconds: dict


def spikes_frame(chunk, circuit) -> pd.DataFrame:
    """Return the spikes of a chunk; see `NetworkResult`."""
    frames = []
    for number, (t_out, t_grid) in enumerate(zip(chunk.t_out, chunk.t_grid, strict=True), start=1):
        image, neuron = np.nonzero(t_grid < 1)
        between = t_out[image, neuron]
        columns = {
            "image": image + chunk.first,
            "layer": number,
            "neuron": neuron,
            "time": (number + between) * circuit.si.T,
            "t_out": between,
            "t_grid": t_grid[image, neuron],
        }
        frames.append(pd.DataFrame(columns))
    frame = pd.concat(frames, ignore_index=True)
    return frame.sort_values(["image", "layer", "neuron"], ignore_index=True)


def traces_frame(chunk, setup) -> pd.DataFrame:
    """Return the traces of a chunk; see `NetworkResult`."""
    si, frames = setup.circuit.si, []
    nothing = [(0, (), np.empty((0, 0, 2 * setup.plan.steps + 1)))]
    recorded = zip(range(1, len(chunk.traces) + 1), setup.probes, chunk.traces, strict=True)
    for number, neurons, V in [layer for layer in recorded if layer[2] is not None] or nothing:
        frame = pd.DataFrame(traces_columns(chunk.first, number, neurons, V.shape))
        frame.insert(4, "time", (frame["t"] + number - 1) * si.T)
        frames.append(frame.assign(membrane_potential=V.ravel(), v=V.ravel() / si.V_th))
    return pd.concat(frames, ignore_index=True)


def read_result(model: NetworkModel) -> NetworkResult:
    """Turn what the monitors of a `NetworkModel` hold into a result.

    Parameters
    ----------
    model : NetworkModel
        From `build_network`, after its run.

    Examples
    --------
    >>> from rcspike_brian import Network, build_network
    >>> model = build_network(Network.random((4, 3, 2), scale=2.0), [0.0, 0.2, 0.4, 1.0])
    >>> model.run()
    >>> read_result(model).labels.columns.tolist()
    ['image', 'predicted']
    """
    chunk = read_chunk(model.setup, read_monitors(model), 0, model.plan.presentations, {})
    return collect(model.setup, [chunk], "active device", {})


def collect(setup, chunks, target, seconds) -> NetworkResult:
    """Put the chunks of a simulation together."""

    def joined(name):
        layers = zip(*(getattr(chunk, name) for chunk in chunks), strict=True)
        return [np.concatenate(parts) for parts in layers]

    predicted = np.concatenate([first_to_spike(chunk.t_out[-1]) for chunk in chunks])
    below = {"ignore_index": True}
    traced = [chunk for chunk in chunks if any(trace is not None for trace in chunk.traces)]
    spikes = pd.concat([spikes_frame(chunk, setup.circuit) for chunk in chunks], **below)
    labels = pd.DataFrame({"image": np.arange(len(predicted)), "predicted": predicted})
    traces = pd.concat([traces_frame(chunk, setup) for chunk in traced or chunks[:1]], **below)
    by_layer = joined("t_out"), joined("v_end")
    common = setup.circuit, setup.plan, target, seconds
    return NetworkResult(spikes, labels, traces, *by_layer, *common)
