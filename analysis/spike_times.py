"""Spike times of a network: their distribution in each layer, and all of them on a time axis."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from rcspike_brian.analysis.checks import axes_or_current, require_columns
from rcspike_brian.analysis.palette import draw
from rcspike_brian.core.checks import positive_integer, spike_time_array
from rcspike_brian.errors import InvalidInput
from rcspike_brian.quantities import as_list, real_number

_COLUMNS = ("layer", "neuron", "image", "t_out")


def spike_time_frame(layers: Sequence[ArrayLike], first_layer: int = 1) -> pd.DataFrame:
    """Tidy frame of the spike times of a network.

    Columns layer, neuron, image, t_out.

    Parameters
    ----------
    layers : sequence of (images, neurons) array_like
        Output spike times of each layer, in units of T.
    first_layer : int, number of the first of them

    Examples
    --------
    >>> spike_time_frame([[[0.2, 1.0]]]).values.tolist()
    [[1.0, 0.0, 0.0, 0.2], [1.0, 1.0, 0.0, 1.0]]
    """
    first_layer = positive_integer(first_layer, "first_layer", least=0)
    if not (layers := as_list("layers", layers)):
        raise InvalidInput("layers must be the spike times (images, neurons) of at least one layer")
    frames = []
    for layer, times in enumerate(layers, start=first_layer):
        times = spike_time_array(times)
        image, neuron = np.indices(times.shape)
        columns = (layer, neuron.ravel(), image.ravel(), times.ravel())
        frames.append(pd.DataFrame(dict(zip(_COLUMNS, columns, strict=True))))
    return pd.concat(frames, ignore_index=True)


def activity(spikes: pd.DataFrame) -> pd.DataFrame:
    """Silent, saturated and active fractions of each layer.

    Columns layer, silent (t_out = 1: V(T) <= 0), saturated (t_out = 0: V(T) >= V_th), active (in
    between: the only spikes that carry a grey value), never (share of neurons silent for every
    image), median_t_out (of the active ones, units of T), n.

    Parameters
    ----------
    spikes : frame from `spike_time_frame`

    Examples
    --------
    >>> activity(spike_time_frame([[[0.0, 0.5, 1.0, 1.0]]])).silent.tolist()
    [0.5]
    """
    require_columns(spikes, _COLUMNS, "spikes")
    rows = [{"layer": layer, **_shares(group)} for layer, group in spikes.groupby("layer")]
    return pd.DataFrame(rows)


def _shares(group):
    silent, saturated = group["t_out"] >= 1, group["t_out"] <= 0
    active = ~(silent | saturated)
    never = silent.groupby(group["neuron"]).all().mean()
    median = group.loc[active, "t_out"].median()
    shares = {"silent": silent.mean(), "saturated": saturated.mean(), "active": active.mean()}
    return {**shares, "never": never, "median_t_out": median, "n": len(group)}


def spike_time_histogram(spikes: pd.DataFrame, bins: int = 40) -> pd.DataFrame:
    """Distribution of the spikes inside the firing phase, for each layer.

    Columns layer, t_out (middle of the bin, units of T), density (per T). Silent and saturated
    neurons are in no bin but in the total: the densities integrate to the active fraction.

    Parameters
    ----------
    spikes : frame from `spike_time_frame`
    bins : int, number of equal bins from 0 to 1

    Examples
    --------
    >>> spike_time_histogram(spike_time_frame([[[0.1, 0.6, 0.7, 1.0]]]), bins=2).density.tolist()
    [0.5, 1.0]
    """
    require_columns(spikes, _COLUMNS, "spikes")
    edges = np.linspace(0, 1, positive_integer(bins, "bins") + 1)
    middles, frames = (edges[:-1] + edges[1:]) / 2, []
    for layer, times in spikes.groupby("layer")["t_out"]:
        counts, _ = np.histogram(times[times.between(0, 1, inclusive="neither")], edges)
        columns = {"layer": layer, "t_out": middles, "density": counts * bins / len(times)}
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True)


def plot_spike_times(histogram: pd.DataFrame, axes: Axes | None = None, **kwds: Any) -> Axes:
    """Distribution of output spike times, one line per layer.

    Parameters
    ----------
    histogram : frame from `spike_time_histogram`
    axes, **kwds : Axes, keywords of `seaborn.lineplot`

    Examples
    --------
    >>> plot_spike_times(spike_time_histogram(spike_time_frame([[[0.2, 1.0]]]))).get_ylabel()
    'density (1/T)'
    """
    require_columns(histogram, ("layer", "t_out", "density"), "histogram")
    layers = histogram.assign(layer=histogram["layer"].astype(str))
    settings = {"hue": "layer", "palette": "colorblind", "drawstyle": "steps-mid"}
    axes = draw(sns.lineplot, "t_out", "density", axes, kwds, data=layers, **settings)
    axes.set(xlim=(0, 1), ylim=(0, None), ylabel="density (1/T)")
    axes.set(xlabel="spike time in the firing phase $t / T$")
    return axes


def plot_activity(shares: pd.DataFrame, axes: Axes | None = None, **kwds: Any) -> Axes:
    """Silent, active and saturated fractions of each layer as stacked bars.

    Parameters
    ----------
    shares, axes, **kwds : frame from `activity`; Axes; keywords of pandas' `plot.bar`

    Examples
    --------
    >>> plot_activity(activity(spike_time_frame([[[0.2, 1.0]]]))).get_xlabel()
    'layer'
    """
    kinds = ["silent", "active", "saturated"]
    require_columns(shares, ("layer", *kinds), "shares")
    axes = axes_or_current(axes)
    blue, orange = sns.color_palette("colorblind", 2)
    settings = {"stacked": True, "rot": 0, "width": 0.7, "color": ["#c9c9c9", blue, orange], **kwds}
    shares.set_index("layer")[kinds].plot.bar(ax=axes, **settings)
    axes.set(ylim=(0, 1), xlabel="layer", ylabel="fraction of neurons and images")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, frameon=False)
    return axes


def raster_frame(layers: Sequence[ArrayLike], period: float = 0.0) -> pd.DataFrame:
    """Place the spikes of all layers on one time axis.

    One row per spike. Columns (image,) layer (0: inputs), neuron, t (units of T since the first
    presentation began: layer l fires from l to l + 1). One image has no column image. Raises
    `InvalidInput`: no layers, or layers neither all of one image nor all of the same images.

    Parameters
    ----------
    layers : sequence of (images, n_l) array_like, or (n_l,) of one image
        Spike times in units of T from the layer's firing phase on (1: no spike); inputs first.
    period : float
        From the presentation of one image to that of the next, in units of T; 0 counts the time
        of each image from its own presentation.

    Examples
    --------
    >>> raster_frame([[0.5, 1.0], [0.25]]).values.tolist()
    [[0.0, 0.0, 0.5], [1.0, 0.0, 1.25]]
    >>> raster_frame([[[0.5], [0.75]], [[0.25], [1.0]]], period=2.0).t.tolist()
    [0.5, 2.75, 1.25]
    """
    layers = as_list("layers", layers)
    arrays = [spike_time_array(times, None).astype(float) for times in layers]
    period = real_number("period", period, ">= 0")
    shapes = [times.shape for times in arrays]
    if len({shape[:-1] for shape in shapes}) != 1 or len(shapes[0]) not in (1, 2):
        raise InvalidInput(f"layers must have spike times (n_l,) or (images, n_l), got {shapes}")
    frame = spike_time_frame([np.atleast_2d(times) for times in arrays], first_layer=0)
    frame = frame[frame["t_out"] < 1].reset_index(drop=True)
    frame["t"] = frame["layer"] + frame["t_out"] + frame["image"] * period
    columns = ["layer", "neuron", "t"]
    return frame[["image", *columns] if len(shapes[0]) == 2 else columns]


def phase_frame(n_layers: int, images: int = 1, period: float = 0.0) -> pd.DataFrame:
    """Charging and firing phases of every layer, on the time axis of `raster_frame`.

    Columns image, layer (1 is the first with weights), phase ("charging" or "firing"), start and
    end (units of T since the first presentation began).

    Parameters
    ----------
    n_layers, images : int, layers with weights, and presentations one after another
    period : float, as for `raster_frame`

    Examples
    --------
    >>> phase_frame(2)[["layer", "phase", "start", "end"]].values.tolist()[1:3]
    [[1, 'firing', 1.0, 2.0], [2, 'charging', 1.0, 2.0]]
    """
    n_layers, images = positive_integer(n_layers, "n_layers"), positive_integer(images, "images")
    period = real_number("period", period, ">= 0")
    rows = [
        (image, layer, phase, image * period + layer - 1 + later)
        for image in range(images)
        for layer in range(1, n_layers + 1)
        for later, phase in enumerate(("charging", "firing"))
    ]
    frame = pd.DataFrame(rows, columns=["image", "layer", "phase", "start"])
    return frame.assign(end=frame["start"] + 1)


def plot_raster(spikes: pd.DataFrame, axes: Axes | None = None, **kwds: Any) -> Axes:
    """Spikes of one layer: a dot for each, neurons upwards and time to the right.

    Parameters
    ----------
    spikes : pandas.DataFrame
        Columns t (units of T) and neuron, from `raster_frame`; may have no rows.
    axes, **kwds : Axes, keywords of their method scatter

    Examples
    --------
    >>> plot_raster(raster_frame([[0.2, 0.4]])).get_ylabel()
    'neuron'
    """
    if not spikes.empty:
        require_columns(spikes, ("t", "neuron"), "spikes")
    axes = axes_or_current(axes)
    axes.scatter(spikes["t"], spikes["neuron"], **{"s": 6, "linewidths": 0, **kwds})
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="time $t / T$", ylabel="neuron")
    return axes
