"""Error of DSTD against the exact solution over the number of steps and the reversal potential."""

import numpy as np

from benchmarks.ratios import exponent
from benchmarks.report import digits, table


def measure_errors(steps, reversals, n_in=784, n_out=200, batch=20, seed=0, threads=1):
    """Error of v(1) of a layer with uniform random spikes, in double precision.

    Parameters
    ----------
    steps : sequence of int
        The numbers of steps M.
    reversals : sequence of float
        |E| in units of V_th.
    n_in, n_out, batch, seed, threads : int

    Returns
    -------
    list of dict
        ``steps``, ``reversal``, ``rms`` and ``largest`` error in units of V_th.

    Notes
    -----
    Weights are normal with standard deviation 2/sqrt(n_in), as at the start of training.
    """
    import torch

    from benchmarks.torch_layers import dstd
    from rcspike_brian import membrane_potential

    torch.set_num_threads(threads)
    rng = np.random.default_rng(seed)
    times = rng.random((batch, n_in))
    weights = rng.normal(0, 2 / np.sqrt(n_in), (n_in, n_out))
    rows = []
    for reversal in reversals:
        exact = membrane_potential(times, weights, 1 / reversal, threads=threads)
        for m in steps:
            approximate = dstd(torch.tensor(times), torch.tensor(weights), 1 / reversal, m)
            error = approximate.numpy() - exact
            rows.append(
                {
                    "steps": m,
                    "reversal": reversal,
                    "rms": float(np.sqrt(np.mean(error**2))),
                    "largest": float(np.abs(error).max()),
                }
            )
    return rows


def slopes(rows, steps_from=16, reversal_from=128):
    """Fitted exponents of the RMS error in M for every |E|, and in |E| for every M.

    Parameters
    ----------
    rows : list of dict
        Of `measure_errors`.
    steps_from, reversal_from : float
        Only points from there on are fitted. The theory is asymptotic: the conductance
        times the length of a step must be small for the one, times T for the other.

    Returns
    -------
    list of dict
        ``over`` ("steps" or "reversal"), ``at`` (the value of the other), ``slope``; the theory
        says -2 and -1 (arXiv:2412.09010, Theorem 1).
    """
    result = []
    for over, fixed, start in (
        ("steps", "reversal", steps_from),
        ("reversal", "steps", reversal_from),
    ):
        for at in dict.fromkeys(row[fixed] for row in rows):
            points = [row for row in rows if row[fixed] == at and row[over] >= start]
            slope = exponent([row[over] for row in points], [row["rms"] for row in points])
            result.append({"over": over, "at": at, "slope": slope})
    return result


def slopes_table(fits):
    """Table of `slopes`."""
    symbols = {"steps": ("M", "|E|"), "reversal": ("|E|", "M")}
    rows = [
        (
            f"over {symbols[fit['over']][0]}",
            f"{symbols[fit['over']][1]} = {fit['at']:g}",
            digits(fit["slope"]),
        )
        for fit in fits
    ]
    return table(("RMS error", "at", "slope"), rows)
