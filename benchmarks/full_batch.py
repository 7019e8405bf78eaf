"""Training on all samples at once: loss against seconds and gradients, by methods and rates."""

import time

import pandas as pd
from threadpoolctl import threadpool_limits

from benchmarks.report import digits, table

METHODS = ("sgd", "adam", "CG", "L-BFGS-B")  # as optimizers.OPTIMIZERS and SciPy call them
RATES = {"sgd": (0.03, 0.1, 0.3), "adam": (0.003, 0.01, 0.03)}


class _OutOfTime(Exception):
    pass


def courses(objective, methods, seconds):
    """The lowest loss so far of every method at every learning rate, wherever it fell.

    All call the same objective from the same start. A method of SciPy that believes that it has
    arrived ends before its time.

    Parameters
    ----------
    objective : rcspike_brian.SpikeTimeObjective
    methods : sequence of str
        Of `METHODS`.
    seconds : float
        For each.

    Returns
    -------
    pandas.DataFrame
        Columns method, rate (NaN: finds its own steps), gradients (evaluated so far), seconds and
        loss.
    """
    objective(objective.start)  # what is compiled now is not measured
    runs = [(method, rate) for method in methods for rate in RATES.get(method, (None,))]
    frames = [_course(objective, method, rate, seconds) for method, rate in runs]
    return pd.concat([_thinned(frame) for frame in frames], ignore_index=True)


def _thinned(frame):
    """A course without the gradients that brought nothing new, but for the last one."""
    frame = frame.round({"seconds": 4, "loss": 5})
    new = frame["loss"].diff() != 0
    new.iloc[-1:] = True
    return frame[new]


def _course(objective, method, rate, seconds):
    rows, begun, lowest = [], time.perf_counter(), float("inf")

    def measured(theta):
        nonlocal lowest
        loss, gradient = objective(theta)
        elapsed = time.perf_counter() - begun
        if elapsed > seconds:
            raise _OutOfTime
        lowest = min(lowest, loss)
        rows.append((method, rate or float("nan"), len(rows) + 1, elapsed, lowest))
        return loss, gradient

    try:
        # As `rcspike_brian.minimize` does, and why.
        with threadpool_limits(1, user_api="blas"):
            (_by_scipy if rate is None else _by_steps)(measured, objective.start, method, rate)
    except _OutOfTime:
        pass
    return pd.DataFrame(rows, columns=["method", "rate", "gradients", "seconds", "loss"])


def _by_scipy(measured, start, method, _rate):
    from scipy.optimize import minimize

    many = {"maxiter": 10**9, **({"maxfun": 10**9} if method == "L-BFGS-B" else {})}
    minimize(measured, start, jac=True, method=method, options=many)


def _by_steps(measured, start, method, rate):
    from rcspike_brian.optimizers import OPTIMIZERS

    optimizer = OPTIMIZERS[method](start.copy(), shards=1)
    while True:
        optimizer.gradients[0] = measured(optimizer.theta)[1]
        optimizer.step(None, rate, scale=1.0)


def best_rates(frame):
    """Of each method the course with the rate that ends lowest.

    Parameters
    ----------
    frame : pandas.DataFrame
        From `courses`.
    """
    ends = frame.groupby(["method", "rate"], sort=False, dropna=False)["loss"].min().reset_index()
    best = ends.loc[ends.groupby("method", sort=False)["loss"].idxmin(), ["method", "rate"]]
    return best.merge(frame, on=["method", "rate"])


def losses_table(frame, moments):
    """Table of the lowest losses after so many seconds, from `best_rates`."""
    rows = []
    for method, course in frame.groupby("method", sort=False):
        rate = course["rate"].iloc[0]
        reached = [course.loc[course["seconds"] <= moment, "loss"].min() for moment in moments]
        rate_words = "its own" if rate != rate else f"{rate:g}"
        gradients = int(course["gradients"].iloc[-1])
        rows.append((method, rate_words, gradients, *map(digits, reached)))
    return table(("method", "rate", "gradients", *(f"{m:g} s" for m in moments)), rows)
