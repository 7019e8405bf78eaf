"""The firing phase, normalised: a ramp lifts v until it reaches the threshold.

The ramp is a current source with an output conductance: dv/dt = i_0 - g v, v in units of V_th and
time in units of T. A leak of the capacitor adds to g; a capacitor that is off divides both.

Here v, i_0, g and the threshold are numbers or arrays whose shapes fit together.
"""

import math
from collections import namedtuple

import numpy as np
from numba.extending import overload
from numpy.typing import ArrayLike

from rcspike_brian.core.compiling import compiled


def _together(*values: ArrayLike) -> tuple[np.ndarray, ...]:
    return np.broadcast_arrays(*(np.asarray(value, float) for value in values))


def firing_time(
    v: ArrayLike, i_0: ArrayLike = 1.0, g: ArrayLike = 0.0,
    threshold: ArrayLike = 1.0, noise: ArrayLike = 0.0,
) -> np.ndarray:  # fmt: skip
    """Time at which the ramp lifts v to the threshold; 1, no spike, if it never does.

    t = (threshold - v)/i_0 for g = 0, else [ln(1 - k v) - ln(1 - k threshold)]/g with k = g/i_0.
    The noise is added before the time is clipped to the firing phase, [0, 1].

    Examples
    --------
    >>> firing_time([-0.2, 0.25, 1.5])
    array([1.  , 0.75, 0.  ])
    """
    v = np.asarray(v, float)  # 1 - v of a single-precision v near 0 would be no spike
    if not np.any(g):
        return np.clip(np.add(np.divide(np.subtract(threshold, v), i_0), noise), 0, 1)
    v, i_0, g, threshold = _together(v, i_0, g, threshold)
    k = g / i_0
    curved = (g > 0) & (k * threshold < 1)
    safe = np.where(curved, k, 0.5 / np.maximum(np.abs(threshold), 1))
    top = np.minimum(v, threshold)  # above the threshold it has fired already
    bent = (np.log1p(-safe * top) - np.log1p(-safe * threshold)) / (safe * i_0)
    # Whatever rounds to the end of the phase is no spike, such as that of v = 0.
    rounding = 1e-15 * (1 + threshold / ((1 - safe * threshold) * i_0))
    bent = np.where(bent > 1 - rounding, np.maximum(bent, 1), bent)
    t = np.where(curved, bent, np.where(g > 0, np.inf, (threshold - v) / i_0))
    return np.clip(np.add(np.where(v >= threshold, 0.0, t), noise), 0, 1)


def lift(v: ArrayLike, t: ArrayLike, i_0: ArrayLike = 1.0, g: ArrayLike = 0.0) -> np.ndarray:
    """How far the ramp lifts v in the time t: i_0 t, or (i_0/g - v) (1 - exp(-g t))."""
    v, t, i_0, g = _together(v, t, i_0, g)
    safe = np.where(g > 0, g, 1.0)
    return np.where(g > 0, (i_0 / safe - v) * -np.expm1(-safe * t), i_0 * t)


def time_above(
    v: ArrayLike, i_0: ArrayLike = 1.0, g: ArrayLike = 0.0, threshold: ArrayLike = 1.0
) -> np.ndarray:
    """How long ago the ramp passed the threshold, from the potential v above it."""
    v, i_0, g, threshold = _together(v, i_0, g, threshold)
    safe = np.where(g > 0, g, 1.0)
    k = np.where(g > 0, safe / i_0, 0.0)
    # A time step may end beyond where the ramp pulls to; it began below the threshold.
    beyond = np.clip((1 - k * v) / (1 - k * threshold), 1e-12, 1)
    return np.where(g > 0, -np.log(beyond) / safe, (v - threshold) / i_0)


# The ramp in compiled code; two types, so that code compiled for a constant current has no trace of
# the other.
ConstantRamp = namedtuple("ConstantRamp", "i_0")
BentRamp = namedtuple("BentRamp", "i_0 g")


def compiled_ramp(i_0, g, real):
    """The ramp dv/dt = i_0 - g v for compiled code, in the floating-point type ``real``."""
    return BentRamp(real(i_0), real(g)) if g else ConstantRamp(real(i_0))


def _constant_time(v, ramp):
    return (type(v)(1) - v) / ramp.i_0


def _constant_slope(v, ramp):
    return -1 / ramp.i_0


def _bent_time(v, ramp):
    # Beyond the threshold it has fired already, and the logarithm may have no value there.
    k, top = ramp.g / ramp.i_0, min(v, type(v)(1))
    return type(v)((math.log1p(-k * top) - math.log1p(-k)) / ramp.g)


def _bent_slope(v, ramp):
    return -1 / (ramp.i_0 - ramp.g * min(v, type(v)(1)))


def rise_time(v, ramp):
    """Time from v to the threshold in units of T, not clipped to the firing phase."""
    return (_constant_time if isinstance(ramp, ConstantRamp) else _bent_time)(v, ramp)


@compiled
def first_spike_is(v, label, ramp):
    """Whether the labelled neuron spikes, and alone before all others; one sample, compiled."""
    own = 1.0 - min(v[label], 1.0)
    if own >= 1 or rise_time(1.0 - own, ramp) >= 1:
        return False
    for i in range(v.shape[0]):  # noqa: SIM110 (no generators in compiled code)
        if i != label and 1.0 - min(v[i], 1.0) <= own:
            return False
    return True


def rise_slope(v, ramp):
    """Derivative of `rise_time` by v."""
    return (_constant_slope if isinstance(ramp, ConstantRamp) else _bent_slope)(v, ramp)


def _is_constant(ramp):
    return getattr(ramp, "instance_class", None) is ConstantRamp


@overload(rise_time, inline="always")
def _rise_time_compiled(v, ramp):
    return _constant_time if _is_constant(ramp) else _bent_time


@overload(rise_slope, inline="always")
def _rise_slope_compiled(v, ramp):
    return _constant_slope if _is_constant(ramp) else _bent_slope


@compiled
def spikes_of(v, ramp):
    """Spike times (batch, n_out) in [0, 1] of membrane potentials, in their precision."""
    zero, one = v.dtype.type(0), v.dtype.type(1)
    times = np.empty_like(v)
    for s in range(v.shape[0]):
        for i in range(v.shape[1]):
            times[s, i] = min(max(rise_time(v[s, i], ramp), zero), one)
    return times


@compiled
def through_ramp(upstream, v, ramp):
    """dL/dv(1) from dL/dt of the same neurons; 0 where the spike is clipped."""
    result = np.zeros_like(v)
    for s in range(v.shape[0]):
        for i in range(v.shape[1]):
            time = rise_time(v[s, i], ramp)
            # Upstream that is not finite has to be noticed, also where it has no effect.
            if 0 < time < 1 or not math.isfinite(upstream[s, i]):
                result[s, i] = upstream[s, i] * rise_slope(v[s, i], ramp)
    return result
