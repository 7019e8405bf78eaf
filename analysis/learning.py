"""Learning: exact gradients against finite differences, and the course of a training run."""

from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import ArrayLike

from rcspike_brian.analysis.checks import layer_weights, require_columns
from rcspike_brian.analysis.palette import draw, log_log_with_slope, marked_by
from rcspike_brian.core.checks import float_array, spike_time_array
from rcspike_brian.core.membrane import membrane_gradients, membrane_potential
from rcspike_brian.errors import InvalidInput


def gradient_check(
    spike_times: ArrayLike, weights: ArrayLike, beta: float | tuple[float, float], steps: ArrayLike
) -> pd.DataFrame:
    """Relative difference of exact gradients and central differences.

    A central difference has an error of order step^2 from the curvature and of order 1e-16/step
    from rounding, so the error falls with slope 2, and rises again for tiny steps. Columns by
    ("weight" or "spike time"), step, error: the norm of the difference over the norm of the exact
    gradient of sum_i v_i(T). Raises `InvalidInput`: a step not positive.

    Parameters
    ----------
    spike_times : (n_in,) array_like
        In units of T; further than the largest step from each other and from 0 and 1, because the
        potential has kinks where two inputs swap their order.
    weights, beta : as for `effective_time_constant`
    steps : (n,) array_like
        Step sizes, > 0, of a weight (dimensionless) or a spike time (units of T).

    Examples
    --------
    >>> check = gradient_check([0.2, 0.6], [1.0, -2.0], 1.0, [1e-2, 1e-3])
    >>> coarse, fine = check.error[check.by == "weight"]
    >>> round(coarse / fine)
    100
    """
    times = spike_time_array(spike_times, ndim=1).astype(float)
    weights = layer_weights(weights).astype(float)
    steps = np.atleast_1d(float_array(steps, "steps").astype(float))
    if steps.ndim != 1 or not (steps > 0).all():
        raise InvalidInput(f"steps must be > 0, got {steps.tolist()}")
    by_weight, by_time = membrane_gradients([times], weights, beta, np.ones((1, weights.shape[1])))
    derivatives = (
        ("weight", lambda x: membrane_potential([times], x, beta).sum(), weights, by_weight),
        ("spike time", lambda x: membrane_potential([x], weights, beta).sum(), times, by_time[0]),
    )
    rows = [
        (by, step, _distance(_difference(total, x, step), exact))
        for step in steps
        for by, total, x, exact in derivatives
    ]
    return pd.DataFrame(rows, columns=["by", "step", "error"])


def _difference(function, x, step):
    """Central differences by every element."""
    result = np.empty_like(x)
    for index in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[index] += step
        down[index] -= step
        result[index] = (function(up) - function(down)) / (up[index] - down[index])
    return result


def _distance(one, other):
    return float(np.linalg.norm(one - other) / np.linalg.norm(other))


def plot_gradient_check(check: pd.DataFrame, axes: Axes | None = None, **kwds: Any) -> Axes:
    """Error of finite differences against their step, log-log, with a line of slope 2.

    Parameters
    ----------
    check, axes, **kwds : frame from `gradient_check`; Axes; keywords of `seaborn.lineplot`

    Examples
    --------
    >>> check = gradient_check([0.2, 0.6], [1.0, -2.0], 1.0, [1e-2, 1e-3])
    >>> plot_gradient_check(check).get_xscale()
    'log'
    """
    require_columns(check, ("by", "step", "error"), "check")
    settings = {"data": check, **marked_by("by")}
    axes = draw(sns.lineplot, "step", "error", axes, kwds, "derivative by", **settings)
    largest = check.loc[check["step"].idxmax()]  # of the first kind
    log_log_with_slope(axes, largest["step"] / 10, largest["error"] / 100, slope=2)
    axes.set(xlabel="step of the finite difference", ylabel="relative difference of the gradients")
    return axes


def plot_training(metrics: pd.DataFrame, axes: Axes | None = None, **kwds: Any) -> Axes:
    """Accuracy on training and test images after each epoch.

    Parameters
    ----------
    metrics : frame of a `rcspike_brian.training.Run`: columns epoch, train_accuracy, test_accuracy
    axes, **kwds : Axes, keywords of `seaborn.lineplot`

    Examples
    --------
    >>> metrics = pd.DataFrame({"epoch": [1], "train_accuracy": [0.7], "test_accuracy": [0.8]})
    >>> plot_training(metrics).get_xlabel()
    'epoch'
    """
    kinds = {"train_accuracy": "training images", "test_accuracy": "test images"}
    require_columns(metrics, ("epoch", *kinds), "metrics")
    tidy = metrics.melt("epoch", list(kinds), var_name="kind", value_name="accuracy")
    tidy["kind"] = tidy["kind"].map(kinds)
    axes = draw(sns.lineplot, "epoch", "accuracy", axes, kwds, "", data=tidy, **marked_by("kind"))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.set(ylabel="accuracy by earliest spike")
    return axes
