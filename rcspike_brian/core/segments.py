"""What the kernels need to know of the segments between two input spikes, in a table.

A segment of length D takes D chi(f D) and D phi(f D) to cross, see `rcspike_brian.core.relaxation`.
Written as polynomials in the leak f, with powers of D in their coefficients, they cost fewer
multiplications than as functions of f D; and the coefficients are the same for all neurons. In a
charging phase with many input spikes nearly all segments are so short that a few terms are exact.
"""

import numpy as np
from numba import njit, types
from numba.extending import overload

# Columns of the table: the length D, the largest leak for which the polynomial holds, and its
# coefficients, the constant first. The table is flat, with rows of SEGMENT numbers.
LENGTH, LARGEST_LEAK, TERMS = 0, 1, 2
SEGMENT = 16

SHORT = 0.25
"""The polynomial holds for f D up to this."""

# Chebyshev coefficients of chi on [0, SHORT], the constant first; absolute errors 4e-8 and 1.2e-16.
# chi enters v multiplied by f D, so that the first is below the precision of float32 there.
_SINGLE = np.array(
    [0.499999960516079395, -0.166661607034158719, 0.0415648587078453369, -0.00767176890244190657],
    np.float32,
)
_DOUBLE = np.array(
    [
        0.499999999999999883,
        -0.166666666666606642,
        0.041666666661619973,
        -0.00833333317155285102,
        0.00138888633907254638,
        -0.000198390832960205726,
        0.0000246973258807026469,
        -2.49447949623054421e-6,
    ]
)


@njit(cache=True, nogil=True)
def _describe(segments, n_segments, coefficients):
    real = segments.dtype.type
    for i in range(n_segments):
        row = SEGMENT * i
        length = segments[row + LENGTH]
        segments[row + LARGEST_LEAK] = real(SHORT) / length
        power = length * length
        for j in range(coefficients.shape[0]):
            segments[row + TERMS + j] = coefficients[j] * power
            power *= length


@njit(cache=True, nogil=True)
def describe_segments(segments, n_segments):
    """Fill the first rows of the table, in which lengths above 0 stand."""
    if segments.itemsize == 4:
        _describe(segments, n_segments, _SINGLE)
    else:
        _describe(segments, n_segments, _DOUBLE)


@njit(cache=True, nogil=True)
def describe_grey_levels(unit, segments):
    """Fill the table for grey levels: the segment between two of them has their difference less 1.

    Parameters
    ----------
    unit : float
        Of time in the kernels; see `rcspike_brian.core.leak`.
    segments : (>= 255 SEGMENT,) float array
    """
    for difference in range(1, 256):
        segments[SEGMENT * (difference - 1) + LENGTH] = unit * segments.dtype.type(difference / 255)
    describe_segments(segments, 255)


def _crossing_single(f, segments, row):
    upper = (segments[row + 5] * f + segments[row + 4]) * f + segments[row + 3]
    return upper * f + segments[row + 2]


def _crossing_double(f, segments, row):
    upper = (segments[row + 9] * f + segments[row + 8]) * f + segments[row + 7]
    upper = ((upper * f + segments[row + 6]) * f + segments[row + 5]) * f + segments[row + 4]
    return (upper * f + segments[row + 3]) * f + segments[row + 2]


def crossing(f, segments, row):
    """D^2 chi(f D) of a segment, for leaks f up to the largest that its row allows.

    Parameters
    ----------
    f : float or Vector
    segments : flat float array
    row : int
        Where the row of the segment begins.
    """
    plain = _crossing_single if segments.dtype == np.float32 else _crossing_double
    return plain(f, segments, row)


@overload(crossing, inline="always")
def _crossing_compiled(f, segments, row):
    return _crossing_single if segments.dtype == types.float32 else _crossing_double


@njit(cache=True, nogil=True)
def segments_between(times, order, n_spikes, unit, behind, segments):
    """Segments from each input spike to the next one, from the last one to the end of the phase.

    Parameters
    ----------
    times : (n_in,) float array
        Spike times in units of T.
    order : (>= n_spikes,) int array
        The inputs that spike (t < 1), by ascending time.
    n_spikes : int
    unit : float
        Of time in the kernels; see `rcspike_brian.core.leak`.
    behind : (>= n_spikes,) int array
        Receives the number of the segment behind each input spike, -1 where another spikes at the
        same time.
    segments : (>= SEGMENT n_spikes,) float array
        Receives the table.
    """
    n = 0
    end = times.dtype.type(1)
    for k in range(n_spikes - 1, -1, -1):
        start = times[order[k]]
        length = unit * (end - start)
        segments[SEGMENT * n + LENGTH] = length
        behind[k] = n if length > 0 else -1
        n += length > 0
        end = start
    describe_segments(segments, n)
