"""The ramp of a transistor: a current source whose current falls as it lifts the potential."""

import math
from typing import TYPE_CHECKING

from rcspike_brian.quantities import real_number
from rcspike_brian.ramps.base import Ramp

if TYPE_CHECKING:
    from rcspike_brian.circuit import Circuit

PAPER = 0.177 * 0.872  # lambda of the discharge and V_th in arXiv:2412.09010


class DischargeRamp(Ramp):
    """A MOSFET in saturation that moves the capacitor from reset to threshold in one T.

    Its current is proportional to 1 - b v, with b = lambda V_th for a channel-length modulation
    lambda, relative to the current at reset; a neuron spikes at
    t = [ln(1 - b) - ln(1 - b v)]/ln(1 - b). It is fed like any current source.

    Parameters
    ----------
    b : float
        Between 0 and 1, where the current would have fallen to nothing at the threshold.

    Examples
    --------
    >>> from rcspike_brian import Circuit
    >>> Circuit(ramp="discharge").spike_time([0.0, 0.25, 1.5]).round(4)
    array([1.    , 0.7653, 0.    ])
    """

    def __init__(self, b: float = PAPER):
        self.b = real_number("b", b, "> 0")
        self.name = "discharge" if self.b == PAPER else f"discharge-{self.b!r}"

    def __eq__(self, other):
        return self.b == other.b if isinstance(other, DischargeRamp) else NotImplemented

    def __hash__(self):
        return hash(self.name)

    def drive(self, circuit: "Circuit") -> tuple[float, float]:
        """g/b and g = -ln(1 - b)."""
        g = -math.log1p(-self.b) if self.b < 1 else math.inf
        return g / self.b, g
