"""Exact membrane potentials of the charging phase as a tidy frame."""

import numpy as np
import pandas as pd

from rcspike_brian.analysis.checks import drive_voltages
from rcspike_brian.core.reference import trajectory


def time_grid(spike_times, n=201):
    """Evenly spaced times of the charging phase, and the input spikes, where v(t) has its kinks.

    Parameters
    ----------
    spike_times : (n_in,) array_like
        In units of T.
    n : int
        Number of evenly spaced times from 0 to 1.

    Returns
    -------
    (n_t,) numpy.ndarray
        Increasing, in units of T.

    Examples
    --------
    >>> time_grid([0.3], n=3)
    array([0. , 0.3, 0.5, 1. ])
    """
    return np.union1d(np.linspace(0, 1, n), np.asarray(spike_times, dtype=float))


def exact_traces(spike_times, weights, v_syn, times=None):
    """Exact membrane potential over the charging phase, for one or several drive voltages.

    Parameters
    ----------
    spike_times : (n_in,) array_like
        Input spike times in units of T, in [0, 1].
    weights : (n_in, n_out) array_like
        Normalised weights. They are kept while V_syn changes: conductances are those that give
        every circuit the same currents at V = 0.
    v_syn : float or iterable of float
        V_syn - V_d in units of V_th, > 0; infinity is the conventional circuit.
    times : (n_t,) array_like, optional
        In units of T; default: `time_grid`.

    Returns
    -------
    pandas.DataFrame
        Columns model, v_syn, neuron, phase, t (units of T), v (units of V_th), named as in the
        frames of `rcspike_brian.simulate`.

    Raises
    ------
    InvalidInput
        V_syn not positive, or arrays that the solver refuses.

    Examples
    --------
    >>> traces = exact_traces([0.0], [[1.0]], [1.0, float("inf")], times=[0.0, 1.0])
    >>> traces.groupby("model").v.last().round(4).to_dict()
    {'RC-Spike': 0.6321, 'conventional': 1.0}
    """
    times = time_grid(spike_times) if times is None else np.asarray(times, dtype=float)
    values = drive_voltages(v_syn)
    frames = [
        _frame(trajectory(spike_times, weights, 1 / value, times), times, value) for value in values
    ]
    return pd.concat(frames, ignore_index=True)


def _frame(v, times, v_syn):
    n_times, n_out = v.shape
    return pd.DataFrame(
        {
            "model": "conventional" if np.isinf(v_syn) else "RC-Spike",
            "v_syn": v_syn,
            "neuron": np.repeat(np.arange(n_out), n_times),
            "phase": "charging",
            "t": np.tile(times, n_out),
            "v": v.T.ravel(),
        }
    )
