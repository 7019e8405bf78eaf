"""Checks of values with physical units that come from outside."""

from math import isfinite, isnan

import numpy as np
from brian2.units import DimensionMismatchError, Quantity, get_dimensions, have_same_dimensions

from rcspike_brian.errors import InvalidInput


def has_unit(value) -> bool:
    """Tell whether ``value``, a number, array or list, carries a physical unit.

    Also true where Brian2 cannot say (mixed units, not numbers), so that `finite_array` refuses it
    instead of NumPy taking the bare numbers.
    """
    try:
        return not have_same_dimensions(value, 1)
    except (TypeError, DimensionMismatchError):
        return True


def fixed_scalar(name, value, unit, expected):
    """Return one finite value with the given unit as a read-only Quantity of its own.

    Parameters
    ----------
    name : str
        What to call the value in a message.
    value : Quantity
        What the caller was given.
    unit : Unit
        Any unit of the right dimension.
    expected : str
        What would be right, for the message.

    Raises
    ------
    InvalidInput
        Not a single finite number, or another dimension.
    """
    try:
        number = float(value)
        # As in Brian2, a plain 0 needs no unit.
        fits = np.ndim(value) == 0 and (number == 0 or have_same_dimensions(value, unit))
    except (TypeError, ValueError):
        fits, number = False, np.nan
    if not fits:
        raise InvalidInput(f"{name} must be {expected}, got {value!r}.")
    if not isfinite(number):
        raise InvalidInput(f"{name} must be finite, got {value!r}.")
    return read_only(number, unit)


def read_only(number, unit):
    """Return a Quantity that cannot be changed in place."""
    quantity = Quantity(float(number), dim=get_dimensions(unit))
    quantity.setflags(write=False)
    return quantity


def finite_array(name, values, unit, expected):
    """Return the finite SI values of an array with the given unit (1: no unit allowed)."""
    try:
        fits = have_same_dimensions(values, unit)
        array = np.array(values, dtype=float)
    except (TypeError, ValueError, DimensionMismatchError):
        fits, array = False, np.empty(0)
    if not fits:
        raise InvalidInput(f"{name} must be in {expected}, got {values!r}.")
    bad = ~np.isfinite(array)
    if bad.any():
        index = tuple(int(i) for i in np.argwhere(bad)[0])
        raise InvalidInput(f"{name} must be finite, got {array[index]} at index {index}.")
    return array


def pair_of_numbers(name, value):
    """Return one number twice, or two numbers, as floats; infinity is allowed, NaN is not."""
    try:
        numbers = [float(number) for number in np.atleast_1d(value)]
    except (TypeError, ValueError):
        numbers = []
    if len(numbers) == 1:
        numbers *= 2
    if len(numbers) != 2 or any(isnan(number) for number in numbers):
        raise InvalidInput(f"{name} must be a number or a pair (plus, minus), got {value!r}.")
    return tuple(numbers)
