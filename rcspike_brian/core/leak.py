"""The leak of a circuit, and the units in which the kernels work.

With the mean beta of both signs, V = beta v (the potential in units of the reversal potential) and
tau = beta t, the equation of MODEL loses a factor:

    dV/dtau = g - f V,   g = sum w,   f = sum |w| + skew sum w,

where skew = (beta_plus - beta_minus)/(beta_plus + beta_minus) is 0 for equal rails: then f needs no
multiplication at all. Without a leak beta is 1 and f = 0.
"""

from collections import namedtuple

from numba.extending import overload

# Two types, so that compiled functions for equal rails do not even ask whether they are.
Even = namedtuple("Even", "unit")
Uneven = namedtuple("Uneven", "unit size skew")


def leak_of(beta, real):
    mean, difference = (beta[0] + beta[1]) / 2, (beta[0] - beta[1]) / 2
    if mean == 0:
        return Uneven(real(1), real(0), real(0))
    if difference == 0:
        return Even(real(mean))
    return Uneven(real(mean), real(1), real(difference / mean))


def leak_from(sizes, currents, leak):
    return sizes if isinstance(leak, Even) else leak.size * sizes + leak.skew * currents


@overload(leak_from, inline="always")
def _leak_compiled(sizes, currents, leak):
    if getattr(leak, "instance_class", None) is Even:
        return lambda sizes, currents, leak: sizes
    return lambda sizes, currents, leak: leak.size * sizes + leak.skew * currents
