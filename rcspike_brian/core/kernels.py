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

from rcspike_brian.core.leak import leak_from
from rcspike_brian.core.relaxation import LARGEST_LEAK, LENGTH, SEGMENT, chi, describe_segment, short
from rcspike_brian.core.vectors import LANES, any_above, filled, load, magnitude, signed, store, total

# A record: g, f and v at the end of the phase, then v before the relaxation behind each spike.
CURRENT, LEAK, POTENTIAL, BEFORE = 0, LANES, 2 * LANES, 3 * LANES


@njit(cache=True, nogil=True)
def record_length(n_in):
    """Numbers in the record of one tile with ``n_in`` inputs."""
    return BEFORE + LANES * n_in


@njit(cache=True, nogil=True)
def segments_between(times, order, n_spikes, unit, behind, segments):
    """Returns the number of segments."""
    n = 0
    end = times.dtype.type(1)
    for k in range(n_spikes - 1, -1, -1):
        start = times[order[k]]
        length = unit * (end - start)
        segments[SEGMENT * n + LENGTH] = length
        behind[k] = n if length > 0 else -1
        n += length > 0
        end = start
    for i in range(n):
        describe_segment(segments, SEGMENT * i)
    return n


@njit(cache=True, nogil=True)
def _long(x):
    """chi, phi and exp(-x) of `rcspike_brian.core.relaxation`, for vectors x >= 0 of any size."""
    y = x
    halvings = 0
    while any_above(y, 1.0):
        y = 0.5 * y
        halvings += 1
    c = chi(y)
    phi = 1.0 - y * c
    decay = 1.0 - y * phi
    for _ in range(halvings):
        c = 0.25 * (c + c + phi * phi)
        phi = 0.5 * (phi * (1.0 + decay))
        decay = decay * decay
    return c, phi, decay


@njit(cache=True, nogil=True)
def sweep_forward(order, behind, segments, n_spikes, weights, first, leak, records, start):
    g = h = v = filled(weights.dtype.type(0))
    for k in range(n_spikes):
        w = load(weights, first + LANES * order[k])
        g = g + w
        h = h + magnitude(w)
        i = behind[k]
        if i >= 0:
            store(records, start + BEFORE + LANES * i, v)
            f = leak_from(h, g, leak)
            row = SEGMENT * i
            length = segments[row + LENGTH]
            if any_above(f, segments[row + LARGEST_LEAK]):
                _, phi, _ = _long(f * length)
                area = length * phi
            else:
                area = length - f * short(f, segments, row)
            v = v + (g - f * v) * area
    store(records, start + CURRENT, g)
    store(records, start + LEAK, h)
    store(records, start + POTENTIAL, v)


@njit(cache=True, nogil=True)
def sweep_backward(
    order,
    behind,
    segments,
    n_spikes,
    weights,
    first,
    leak,
    records,
    start,
    costates,
    tile,
    weight_gradient,
    time_gradients,
    n_fixed,
):
    g = load(records, start + CURRENT)
    h = load(records, start + LEAK)
    p = load(costates, tile)
    v = load(records, start + POTENTIAL)
    area = moment = filled(weights.dtype.type(0))
    for k in range(n_spikes - 1, -1, -1):
        i = behind[k]
        if i >= 0:
            f = leak_from(h, g, leak)
            row = SEGMENT * i
            length = segments[row + LENGTH]
            if any_above(f, segments[row + LARGEST_LEAK]):
                c, phi, decay = _long(f * length)
                area = area + p * (length * phi)
                moment = moment + p * (length * v - g * (length * length * c))
                p = p * decay
            else:
                z = short(f, segments, row)
                r = p * (length - f * z)
                moment = moment + p * (length * v - g * z)
                area = area + r
                p = p - f * r
            v = load(records, start + BEFORE + LANES * i)
        place = first + LANES * order[k]
        w = load(weights, place)
        size = magnitude(w)
        if k >= n_fixed:
            so_far = load(time_gradients, LANES * k)
            store(time_gradients, LANES * k, so_far - p * (w - leak_from(size, w, leak) * v))
        slope = area - leak_from(signed(moment, w), moment, leak)
        store(weight_gradient, place, load(weight_gradient, place) + slope)
        g = g - w
        h = h - size


@njit(cache=True, nogil=True)
def add_up(time_gradients, order, first, n_spikes, unit, result):
    """Add dL/dt of each input spike over the lanes, to the place of its input."""
    for k in range(first, n_spikes):
        result[order[k]] += unit * total(load(time_gradients, LANES * k))
