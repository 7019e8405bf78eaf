"""Spikes of a whole network on one time axis, and the phases of its layers."""

import numpy as np
import pandas as pd

from rcspike_brian.analysis.checks import require_columns


def pipeline_frame(result, inputs):
    """Spikes of all layers and the input, image after image.

    Parameters
    ----------
    result : NetworkResult
        Of `rcspike_brian.simulation.simulate_network`.
    inputs : (n, n_in) array_like
        Input spike times of the same images, in units of T; 1 is no spike.

    Returns
    -------
    pandas.DataFrame
        Columns image, layer (0 is the input), neuron, t (units of T since the first image's
        charging phase began).

    Examples
    --------
    >>> from rcspike_brian import Network
    >>> from rcspike_brian.simulation import simulate_network
    >>> inputs = [[0.0, 0.2, 0.4, 1.0], [0.3, 1.0, 0.1, 0.2]]
    >>> network = Network.random((4, 3, 2), scale=2.0, seed=1)
    >>> result = simulate_network(network, inputs, target="runtime", progress=False)
    >>> raster = pipeline_frame(result, inputs)
    >>> sorted(set(raster.layer)), int((raster.layer == 0).sum())
    ([0, 1, 2], 6)
    """
    inputs = np.asarray(inputs, dtype=float)
    image, neuron = np.nonzero(inputs < 1)
    first = pd.DataFrame({"image": image, "layer": 0, "neuron": neuron, "t": inputs[image, neuron]})
    later = result.spikes.assign(t=result.spikes["layer"] + result.spikes["t_out"])
    frame = pd.concat([first, later[["image", "layer", "neuron", "t"]]], ignore_index=True)
    return frame.assign(t=frame["t"] + frame["image"] * _period(result))


def phase_frame(result):
    """Charging and firing phases of every layer.

    Parameters
    ----------
    result : NetworkResult

    Returns
    -------
    pandas.DataFrame
        Columns image, layer, phase ("charging" or "firing"), start, end (units of T since the first
        image's charging phase began).

    Examples
    --------
    >>> from rcspike_brian import Network
    >>> from rcspike_brian.simulation import simulate_network
    >>> network = Network.random((4, 3, 2), scale=2.0, seed=1)
    >>> result = simulate_network(
    ...     network, [[0.0, 0.2, 0.4, 1.0]], target="runtime", progress=False)
    >>> phase_frame(result)[["layer", "phase", "start", "end"]].values.tolist()[1:3]
    [[1, 'firing', 1.0, 2.0], [2, 'charging', 1.0, 2.0]]
    """
    rows = []
    for image in range(len(result.labels)):
        begin = image * _period(result)
        for layer in range(1, len(result.t_out) + 1):
            for start, phase in ((layer - 1, "charging"), (layer, "firing")):
                rows.append((image, layer, phase, begin + start, begin + start + 1.0))
    return pd.DataFrame(rows, columns=["image", "layer", "phase", "start", "end"])


def _period(result):
    """From one image to the next, in units of T."""
    return float(result.plan.period) / float(result.circuit.T)


def require_pipeline(raster, phases):
    """Raise `InvalidInput` unless these are frames of `pipeline_frame` and `phase_frame`."""
    require_columns(raster, ("image", "layer", "neuron", "t"), "raster")
    require_columns(phases, ("image", "layer", "phase", "start", "end"), "phases")
