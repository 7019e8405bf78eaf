"""The resistive coupling of a circuit: units of the kernels, and the conductance f in them.

With beta the mean of both signs, V = beta v is the membrane potential in units of the (mean)
reversal potential, and tau = beta t. That takes beta out of the equation of a neuron,

    dV/dtau = g - f V,   g = sum of w,   f = sum of |w| + skew times sum of w,

where skew = (beta_plus - beta_minus)/(beta_plus + beta_minus). For equal reversal potentials, the
common case, f then takes no multiplication. Without coupling, beta = 0, V is v and tau is t.
"""

from collections import namedtuple

import numpy as np
from numba.extending import overload

from rcspike_brian.errors import InvalidInput

# ``unit`` is beta. Two types, so that code compiled for equal reversal potentials has no trace of
# the others: f = sum of |w|, and f = size (sum of |w|) + skew (sum of w).
EqualRails = namedtuple("EqualRails", "unit")
UnequalRails = namedtuple("UnequalRails", "unit size skew")


def coupling_of(beta, real):
    """Units and coupling of a circuit, in a floating-point type.

    A coupling that is lost among its rounding errors is none. `InvalidInput`: one beyond its range.
    """
    mean, difference = beta[0] / 2 + beta[1] / 2, beta[0] / 2 - beta[1] / 2
    smallest, largest = (float(end) for end in (np.finfo(real).tiny, np.finfo(real).max))
    rounding = float(np.finfo(real).eps)
    if mean > rounding * largest:
        raise InvalidInput(
            f"V_th/E = {mean:g} is too large for numbers of the type {np.dtype(real)}: raise "
            "V_syn, the drive voltage"
        )
    if mean < smallest / rounding:
        return UnequalRails(real(1), real(0), real(0))
    if difference == 0:
        return EqualRails(real(mean))
    return UnequalRails(real(mean), real(1), real(difference / mean))


def conductance_of(sizes, currents, coupling):
    """The conductance f of weights with these sums of |w| and of w, numbers or vectors."""
    if isinstance(coupling, EqualRails):
        return sizes
    return coupling.size * sizes + coupling.skew * currents


@overload(conductance_of, inline="always")
def _conductance_compiled(sizes, currents, coupling):
    if getattr(coupling, "instance_class", None) is EqualRails:
        return lambda sizes, currents, coupling: sizes
    return lambda sizes, currents, coupling: coupling.size * sizes + coupling.skew * currents
