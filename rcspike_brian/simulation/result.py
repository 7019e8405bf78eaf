"""The results of a network simulation as tidy data frames."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rcspike_brian.brian import second
from rcspike_brian.circuit import Circuit
from rcspike_brian.exact import traces_columns
from rcspike_brian.readout import first_to_spike
from rcspike_brian.simulation.model import NetworkModel
from rcspike_brian.simulation.plan import Plan
from rcspike_brian.simulation.recording import read_chunk
from rcspike_brian.simulation.runners import read_monitors

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SHOWN = 10  # rows


def spikes_html(result, spikes) -> str:
    """What a notebook shows of a result: what it is, and its first spikes."""
    times = [str(time * second) for time in spikes["time"].head(_SHOWN)]
    table = spikes.head(_SHOWN).assign(time=times).to_html(index=False, float_format="%.4f")
    more = f"and {len(spikes) - _SHOWN:,} more spikes" if len(spikes) > _SHOWN else ""
    return html.escape(repr(result)) + table + more


def time_axis(axes, longest) -> float:
    """Name the time axis in a unit in which the longest time (seconds) can be read; return it."""
    known = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"), (1e-12, "ps"))
    unit, name = next((entry for entry in known if longest >= entry[0]), known[-1])
    axes.set_xlabel(f"time ({name})")
    return unit


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

    def __repr__(self):
        images, layers = len(self.labels), "-".join(str(times.shape[1]) for times in self.t_out)
        spikes = f"{len(self.spikes):,} spikes in layers of {layers}"
        return f"<NetworkResult of {images} images: {spikes}, {self.target}>"

    def _repr_html_(self):
        return spikes_html(self, self.spikes)

    def plot(self, image: int = 0, axes: Axes | None = None) -> Axes:
        """Draw the spikes of all layers for one image; return the axes.

        Parameters
        ----------
        image : int
        axes : matplotlib.axes.Axes, optional
            Default: those of a new figure.
        """
        from matplotlib import pyplot as plt

        axes = plt.subplots()[1] if axes is None else axes
        below = np.cumsum([0, *(times.shape[1] for times in self.t_out)])
        longest = (len(self.t_out) + 1) * self.circuit.si.T
        unit = time_axis(axes, longest)
        shown = self.spikes[self.spikes["image"] == image]
        for layer, part in shown.groupby("layer"):
            row = part["neuron"] + below[layer - 1]
            axes.scatter(part["time"] / unit, row, s=20, linewidths=0, label=f"layer {layer}")
        axes.set(ylabel="neuron, layer above layer", ylim=(-1, below[-1]))
        axes.set(xlim=(0, longest / unit), title=f"image {image}")
        axes.locator_params(axis="y", integer=True)
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
        return axes


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
