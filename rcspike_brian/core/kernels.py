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

The loops over neurons are written to be vectorised: flat, nothing but arithmetic inside, no array
both read and written through two names, and a floating-point reduction only in `_timing_gradient`,
which therefore has fast-math flags of its own.
"""

import math

from numba import njit

from rcspike_brian.core.relaxation import chi

CURRENT, LEAK, POTENTIAL = 0, 1, 2
COSTATE, AREA, MOMENT = 0, 1, 2

# Callers refuse NaN, and no result depends on the sign of a zero.
_ELEMENTWISE = {"contract", "nnan", "nsz"}
_REDUCTION = {*_ELEMENTWISE, "reassoc"}


@njit(cache=True, nogil=True, fastmath=_ELEMENTWISE)
def _switch_on(w, beta_plus, beta_minus, before, after):
    """First of several simultaneous input spikes: g += w, f += beta |w|."""
    for i in range(w.shape[0]):
        after[CURRENT, i] = before[CURRENT, i] + w[i]
        after[LEAK, i] = before[LEAK, i] + max(beta_plus * w[i], -beta_minus * w[i])


@njit(cache=True, nogil=True, fastmath=_ELEMENTWISE)
def _switch_on_another(w, beta_plus, beta_minus, after):
    for i in range(w.shape[0]):
        after[CURRENT, i] += w[i]
        after[LEAK, i] += max(beta_plus * w[i], -beta_minus * w[i])


@njit(cache=True, nogil=True, fastmath=_ELEMENTWISE)
def _switch_on_and_relax(w, beta_plus, beta_minus, duration, before, after):
    """A lone input spike and the segment behind it, in one pass.

    Valid where x <= 1. Returns the number of neurons where it is not.
    """
    one = after.dtype.type(1)
    too_long = 0
    for i in range(w.shape[0]):
        g = before[CURRENT, i] + w[i]
        f = before[LEAK, i] + max(beta_plus * w[i], -beta_minus * w[i])
        v = before[POTENTIAL, i]
        x = f * duration
        after[CURRENT, i] = g
        after[LEAK, i] = f
        after[POTENTIAL, i] = v + (g * duration - v * x) * (one - x * chi(x))
        too_long += x > one
    return too_long


@njit(cache=True, nogil=True, fastmath=_ELEMENTWISE)
def _switch_on_last_and_relax(w, beta_plus, beta_minus, duration, before, after):
    """The last of several simultaneous input spikes and the segment behind them.

    The others are already in ``after``. Returns as `_switch_on_and_relax`.
    """
    one = after.dtype.type(1)
    too_long = 0
    for i in range(w.shape[0]):
        g = after[CURRENT, i] + w[i]
        f = after[LEAK, i] + max(beta_plus * w[i], -beta_minus * w[i])
        v = before[POTENTIAL, i]
        x = f * duration
        after[CURRENT, i] = g
        after[LEAK, i] = f
        after[POTENTIAL, i] = v + (g * duration - v * x) * (one - x * chi(x))
        too_long += x > one
    return too_long


@njit(cache=True, nogil=True)
def _halvings(f, duration):
    """Smallest m with f D / 2**m <= 1 for all neurons."""
    longest = 0.0
    for i in range(f.shape[0]):
        longest = max(longest, f[i] * duration)
    return max(0, math.ceil(math.log2(longest))) if longest > 1 else 0


@njit(cache=True, nogil=True, fastmath=_ELEMENTWISE)
def _relax_long(duration, before, after, width):
    """One segment of any length: halve it until x <= 1, then double the factors back."""
    one, half = after.dtype.type(1), after.dtype.type(0.5)
    halvings = _halvings(after[LEAK, :width], duration)
    part = after.dtype.type(duration * 0.5**halvings)
    for i in range(width):
        y = after[LEAK, i] * part
        phi = one - y * chi(y)
        decay = one - y * phi
        for _ in range(halvings):
            phi *= half * (one + decay)
            decay *= decay
        v = before[POTENTIAL, i]
        x = after[LEAK, i] * duration
        after[POTENTIAL, i] = v + (after[CURRENT, i] * duration - v * x) * phi


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
def sweep_forward(times, order, n_spikes, weights, first, width, beta_plus, beta_minus, trace):
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

    Returns
    -------
    int
        The index of the record that holds the result, in its row ``POTENTIAL``.
    """
    n_records = trace.shape[0]
    trace[0, :, :width] = 0
    record = 0
    spike = 0
    while spike < n_spikes:
        before = trace[record]
        record = (record + 1) % n_records
        after = trace[record]
        last = _simultaneous(times, order, n_spikes, spike)
        duration = trace.dtype.type(_duration(times, order, n_spikes, spike, last))
        w = weights[order[spike], first : first + width]
        if last == spike + 1:
            long = _switch_on_and_relax(w, beta_plus, beta_minus, duration, before, after)
        else:
            _switch_on(w, beta_plus, beta_minus, before, after)
            for k in range(spike + 1, last - 1):
                w = weights[order[k], first : first + width]
                _switch_on_another(w, beta_plus, beta_minus, after)
            w = weights[order[last - 1], first : first + width]
            long = _switch_on_last_and_relax(w, beta_plus, beta_minus, duration, before, after)
        if long:
            _relax_long(duration, before, after, width)
        spike = last
    return record


