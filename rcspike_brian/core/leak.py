"""The units in which the kernels carry a neuron, and its leak in them.

With beta the mean of both signs, V = beta v is the membrane potential in units of the (mean)
reversal potential, and tau = beta t. That takes beta out of the equation of a neuron,

    dV/dtau = g - f V,   g = sum of w,   f = sum of |w| + skew times sum of w,

where skew = (beta_plus - beta_minus)/(beta_plus + beta_minus). For equal reversal potentials, the
common case, the leak then takes no multiplication. Without a leak, beta = 0, V is v and tau is t.
"""

from collections import namedtuple

from numba.extending import overload

# ``unit`` is beta. Two types, so that code compiled for equal reversal potentials has no trace of
# the others: f = sum of |w|, and f = size (sum of |w|) + skew (sum of w).
Even = namedtuple("Even", "unit")
Uneven = namedtuple("Uneven", "unit size skew")


def leak_of(beta, real):
    """Leak and units of a circuit.

    Parameters
    ----------
    beta : (float, float)
        V_th/E for positive and negative weights.
    real : type
        Floating-point type of the result.

    Returns
    -------
    Even or Uneven

    Examples
    --------
    >>> leak_of((2.0, 2.0), float)
    Even(unit=2.0)
    >>> leak_of((1.5, 0.5), float)
    Uneven(unit=1.0, size=1.0, skew=0.5)
    >>> leak_of((0.0, 0.0), float)
    Uneven(unit=1.0, size=0.0, skew=0.0)
    """
    mean, difference = (beta[0] + beta[1]) / 2, (beta[0] - beta[1]) / 2
    if mean == 0:
        return Uneven(real(1), real(0), real(0))
    if difference == 0:
        return Even(real(mean))
    return Uneven(real(mean), real(1), real(difference / mean))


def leaking(sizes, currents, leak):
    """The leak of weights with these sums of sizes and of signed values.

    Parameters
    ----------
    sizes, currents : float or Vector
        Sums of |w| and of w.
    leak : Even or Uneven
    """
    return sizes if isinstance(leak, Even) else leak.size * sizes + leak.skew * currents


@overload(leaking, inline="always")
def _leaking_compiled(sizes, currents, leak):
    if getattr(leak, "instance_class", None) is Even:
        return lambda sizes, currents, leak: sizes
    return lambda sizes, currents, leak: leak.size * sizes + leak.skew * currents
