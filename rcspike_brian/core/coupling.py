"""The resistive coupling of a circuit: units of the kernels, and the conductance f in them.

With beta the mean of both signs, V = beta v is the membrane potential in units of the (mean)
reversal potential, and tau = beta t. That takes beta out of the equation of a neuron,

    dV/dtau = g - f V,   g = sum of w,   f = sum of |w| + skew times sum of w,

where skew = (beta_plus - beta_minus)/(beta_plus + beta_minus). For equal reversal potentials, the
common case, f then takes no multiplication. Where beta is no useful unit, as without coupling,
beta = 0, V is v and tau is t, and f has beta in it.
"""

from collections import namedtuple

import numpy as np
from numba.extending import overload

from rcspike_brian.errors import InvalidInput

# ``unit`` is beta, or 1. Two types, so that code compiled for equal reversal potentials has no
# trace of the others: f = sum of |w|, and f = size (sum of |w|) + skew (sum of w).
EqualRails = namedtuple("EqualRails", "unit")
UnequalRails = namedtuple("UnequalRails", "unit size skew")


def coupling_of(beta, real):
    """Units and coupling of a circuit, in a floating-point type.

    `InvalidInput`: potentials, which 1/beta bounds, would vanish in that type.
    """
    mean, difference = beta[0] / 2 + beta[1] / 2, beta[0] / 2 - beta[1] / 2
    if mean > 1 / float(np.finfo(real).tiny):
        raise InvalidInput(
            f"V_th/E = {mean:g} is too large for numbers of the type {np.dtype(real)}: raise "
            "V_syn, the drive voltage"
        )
    # The tables of segments hold up to the fifth power of tau in single precision, else the ninth.
    far = 1e7 if np.finfo(real).bits == 32 else 1e30
    if not 1 / far < mean < far:
        return UnequalRails(real(1), real(mean), real(difference))
    if difference == 0:
        return EqualRails(real(mean))
    return UnequalRails(real(mean), real(1), real(difference / mean))


FAR = 1e3
"""Conductance in units of C/T, or ratio of the rails, beyond which the kernels lose digits.

They take f from the sums of |w| and of w, in which a small beta is lost beside a large one, and
gradients from differences that are as small as the inverse of the conductance.
"""

FAR_SINGLE = 30.0
"""The same for v(1) in single precision, of which fewer digits can be spared."""


def in_range(beta, total, real):
    """Whether nothing overflows in neurons whose weights add up to ``total``, or NaN, in size."""
    scale, limit = max(1.0, *beta), float(np.finfo(real).max) / 8
    return scale < limit and scale * total < limit


def keeps_digits(beta, total, real=float):
    """Whether f has all its digits in neurons whose weights add up to ``total`` in size."""
    far = FAR_SINGLE if np.dtype(real).itemsize == 4 else FAR
    return max(beta) <= far * min(beta) or max(beta) * total <= far


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
