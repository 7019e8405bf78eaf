"""What a firing ramp is: one object for the exact solver, training, Brian2, devices and SPICE."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from rcspike_brian.core.firing import compiled_ramp, firing_time, lift, time_above
from rcspike_brian.errors import InvalidInput
from rcspike_brian.quantities import real_array

if TYPE_CHECKING:
    from rcspike_brian.circuit import Circuit


class Ramp(ABC):
    """The ramp that lifts the membrane potential in the firing phase until the neuron spikes.

    It is a current source with an output conductance, C dV/dt = I_0 - G_ramp V. A ramp of one's own
    says in `drive` how large both are; everything else follows.

    Attributes
    ----------
    name : str
        What files and ``Circuit(ramp=...)`` call it, once it is in `rcspike_brian.ramps.RAMPS`.
    equations : str
        Brian2 equations that take the place of those with the same names in the neuron; none for a
        ramp of the form above.

    Examples
    --------
    A current source of half the nominal strength lifts v by one half only:

    >>> from rcspike_brian import Circuit
    >>> class WeakRamp(Ramp):
    ...     name = "weak"
    ...
    ...     def drive(self, circuit):
    ...         return 0.5, 0.0
    >>> Circuit(ramp=WeakRamp()).spike_time([0.25, 0.75])
    array([1. , 0.5])
    """

    name: str
    equations: str = ""

    @abstractmethod
    def drive(self, circuit: Circuit) -> tuple[float, float]:
        """Strength i_0 and output conductance g of dv/dt = i_0 - g v; v in V_th, time in T."""

    def check(self, circuit: Circuit) -> None:
        """Raise `InvalidInput` if the ramp cannot lift a membrane potential to the threshold."""
        i_0, g = self.drive(circuit)
        if not i_0 > max(g, 0):
            raise InvalidInput(
                f"ramp={self.name!r} never lifts the membrane potential to V_th: it delivers "
                f"{i_0:g} - {g:g} v in units of C V_th/T, which must be positive up to v = 1."
            )

    def spike_time(
        self, v: ArrayLike, circuit: Circuit, *,
        capacitance: ArrayLike = 1.0, threshold: ArrayLike = 1.0, conductance: ArrayLike = 0.0,
        noise: ArrayLike = 0.0,
    ) -> np.ndarray:  # fmt: skip
        """Spike time in [0, 1], in units of T, for v = V(T)/V_th of any shape; 1 is no spike.

        Potentials may be in volts, too, and the noise in seconds. Where devices differ, capacitance
        and threshold of each neuron are in units of C and V_th, and leak and further output
        conductance in units of C/T. The noise, in units of T, is added before the time is clipped
        to the firing phase.
        """
        i_0, g = self._drive_of(circuit, capacitance, conductance)
        v, noise = circuit.as_potentials(v), circuit.as_times(noise, "noise")
        return firing_time(v, i_0, g, circuit.as_potentials(threshold, "threshold"), noise)

    def _drive_of(self, circuit, capacitance=1.0, conductance=0.0):
        """The drive of neurons whose devices are not the nominal ones."""
        i_0, g = self.drive(circuit)
        c = real_array("capacitance", capacitance)
        return i_0 / c, (g + real_array("conductance", conductance)) / c

    def slope(self, v: ArrayLike, circuit: Circuit) -> np.ndarray:
        """Derivative of the spike time by v, inside the firing phase."""
        i_0, g = self.drive(circuit)
        return -1 / (i_0 - g * np.minimum(circuit.as_potentials(v), 1.0))

    def lifted(self, v: ArrayLike, circuit: Circuit, until: ArrayLike = 1.0) -> np.ndarray:
        """How far v is lifted until the spike, or the time ``until``; in units of V_th."""
        v, until = circuit.as_potentials(v), circuit.as_times(until, "until")
        return lift(v, np.minimum(self.spike_time(v, circuit), until), *self.drive(circuit))

    def energy(
        self, v: np.ndarray, until: ArrayLike, circuit: Circuit, V_dd: float,
        C_in: float | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
        """Energies (n, n_l) of a layer's firing phase that ends at ``until``, in joules.

        What the ramp's supply delivers for each neuron, and what the capacitor has when it is
        reset. The ramp stops at the spike: the comparator switches it off. ``until`` is in units
        of T, one for all or (n, 1); C_in is the capacitance of a comparator's threshold input, in
        farads, for ramps that charge it.
        """
        charge, lifted = circuit.si.C * circuit.si.V_th, self.lifted(v, circuit, until)
        kept = charge * circuit.si.V_th * (v + lifted) ** 2 / 2
        return self.supply(circuit, V_dd) * charge * lifted, kept

    def rise(self, v: ArrayLike, t: ArrayLike, circuit: Circuit) -> np.ndarray:
        """Membrane potential after the time t of the firing phase that began at v."""
        v, t = circuit.as_potentials(v), circuit.as_times(t, "t")
        return v + lift(v, t, *self.drive(circuit))

    def after(self, t: ArrayLike, circuit: Circuit) -> np.ndarray:
        """Membrane potential at the time t after the spike: at rest, the ramp has stopped."""
        return np.zeros_like(circuit.as_times(t, "t"))

    def supply(self, circuit: Circuit, V_dd: float) -> float:
        """Voltage that feeds the ramp, in volts: that of the current source, V_dd, or its own."""
        return V_dd

    def time_above(
        self, v: ArrayLike, circuit: Circuit, *, threshold: ArrayLike = 1.0, **devices: ArrayLike
    ) -> np.ndarray:
        """How long ago v, now above it, has passed the threshold; parameters of `spike_time`."""
        i_0, g = self._drive_of(circuit, **devices)
        v, threshold = circuit.as_potentials(v), circuit.as_potentials(threshold, "threshold")
        return time_above(v, i_0, g, threshold)

    def crossing(
        self, t_grid: np.ndarray, v: np.ndarray, circuit: Circuit, **devices: ArrayLike
    ) -> np.ndarray:
        """Time of a spike that the time step t_grid saw, where the potential was v."""
        return np.maximum(t_grid - self.time_above(v, circuit, **devices), 0.0)

    def compiled(self, circuit: Circuit, real: type) -> tuple:
        """The ramp for the compiled kernels, in the floating-point type ``real``."""
        return compiled_ramp(*self.drive(circuit), real)

    def values(self, circuit: Circuit) -> dict[str, float]:
        """Constants of the ramp in the neuron's Brian2 equations, in SI units."""
        i_0, g = self.drive(circuit)
        si = circuit.si
        return {"I_0": i_0 * si.C * si.V_th / si.T, "G_ramp": g * si.C / si.T}

    def elements(self, circuit: Circuit, name: str, neuron: str, phase: str) -> list[str]:
        """Lines of a SPICE netlist; ``name`` makes the names of the elements unique.

        ``neuron`` is the node of the membrane potential, and ``phase`` the one that is at 1 V in
        the firing phase, else at 0 V.
        """
        values = self.values(circuit)
        I_0, G = values["I_0"], values["G_ramp"]
        if G == 0:
            return [f"G{name}r 0 {neuron} {phase} 0 {I_0:.12g}"]
        return [f"B{name}r 0 {neuron} I = v({phase})*({I_0:.12g} - {G:.12g}*v({neuron}))"]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"
