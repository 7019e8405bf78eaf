"""Plots about learning: gradients checked, and the course of a training run."""

import matplotlib.pyplot as plt
import seaborn as sns
from matplotlib.ticker import MaxNLocator, PercentFormatter

from rcspike_brian.analysis.checks import require_columns


def plot_gradient_check(check, axes=None, **kwds):
    """Error of finite differences against their step, log-log, with a line of slope 2.

    Parameters
    ----------
    check : pandas.DataFrame
        From `gradient_check`.
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
    >>> from rcspike_brian.analysis import gradient_check
    >>> check = gradient_check([0.2, 0.6], [[1.0], [-2.0]], 1.0, [1e-2, 1e-3])
    >>> plot_gradient_check(check, Figure().subplots()).get_xscale()
    'log'
    """
    require_columns(check, ("by", "step", "error"), "check")
    axes = plt.gca() if axes is None else axes
    settings = {"hue": "by", "style": "by", "markers": True, "palette": "colorblind", **kwds}
    sns.lineplot(data=check, x="step", y="error", ax=axes, **settings)
    largest = check.loc[check["step"].idxmax()]  # of the first kind
    axes.set(xscale="log", yscale="log")
    axes.axline(
        (largest["step"], largest["error"]),
        (largest["step"] / 10, largest["error"] / 100),
        color="0.6",
        linestyle=":",
        zorder=0,
        label="slope 2",
    )
    axes.set(xlabel="step of the finite difference", ylabel="relative difference of the gradients")
    axes.legend(title="derivative by")
    return axes


def plot_training(metrics, axes=None, **kwds):
    """Accuracy on training and test images after each epoch.

    Parameters
    ----------
    metrics : pandas.DataFrame
        Of a `rcspike_brian.training.Run`: columns epoch, train_accuracy, test_accuracy.
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
    >>> metrics = pd.DataFrame({"epoch": [1, 2], "train_accuracy": [0.7, 0.9],
    ...                         "test_accuracy": [0.8, 0.88]})
    >>> plot_training(metrics, Figure().subplots()).get_xlabel()
    'epoch'
    """
    kinds = {"train_accuracy": "training images", "test_accuracy": "test images"}
    require_columns(metrics, ("epoch", *kinds), "metrics")
    axes = plt.gca() if axes is None else axes
    tidy = metrics.melt("epoch", list(kinds), var_name="kind", value_name="accuracy")
    settings = {"hue": "kind", "style": "kind", "markers": True, "palette": "colorblind", **kwds}
    sns.lineplot(
        data=tidy.assign(kind=tidy["kind"].map(kinds)), x="epoch", y="accuracy", ax=axes, **settings
    )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.set(ylabel="accuracy by earliest spike")
    axes.legend(title=None)
    return axes
