"""Exact gradients against finite differences of several step sizes."""

import numpy as np
import pandas as pd

from rcspike_brian.core.membrane import membrane_gradients, membrane_potential
from rcspike_brian.errors import InvalidInput


def gradient_check(spike_times, weights, beta, steps):
    """Relative difference of exact gradients and central differences.

    Parameters
    ----------
    spike_times : (n_in,) array_like
        In units of T; further than the largest step from each other and from 0 and 1, because the
        potential has kinks where two inputs swap their order.
    weights : (n_in, n_out) array_like
        Normalised weights.
    beta : float or (float, float)
        V_th/E of both signs.
    steps : (n,) array_like
        Step sizes, > 0, of a weight (dimensionless) or a spike time (units of T).

    Returns
    -------
    pandas.DataFrame
        Columns by ("weight" or "spike time"), step, error: the norm of the difference over the norm
        of the exact gradient of sum_i v_i(T).

    Raises
    ------
    InvalidInput
        A step not positive, or arrays that the solver refuses.

    Notes
    -----
    A central difference has an error of order step^2 from the curvature and of order 1e-16/step
    from rounding, so the error falls with slope 2, and rises again for tiny steps.

    Examples
    --------
    >>> check = gradient_check([0.2, 0.6], [[1.0], [-2.0]], 1.0, [1e-2, 1e-3])
    >>> errors = check[check.by == "weight"].error.to_numpy()
    >>> print(f"ten times smaller steps, {errors[0] / errors[1]:.0f} times smaller error")
    ten times smaller steps, 100 times smaller error
    """
    times, weights = np.asarray(spike_times, dtype=float), np.asarray(weights, dtype=float)
    steps = np.atleast_1d(np.asarray(steps, dtype=float))
    if not (steps > 0).all():
        raise InvalidInput(f"steps must be > 0, got {steps.tolist()}")
    by_weight, by_time = membrane_gradients([times], weights, beta, np.ones((1, weights.shape[1])))
    rows = []
    for step in steps:
        shifted = _difference(lambda x: _total(times, x, beta), weights, step)
        rows.append(("weight", step, _distance(shifted, by_weight)))
        shifted = _difference(lambda x: _total(x, weights, beta), times, step)
        rows.append(("spike time", step, _distance(shifted, by_time[0])))
    return pd.DataFrame(rows, columns=["by", "step", "error"])


def _total(times, weights, beta):
    return membrane_potential([times], weights, beta).sum()


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
