"""Checks of arrays and numbers that come from outside, with messages that name the culprit."""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from rcspike_brian.errors import InvalidInput, first_bad, shown
from rcspike_brian.quantities import (
    bare_array,
    pair_of_numbers,
    real_array,
    real_number,
)

LARGEST = 1e307


def float_array(values: ArrayLike, name: str, ndim: int | None = None) -> np.ndarray:
    """Finite C-contiguous float array of so many axes (None: any), or `InvalidInput`.

    float32 stays float32, all else becomes float64; not copied if nothing had to be changed.
    """
    array = real_array(name, values)
    if ndim is not None and array.ndim != ndim:
        raise InvalidInput(f"{name} must have {ndim} axes, got an array of shape {array.shape}")
    bad = ~np.isfinite(array)
    if bad.any():
        raise InvalidInput(f"{name} must be finite, got {first_bad(array, bad)}")
    return np.ascontiguousarray(array) if array.ndim else array


def spike_time_array(
    values: ArrayLike, ndim: int | None = 2, name: str = "spike_times"
) -> np.ndarray:
    """Spike times in units of T: as `float_array`, and all in [0, 1]."""
    times = float_array(values, name, ndim)
    bad = (times < 0) | (times > 1)
    if bad.any():
        raise InvalidInput(
            f"{name} must lie in [0, 1] (in units of T; 1 means no spike), "
            f"got {first_bad(times, bad)}"
        )
    return times


def network_inputs(values: ArrayLike, name: str = "inputs") -> np.ndarray:
    """Grey levels (uint8) as they are, else spike times in [0, 1], of any shape."""
    array = bare_array(name, values)
    if array.dtype == np.uint8:
        return array
    if isinstance(values, (list, tuple)) and array.dtype.kind == "i":
        array = array.astype(float)  # times such as [0, 1, 1] in a list; arrays say what they are
    if array.dtype.kind != "f":
        grey = "numpy.uint8(255) * images" if array.dtype == bool else "images.astype(numpy.uint8)"
        raise InvalidInput(
            f"{name} must be grey levels (uint8, 0 to 255) or spike times in units of T (float, "
            f"0 to 1), got {array.dtype}; {grey} makes grey levels"
        )
    bad = ~((array >= 0) & (array <= 1))
    if bad.any():
        raise InvalidInput(
            f"{name} must be spike times from 0 to 1 (in units of T) where they are {array.dtype}, "
            f"got {first_bad(array, bad)}; grey levels must be uint8: images.astype(numpy.uint8)"
        )
    return real_array(name, array)


def layer_arrays(
    spike_times: ArrayLike, weights: ArrayLike
) -> tuple[np.ndarray, np.ndarray, tuple[Any, Any]]:
    """Spike times (batch, n_in) and weights (n_in, n_out) of a layer, or `InvalidInput`.

    Both may be (n_in,), for one sample and for one neuron. The third result is what to take of an
    array (batch, n_out): of an axis that was not given, its one element.
    """
    times, weights = real_array("spike_times", spike_times), real_array("weights", weights)
    one_sample, one_neuron = times.ndim == 1, weights.ndim == 1
    times = spike_time_array(times, 1 if one_sample else 2)
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
        values = pair_of_numbers("beta", beta)
    except InvalidInput:
        values = -1.0, -1.0
    if not all(math.isfinite(b) and b >= 0 for b in values):
        raise InvalidInput(
            f"beta must be a finite number >= 0 or a pair (beta_plus, beta_minus) of them, "
            f"got {shown(beta)}; beta = V_th/(V_syn - V_d), and 0 is the conventional circuit"
        )
    return values


def largest_sum(weights: np.ndarray, beta: tuple[float, float]) -> float:
    """Largest sum of |w| over the inputs of a neuron, weights (n_in, n_out).

    `InvalidInput`: so large that it, or the conductance beta |w| with it, may overflow.
    """
    with np.errstate(over="ignore"):
        sums = np.abs(weights).sum(axis=0, dtype=float)
        bad = ~(sums * max(1.0, *beta) < LARGEST)
    if bad.any():
        raise InvalidInput(
            f"the weights of a neuron add up to {first_bad(sums, bad)} in magnitude, and beta is "
            f"{beta}: neither the sum nor beta times it may exceed {LARGEST:g}"
        )
    return float(sums.max())


def finite_result(array: np.ndarray, name: str) -> np.ndarray:
    """The array, or `InvalidInput`: it has a number beyond its precision."""
    if not np.isfinite(array).all():
        raise InvalidInput(
            f"{name} would exceed {np.finfo(array.dtype).max:g}, the largest number in "
            f"{array.dtype}: make weights and upstream gradients smaller, or use float64"
        )
    return array


def positive_integer(value: Any, name: str, least: int = 1) -> int:
    """``value`` as an int >= 1, or another least one, or `InvalidInput`."""
    try:
        number = real_number(name, value)
    except InvalidInput:
        number = -math.inf
    if not number.is_integer() or number < least:
        raise InvalidInput(f"{name} must be a whole number >= {least}, got {shown(value)}")
    if number >= 2**63:  # which no array can count
        raise InvalidInput(f"{name} must be a whole number below 2**63, got {shown(value)}")
    return int(value)


def recorded_neurons(record, size, name="record") -> tuple[int, ...]:
    """Return the neurons of a layer that are to be recorded, as they were given."""
    if record is None or isinstance(record, bool):
        return tuple(range(size if record else 0))
    try:
        indices = tuple(positive_integer(index, name, least=0) for index in record)
    except (TypeError, InvalidInput):
        indices = (size,)
    if not all(index < size for index in indices):
        raise InvalidInput(
            f"{name} must be True, None or a list of neurons from 0 to {size - 1}, got {record!r}."
        )
    return indices


def recorded_by_layer(record, sizes) -> list[tuple[int, ...]]:
    """Return the neurons to record in each layer, from a dictionary of layer number to neurons."""
    record, numbers = {} if record is None else record, range(1, len(sizes))
    if not isinstance(record, dict) or not set(record) <= set(numbers):
        raise InvalidInput(
            f"record must be a dictionary of layers (1 to {len(numbers)}) to lists of neurons, "
            f"got {record!r}."
        )
    return [
        recorded_neurons(record.get(number), sizes[number], f"record[{number}]")
        for number in numbers
    ]
