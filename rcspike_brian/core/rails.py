"""The exact gradient of neurons that come close to a rail, with all its digits.

Where conductances are large a membrane potential spends its time near a reversal potential, and the
current through a synapse, in proportion to 1 - s beta v, is a small difference. The sweeps of
`rcspike_brian.core.kernels` take it from v, g and f; this one, in double precision and slower,
carries the distances to both rails,

    u = 1 - beta_plus v,   du/dt = h - f u,   h = (beta_plus + beta_minus) times the negative |w|,

and the same with signs exchanged. The gradient of a weight is the integral of the costate p and the
distance to its rail. Over a segment of length D with x = f D, from u and to p,

    u  ->  u exp(-x) + h D phi(x),     integral  +=  p (D exp(-x) u + h D^2 psi(x)),

psi(x) = (phi(x) - exp(-x))/x. All terms have one sign: no digit is lost between them.
"""

import math

import numpy as np

from rcspike_brian.core.compiling import compiled
from rcspike_brian.core.relaxation import phi_chi
from rcspike_brian.core.threads import ThreadPool

_PARTS = 4  # of the neurons, each with its own sum of the time gradient


@compiled
def _segment(plus, minus, duration, beta):
    """exp(-x), drives h of both distances, D phi and D^2 psi, for these sums of |w| by sign.

    On a long segment f, which may be huge, is taken from the last two into the drives.
    """
    f = beta[0] * plus + beta[1] * minus
    up, down = beta[0] * minus + beta[1] * minus, beta[0] * plus + beta[1] * plus
    x = f * duration
    phi, chi = phi_chi(x)
    decay = math.exp(-x)
    if x <= 1:
        return decay, up, down, duration * phi, duration * duration * (phi - chi)
    return decay, up / f, down / f, x * phi, duration * (phi - decay)


@compiled
def _one_neuron(times, order, weights, beta, upstream, weight_gradient, time_gradient, space):
    """One sample through one neuron and back; adds to its gradients (n_in,)."""
    n_in = weights.shape[0]
    plus = minus = 0.0
    above = below = 1.0  # distances from the positive and the negative rail
    n_spikes = 0
    for k in range(n_in):
        j = order[k]
        if times[j] >= 1:
            break
        n_spikes += 1
        plus += max(weights[j], 0.0)
        minus += max(-weights[j], 0.0)
        end = min(times[order[k + 1]], 1.0) if k + 1 < n_in else 1.0
        duration = end - times[j]
        space[k] = plus, minus, duration, above, below
        decay, up, down, area, _ = _segment(plus, minus, duration, beta)
        above = above * decay + up * area
        below = below * decay + down * area
    p = upstream
    to_plus = to_minus = 0.0
    for k in range(n_spikes - 1, -1, -1):
        j = order[k]
        plus, minus, duration, above, below = space[k]
        decay, up, down, _, square = _segment(plus, minus, duration, beta)
        to_plus += p * (duration * decay * above + up * square)
        to_minus += p * (duration * decay * below + down * square)
        p *= decay
        w = weights[j]
        if w == 0:
            weight_gradient[j] += 0.5 * to_plus + 0.5 * to_minus
        else:
            weight_gradient[j] += to_plus if w > 0 else to_minus
            time_gradient[j] -= p * w * (above if w > 0 else below)


@compiled
def _neurons(times, order, weights, beta, upstream, begin, end, weight_gradient, time_gradient):
    space = np.empty((weights.shape[0], 5))
    for i in range(begin, end):
        for s in range(times.shape[0]):
            sample = times[s], order[s], weights[:, i], beta, upstream[s, i]
            _one_neuron(*sample, weight_gradient[:, i], time_gradient[s], space)


def gradients_from_rails(
    times: np.ndarray, weights: np.ndarray, beta: tuple[float, float], upstream: np.ndarray,
    threads: int | None = None,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """What `rcspike_brian.membrane_gradients` gives, for checked arrays (batch, ...) and weights.

    Examples
    --------
    At 1e9 times the threshold conductance, a second synapse keeps v one part in 1e9 from its rail:

    >>> arrays = np.array([[0.0, 0.0]]), np.array([[1e9], [-1.0]]), (1.0, 1.0), np.ones((1, 1))
    >>> gradients_from_rails(*arrays)[0].ravel()
    array([2.e-18, 2.e-09])
    """
    times, weights, upstream = (a.astype(float, copy=False) for a in (times, weights, upstream))
    order = np.argsort(times, axis=1, kind="stable")
    bounds = [weights.shape[1] * k // _PARTS for k in range(_PARTS + 1)]
    weight_gradient = np.zeros(weights.shape)
    partial = np.zeros((_PARTS, *times.shape))
    layer = times, order, weights, beta, upstream
    tasks = ((*layer, *bounds[k : k + 2], weight_gradient, partial[k]) for k in range(_PARTS))
    with ThreadPool(threads) as pool:
        pool.run(_neurons, tasks)
    return weight_gradient, partial.sum(axis=0)
