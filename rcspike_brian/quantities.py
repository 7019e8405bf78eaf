"""Checks of values with physical units that come from outside.

Brian2 takes a second to import. It is imported here when a value may have a unit, so that whoever
works with normalised numbers alone does without.
"""

from importlib import import_module
from math import isfinite, isnan
from typing import Any

import numpy as np

from rcspike_brian.errors import InvalidInput, first_bad


class SI(float):
    """A number that is known to be in SI units already."""


def unit(name: str) -> Any:
    """Return Brian2's unit of that name, such as "volt"."""
    return getattr(import_module("brian2.units"), name)


def has_unit(value: Any) -> bool:
    """Tell whether ``value``, a number, array or list, carries a physical unit."""
    from brian2.units import DimensionMismatchError

    try:
        return not _same_dimensions(value, 1)
    except (TypeError, DimensionMismatchError):
        return True  # Brian2 cannot say: `finite_array` is to refuse it, not NumPy to take it bare


def si_number(name: str, value: Any, unit_name: str, expected: str) -> float:
    """Return a finite value with the unit as an SI number; messages say what is ``expected``."""
    try:
        number = float(value)
        fits = isinstance(value, SI) or (
            # As in Brian2, a plain 0 needs no unit.
            np.ndim(value) == 0 and (number == 0 or _same_dimensions(value, unit(unit_name)))
        )
    except (TypeError, ValueError):
        fits, number = False, np.nan
    if not fits:
        raise InvalidInput(f"{name} must be {expected}, got {value!r}.")
    if not isfinite(number):
        raise InvalidInput(f"{name} must be finite, got {value!r}.")
    return number


def _same_dimensions(value, unit):
    from brian2.units import have_same_dimensions

    return have_same_dimensions(value, unit)


def quantity(values: Any, unit_name: str) -> Any:
    """Return numbers in SI units as a Quantity."""
    from brian2.units import Quantity

    return Quantity(values, dim=unit(unit_name).dim)


def read_only(number: float, unit_name: str) -> Any:
    """Return a scalar Quantity that cannot be changed in place."""
    value = quantity(float(number), unit_name)
    value.setflags(write=False)
    return value


def finite_array(name: str, values: Any, unit_name: Any, expected: str) -> np.ndarray:
    """Return the finite SI values of an array in a unit, by name or Brian2's (None: no unit)."""
    from brian2.units import DimensionMismatchError

    try:
        wanted = unit(unit_name) if isinstance(unit_name, str) else unit_name
        fits = _same_dimensions(values, 1 if wanted is None else wanted)
        array = np.array(values, dtype=float)
    except (TypeError, ValueError, DimensionMismatchError):
        fits, array = False, np.empty(0)
    if not fits:
        raise InvalidInput(f"{name} must be in {expected}, got {values!r}.")
    bad = ~np.isfinite(array)
    if bad.any():
        raise InvalidInput(f"{name} must be finite, got {first_bad(array, bad)}.")
    return array


def pair_of_numbers(name: str, value: Any) -> tuple[float, float]:
    """Return one number twice, or two numbers, as floats; infinity is allowed, NaN is not."""
    try:
        numbers = [float(number) for number in np.atleast_1d(value)]
    except (TypeError, ValueError):
        numbers = []
    if len(numbers) == 1:
        numbers *= 2
    if len(numbers) != 2 or any(isnan(number) for number in numbers):
        raise InvalidInput(f"{name} must be a number or a pair (plus, minus), got {value!r}.")
    return numbers[0], numbers[1]
