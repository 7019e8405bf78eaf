"""The values that sliders set: drive voltage, diode drop, spike times and weights."""

import math
from dataclasses import dataclass, replace

import numpy as np

from rcspike_brian.core.checks import float_array, spike_time_array
from rcspike_brian.errors import InvalidInput


@dataclass(frozen=True, eq=False)
class Knobs:
    """One neuron with its inputs, as set by sliders; immutable.

    Parameters
    ----------
    spike_times : (n_in,) array_like
        Input spike times in units of T, in [0, 1].
    weights : (n_in,) array_like
        Weights with ideal diodes, T V_syn G/(C V_th), with the sign of the synapse.
    v_syn : float
        Drive voltage V_syn/V_th > v_d.
    v_d : float
        Forward drop of the diodes V_d/V_th >= 0.

    Raises
    ------
    InvalidInput
        A value out of range; the message names it.

    Notes
    -----
    Moving ``v_syn`` keeps the weights, as in Figure 2: conductances fall as V_syn rises. Moving
    ``v_d`` keeps the conductances: less voltage is left to drive the current, which scales the
    weights by (V_syn - V_d)/V_syn.

    Examples
    --------
    >>> knobs = Knobs(spike_times=[0.2, 0.5], weights=[1.5, -0.5], v_syn=2.0, v_d=0.5)
    >>> round(knobs.beta, 4)
    0.6667
    >>> knobs.effective_weights
    array([ 1.125, -0.375])
    """

    spike_times: np.ndarray
    weights: np.ndarray
    v_syn: float = 1.0
    v_d: float = 0.0

    def __post_init__(self):
        spike_times = spike_time_array(self.spike_times, ndim=1).astype(float)
        weights = float_array(self.weights, "weights", 1).astype(float)
        if len(spike_times) != len(weights) or len(weights) == 0:
            raise InvalidInput(
                f"spike_times {spike_times.shape} and weights {weights.shape} must have the same "
                "length, at least 1"
            )
        for name, value in (("v_syn", self.v_syn), ("v_d", self.v_d)):
            if isinstance(value, bool) or not math.isfinite(value):
                raise InvalidInput(f"{name} must be a finite number, got {value!r}")
        if not 0 <= self.v_d < self.v_syn:
            raise InvalidInput(
                f"v_d must be at least 0 and less than v_syn (both in units of V_th), or no "
                f"current passes the diodes, got v_d = {self.v_d} and v_syn = {self.v_syn}"
            )
        object.__setattr__(self, "spike_times", spike_times)
        object.__setattr__(self, "weights", weights)

    @property
    def reversal(self) -> float:
        """E = V_syn - V_d in units of V_th: how far the membrane potential can get."""
        return self.v_syn - self.v_d

    @property
    def beta(self) -> float:
        """V_th/E, the resistive coupling."""
        return 1 / self.reversal

    @property
    def effective_weights(self) -> np.ndarray:
        """Normalised weights T E G/(C V_th) of the RC-Spike circuit, (n_in,)."""
        return self.weights * (self.reversal / self.v_syn)

    def changed(self, **values):
        """Return a copy with other values.

        Examples
        --------
        >>> Knobs([0.2], [1.0]).changed(v_syn=4.0).beta
        0.25
        """
        return replace(self, **values)
