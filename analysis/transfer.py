"""Transfer curve: the end potential v(T) against the multiply-accumulate value."""

import numpy as np
import pandas as pd

from rcspike_brian.analysis.checks import drive_voltages, require_columns
from rcspike_brian.core.checks import positive_integer
from rcspike_brian.core.membrane import membrane_potential


def random_layer(n_in=100, n_out=10, samples=100, scale=2.0, seed=0):
    """Random inputs and weights, for instance for `transfer_curve`.

    Parameters
    ----------
    n_in, n_out, samples : int
        Sizes.
    scale : float
        Standard deviation of sqrt(n_in) times a weight.
    seed : int
        Of the generator; the same seed gives the same layer.

    Returns
    -------
    spike_times : (samples, n_in) numpy.ndarray
        Uniform in [0, 1).
    weights : (n_in, n_out) numpy.ndarray
        Normal with mean 0.

    Examples
    --------
    >>> spike_times, weights = random_layer(n_in=20, n_out=3, samples=5)
    >>> spike_times.shape, weights.shape
    ((5, 20), (20, 3))
    """
    for name, value in (("n_in", n_in), ("n_out", n_out), ("samples", samples)):
        positive_integer(value, name)
    rng = np.random.default_rng(seed)
    return rng.random((samples, n_in)), rng.normal(0, scale / np.sqrt(n_in), (n_in, n_out))


def transfer_curve(spike_times, weights, v_syn):
    """End potentials of a layer against their multiply-accumulate values.

    Parameters
    ----------
    spike_times : (samples, n_in) array_like
        Input spike times in units of T.
    weights : (n_in, n_out) array_like
        Normalised weights, kept while V_syn changes.
    v_syn : float or iterable of float
        V_syn - V_d in units of V_th, > 0; infinity gives the identity.

    Returns
    -------
    pandas.DataFrame
        Columns v_syn, sample, neuron, mac = sum_j w_j (1 - t_j), v = v(T), both in units of V_th.

    Raises
    ------
    InvalidInput
        V_syn not positive, or arrays that the solver refuses.

    Notes
    -----
    v(T) -> mac as V_syn -> infinity, with a deviation of order V_th/V_syn.

    Examples
    --------
    >>> transfer_curve([[0.0]], [[1.0]], [1.0, float("inf")]).v.round(4).tolist()
    [0.6321, 1.0]
    """
    values = drive_voltages(v_syn)
    mac = membrane_potential(spike_times, weights, 0.0)
    sample, neuron = np.indices(mac.shape)
    frames = [
        pd.DataFrame(
            {
                "v_syn": value,
                "sample": sample.ravel(),
                "neuron": neuron.ravel(),
                "mac": mac.ravel(),
                "v": membrane_potential(spike_times, weights, 1 / value).ravel(),
            }
        )
        for value in values
    ]
    return pd.concat(frames, ignore_index=True)


def transfer_error(curve):
    """Distance of a transfer curve from the multiply-accumulate value, for each V_syn.

    Parameters
    ----------
    curve : pandas.DataFrame
        From `transfer_curve`.

    Returns
    -------
    pandas.DataFrame
        Columns v_syn, rms and largest (deviation |v - mac|, units of V_th), slope (least squares
        through the origin: 1 is a multiply-accumulate, less is compression), correlation of v and
        mac, n.

    Examples
    --------
    >>> transfer_error(transfer_curve([[0.0]], [[1.0]], 1.0)).rms.round(4).tolist()
    [0.3679]
    """
    require_columns(curve, ("v_syn", "mac", "v"), "curve")
    rows = [{"v_syn": value, **_distance(group)} for value, group in curve.groupby("v_syn")]
    return pd.DataFrame(rows)


def _distance(group):
    deviation, power = group["v"] - group["mac"], (group["mac"] ** 2).sum()
    return {
        "rms": float(np.sqrt((deviation**2).mean())),
        "largest": float(deviation.abs().max()),
        "slope": float((group["v"] * group["mac"]).sum() / power) if power > 0 else np.nan,
        "correlation": float(group["v"].corr(group["mac"])) if len(group) > 1 else np.nan,
        "n": len(group),
    }
