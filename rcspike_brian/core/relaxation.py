"""The relaxation functions chi and phi of one segment between two input spikes.

Between two events a membrane potential relaxes with a constant rate f. With x = f D, D the length
of the segment,

    phi(x) = (1 - exp(-x)) / x           chi(x) = (x - 1 + exp(-x)) / x**2

carry it and its adjoint across the segment. All follow without a division, an exponential or a loss
of digits from the smooth function chi,

    phi = 1 - x chi,   exp(-x) = 1 - x phi,

which is a polynomial in practice: degree 5 is exact to float32 and degree 12 to float64 for
0 <= x <= 1. A longer segment is halved until it fits, and the factors are doubled back:

    chi(2x) = (2 chi + phi**2) / 4,   phi(2x) = phi (1 + exp(-x)) / 2,   exp(-2x) = exp(-x)**2,

sums and products of non-negative numbers, so no digit is lost there either. Polynomial and
doubling are plain multiply-adds: compilers turn them into vector instructions, which they do not
do with a call of ``exp``.

The coefficients are Chebyshev fits on [0, 1]; ``tests/test_relaxation.py`` holds them against
50-digit values.
"""

import math

import numpy as np
from numba import types
from numba.extending import overload

from rcspike_brian.core.compiling import compiled
from rcspike_brian.core.vectors import any_above

# Chebyshev coefficients of chi on [0, 1], highest power first; absolute errors 9e-9 and 2e-20.
_A5, _A4, _A3, _A2, _A1, _A0 = map(np.float32, (
    -0.000137424190860748644, 0.00132481796428648883, -0.00830117044582246138,
    0.0416592553593373272, -0.16666603660680486, 0.499999991263097213,
))  # fmt: skip
_B12, _B11, _B10, _B9, _B8, _B7, _B6, _B5, _B4, _B3, _B2, _B1, _B0 = (
    7.46884726774060164e-12, -1.49938603757531761e-10, 2.07052017575886079e-09,
    -2.50340052736587649e-08, 2.75560196507265357e-07, -2.75572549039598e-06,
    2.48015851170983484e-05, -0.000198412697914718373, 0.00138888888881593554,
    -0.00833333333332696707, 0.0416666666666663778, -0.166666666666666662, 0.5,
)  # fmt: skip


def _chi_single(x):
    return ((((_A5 * x + _A4) * x + _A3) * x + _A2) * x + _A1) * x + _A0


def _chi_double(x):
    upper = (((((_B12 * x + _B11) * x + _B10) * x + _B9) * x + _B8) * x + _B7) * x + _B6
    return (((((upper * x + _B5) * x + _B4) * x + _B3) * x + _B2) * x + _B1) * x + _B0


def chi(x):
    """Polynomial for chi(x), 0 <= x <= 1, a number or an array, in the precision of x."""
    return _chi_single(x) if np.asarray(x).dtype == np.float32 else _chi_double(x)


@overload(chi, inline="always")
def _chi_compiled(x):
    return _chi_single if getattr(x, "dtype", x) == types.float32 else _chi_double


def _most_halvings(x):
    """Binary exponent of the largest number in the precision of x."""
    return 128 if np.asarray(x).dtype == np.float32 else 1024


@overload(_most_halvings, inline="always")
def _most_halvings_compiled(x):
    most = 128 if getattr(x, "dtype", x) == types.float32 else 1024
    return lambda x: most


@compiled
def chi_phi_decay(x):
    """chi, phi and exp(-x), for vectors x >= 0 of any size."""
    y = x
    halvings = 0
    # Every finite number is small enough after so many. One that is not finite never is.
    while any_above(y, 1.0) and halvings < _most_halvings(x):
        y = 0.5 * y
        halvings += 1
    c = chi(y)
    phi = 1.0 - y * c
    decay = 1.0 - y * phi
    for _ in range(halvings):
        c = 0.25 * (c + c + phi * phi)
        phi = 0.5 * (phi * (1.0 + decay))
        decay = decay * decay
    return c, phi, decay


@compiled
def phi_chi(x):
    """The functions phi and chi of one number x >= 0, to full precision."""
    if x <= 1:
        c = chi(x)
        return 1 - x * c, c
    phi = -math.expm1(-x) / x
    return phi, (1 - phi) / x
