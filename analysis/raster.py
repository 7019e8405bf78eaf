"""Spikes of all layers on one time axis, the phases of the layers, and the raster of a layer."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from rcspike_brian.analysis.checks import require_columns
from rcspike_brian.analysis.drawing import axes_or_current
from rcspike_brian.analysis.spike_times import spike_time_frame
from rcspike_brian.errors import InvalidInput


def raster_frame(layers: Sequence[ArrayLike], period: float = 0.0) -> pd.DataFrame:
    """Place the spikes of all layers on one time axis.

    Parameters
    ----------
    layers : sequence of (images, n_l) array_like, or (n_l,) of one image
        Spike times in units of T from the start of the phase in which the layer fires; inputs
        first. 1 is no spike.
    period : float
        From the presentation of one image to that of the next, in units of T; 0 counts the time
        of each image from its own presentation.

    Returns
    -------
    pandas.DataFrame
        One row per spike. Columns (image,) layer (0: inputs), neuron, t (units of T since the
        first presentation began: layer l fires from l to l + 1). One image has no column image.

    Raises
    ------
    InvalidInput
        No layers, or layers that are neither all of one image nor all of the same images.

    Examples
    --------
    >>> raster_frame([[0.5, 1.0], [0.25]]).values.tolist()
    [[0.0, 0.0, 0.5], [1.0, 0.0, 1.25]]
    >>> raster_frame([[[0.5], [0.75]], [[0.25], [1.0]]], period=2.0).t.tolist()
    [0.5, 2.75, 1.25]
    """
    arrays = [np.asarray(times, dtype=float) for times in layers]
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

    Parameters
    ----------
    n_layers, images : int
        Layers with weights, and presentations one after another.
    period : float
        As for `raster_frame`.

    Returns
    -------
    pandas.DataFrame
        Columns image, layer (1 is the first with weights), phase ("charging" or "firing"), start
        and end (units of T since the first presentation began).

    Examples
    --------
    >>> phase_frame(2)[["layer", "phase", "start", "end"]].values.tolist()[1:3]
    [[1, 'firing', 1.0, 2.0], [2, 'charging', 1.0, 2.0]]
    """
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
    axes, **kwds
        The axes to draw on (default: the current ones), and keywords of their method scatter.

    Examples
    --------
    >>> plot_raster(raster_frame([[0.2, 0.4]])).get_ylabel()
    'neuron'
    """
    if not spikes.empty:
        require_columns(spikes, ("t", "neuron"), "spikes")
    axes = axes_or_current(axes)
    axes.scatter(spikes["t"], spikes["neuron"], **{"s": 6, "linewidths": 0, **kwds})
    axes.set(xlabel="time $t / T$", ylabel="neuron")
    return axes
