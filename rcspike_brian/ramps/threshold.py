"""A ramp on the threshold that all neurons of a layer share, and none on the capacitors."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from rcspike_brian.errors import InvalidInput
from rcspike_brian.ramps.linear import LinearRamp

if TYPE_CHECKING:
    from rcspike_brian.circuit import Circuit


class ThresholdRamp(LinearRamp):
    """The threshold falls from V_th to 0 in one T, and the capacitors keep what they have.

    A neuron spikes when V_th (1 - t) = V: at t = 1 - v, as with the linear ramp. Nothing lifts the
    capacitors. One node per layer falls instead, its capacitance that of the threshold inputs of
    the layer's comparators; after the phase V_dd recharges it by what it has fallen, which takes
    C_in V_th V_dd per neuron, spike or not. The charge of the node turns to heat in its sink. The
    comparators have to work at all input voltages between 0 and V_th.

    Spread of the capacitors does not change the slope of this ramp.

    Examples
    --------
    >>> from rcspike_brian import Circuit
    >>> circuit = Circuit(ramp="threshold")
    >>> circuit.spike_time([0.0, 0.25, 1.5])
    array([1.  , 0.75, 0.  ])
    >>> supply, kept = circuit.ramp.energy(np.array([[0.25]]), 1.0, circuit, V_dd=2.0, C_in=1e-15)
    >>> supply, kept / circuit.si.C
    (array([[2.e-15]]), array([[0.03125]]))
    """

    name = "threshold"
    equations = """
    I_ramp = 0*amp : amp
    V_compare = V_th - V_fall*clip((elapsed - T)/T, 0, 1) : volt
    V_fall : volt (constant)               # by which the threshold falls in one T
    """

    def _drive_of(self, circuit, capacitance=1.0, conductance=0.0):
        if np.any(conductance):
            raise InvalidInput(
                "with ramp='threshold' a leak or an output conductance has no closed form of the "
                "spike time: leave leak and ramp_conductance at 0, or use ramp='linear'"
            )
        return self.drive(circuit)

    def lifted(self, v: ArrayLike, circuit: "Circuit", until: ArrayLike = 1.0) -> np.ndarray:
        """Zero: the capacitors are left alone."""
        return np.zeros_like(circuit.as_potentials(v))

    def rise(self, v: ArrayLike, t: ArrayLike, circuit: "Circuit") -> np.ndarray:
        """The membrane potential v, at all times t."""
        return np.broadcast_arrays(circuit.as_potentials(v), circuit.as_times(t, "t"))[0].copy()

    def energy(
        self, v: np.ndarray, until: ArrayLike, circuit: "Circuit", V_dd: float,
        C_in: float | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
        """As of any ramp: the share of each neuron in recharging the node."""
        if C_in is None:
            raise InvalidInput(
                "ramp='threshold' charges the threshold inputs of the comparators, and no value is "
                "assumed: give threshold_capacitance, for each neuron, with its share of the wire"
            )
        _, kept = super().energy(v, until, circuit, V_dd)
        fallen = np.broadcast_to(np.asarray(until, float), v.shape)
        return V_dd * C_in * circuit.si.V_th * fallen, kept

    def crossing(
        self, t_grid: np.ndarray, v: np.ndarray, circuit: "Circuit", **devices: ArrayLike
    ) -> np.ndarray:
        """Time at which the threshold fell to v: the potential has not moved."""
        return np.clip(circuit.as_potentials(devices.get("threshold", 1.0)) - v, 0, t_grid)

    def values(self, circuit: "Circuit") -> dict[str, float]:
        """The threshold's fall in Brian2, in volts."""
        return {"V_fall": circuit.si.V_th}

    def elements(self, circuit: "Circuit", name: str, neuron: str, phase: str) -> list[str]:
        """Refused: netlists have comparators with a threshold that rests."""
        raise InvalidInput("there is no netlist of ramp='threshold': use ramp='linear'")
