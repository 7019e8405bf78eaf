"""The door for numbers that come from outside, plain or with a physical unit.

What a user gives as a number or as an array goes through `real_number` or `real_array`. They refuse
what NumPy would make wrong numbers of without a word: units that nobody has converted, the hidden
entries of masked arrays, text, truth values, complex numbers.

Brian2 takes a second to import. It is imported here when a value has a unit, so that whoever works
with normalised numbers alone does without.
"""

import sys
from collections.abc import Iterator
from math import inf, isfinite, isnan
from numbers import Real
from typing import Any

import numpy as np

from rcspike_brian.errors import InvalidInput, first_bad, shown

# What makes plain numbers of values with a unit, for messages.
_CURES = {
    "second": "Circuit.normalised_time",
    "volt": "Circuit.normalised_potential",
    "siemens": "Circuit.weights",
}
_BOUNDS = {
    "": lambda number: True,
    "> 0": lambda number: number > 0,
    ">= 0": lambda number: number >= 0,
    "in [0, 1]": lambda number: 0 <= number <= 1,
    "in [0, 1)": lambda number: 0 <= number < 1,
    "in (0, 1)": lambda number: 0 < number < 1,
}


class SI(float):
    """A number that is known to be in SI units already."""


def unit(name: str) -> Any:
    """Return Brian2's unit of that name, such as "volt"."""
    from rcspike_brian.brian import units

    return getattr(units, name)


def dimension(name: str, value: Any) -> Any:
    """Brian2's dimension of a number or an array, None if it is plain."""
    # If it is not there, or not yet, because a thread imports it now, nothing has its units.
    known: Any = getattr(sys.modules.get("brian2.units.fundamentalunits"), "Dimension", None)
    dim = getattr(value, "dim", None) if known else None
    if known and isinstance(dim, known):
        return None if dim.is_dimensionless else dim
    if any(isinstance(getattr(type(value), n, None), property) for n in ("unit", "units")):
        raise InvalidInput(f"{name} has a unit that is none of Brian2's, got {shown(value)}")
    return None


def _dimensions(name: str, values: Any) -> Iterator[Any]:
    """The `dimension` of all that is in nested lists, or `InvalidInput` if something is masked."""
    if isinstance(values, (list, tuple)):
        for value in values:
            if type(value) is float:  # as most are
                yield None
            else:
                yield from _dimensions(name, value)
        return
    if np.ma.is_masked(values):
        raise InvalidInput(
            f"{name} has masked entries, got {shown(values)}; leave them out, or fill them "
            "(numpy.ma.filled)"
        )
    yield dimension(name, values)


def has_unit(name: str, values: Any) -> bool:
    """Tell whether a number, array or list carries a physical unit."""
    return type(values) is not np.ndarray and any(dim for dim in _dimensions(name, values))


def bare_array(
    name: str, values: Any, unit_name: Any = None, expected: str = "plain numbers"
) -> np.ndarray:
    """An array of any type and shape without units, with nothing masked, or `InvalidInput`.

    Parameters
    ----------
    name : str
        What messages call the values.
    values : array_like
    unit_name : str or Unit, optional
        Values must have this unit, by name or Brian2's, and are returned in SI units. Without it
        they must have none.
    expected : str
        What messages say is allowed.
    """
    wanted = unit(unit_name).dim if isinstance(unit_name, str) else getattr(unit_name, "dim", None)
    found = {None} if type(values) is np.ndarray else set(_dimensions(name, values))
    if found - {wanted}:
        cures = [f"; {c} converts it" for n, c in _CURES.items() if found == {unit(n).dim}]
        cure = "".join(cures) if wanted is None else ""
        raise InvalidInput(f"{name} must be in {expected}, got {shown(values)}{cure}")
    try:
        return np.asarray(values)
    except Exception as error:  # whatever an object raises that is to become an array
        raise InvalidInput(f"{name} must be an array of real numbers: {error}") from None


