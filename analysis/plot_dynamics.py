"""Plots of the voltage dynamics of the charging phase."""

import matplotlib.pyplot as plt
import seaborn as sns
from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

from rcspike_brian.analysis.checks import require_columns
from rcspike_brian.analysis.palette import DRIVE_LABEL, v_syn_hue, v_syn_label

_TIME = "time $t / T$"
_POTENTIAL = r"membrane potential $V / V_\mathrm{th}$"


def plot_membrane_potential(traces, axes=None, **kwds):
    """Membrane potential over time, one line for each V_syn and neuron.

    Parameters
    ----------
    traces : pandas.DataFrame
        From `exact_traces`.
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
    >>> from rcspike_brian.analysis import exact_traces
    >>> axes = plot_membrane_potential(exact_traces([0.2], [[1.0]], [1, 8]), Figure().subplots())
    >>> [text.get_text() for text in axes.get_legend().texts]
    ['1', '8']
    """
    axes = _lines(traces, "v", axes, kwds)
    axes.axhline(1, color="0.6", linewidth=0.8, linestyle=":", zorder=0)
    axes.set(ylabel=_POTENTIAL)
    return axes


def plot_deviation(deviation, axes=None, **kwds):
    """Deviation from the linear accumulation over time.

    Parameters
    ----------
    deviation : pandas.DataFrame
        From `deviation_from_linear`. Coloured by v_syn if it has that column.
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
    >>> from rcspike_brian.analysis import deviation_from_linear, exact_traces
    >>> deviation = deviation_from_linear(exact_traces([0.2], [[1.0]], [1, float("inf")]))
    >>> axes = plot_deviation(deviation, Figure().subplots())
    >>> len(axes.get_legend().texts)
    1
    """
    axes = _lines(deviation, "deviation", axes, kwds)
    axes.axhline(0, color="0.6", linewidth=0.8, zorder=0)
    axes.set(ylabel=r"deviation $(V - V_\mathrm{linear}) / V_\mathrm{th}$")
    return axes


def plot_time_constant(frame, axes=None, **kwds):
    """Effective time constant over time, on a logarithmic axis.

    Parameters
    ----------
    frame : pandas.DataFrame
        From `effective_time_constant`. With its columns in seconds, the axes are in seconds.
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
    >>> from rcspike_brian.analysis import effective_time_constant
    >>> constants = effective_time_constant([0.2], [[1.0]], beta=1)
    >>> plot_time_constant(constants, Figure().subplots()).get_yscale()
    'log'
    """
    seconds = "time_constant_seconds" in frame.columns
    x, y = ("time", "time_constant_seconds") if seconds else ("t", "time_constant")
    require_columns(frame, ("neuron", x, y), "frame")
    axes = plt.gca() if axes is None else axes
    settings = {"estimator": None, "units": "neuron", "drawstyle": "steps-post", **kwds}
    sns.lineplot(data=frame, x=x, y=y, ax=axes, **settings)
    _one_two_five(axes, seconds)
    xlabel, unit = ("time", "") if seconds else (_TIME, " / T")
    axes.set(xlabel=xlabel, ylabel=f"effective time constant $1/f${unit}")
    return axes


def _one_two_five(axes, seconds):
    """Logarithmic axis with enough ticks in a single decade; seconds with their prefix."""
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter(EngFormatter("s") if seconds else "{x:g}")
    if seconds:
        axes.xaxis.set_major_formatter(EngFormatter("s"))


def plot_reversal_range(used, axes=None, **kwds):
    """Share of the reversal-limited range that each neuron uses, in both directions.

    Parameters
    ----------
    used : pandas.DataFrame
        From `reversal_range_used`, with the column v_syn.
    axes : matplotlib.axes.Axes, optional
        Default: the current axes.
    **kwds
        Passed to `seaborn.stripplot`.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from rcspike_brian.analysis import exact_traces, reversal_range_used
    >>> used = reversal_range_used(exact_traces([0.2], [[1.0]], [1, 8]))
    >>> plot_reversal_range(used, Figure().subplots()).get_ylabel()
    'V / reversal potential (extremes)'
    """
    require_columns(used, ("v_syn", "used_lower", "used_upper"), "used")
    axes = plt.gca() if axes is None else axes
    shares = used.assign(v_syn=used["v_syn"].map(v_syn_label), used_lower=-used["used_lower"])
    tidy = shares.melt("v_syn", ["used_lower", "used_upper"], value_name="share")
    # Jitter would draw from NumPy's global random state.
    settings = {"size": 4, "alpha": 0.4, "jitter": False, **kwds}
    sns.stripplot(data=tidy, x="v_syn", y="share", ax=axes, **settings)
    axes.axhline(0, color="0.6", linewidth=0.8, zorder=0)
    axes.set(ylim=(-1.05, 1.05), xlabel=DRIVE_LABEL)
    axes.set(ylabel="V / reversal potential (extremes)")
    return axes


def _lines(frame, y, axes, kwds):
    require_columns(frame, ("neuron", "t", y), "frame")
    axes = plt.gca() if axes is None else axes
    hue = v_syn_hue(frame) if "v_syn" in frame.columns else {"data": frame}
    sns.lineplot(x="t", y=y, ax=axes, **{"estimator": None, "units": "neuron", **hue, **kwds})
    axes.set(xlabel=_TIME)
    if "v_syn" in frame.columns:
        axes.get_legend().set_title(DRIVE_LABEL)
    return axes
