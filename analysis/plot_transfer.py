"""Plots of the transfer curve."""

import matplotlib.pyplot as plt
import seaborn as sns
from matplotlib.ticker import NullLocator

from rcspike_brian.analysis.checks import require_columns
from rcspike_brian.analysis.palette import DRIVE_LABEL, v_syn_hue, v_syn_label


def plot_transfer_curve(curve, axes=None, **kwds):
    """End potential v(T) against the multiply-accumulate value, a cloud of points per V_syn.

    Parameters
    ----------
    curve : pandas.DataFrame
        From `transfer_curve`.
    axes : matplotlib.axes.Axes, optional
        Default: the current axes.
    **kwds
        Passed to `seaborn.scatterplot`.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from rcspike_brian.analysis import random_layer, transfer_curve
    >>> curve = transfer_curve(*random_layer(samples=5), [1, 8])
    >>> axes = plot_transfer_curve(curve, Figure().subplots())
    >>> [text.get_text() for text in axes.get_legend().texts]
    ['1', '8']
    """
    require_columns(curve, ("v_syn", "mac", "v"), "curve")
    axes = plt.gca() if axes is None else axes
    settings = {"s": 8, "linewidth": 0, "alpha": 0.6, **v_syn_hue(curve), **kwds}
    sns.scatterplot(x="mac", y="v", ax=axes, **settings)
    axes.axline((0, 0), slope=1, color="0.6", linewidth=0.8, linestyle=":", zorder=0)
    axes.set(
        xlabel=r"multiply-accumulate value $\sum_j w_j (1 - t_j)$",
        ylabel=r"$V(T) / V_\mathrm{th}$",
    )
    axes.get_legend().set_title(DRIVE_LABEL)
    return axes


def plot_transfer_error(errors, axes=None, **kwds):
    """Root-mean-square deviation from the multiply-accumulate value against V_syn, log-log.

    Parameters
    ----------
    errors : pandas.DataFrame
        From `transfer_error`; an infinite V_syn has no place on the axis and is left out.
    axes : matplotlib.axes.Axes, optional
        Default: the current axes.
    **kwds
        Passed to `seaborn.lineplot`.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from rcspike_brian.analysis import random_layer, transfer_curve, transfer_error
    >>> errors = transfer_error(transfer_curve(*random_layer(samples=5), [1, 8]))
    >>> plot_transfer_error(errors, Figure().subplots()).get_xscale()
    'log'
    """
    require_columns(errors, ("v_syn", "rms"), "errors")
    axes = plt.gca() if axes is None else axes
    finite = errors[errors["v_syn"] < float("inf")]
    sns.lineplot(data=finite, x="v_syn", y="rms", ax=axes, **{"marker": "o", **kwds})
    axes.set(xscale="log", yscale="log")
    axes.set_xticks(finite["v_syn"], [v_syn_label(value) for value in finite["v_syn"]])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set(xlabel=DRIVE_LABEL, ylabel=r"rms deviation of $V(T) / V_\mathrm{th}$")
    return axes