def real_array(
    name: str, values: Any, unit_name: Any = None, expected: str = "plain numbers"
) -> np.ndarray:
    """Real numbers as a `bare_array`; infinity and NaN are the caller's.

    float32 stays float32, all else becomes float64; not copied if nothing had to be changed.
    """
    array = bare_array(name, values, unit_name, expected)
    if array.dtype in (np.float32, np.float64):
        return array
    if array.dtype.kind not in "iuf":
        raise InvalidInput(
            f"{name} must be an array of real numbers, got one of {array.dtype}: {shown(values)}"
        )
    return array.astype(np.float64)


def as_list(name: str, values: Any) -> list:
    """What is in a list, a tuple or an array with axes, or `InvalidInput`."""
    if not isinstance(values, (list, tuple, range)) and not getattr(values, "ndim", 0):
        raise InvalidInput(f"{name} must be a list, got {shown(values)}")
    return list(values)


def finite_array(
    name: str, values: Any, unit_name: Any = None, expected: str = "plain numbers"
) -> np.ndarray:
    """A copy of a `real_array` in double precision, and all finite."""
    array = np.array(real_array(name, values, unit_name, expected), dtype=float)
    bad = ~np.isfinite(array)
    if bad.any():
        raise InvalidInput(f"{name} must be finite, got {first_bad(array, bad)}.")
    return array


def _as_float(name, value, dim=None):
    """A single real number with this dimension as a float, else None."""
    if isinstance(value, (bool, np.bool_)):
        return None
    try:
        if isinstance(value, Real):
            return None if dim else float(value)
        array = np.asarray(value)
    except OverflowError:
        return inf
    except Exception:  # whatever an object raises that is to become a number
        return None
    single = array.ndim == 0 and array.dtype.kind in "iuf" and not np.ma.is_masked(value)
    return float(array) if single and dimension(name, value) == dim else None


def real_number(name: str, value: Any, bound: str = "", *, infinite: bool = False) -> float:
    """A plain number as a float, or `InvalidInput`; NaN is none, infinity only if that is said.

    ``bound`` is "> 0", ">= 0", "in [0, 1]", "in [0, 1)", "in (0, 1)", or empty for any.
    """
    number = _as_float(name, value)
    fits = number is not None and _BOUNDS[bound](number) and not isnan(number)
    if not fits or not (infinite or isfinite(number)):
        kind = " ".join(filter(None, ("a number" if infinite else "a finite number", bound)))
        raise InvalidInput(f"{name} must be {kind}, got {shown(value)}")
    return number


def pair_of_numbers(name: str, value: Any) -> tuple[float, float]:
    """Return one number twice, or two numbers, as floats; infinity is allowed, NaN is not."""
    try:
        parts = list(value) if np.ndim(value) == 1 else [value]
    except Exception:  # whatever an object raises that is to become an array
        parts = []
    numbers = [_as_float(name, part) for part in parts] * (2 if len(parts) == 1 else 1)
    if len(numbers) != 2 or any(number is None or isnan(number) for number in numbers):
        raise InvalidInput(f"{name} must be a number or a pair (plus, minus), got {shown(value)}.")
    return numbers[0], numbers[1]


def si_number(name: str, value: Any, unit_name: str, expected: str) -> float:
    """Return a finite value with the unit as an SI number; messages say what is ``expected``."""
    if isinstance(value, SI) or _as_float(name, value) == 0:  # as in Brian2, 0 needs no unit
        number = float(value)
    else:
        number = _as_float(name, value, unit(unit_name).dim)
    if number is None:
        raise InvalidInput(f"{name} must be {expected}, got {shown(value)}.")
    if not isfinite(number):
        raise InvalidInput(f"{name} must be finite, got {shown(value)}.")
    return number


def quantity(values: Any, unit_name: str) -> Any:
    """Return numbers in SI units as a Quantity."""
    from rcspike_brian.brian import Quantity

    return Quantity(values, dim=unit(unit_name).dim)


def read_only(number: float, unit_name: str) -> Any:
    """Return a scalar Quantity that cannot be changed in place."""
    value = quantity(float(number), unit_name)
    value.setflags(write=False)
    return value
