"""Spike times between two time steps, from the potential at the step that saw the threshold."""

import numpy as np


def crossing_time(t_grid, V, circuit):
    """Return when the ramp crossed the threshold.

    In the firing phase nothing but the known ramp drives the capacitor, so the potential that is
    found above the threshold at a time step says how long ago it crossed.

    Parameters
    ----------
    t_grid : array_like, any shape
        Time step that saw the crossing, in units of T from the start of the firing phase.
    V : array_like, same shape
        Membrane potential in that step, in volts.
    circuit : Circuit

    Returns
    -------
    ndarray, same shape
        Spike times in [0, 1]. A neuron above the threshold from the start spikes at 0.

    Notes
    -----
    Linear ramp: t - (v - 1) with v = V/V_th. Resistive ramp, v -> 1/b:
    t + ln[(1 - b v)/(1 - b)]/k with k = -ln(1 - b).

    For the linear ramp this leaves no error of the firing phase at all. What remains are the errors
    of V(T), which are of first order in dt: the input spikes of a layer act from the next time step
    on, half a step late in the mean, and so does each layer's output on the next layer.

    Examples
    --------
    >>> from rcspike_brian import Circuit
    >>> from brian2.units import volt
    >>> crossing_time([0.4, 0.0], [1.005, 1.3], Circuit(V_th=1*volt))
    array([0.395, 0.   ])
    """
    v = np.asarray(V, dtype=float) / float(circuit.V_th)
    if circuit.ramp.name == "linear":
        since = v - 1
    else:
        # Euler's last step may end beyond where the resistor pulls to; it began below threshold.
        beyond = np.clip((1 - circuit.b * v) / (1 - circuit.b), 1e-12, 1)
        since = np.log(beyond) / np.log1p(-circuit.b)
    return np.maximum(np.asarray(t_grid, dtype=float) - since, 0.0)
