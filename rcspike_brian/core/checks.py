"""Checks of arrays and numbers that come from outside, with messages that name the culprit."""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from rcspike_brian.errors import InvalidInput


def _first_bad(values, bad):
    """The first offending value and its index, for a message."""
    where = tuple(int(i) for i in np.argwhere(bad)[0])
    return f"{values[where]} at index {where[0] if len(where) == 1 else where}"


def float_array(values: ArrayLike, name: str, ndim: int) -> np.ndarray:
    """Finite C-contiguous float array of so many axes, or `InvalidInput`.

    float32 stays float32, all else becomes float64; not copied if nothing had to be changed.
    """
    try:
        array = np.asarray(values)
        if array.dtype != np.float32:
            array = array.astype(np.float64, casting="same_kind", copy=False)
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"{name} must be an array of real numbers: {error}") from None
    if array.ndim != ndim:
        raise InvalidInput(f"{name} must have {ndim} axes, got an array of shape {array.shape}")
    bad = ~np.isfinite(array)
    if bad.any():
        raise InvalidInput(f"{name} must be finite, got {_first_bad(array, bad)}")
    return np.ascontiguousarray(array)


def spike_time_array(values: ArrayLike, ndim: int = 2, name: str = "spike_times") -> np.ndarray:
    """Spike times in units of T: as `float_array`, and all in [0, 1]."""
    times = float_array(values, name, ndim)
    bad = (times < 0) | (times > 1)
    if bad.any():
        raise InvalidInput(
            f"{name} must lie in [0, 1] (in units of T; 1 means no spike), "
            f"got {_first_bad(times, bad)}"
        )
    return times


def layer_arrays(
    spike_times: ArrayLike, weights: ArrayLike
) -> tuple[np.ndarray, np.ndarray, tuple[Any, Any]]:
    """Spike times (batch, n_in) and weights (n_in, n_out) of a layer, or `InvalidInput`.

    Both may be (n_in,), for one sample and for one neuron. The third result is what to take of an
    array (batch, n_out): of an axis that was not given, its one element.
    """
    one_sample, one_neuron = np.ndim(spike_times) == 1, np.ndim(weights) == 1
    times = spike_time_array(spike_times, 1 if one_sample else 2)
    weights = float_array(weights, "weights", 1 if one_neuron else 2)
    if 0 in weights.shape or times.shape[-1] != len(weights):
        raise InvalidInput(
            f"spike_times {times.shape} and weights {weights.shape} do not fit: they must be "
            "(batch, n_in) and (n_in, n_out), n_in and n_out at least 1; one sample may be (n_in,) "
            "and so may one neuron"
        )
    axes = (0 if one_sample else slice(None), 0 if one_neuron else slice(None))
    return np.atleast_2d(times), weights.reshape(len(weights), -1), axes


def beta_pair(beta: float | tuple[float, float]) -> tuple[float, float]:
    """One beta or two as (beta_plus, beta_minus), finite and >= 0, or `InvalidInput`."""
    try:
        values = [float(b) for b in np.atleast_1d(beta)]
    except (TypeError, ValueError):
        values = []
    if len(values) == 1:
        values *= 2
    if len(values) != 2 or not all(math.isfinite(b) and b >= 0 for b in values):
        raise InvalidInput(
            f"beta must be a finite number >= 0 or a pair (beta_plus, beta_minus) of them, "
            f"got {beta!r}; beta = V_th/(V_syn - V_d), and 0 is the conventional circuit"
        )
    return values[0], values[1]


def positive_integer(value: Any, name: str, least: int = 1) -> int:
    """``value`` as an int >= 1, or another least one, or `InvalidInput`."""
    try:
        fits = not isinstance(value, bool) and int(value) == value >= least
    except (TypeError, ValueError, OverflowError):
        fits = False
    if not fits:
        raise InvalidInput(f"{name} must be a whole number >= {least}, got {value!r}")
    return int(value)
