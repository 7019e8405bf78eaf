"""The results of a network simulation as tidy data frames."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from rcspike_brian.circuit import Circuit
from rcspike_brian.readout import earliest_spike
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
    circuit : Circuit
    plan : Plan
    target : str
    seconds : dict
        Where the time went: build, and load, run and read summed over all processes.

    Examples
    --------
    >>> from rcspike_brian import Network, simulate_network
    >>> network = Network.random((4, 3, 2), scale=2.0, seed=1)
    >>> result = simulate_network(
    ...     network, [[0.0, 0.2, 0.4, 1.0]], target="runtime", progress=False)
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
        frames.append(
            pd.DataFrame(
                {
                    "image": image + chunk.first,
                    "layer": number,
                    "neuron": neuron,
                    "time": (number + between) * float(circuit.T),
                    "t_out": between,
                    "t_grid": t_grid[image, neuron],
                }
            )
        )
    frame = pd.concat(frames, ignore_index=True)
    return frame.sort_values(["image", "layer", "neuron"], ignore_index=True)


def predictions(chunk) -> np.ndarray:
    """Return the class of each presentation: the output that spikes first, or -1."""
    return earliest_spike(1 - chunk.t_out[-1])


def labels_frame(chunk) -> pd.DataFrame:
    """Return the predicted class of each presentation of a chunk."""
    images = np.arange(len(chunk)) + chunk.first
    return pd.DataFrame({"image": images, "predicted": predictions(chunk)})


def traces_frame(chunk, circuit, plan, recorded) -> pd.DataFrame:
    """Return the traces of a chunk; ``recorded`` lists the neurons of each layer."""
    step = np.arange(2 * plan.steps + 1)
    frames = [_layer_traces(chunk, circuit, 1, (), np.empty((0, 0, len(step))), plan.steps)]
    for number, (neurons, V) in enumerate(zip(recorded, chunk.traces, strict=True), start=1):
        if V is not None:
            frames.append(_layer_traces(chunk, circuit, number, neurons, V, plan.steps))
    return pd.concat(frames[1:] or frames, ignore_index=True)


def _layer_traces(chunk, circuit, number, neurons, V, steps):
    images, count, samples = V.shape
    step = np.tile(np.arange(samples), images * count)
    return pd.DataFrame(
        {
            "image": np.repeat(np.arange(images) + chunk.first, count * samples),
            "layer": number,
            "neuron": np.tile(np.repeat(np.array(neurons, dtype=int), samples), images),
            "phase": np.where(step <= steps, "charging", "firing"),
            "time": (step / steps + number - 1) * float(circuit.T),
            "t": step / steps,
            "membrane_potential": V.ravel(),
            "v": V.ravel() / float(circuit.V_th),
        }
    )


def read_result(model):
    """Turn what the monitors of a `NetworkModel` hold into a result.

    Parameters
    ----------
    model : NetworkModel
        From `build_network`, after its run.

    Returns
    -------
    NetworkResult

    Examples
    --------
    >>> from rcspike_brian import Network, build_network
    >>> model = build_network(Network.random((4, 3, 2), scale=2.0), [[0.0, 0.2, 0.4, 1.0]])
    >>> model.run()
    >>> read_result(model).labels.columns.tolist()
    ['image', 'predicted']
    """
    arrays = read_monitors(model)
    chunk = read_chunk(model.plan, model.circuit, arrays, 0, model.plan.presentations, {})
    return _result([chunk], model.circuit, model.plan, model.recorded, "active device", {})


def collect(simulation, chunks) -> NetworkResult:
    """Put the chunks of a simulation together."""
    seconds = {"build": simulation.build_seconds}
    for part in ("load", "run", "read"):
        seconds[part] = sum(chunk.seconds[part] for chunk in chunks)
    return _result(
        chunks, simulation.circuit, simulation.plan, simulation.recorded, simulation.target, seconds
    )


def _result(chunks, circuit, plan, recorded, target, seconds):
    def joined(name):
        layers = zip(*(getattr(chunk, name) for chunk in chunks), strict=True)
        return [np.concatenate(parts) for parts in layers]

    def below(frames):
        return pd.concat(frames, ignore_index=True)

    traced = [chunk for chunk in chunks if any(trace is not None for trace in chunk.traces)]
    return NetworkResult(
        spikes=below([spikes_frame(chunk, circuit) for chunk in chunks]),
        labels=below([labels_frame(chunk) for chunk in chunks]),
        traces=below(
            [traces_frame(chunk, circuit, plan, recorded) for chunk in traced or chunks[:1]]
        ),
        t_out=joined("t_out"),
        v_end=joined("v_end"),
        circuit=circuit,
        plan=plan,
        target=target,
        seconds=seconds,
    )
