"""Compiled event sweeps: one sample through one layer, forward and backward.

The state of a layer between two input spikes is three numbers per neuron, kept as the rows
``CURRENT`` (g), ``LEAK`` (f) and ``POTENTIAL`` (v) of one record of the *trace*. Record 0 is the
state at t = 0 before any spike; segment k leads from record k to record k + 1:

    input spikes at t_k:   g += w,   f += beta |w|
    relaxation over D:     v += (g D - v x) phi(x),   x = f D

so record k + 1 holds the g and f that act during segment k and the v at its end. Inputs that spike
at the same time share a segment. A sweep that needs no gradient uses two records in turn; one that
is followed by the adjoint keeps them all.

The adjoint keeps three more rows, ``COSTATE`` (p), ``AREA`` (P) and ``MOMENT`` (Q), and walks the
segments in reverse. It starts from p = dL/dv(1) and P = Q = 0.

All functions work on the columns ``first`` to ``first + width`` of the weights, so that a wide
layer can be cut into tiles that stay in the cache. The trace may be more precise than the weights.

The loops over neurons are written to be vectorised: flat, nothing but arithmetic inside, no record
both read and written in one loop through two indices, and a floating-point reduction only in
`_timing_gradient`, which has fast-math flags of its own. They take whole arrays and unsigned
indices: slicing would count references, atomically, at every input spike, and signed indices would
be checked for being negative. Fusing the backward loops was tried: the checks for overlapping
arrays that the compiler puts before a loop then cost more than the saved traffic.
"""

import math

import numpy as np
from numba import njit

from rcspike_brian.core.relaxation import chi

CURRENT, LEAK, POTENTIAL = 0, 1, 2
COSTATE, AREA, MOMENT = 0, 1, 2

# Callers refuse NaN, and no result depends on the sign of a zero.
_ELEMENTWISE = {"contract", "nnan", "nsz"}
_REDUCTION = {*_ELEMENTWISE, "reassoc"}


@njit(cache=True, nogil=True, fastmath=_ELEMENTWISE)
def _switch_on(weights, j, first, width, beta_plus, beta_minus, trace, before, after):
    """First of several simultaneous input spikes: g += w, f += beta |w|."""
    for i in range(width):
        w = weights[j, first + np.uint64(i)]
        trace[after, CURRENT, i] = trace[before, CURRENT, i] + w
        trace[after, LEAK, i] = trace[before, LEAK, i] + max(beta_plus * w, -beta_minus * w)


@njit(cache=True, nogil=True, fastmath=_ELEMENTWISE)
def _switch_on_two(weights, j, k, first, width, beta_plus, beta_minus, trace, after):
    """Two more of several simultaneous input spikes: half the traffic of one by one."""
    for i in range(width):
        w = weights[j, first + np.uint64(i)]
        u = weights[k, first + np.uint64(i)]
        leak = max(beta_plus * w, -beta_minus * w) + max(beta_plus * u, -beta_minus * u)
        trace[after, CURRENT, i] += w + u
        trace[after, LEAK, i] += leak


@njit(cache=True, nogil=True, fastmath=_ELEMENTWISE)
def _switch_on_another(weights, j, first, width, beta_plus, beta_minus, trace, after):
    for i in range(width):
        w = weights[j, first + np.uint64(i)]
        trace[after, CURRENT, i] += w
        trace[after, LEAK, i] += max(beta_plus * w, -beta_minus * w)


@njit(cache=True, nogil=True)
def _switch_on_all(order, spike, last, weights, first, width, betas, trace, before, after):
    """Simultaneous input spikes number ``spike`` to ``last``, exclusively; at least one."""
    _switch_on(weights, np.uint64(order[spike]), first, width, *betas, trace, before, after)
    k = spike + 1
    while k + 1 < last:
        one, two = np.uint64(order[k]), np.uint64(order[k + 1])
        _switch_on_two(weights, one, two, first, width, *betas, trace, after)
        k += 2
    if k < last:
        _switch_on_another(weights, np.uint64(order[k]), first, width, *betas, trace, after)


@njit(cache=True, nogil=True, fastmath=_ELEMENTWISE)
def _switch_on_and_relax(
    weights, j, first, width, beta_plus, beta_minus, duration, trace, before, after
):
    """A lone input spike and the segment behind it, in one pass.

    Valid where x <= 1. Returns the number of neurons where it is not.
    """
    one = trace.dtype.type(1)
    too_long = 0
    for i in range(width):
        w = weights[j, first + np.uint64(i)]
        g = trace[before, CURRENT, i] + w
        f = trace[before, LEAK, i] + max(beta_plus * w, -beta_minus * w)
        v = trace[before, POTENTIAL, i]
        x = f * duration
        trace[after, CURRENT, i] = g
        trace[after, LEAK, i] = f
        trace[after, POTENTIAL, i] = v + (g * duration - v * x) * (one - x * chi(x))
        too_long += x > one
    return too_long


