"""The resistive ramp: a resistor to the positive rail."""

import math
from typing import TYPE_CHECKING

from rcspike_brian.errors import InvalidInput
from rcspike_brian.ramps.base import Ramp

if TYPE_CHECKING:
    from rcspike_brian.circuit import Circuit


class ResistiveRamp(Ramp):
    """A resistor to V_syn - V_d that lifts V from 0 to V_th in one T.

    With b = V_th/(V_syn - V_d) its conductance is -C ln(1 - b)/T, and a neuron spikes at
    t = [ln(1 - b) - ln(1 - b v)]/ln(1 - b).

    Examples
    --------
    >>> from rcspike_brian import Circuit
    >>> Circuit.normalised(2.0, ramp="rc").spike_time([0.0, 0.25, 1.5]).round(4)
    array([1.    , 0.8074, 0.    ])
    """

    name = "rc"

    def drive(self, circuit: "Circuit") -> tuple[float, float]:
        """V_ramp G and G of the resistor, or `InvalidInput` where V_ramp does not exceed V_th."""
        if circuit.b >= 1:
            raise InvalidInput(
                "ramp='rc' pulls the membrane potential towards the positive rail, V_syn - V_d = "
                f"{circuit.E[0]}, which must exceed V_th = {circuit.V_th}, or no neuron would ever "
                "fire. Raise V_syn, or use ramp='linear'."
            )
        g = -math.log1p(-circuit.b)
        return g / circuit.b, g

    def supply(self, circuit: "Circuit", V_dd: float) -> float:
        """The rail that the resistor leads to, V_syn - V_d."""
        return circuit.si.E[0]
