"""Spikes of one image in all layers, on one time axis."""

import numpy as np
import pandas as pd


def raster_frame(layers) -> pd.DataFrame:
    """Place the spikes of an image on the time axis of its presentation.

    Parameters
    ----------
    layers : sequence of (n_l,) array_like
        Spike times in units of T from the start of the phase in which the layer fires; inputs
        first. 1 is no spike.

    Returns
    -------
    pandas.DataFrame
        One row per spike. Columns: ``layer`` (0: inputs), ``neuron``, ``t`` (units of T since the
        presentation began: layer l fires from l to l + 1).

    Examples
    --------
    >>> raster_frame([[0.5, 1.0], [0.25]]).values.tolist()
    [[0.0, 0.0, 0.5], [1.0, 0.0, 1.25]]
    """
    frames = []
    for number, times in enumerate(layers):
        times = np.asarray(times, dtype=float)
        neuron = np.flatnonzero(times < 1)
        frames.append(
            pd.DataFrame({"layer": number, "neuron": neuron, "t": number + times[neuron]})
        )
    return pd.concat(frames, ignore_index=True)