@njit(cache=True, nogil=True, fastmath=_ELEMENTWISE)
def _switch_on_last_and_relax(
    weights, j, first, width, beta_plus, beta_minus, duration, trace, before, after
):
    """The last of several simultaneous input spikes and the segment behind them.

    The others are already in record ``after``. Returns as `_switch_on_and_relax`.
    """
    one = trace.dtype.type(1)
    too_long = 0
    for i in range(width):
        w = weights[j, first + np.uint64(i)]
        g = trace[after, CURRENT, i] + w
        f = trace[after, LEAK, i] + max(beta_plus * w, -beta_minus * w)
        v = trace[before, POTENTIAL, i]
        x = f * duration
        trace[after, CURRENT, i] = g
        trace[after, LEAK, i] = f
        trace[after, POTENTIAL, i] = v + (g * duration - v * x) * (one - x * chi(x))
        too_long += x > one
    return too_long


@njit(cache=True, nogil=True)
def _halvings(trace, record, duration, width):
    """Smallest m with f D / 2**m <= 1 for all neurons."""
    longest = 0.0
    for i in range(width):
        longest = max(longest, trace[record, LEAK, i] * duration)
    return max(0, math.ceil(math.log2(longest))) if longest > 1 else 0


@njit(cache=True, nogil=True, fastmath=_ELEMENTWISE)
def _relax_long(duration, width, trace, before, after):
    """One segment of any length: halve it until x <= 1, then double the factors back.

    Returns the number of halvings.
    """
    one, half = trace.dtype.type(1), trace.dtype.type(0.5)
    halvings = _halvings(trace, after, duration, width)
    part = trace.dtype.type(duration * 0.5**halvings)
    for i in range(width):
        y = trace[after, LEAK, i] * part
        phi = one - y * chi(y)
        decay = one - y * phi
        for _ in range(halvings):
            phi *= half * (one + decay)
            decay *= decay
        v = trace[before, POTENTIAL, i]
        x = trace[after, LEAK, i] * duration
        trace[after, POTENTIAL, i] = v + (trace[after, CURRENT, i] * duration - v * x) * phi
    return halvings


@njit(cache=True, nogil=True)
def _simultaneous(times, order, n_spikes, spike):
    """Index behind the last input that spikes together with number ``spike``."""
    last = spike + 1
    while last < n_spikes and times[order[last]] == times[order[spike]]:
        last += 1
    return last


@njit(cache=True, nogil=True)
def _duration(times, order, n_spikes, spike, last):
    """Time from input spike number ``spike`` to number ``last``, or to the end of the phase."""
    start = times[order[spike]]
    return (times[order[last]] if last < n_spikes else times.dtype.type(1)) - start


@njit(cache=True, nogil=True)
def sweep_forward(
    times, order, n_spikes, weights, first, width, beta_plus, beta_minus, trace, halvings
):
    """Carry the membrane potentials of one layer through the charging phase.

    Parameters
    ----------
    times : (n_in,) float array
        Spike times in units of T.
    order : (>= n_spikes,) int array
        The inputs that spike (t < 1), by ascending time.
    n_spikes : int
        How many they are.
    weights : (n_in, n_out) float array, C order
        Normalised weights.
    first, width : int
        The columns to work on.
    beta_plus, beta_minus : float
        In the precision of the trace.
    trace : (n_records, 3, >= width) float array
        Scratch: two records, or at least ``n_spikes + 1`` to keep the history for
        `sweep_backward`.
    halvings : (n_records,) int array
        Scratch: how often each segment had to be halved.

    Returns
    -------
    int
        The index of the record that holds the result, in its row ``POTENTIAL``.
    """
    n_records = np.uint64(trace.shape[0])
    first = np.uint64(first)
    betas = beta_plus, beta_minus
    trace[0, :, :width] = 0
    after = np.uint64(0)
    spike = 0
    while spike < n_spikes:
        before = after
        after = before + np.uint64(1)
        if after == n_records:
            after = np.uint64(0)
        last = _simultaneous(times, order, n_spikes, spike)
        duration = trace.dtype.type(_duration(times, order, n_spikes, spike, last))
        j = np.uint64(order[last - 1])
        if last == spike + 1:
            too_long = _switch_on_and_relax(
                weights, j, first, width, *betas, duration, trace, before, after
            )
        else:
            _switch_on_all(
                order, spike, last - 1, weights, first, width, betas, trace, before, after
            )
            too_long = _switch_on_last_and_relax(
                weights, j, first, width, *betas, duration, trace, before, after
            )
        halvings[after] = _relax_long(duration, width, trace, before, after) if too_long else 0
        spike = last
    return after


