"""Plots of what the end potential depends on: single inputs, and inhibition."""

import matplotlib.pyplot as plt
import seaborn as sns

from rcspike_brian.analysis.checks import require_columns
from rcspike_brian.analysis.palette import DRIVE_LABEL, v_syn_hue


def plot_sensitivity(frame, axes=None, **kwds):
    """Derivative of v(T) by a weight against the spike time of the input, per V_syn.

    Parameters
    ----------
    frame : pandas.DataFrame
        From `weight_sensitivity`.
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
    >>> from rcspike_brian.analysis import weight_sensitivity
    >>> frame = weight_sensitivity([0.2, 0.7], [1.0, 1.0], [1, float("inf")])
    >>> axes = plot_sensitivity(frame, Figure().subplots())
    >>> [text.get_text() for text in axes.get_legend().texts]
    ['1', '∞']
    """
    require_columns(frame, ("v_syn", "t", "sensitivity"), "frame")
    axes = plt.gca() if axes is None else axes
    settings = {"marker": "o", "markersize": 4, **v_syn_hue(frame), **kwds}
    sns.lineplot(x="t", y="sensitivity", ax=axes, **settings)
    axes.axhline(0, color="0.6", linewidth=0.8, zorder=0)
    axes.set(
        xlabel="input spike time $t_j / T$", ylabel=r"sensitivity $\partial v(T) / \partial w_j$"
    )
    axes.get_legend().set_title(DRIVE_LABEL)
    return axes


def plot_inhibition(curve, axes=None, **kwds):
    """End potential against excitation, one line per inhibitory conductance.

    Parameters
    ----------
    curve : pandas.DataFrame
        From `inhibition_curve`, of a single reversal potential.
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
    >>> from rcspike_brian.analysis import inhibition_curve
    >>> curve = inhibition_curve([0.0, 1.0, 2.0], [0.0, 2.0], reversal=0.01)
    >>> len(plot_inhibition(curve, Figure().subplots()).get_legend().texts)
    2
    """
    require_columns(curve, ("inhibition", "excitation", "v"), "curve")
    axes = plt.gca() if axes is None else axes
    named = curve.assign(inhibition=curve["inhibition"].map("{:g}".format))
    settings = {"hue": "inhibition", "palette": "rocket", **kwds}
    sns.lineplot(data=named, x="excitation", y="v", ax=axes, **settings)
    axes.axhline(0, color="0.6", linewidth=0.8, zorder=0)
    axes.set(
        xlabel="excitatory conductance $G_+ T / C$",
        ylabel=r"$V(T) / V_\mathrm{th}$",
    )
    axes.get_legend().set_title("$G_- T / C$")
    return axes
