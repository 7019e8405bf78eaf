"""The polynomials and their doubling, against 50-digit values."""

import mpmath
import numpy as np
import pytest

from rcspike_brian.core.relaxation import chi


def exact_chi(x):
    with mpmath.workdps(50):
        x = mpmath.mpf(float(x))
        return mpmath.mpf("0.5") if x == 0 else (x - 1 + mpmath.exp(-x)) / x**2


@pytest.mark.parametrize(("dtype", "bound"), [(np.float32, 6e-8), (np.float64, 1.2e-16)])
def test_chi_is_exact_to_the_last_digit_on_the_unit_interval(dtype, bound):
    x = np.concatenate([[0], np.geomspace(1e-12, 1, 400), np.linspace(0, 1, 401)]).astype(dtype)
    error = [
        abs(float(mpmath.mpf(float(c)) - exact_chi(xi))) for c, xi in zip(chi(x), x, strict=True)
    ]
    assert max(error) <= bound


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_chi_keeps_the_precision_of_its_argument(dtype):
    assert chi(np.linspace(0, 1, 5, dtype=dtype)).dtype == dtype
