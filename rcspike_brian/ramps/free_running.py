"""The linear ramp that nothing stops: a circuit without a switch behind the comparator."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from rcspike_brian.ramps.linear import LinearRamp

if TYPE_CHECKING:
    from rcspike_brian.circuit import Circuit


class FreeRunningRamp(LinearRamp):
    """The current source of `LinearRamp`, on until the end of the firing phase.

    The spike resets the capacitor, and the source lifts it again from there. So every neuron takes
    C V_th from V_dd in every firing phase. Spike times are those of the linear ramp.

    Examples
    --------
    >>> from rcspike_brian import Circuit
    >>> for ramp in ("linear", "linear-free-running"):
    ...     circuit = Circuit(ramp=ramp)
    ...     circuit.ramp.energy(np.array([[0.0, 0.75]]), 1.0, circuit, V_dd=2.0)[0] / circuit.si.C
    array([[2. , 0.5]])
    array([[2., 2.]])
    """

    name = "linear-free-running"
    equations = "lifting = ramping : boolean"

    def after(self, t: ArrayLike, circuit: "Circuit") -> np.ndarray:
        """Lifted again, from 0."""
        return self.rise(0.0, t, circuit)

    def energy(
        self, v: np.ndarray, until: ArrayLike, circuit: "Circuit", V_dd: float,
        C_in: float | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
        """As of any ramp; two resets, if the neuron spikes: at the spike and at the end."""
        _, kept = super().energy(v, until, circuit, V_dd)
        si, t_out = circuit.si, self.spike_time(v, circuit)
        again = np.where(t_out < 1, np.maximum(until - t_out, 0), 0.0)
        charge = np.broadcast_to(si.C * si.V_th * np.asarray(until, float), v.shape)
        return V_dd * charge, kept + si.C * si.V_th**2 * again**2 / 2
