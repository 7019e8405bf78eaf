"""Compiled event sweeps: one sample through sixteen neurons of a layer, forward and backward.

The state of a neuron between two input spikes is its current g, its leak f and its membrane
potential v. They change at an input spike, and v relaxes over the time D until the next one:

    g += w,   f += beta |w|                 v += (g D - v x) phi(x),   x = f D

Inputs that spike at the same time have D = 0 between them and share one relaxation.

The adjoint carries the costate p = dL/dv(t) and the integrals P of p and Q of p v backwards over
the same input spikes, from p = dL/dv(1) and P = Q = 0. It needs v before each relaxation, which the
forward sweep leaves in a *record*, and takes g and f back spike by spike. That is cheaper than
reading them, and what rounding leaves of them early in the phase is weighed with a small p.

A sweep works on one *tile* of neurons: the state of ``LANES`` neurons stays in vector registers
from the first input spike to the last, and the weights of a tile lie together in memory
(`rcspike_brian.core.layout`). Fewer neurons than lanes are padded with weights of 0.
"""

from numba import njit

from rcspike_brian.core.relaxation import chi
from rcspike_brian.core.vectors import LANES, any_above, filled, larger, load, slope, store, total

# A record: g, f and v at the end of the phase, then v before the relaxation behind each spike.
CURRENT, LEAK, POTENTIAL, BEFORE = 0, LANES, 2 * LANES, 3 * LANES


@njit(cache=True, nogil=True)
def record_length(n_in):
    """Numbers in the record of one tile with ``n_in`` inputs."""
    return BEFORE + LANES * n_in


@njit(cache=True, nogil=True)
def durations_between(times, order, n_spikes, durations):
    """Time from each input spike to the next one, from the last one to the end of the phase.

    Parameters
    ----------
    times : (n_in,) float array
        Spike times in units of T.
    order : (>= n_spikes,) int array
        The inputs that spike (t < 1), by ascending time.
    n_spikes : int
    durations : (>= n_spikes,) float array
        Receives the result; 0 between simultaneous spikes.
    """
    end = times.dtype.type(1)
    for k in range(n_spikes - 1, -1, -1):
        start = times[order[k]]
        durations[k] = end - start
        end = start


@njit(cache=True, nogil=True)
def _factors(x):
    """phi, psi and exp(-x) of `rcspike_brian.core.relaxation`, for vectors x >= 0 of any size."""
    y = x
    halvings = 0
    while any_above(y, 1.0):
        y = 0.5 * y
        halvings += 1
    c = chi(y)
    phi = 1.0 - y * c
    psi = phi - c
    decay = 1.0 - y * phi
    for _ in range(halvings):
        psi = 0.25 * (psi * (1.0 + decay) + phi * decay)
        phi = 0.5 * (phi * (1.0 + decay))
        decay = decay * decay
    return phi, psi, decay


@njit(cache=True, nogil=True)
def sweep_forward(
    order, durations, n_spikes, weights, first, beta_plus, beta_minus, records, start
):
    """Carry the membrane potentials of one tile through the charging phase.

    Parameters
    ----------
    order, durations, n_spikes
        As `durations_between` takes and leaves them.
    weights : float array, C order
        Tiles of (n_in, LANES) normalised weights.
    first : int
        Where the tile begins, counted flat.
    beta_plus, beta_minus : float
        In the precision of the weights.
    records : float array, C order
        In the precision of the weights.
    start : int
        Where the record of the tile begins, counted flat; `record_length` numbers are written.
    """
    g = f = v = filled(weights.dtype.type(0))
    for k in range(n_spikes):
        w = load(weights, first + LANES * order[k])
        g = g + w
        f = f + larger(w * beta_plus, w * -beta_minus)
        duration = durations[k]
        if duration > 0:
            store(records, start + BEFORE + LANES * k, v)
            x = f * duration
            phi, _, _ = _factors(x)
            v = v + (g * duration - v * x) * phi
    store(records, start + CURRENT, g)
    store(records, start + LEAK, f)
    store(records, start + POTENTIAL, v)


@njit(cache=True, nogil=True)
def sweep_backward(
    order,
    durations,
    n_spikes,
    weights,
    first,
    beta_plus,
    beta_minus,
    records,
    start,
    costates,
    tile,
    weight_gradient,
    time_gradients,
    n_fixed,
):
    """Adjoint of `sweep_forward`, from the same arguments and the record that it wrote.

    Parameters
    ----------
    costates : float array, C order
        dL/dv(1) of all neurons.
    tile : int
        Where those of the tile begin.
    weight_gradient : float array, C order
        dL/dw of the inputs that spike is added to it, at the place of the weights.
    time_gradients : (n_in, LANES) float array, C order
        dL/dt of input spike number k, counted by time, is added to row k, neuron by neuron.
    n_fixed : int
        The first input spikes, whose times need no gradient.
    """
    g = load(records, start + CURRENT)
    f = load(records, start + LEAK)
    p = load(costates, tile)
    v = load(records, start + POTENTIAL)
    area = moment = filled(weights.dtype.type(0))
    for k in range(n_spikes - 1, -1, -1):
        duration = durations[k]
        if duration > 0:
            v = load(records, start + BEFORE + LANES * k)
            phi, psi, decay = _factors(f * duration)
            weight = p * duration
            area = area + weight * phi
            moment = moment + weight * (v * decay + g * duration * psi)
            p = p * decay
        place = first + LANES * order[k]
        w = load(weights, place)
        beta = slope(w, beta_plus, beta_minus)
        if k >= n_fixed:
            so_far = load(time_gradients, LANES * k)
            store(time_gradients, LANES * k, so_far - p * (w - beta * w * v))
        store(weight_gradient, place, load(weight_gradient, place) + (area - beta * moment))
        g = g - w
        f = f - beta * w


@njit(cache=True, nogil=True)
def add_up(time_gradients, order, n_fixed, n_spikes, result):
    """Add dL/dt of each input spike over the lanes, to the place of its input."""
    for k in range(n_fixed, n_spikes):
        result[order[k]] += total(load(time_gradients, LANES * k))
