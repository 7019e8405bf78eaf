"""The pure functional core: normalised, unitless arrays in, arrays out.

Potentials are in units of V_th and times in units of T (see `rcspike_brian.circuit` for the
physical units around it).
"""

from rcspike_brian.core import compiling  # noqa: F401 - says so before numba compiles
from rcspike_brian.core.membrane import membrane_gradients, membrane_potential

__all__ = ["membrane_gradients", "membrane_potential"]