@njit(cache=True, nogil=True, fastmath=_ELEMENTWISE)
def _recall_short(duration, before, after, adjoint, width):
    """Carry p, P and Q backwards over one segment with x <= 1 (see `_switch_on_and_relax`)."""
    one = after.dtype.type(1)
    too_long = 0
    for i in range(width):
        too_long += after[LEAK, i] * duration > one
    if too_long:
        return too_long
    for i in range(width):
        x = after[LEAK, i] * duration
        c = chi(x)
        phi = one - x * c
        decay = one - x * phi
        p = adjoint[COSTATE, i] * duration
        kick = before[POTENTIAL, i] * decay + after[CURRENT, i] * duration * (phi - c)
        adjoint[AREA, i] += p * phi
        adjoint[MOMENT, i] += p * kick
        adjoint[COSTATE, i] *= decay
    return too_long


@njit(cache=True, nogil=True, fastmath=_ELEMENTWISE)
def _recall_long(duration, before, after, adjoint, width):
    """Carry p, P and Q backwards over one segment of any length."""
    one, half = after.dtype.type(1), after.dtype.type(0.5)
    halvings = _halvings(after[LEAK, :width], duration)
    part = after.dtype.type(duration * 0.5**halvings)
    for i in range(width):
        y = after[LEAK, i] * part
        c = chi(y)
        phi = one - y * c
        psi = phi - c
        decay = one - y * phi
        for _ in range(halvings):
            psi = half * half * (psi * (one + decay) + phi * decay)
            phi *= half * (one + decay)
            decay *= decay
        p = adjoint[COSTATE, i] * duration
        kick = before[POTENTIAL, i] * decay + after[CURRENT, i] * duration * psi
        adjoint[AREA, i] += p * phi
        adjoint[MOMENT, i] += p * kick
        adjoint[COSTATE, i] *= decay


@njit(cache=True, nogil=True, fastmath=_ELEMENTWISE)
def _weight_gradient(w, beta_plus, beta_minus, adjoint, gradient):
    """dL/dw += P - sign(w) beta Q."""
    zero = adjoint.dtype.type(0)
    for i in range(w.shape[0]):
        beta = beta_plus if w[i] > 0 else (-beta_minus if w[i] < 0 else zero)
        gradient[i] += adjoint[AREA, i] - beta * adjoint[MOMENT, i]


@njit(cache=True, nogil=True, fastmath=_REDUCTION)
def _timing_gradient(w, beta_plus, beta_minus, before, adjoint):
    """dL/dt = -sum_i p_i (w_i - beta |w_i| v_i) at the time of the spike."""
    total = adjoint.dtype.type(0)
    for i in range(w.shape[0]):
        leak = max(beta_plus * w[i], -beta_minus * w[i])
        total += adjoint[COSTATE, i] * (w[i] - leak * before[POTENTIAL, i])
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
    adjoint[AREA, :width] = 0
    adjoint[MOMENT, :width] = 0
    last = n_spikes
    while last > 0:
        spike = last - 1
        while spike > 0 and times[order[spike - 1]] == times[order[last - 1]]:
            spike -= 1
        before, after = trace[record - 1], trace[record]
        duration = trace.dtype.type(_duration(times, order, n_spikes, spike, last))
        if _recall_short(duration, before, after, adjoint, width):
            _recall_long(duration, before, after, adjoint, width)
        for k in range(spike, last):
            j = order[k]
            w = weights[j, first : first + width]
            gradient = weight_gradient[j, first : first + width]
            _weight_gradient(w, beta_plus, beta_minus, adjoint, gradient)
            if time_gradient.shape[0]:
                time_gradient[j] += _timing_gradient(w, beta_plus, beta_minus, before, adjoint)
        last = spike
        record -= 1