@njit(cache=True, nogil=True, fastmath=_ELEMENTWISE)
def _recall_short(duration, width, trace, before, after, adjoint):
    """Carry p, P and Q backwards over one segment with x <= 1."""
    one = trace.dtype.type(1)
    for i in range(width):
        x = trace[after, LEAK, i] * duration
        c = chi(x)
        phi = one - x * c
        decay = one - x * phi
        p = adjoint[COSTATE, i] * duration
        drive = trace[after, CURRENT, i] * duration
        adjoint[AREA, i] += p * phi
        adjoint[MOMENT, i] += p * (trace[before, POTENTIAL, i] * decay + drive * (phi - c))
        adjoint[COSTATE, i] *= decay


@njit(cache=True, nogil=True, fastmath=_ELEMENTWISE)
def _recall_long(duration, halvings, width, trace, before, after, adjoint):
    """Carry p, P and Q backwards over one segment of any length."""
    one, half = trace.dtype.type(1), trace.dtype.type(0.5)
    part = trace.dtype.type(duration * 0.5**halvings)
    for i in range(width):
        y = trace[after, LEAK, i] * part
        c = chi(y)
        phi = one - y * c
        psi = phi - c
        decay = one - y * phi
        for _ in range(halvings):
            psi = half * half * (psi * (one + decay) + phi * decay)
            phi *= half * (one + decay)
            decay *= decay
        p = adjoint[COSTATE, i] * duration
        drive = trace[after, CURRENT, i] * duration
        adjoint[AREA, i] += p * phi
        adjoint[MOMENT, i] += p * (trace[before, POTENTIAL, i] * decay + drive * psi)
        adjoint[COSTATE, i] *= decay


@njit(cache=True, nogil=True, fastmath=_ELEMENTWISE)
def _weight_gradient(weights, j, first, width, beta_plus, beta_minus, adjoint, gradient):
    """dL/dw += P - sign(w) beta Q."""
    zero = adjoint.dtype.type(0)
    for i in range(width):
        w = weights[j, first + np.uint64(i)]
        beta = beta_plus if w > 0 else (-beta_minus if w < 0 else zero)
        gradient[j, first + np.uint64(i)] += adjoint[AREA, i] - beta * adjoint[MOMENT, i]


@njit(cache=True, nogil=True, fastmath=_REDUCTION)
def _timing_gradient(weights, j, first, width, beta_plus, beta_minus, trace, before, adjoint):
    """dL/dt = -sum_i p_i (w_i - beta |w_i| v_i) at the time of the spike."""
    total = adjoint.dtype.type(0)
    for i in range(width):
        w = weights[j, first + np.uint64(i)]
        leak = max(beta_plus * w, -beta_minus * w)
        total += adjoint[COSTATE, i] * (w - leak * trace[before, POTENTIAL, i])
    return -total


@njit(cache=True, nogil=True)
def sweep_backward(
    times,
    order,
    n_spikes,
    weights,
    first,
    width,
    beta_plus,
    beta_minus,
    trace,
    halvings,
    record,
    adjoint,
    weight_gradient,
    time_gradient,
):
    """Adjoint of `sweep_forward`, from the same arguments and its full history.

    Parameters
    ----------
    record : int
        What `sweep_forward` returned.
    adjoint : (3, >= width) float array
        Row ``COSTATE`` holds dL/dv(1); used as scratch.
    weight_gradient : (n_in, n_out) float array
        dL/dw of the inputs that spike is added to its columns ``first`` to ``first + width``.
    time_gradient : (n_in,) float array, or (0,)
        dL/dt of the inputs that spike is added to it; an empty array: not wanted.
    """
    first = np.uint64(first)
    betas = beta_plus, beta_minus
    adjoint[AREA, :width] = 0
    adjoint[MOMENT, :width] = 0
    after = np.uint64(record)
    last = n_spikes
    while last > 0:
        spike = last - 1
        while spike > 0 and times[order[spike - 1]] == times[order[last - 1]]:
            spike -= 1
        before = after - np.uint64(1)
        duration = trace.dtype.type(_duration(times, order, n_spikes, spike, last))
        if halvings[after] == 0:
            _recall_short(duration, width, trace, before, after, adjoint)
        else:
            _recall_long(duration, halvings[after], width, trace, before, after, adjoint)
        for k in range(spike, last):
            j = np.uint64(order[k])
            _weight_gradient(weights, j, first, width, *betas, adjoint, weight_gradient)
            if time_gradient.shape[0]:
                time_gradient[j] += _timing_gradient(
                    weights, j, first, width, *betas, trace, before, adjoint
                )
        last = spike
        after = before
