"""Distribution of output spike times in each layer, with its silent and saturated neurons."""

import numpy as np
import pandas as pd

from rcspike_brian.analysis.checks import require_columns
from rcspike_brian.core.checks import positive_integer

_COLUMNS = ("layer", "neuron", "image", "t_out")


def spike_time_frame(layers, first_layer=1):
    """Tidy frame of the spike times of a network.

    Parameters
    ----------
    layers : iterable of (images, neurons) array_like
        Output spike times of each layer, in units of T.
    first_layer : int
        Number of the first of them.

    Returns
    -------
    pandas.DataFrame
        Columns layer, neuron, image, t_out.

    Examples
    --------
    >>> spike_time_frame([[[0.2, 1.0]]]).values.tolist()
    [[1.0, 0.0, 0.0, 0.2], [1.0, 1.0, 0.0, 1.0]]
    """
    frames = []
    for layer, times in enumerate(layers, start=first_layer):
        times = np.asarray(times)
        image, neuron = np.indices(times.shape)
        columns = (layer, neuron.ravel(), image.ravel(), times.ravel())
        frames.append(pd.DataFrame(dict(zip(_COLUMNS, columns, strict=True))))
    return pd.concat(frames, ignore_index=True)


def activity(spikes):
    """Silent, saturated and active fractions of each layer.

    Parameters
    ----------
    spikes : pandas.DataFrame
        Columns layer, neuron, image, t_out (units of T, 0 to 1).

    Returns
    -------
    pandas.DataFrame
        Columns layer, silent (t_out = 1: V(T) <= 0), saturated (t_out = 0: V(T) >= V_th), active
        (in between: the only spikes that carry a grey value), never (share of neurons silent for
        every image), median_t_out (of the active ones, units of T), n.

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
    return {
        "silent": float(silent.mean()),
        "saturated": float(saturated.mean()),
        "active": float(active.mean()),
        "never": float(silent.groupby(group["neuron"]).all().mean()),
        "median_t_out": float(group.loc[active, "t_out"].median()),
        "n": len(group),
    }


def spike_time_histogram(spikes, bins=40):
    """Distribution of the spikes inside the firing phase, for each layer.

    Parameters
    ----------
    spikes : pandas.DataFrame
        Columns layer, neuron, image, t_out.
    bins : int
        Number of equal bins from 0 to 1.

    Returns
    -------
    pandas.DataFrame
        Columns layer, t_out (middle of the bin, units of T), density (per T). Silent and
        saturated neurons are in no bin but in the total, so the densities of a layer integrate to
        its active fraction.

    Examples
    --------
    >>> spike_time_histogram(spike_time_frame([[[0.1, 0.6, 0.7, 1.0]]]), bins=2).density.tolist()
    [0.5, 1.0]
    """
    require_columns(spikes, _COLUMNS, "spikes")
    edges = np.linspace(0, 1, positive_integer(bins, "bins") + 1)
    frames = []
    for layer, group in spikes.groupby("layer"):
        inside = group["t_out"][(group["t_out"] > 0) & (group["t_out"] < 1)]
        counts, _ = np.histogram(inside, edges)
        density = counts * bins / len(group)
        middles = (edges[:-1] + edges[1:]) / 2
        frames.append(pd.DataFrame({"layer": layer, "t_out": middles, "density": density}))
    return pd.concat(frames, ignore_index=True)
