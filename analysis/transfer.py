"""Transfer curve: the end potential v(T) against the multiply-accumulate value."""

from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator
from numpy.typing import ArrayLike

from rcspike_brian.analysis.checks import drive_voltages, layer_weights, require_columns
from rcspike_brian.analysis.drawing import draw, name_legend
from rcspike_brian.analysis.palette import DRIVE_LABEL, v_syn_hue, v_syn_label
from rcspike_brian.core.checks import positive_integer
from rcspike_brian.core.membrane import membrane_potential


def random_layer(
    n_in: int = 100, n_out: int = 10, samples: int = 100, scale: float = 2.0, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
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


def transfer_curve(spike_times: ArrayLike, weights: ArrayLike, v_syn: ArrayLike) -> pd.DataFrame:
    """End potentials of a layer against their multiply-accumulate values.

    Parameters
    ----------
    spike_times : (samples, n_in) array_like, or (n_in,) of one sample
        Input spike times in units of T.
    weights : (n_in, n_out) array_like, or (n_in,) of one neuron
        Normalised weights, kept while V_syn changes.
    v_syn : float or iterable of float
        V_syn/V_th > 0, with ideal diodes; infinity gives the identity.

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
    >>> transfer_curve([0.0], [1.0], [1.0, float("inf")]).v.round(4).tolist()
    [0.6321, 1.0]
    """
    values, weights = drive_voltages(v_syn), layer_weights(weights)
    spike_times = np.atleast_2d(spike_times)
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


def transfer_error(curve: pd.DataFrame) -> pd.DataFrame:
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
    >>> transfer_error(transfer_curve([0.0], [1.0], 1.0)).rms.round(4).tolist()
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


def plot_transfer_curve(curve: pd.DataFrame, axes: Axes | None = None, **kwds: Any) -> Axes:
    """End potential v(T) against the multiply-accumulate value, a cloud of points per V_syn.

    Parameters
    ----------
    curve : pandas.DataFrame
        From `transfer_curve`.
    axes : matplotlib.axes.Axes, optional
        Default: the current axes.
    **kwds
        Passed to `seaborn.scatterplot`.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> curve = transfer_curve(*random_layer(samples=5), [1, 8])
    >>> axes = plot_transfer_curve(curve, Figure().subplots())
    >>> [text.get_text() for text in axes.get_legend().texts]
    ['1', '8']
    """
    require_columns(curve, ("v_syn", "mac", "v"), "curve")
    settings = {"s": 8, "linewidth": 0, "alpha": 0.6, **v_syn_hue(curve)}
    axes = draw(sns.scatterplot, "mac", "v", axes, kwds, **settings)
    axes.axline((0, 0), slope=1, color="0.6", linewidth=0.8, linestyle=":", zorder=0)
    axes.set(
        xlabel=r"multiply-accumulate value $\sum_j w_j (1 - t_j)$",
        ylabel=r"$V(T) / V_\mathrm{th}$",
    )
    name_legend(axes, DRIVE_LABEL)
    return axes


def plot_transfer_error(errors: pd.DataFrame, axes: Axes | None = None, **kwds: Any) -> Axes:
    """Root-mean-square deviation from the multiply-accumulate value against V_syn, log-log.

    Parameters
    ----------
    errors : pandas.DataFrame
        From `transfer_error`; an infinite V_syn has no place on the axis and is left out.
    axes : matplotlib.axes.Axes, optional
        Default: the current axes.
    **kwds
        Passed to `seaborn.lineplot`.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> errors = transfer_error(transfer_curve(*random_layer(samples=5), [1, 8]))
    >>> plot_transfer_error(errors, Figure().subplots()).get_xscale()
    'log'
    """
    require_columns(errors, ("v_syn", "rms"), "errors")
    finite = errors[errors["v_syn"] < float("inf")]
    axes = draw(sns.lineplot, "v_syn", "rms", axes, kwds, data=finite, marker="o")
    axes.set(xscale="log", yscale="log")
    axes.set_xticks(finite["v_syn"], [v_syn_label(value) for value in finite["v_syn"]])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set(xlabel=DRIVE_LABEL, ylabel=r"rms deviation of $V(T) / V_\mathrm{th}$")
    return axes
