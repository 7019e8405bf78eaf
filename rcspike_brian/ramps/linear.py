"""The linear ramp: a current source."""

from typing import TYPE_CHECKING

from rcspike_brian.ramps.base import Ramp

if TYPE_CHECKING:
    from rcspike_brian.circuit import Circuit


class LinearRamp(Ramp):
    """A current source that lifts V by V_th in one T: a neuron spikes at t = 1 - v.

    Examples
    --------
    >>> from rcspike_brian import Circuit
    >>> Circuit(ramp="linear").spike_time([0.0, 0.25, 1.5])
    array([1.  , 0.75, 0.  ])
    """

    name = "linear"

    def drive(self, circuit: "Circuit") -> tuple[float, float]:
        """C V_th/T, whatever the potential."""
        return 1.0, 0.0
