"""Plots of spike-time distributions."""

import matplotlib.pyplot as plt
import seaborn as sns

from rcspike_brian.analysis.checks import require_columns


def plot_spike_times(histogram, axes=None, **kwds):
    """Distribution of output spike times, one line per layer.

    Parameters
    ----------
    histogram : pandas.DataFrame
        From `spike_time_histogram`.
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
    >>> from rcspike_brian.analysis import spike_time_frame, spike_time_histogram
    >>> histogram = spike_time_histogram(spike_time_frame([[[0.2, 0.5, 1.0]]]))
    >>> plot_spike_times(histogram, Figure().subplots()).get_ylabel()
    'density (1/T)'
    """
    require_columns(histogram, ("layer", "t_out", "density"), "histogram")
    axes = plt.gca() if axes is None else axes
    layers = histogram.assign(layer=histogram["layer"].astype(str))
    settings = {"hue": "layer", "palette": "colorblind", "drawstyle": "steps-mid", **kwds}
    sns.lineplot(data=layers, x="t_out", y="density", ax=axes, **settings)
    axes.set(xlim=(0, 1), xlabel="spike time in the firing phase $t / T$")
    axes.set(ylim=(0, None), ylabel="density (1/T)")
    return axes


def plot_activity(shares, axes=None, **kwds):
    """Silent, active and saturated fractions of each layer as stacked bars.

    Parameters
    ----------
    shares : pandas.DataFrame
        From `activity`.
    axes : matplotlib.axes.Axes, optional
        Default: the current axes.
    **kwds
        Passed to `pandas.DataFrame.plot.bar`.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from rcspike_brian.analysis import activity, spike_time_frame
    >>> axes = plot_activity(activity(spike_time_frame([[[0.2, 0.5, 1.0]]])), Figure().subplots())
    >>> [container.get_label() for container in axes.containers]
    ['silent', 'active', 'saturated']
    """
    kinds = ["silent", "active", "saturated"]
    require_columns(shares, ("layer", *kinds), "shares")
    axes = plt.gca() if axes is None else axes
    grey, blue, orange = "#c9c9c9", *sns.color_palette("colorblind", 2).as_hex()
    settings = {"stacked": True, "rot": 0, "width": 0.7, "color": [grey, blue, orange], **kwds}
    shares.set_index("layer")[kinds].plot.bar(ax=axes, **settings)
    axes.set(ylim=(0, 1), xlabel="layer", ylabel="fraction of neurons and images")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, frameon=False)
    return axes
