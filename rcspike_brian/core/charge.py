"""Charge through the synapses in the charging phase, exactly, and the potential of leaky neurons.

The event sweep of one sample through one layer once more, in double precision and with the running
integral of v beside it. Between two input spikes, over a segment of length D with x = f D,

    v      ->  v + (g D - v x) phi(x)            phi(x) = (1 - exp(-x))/x
    int v  +=  v D phi(x) + g D^2 chi(x)         chi(x) = (x - 1 + exp(-x))/x^2

and a synapse of weight w that has been on from t_j to 1 has carried the charge

    q = |w| int (1 - s beta v) dt                s the sign of w,

in units of C V_th. The supply of its sign has delivered q times the drive voltage. The neuron's
conductances add up per sign, so that a layer costs no more than the forward sweep.

Current sources (beta = 0) stop where they reach their supply, at the ``limits`` of v. From then on
those of one sign only carry what those of the other take away: their charge falls short by what
would have lifted v further.

A leak of rate ``leak`` (T over the time constant of the capacitor's own discharge) is a
conductance to the reset potential that is always on: f starts from it instead of 0.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from rcspike_brian.core.checks import beta_pair, largest_sum, layer_arrays
from rcspike_brian.core.compiling import compiled
from rcspike_brian.core.relaxation import phi_chi
from rcspike_brian.core.threads import ThreadPool
from rcspike_brian.errors import InvalidInput
from rcspike_brian.quantities import pair_of_numbers, real_array

_SAMPLES_PER_TASK = 64


@compiled
def _one_sample(times, order, weights, beta, leak, limits, potential, charge, space):
    """One sample through one layer; writes potential (n_out,) and charge (2, n_out) by sign.

    ``order`` sorts the times; ``space`` (2, n_out) is scratch for the summed weights.
    """
    potential[:] = 0
    charge[:] = 0
    space[:] = 0
    n_in, n_out = weights.shape
    for k in range(n_in):
        j = order[k]
        if times[j] >= 1:
            break
        for i in range(n_out):
            w = weights[j, i]
            space[0, i] += max(w, 0.0)
            space[1, i] += max(-w, 0.0)
        end = min(times[order[k + 1]], 1.0) if k + 1 < n_in else 1.0
        duration = end - times[j]
        if duration == 0:
            continue
        for i in range(n_out):
            plus, minus, v = space[0, i], space[1, i], potential[i]
            x = (beta[0] * plus + beta[1] * minus + leak[i]) * duration
            phi, c = phi_chi(x)
            drive = (plus - minus) * duration
            area = duration * (v * phi + drive * c)
            charge[0, i] += plus * (duration - beta[0] * area)
            charge[1, i] += minus * (duration + beta[1] * area)
            v += (drive - v * x) * phi
            too_high, too_low = max(v - limits[0], 0.0), max(-limits[1] - v, 0.0)
            charge[0, i] -= too_high
            charge[1, i] -= too_low
            potential[i] = v - too_high + too_low


@compiled
def _sweep(times, weights, beta, leak, limits, begin, end, potential, charge):
    space = np.empty((2, weights.shape[1]))
    for s in range(begin, end):
        order = np.argsort(times[s])
        _one_sample(times[s], order, weights, beta, leak, limits, potential[s], charge[s], space)


def synaptic_charge(
    spike_times: ArrayLike, weights: ArrayLike, beta: float | tuple[float, float], *,
    leak: ArrayLike = 0.0, limits: tuple[float, float] = (math.inf, math.inf),
    threads: int | None = None,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Charge that the synapses carry in the charging phase, and the potential that it leaves.

    Parameters
    ----------
    spike_times, weights, beta, threads
        As for `rcspike_brian.membrane_potential`.
    leak : float or (n_out,) array_like
        Rate of the capacitor's own discharge towards the reset potential, in units of 1/T.
    limits : (float, float)
        Supplies of the current sources of a conventional circuit, beta = 0 and no leak, in units of
        V_th: v stays between the first and minus the second.

    Returns
    -------
    potential : (batch, n_out) numpy.ndarray
        v(1) in units of V_th, in double precision.
    charge : (batch, 2, n_out) numpy.ndarray
        Magnitude of the charge through all positive and all negative synapses of a neuron, in
        units of C V_th. Without a leak their difference is v(1).

    Examples
    --------
    A single synapse charges the capacitor, and all its charge stays there:

    >>> v, q = synaptic_charge([[0.0]], [[1.0]], 1.0)
    >>> v.round(4).tolist(), q.round(4).tolist()
    ([[0.6321]], [[[0.6321], [0.0]]])
    """
    times, weights, axes = layer_arrays(spike_times, weights)
    times, weights, n_out = times.astype(float), weights.astype(float), weights.shape[1]
    beta, leak = beta_pair(beta), per_neuron(leak, n_out, "leak")
    largest_sum(weights, beta)
    potential, charge = np.empty((len(times), n_out)), np.empty((len(times), 2, n_out))
    limits = pair_of_numbers("limits", limits)
    if min(limits) <= 0 or (min(limits) < math.inf and (any(beta) or leak.any())):
        raise InvalidInput(
            f"limits must be two numbers > 0, and only for beta = 0 without a leak, got {limits}"
        )
    n, step = len(times), _SAMPLES_PER_TASK
    with ThreadPool(threads) as pool:
        layer, results = (times, weights, beta, leak, limits), (potential, charge)
        pool.run(_sweep, ((*layer, k, min(k + step, n), *results) for k in range(0, n, step)))
    return potential[axes], charge[axes[0], :, axes[1]]


def per_neuron(values: ArrayLike, n: int, name: str) -> np.ndarray:
    """One number >= 0 or one per neuron as an array (n,), or `InvalidInput`."""
    array = real_array(name, values).astype(float)
    if array.shape not in ((), (n,)) or not np.isfinite(array).all() or (array < 0).any():
        raise InvalidInput(
            f"{name} must be a finite number >= 0 or one for each of {n} neurons, got {values!r}"
        )
    return np.broadcast_to(array, (n,)).copy()
