"""What the kernels need to know of the segments between two input spikes, in a table.

A segment of length D takes D chi(f D) and D phi(f D) to cross, see `rcspike_brian.core.relaxation`.
Written as polynomials in the conductance f, with powers of D in their coefficients, they cost fewer
multiplications than as functions of f D; and the coefficients are the same for all neurons. In a
charging phase with many input spikes nearly all segments are so short that a few terms are exact.
"""

import numpy as np
from numba import types
from numba.extending import overload

from rcspike_brian.core.compiling import compiled
from rcspike_brian.core.vectors import LANES, load, store

# The table is flat: blocks of LANES segments, each with columns of LANES numbers for the length D,
# the largest conductance for which the polynomial holds, D again, and coefficients, constant first.
# Vectors so describe LANES segments at a time, and few cache lines hold them.
LENGTH, LARGEST_CONDUCTANCE, SAME_LENGTH, TERMS = 0, LANES, 2 * LANES, 3 * LANES
# A number that is read for a polynomial only is spread over the lanes on its way from memory. The
# length, which the long way needs too, would be read before the ways part, and then spread.

SHORT = 0.25
"""The polynomial holds for f D up to this."""

# Chebyshev coefficients of chi on [0, SHORT], the constant first; absolute errors 4e-8 and 1.2e-16.
# chi enters v multiplied by f D, so that the first is below the precision of float32 there.
_SINGLE = np.array(
    [0.499999960516079395, -0.166661607034158719, 0.0415648587078453369, -0.00767176890244190657],
    np.float32,
)
_DOUBLE = np.array([
    0.499999999999999883, -0.166666666666606642, 0.041666666661619973, -0.00833333317155285102,
    0.00138888633907254638, -0.000198390832960205726, 0.0000246973258807026469,
    -2.49447949623054421e-6,
])  # fmt: skip
_BLOCK = TERMS + len(_DOUBLE) * LANES


def table_length(n_segments):
    """Numbers in the table of so many segments."""
    return -(-n_segments // LANES) * _BLOCK


@compiled
def row_of(segment):
    """Where the row of a segment begins; its columns are LANES numbers apart."""
    return segment // LANES * _BLOCK + segment % LANES


# Row of the segment between two grey levels, by their difference; none between equal ones.
GREY_ROWS = np.array([-1, *(row_of.py_func(segment) for segment in range(255))], np.int32)


@compiled
def _describe(segments, n_segments, coefficients):
    short = segments.dtype.type(SHORT)
    for first in range(0, n_segments, LANES):
        block = row_of(first)
        length = load(segments, block + LENGTH)
        store(segments, block + LARGEST_CONDUCTANCE, short / length)
        store(segments, block + SAME_LENGTH, length)
        power = length * length
        for j in range(coefficients.shape[0]):
            store(segments, block + TERMS + LANES * j, coefficients[j] * power)
            power = power * length


@compiled
def describe_segments(segments, n_segments):
    """Fill the table of the first segments, whose lengths stand in it."""
    if segments.itemsize == 4:
        _describe(segments, n_segments, _SINGLE)
    else:
        _describe(segments, n_segments, _DOUBLE)


@compiled
def describe_grey_levels(unit, segments):
    """Fill the table for grey levels, with ``GREY_ROWS``; ``unit`` is that of the coupling."""
    for difference in range(1, 256):
        length = segments.dtype.type(difference / 255)
        segments[GREY_ROWS[difference] + LENGTH] = unit * length
    describe_segments(segments, 255)


def _crossing_single(f, segments, row):
    row += TERMS
    upper = segments[row + 3 * LANES] * f + segments[row + 2 * LANES]
    return (upper * f + segments[row + LANES]) * f + segments[row]


def _crossing_double(f, segments, row):
    row += TERMS
    upper = segments[row + 7 * LANES] * f + segments[row + 6 * LANES]
    upper = (upper * f + segments[row + 5 * LANES]) * f + segments[row + 4 * LANES]
    upper = (upper * f + segments[row + 3 * LANES]) * f + segments[row + 2 * LANES]
    return (upper * f + segments[row + LANES]) * f + segments[row]


def crossing(f, segments, row):
    """D^2 chi(f D) of a segment, for numbers or vectors f up to the largest its row allows."""
    plain = _crossing_single if segments.dtype == np.float32 else _crossing_double
    return plain(f, segments, row)


@overload(crossing, inline="always")
def _crossing_compiled(f, segments, row):
    return _crossing_single if segments.dtype == types.float32 else _crossing_double


@compiled
def segments_between(times, n_spikes, unit, behind, segments):
    """Segments from each input spike to the next one, from the last one to the end of the phase.

    Times (>= n_spikes + 1 + LANES,) ascend; the one behind the last is overwritten. ``unit`` is as
    in `rcspike_brian.core.coupling`. ``behind`` receives the row of the segment behind each input
    spike, -1 where another spikes at the same time, ``segments`` the table.
    """
    times[n_spikes] = 1
    for first in range(0, n_spikes, LANES):
        length = unit * (load(times, first + 1) - load(times, first))
        store(segments, row_of(first) + LENGTH, length)
    describe_segments(segments, n_spikes)
    for k in range(n_spikes):
        behind[k] = row_of(k) if unit * (times[k + 1] - times[k]) > 0 else -1
