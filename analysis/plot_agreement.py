"""Plot of how the spike times of a simulation approach the exact ones."""

import matplotlib.pyplot as plt
import seaborn as sns

from rcspike_brian.analysis.checks import require_columns


def plot_convergence(agreement, axes=None, **kwds):
    """Error of the spike times against the time step, one line per layer, log-log.

    Parameters
    ----------
    agreement : pandas.DataFrame
        Columns layer, dt (units of T) and rmse (units of T): rows of `spike_time_agreement`, each
        with the dt it belongs to.
    axes : matplotlib.axes.Axes, optional
        Default: the current axes.
    **kwds
        Passed to `seaborn.lineplot`.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> agreement = pd.DataFrame({"layer": 1, "dt": [0.01, 0.005], "rmse": [0.02, 0.01]})
    >>> plot_convergence(agreement, Figure().subplots()).get_xscale()
    'log'
    """
    require_columns(agreement, ("layer", "dt", "rmse"), "agreement")
    axes = plt.gca() if axes is None else axes
    named = agreement.assign(layer="layer " + agreement["layer"].astype(str))
    settings = {"hue": "layer", "style": "layer", "markers": True, "palette": "colorblind", **kwds}
    sns.lineplot(data=named, x="dt", y="rmse", ax=axes, **settings)
    first = agreement.loc[agreement["dt"].idxmin()]
    axes.set(xscale="log", yscale="log")
    axes.axline(
        (first["dt"], first["rmse"]),
        (10 * first["dt"], 10 * first["rmse"]),
        color="0.6",
        linestyle=":",
        zorder=0,
        label="slope 1",
    )
    # The steps themselves: a logarithmic axis of one decade would have too many labels, or one.
    steps = sorted(agreement["dt"].unique())
    axes.set_xticks(steps, labels=[f"1/{1 / dt:.0f}" for dt in steps])
    axes.set_xticks([], minor=True)
    axes.set(xlabel="time step $dt / T$", ylabel="rms error of spike times $/ T$")
    axes.legend(title=None)
    return axes
