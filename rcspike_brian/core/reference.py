"""Slow, plain versions of the compiled kernels, written from the equations alone.

They share no code with the kernels; the tests hold the two against each other. They also answer
what the kernels do not: the whole trajectory v(t) of the charging phase, not only its end.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import exprel

from rcspike_brian.core.checks import beta_pair, largest_sum, layer_arrays, spike_time_array
from rcspike_brian.errors import InvalidInput
from rcspike_brian.quantities import real_array


def _checked(spike_times, weights, beta, times) -> tuple[np.ndarray, ...]:
    spike_times = np.atleast_1d(real_array("spike_times", spike_times))
    spikes, weights, (_, neuron) = layer_arrays(spike_times, weights)
    if len(spikes) != 1:
        raise InvalidInput(f"spike_times must be of one sample, (n_in,), got {spikes.shape}")
    (spikes,), weights = spikes.astype(float), weights.astype(float)
    plus, minus = beta_pair(beta)
    largest_sum(weights, (plus, minus))
    conductances = np.where(weights > 0, plus, minus) * np.abs(weights)
    times = spike_time_array(times, ndim=1, name="times").astype(float)
    return spikes, weights, conductances, times, neuron


def conductance(
    spike_times: ArrayLike, weights: ArrayLike, beta: float | tuple, times: ArrayLike
) -> np.ndarray:
    """Conductance f(t) (n_t, n_out) or (n_t,) of the lines that are on, in units of C/T.

    f = sum_j beta |w_j| [t >= t_j]; its inverse is the effective time constant in units of T.
    Spike times (n_in,) and times (n_t,) are in units of T, within [0, 1], weights (n_in, n_out) or
    (n_in,).
    """
    spikes, _, conductances, times, neuron = _checked(spike_times, weights, beta, times)
    return ((times[:, None] >= spikes).astype(float) @ conductances)[:, neuron]


def trajectory(
    spike_times: ArrayLike, weights: ArrayLike, beta: float | tuple, times: ArrayLike
) -> np.ndarray:
    """Exact membrane potential v(t) (n_t, n_out) or (n_t,) at any times of the charging phase.

    Parameters are those of `conductance`. Per segment v -> v exp(-f D) + g D phi(f D).

    Examples
    --------
    >>> trajectory([0.0], [[1.0]], 0, [0.0, 0.25, 1.0]).ravel()
    array([0.  , 0.25, 1.  ])
    """
    spikes, weights, conductances, times, neuron = _checked(spike_times, weights, beta, times)
    g, f, v = np.zeros((3, weights.shape[1]))
    result = np.empty((len(times), weights.shape[1]))
    order = np.argsort(spikes, kind="stable")
    starts = np.concatenate([[0.0], spikes[order]])
    ends = np.concatenate([spikes[order], [np.inf]])
    for k, (start, end) in enumerate(zip(starts, ends, strict=True)):
        if k > 0:
            g = g + weights[order[k - 1]]
            f = f + conductances[order[k - 1]]
        inside = (times >= start) & (times < end)
        result[inside] = _relaxed(v, g, f, times[inside, None] - start)
        v = _relaxed(v, g, f, min(end, 1.0) - start)
    return result[:, neuron]


def _relaxed(v, g, f, duration):
    x = f * duration
    return v * np.exp(-x) + g * duration * exprel(-x)  # exprel(-x) is phi(x)
