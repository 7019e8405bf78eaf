"""The values that sliders set, and what the two circuits make of them."""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rcspike_brian.analysis import both_phases
from rcspike_brian.circuit import Circuit
from rcspike_brian.core.checks import float_array, spike_time_array
from rcspike_brian.errors import InvalidInput
from rcspike_brian.quantities import SI, real_number

_GRID = np.linspace(0, 1, 151)
_CONVENTIONAL = Circuit.normalised(math.inf)


@dataclass(frozen=True, eq=False)
class SliderValues:
    """One neuron with its inputs, as set by sliders; immutable.

    Raises `InvalidInput`, naming the value that is out of range. Moving ``v_syn`` keeps the
    weights, as in Figure 2: conductances fall as V_syn rises. Moving ``v_d`` keeps the
    conductances: less voltage is left to drive the current, which scales the weights by
    (V_syn - V_d)/V_syn.

    Parameters
    ----------
    spike_times : (n_in,) array_like
        Input spike times in units of T, in [0, 1].
    weights : (n_in,) array_like
        Weights with ideal diodes, T V_syn G/(C V_th), with the sign of the synapse.
    v_syn, v_d : float
        Drive voltage and forward drop of the diodes, in units of V_th; v_syn > v_d >= 0.

    Examples
    --------
    >>> SliderValues([0.2, 0.5], [1.5, -0.5], v_syn=2.0, v_d=0.5).circuit_weights
    array([ 1.125, -0.375])
    """

    spike_times: np.ndarray | Any  # what numpy makes an array of is one afterwards
    weights: np.ndarray | Any
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
        for name in ("v_syn", "v_d"):
            object.__setattr__(self, name, real_number(name, getattr(self, name)))
        if not 0 <= self.v_d < self.v_syn:
            raise InvalidInput(
                f"v_d must be at least 0 and less than v_syn (both in units of V_th), or no "
                f"current passes the diodes, got v_d = {self.v_d} and v_syn = {self.v_syn}"
            )
        object.__setattr__(self, "spike_times", spike_times)
        object.__setattr__(self, "weights", weights)

    @property
    def circuit(self) -> Circuit:
        """The RC-Spike circuit with these voltages."""
        return Circuit.normalised(self.v_syn, V_d=SI(self.v_d))  # V_th is 1 V

    @property
    def e(self) -> float:
        """E/V_th = (V_syn - V_d)/V_th: how far the membrane potential can get."""
        return self.v_syn - self.v_d

    @property
    def circuit_weights(self) -> np.ndarray:
        """Normalised weights T E G/(C V_th) of the RC-Spike circuit, (n_in,)."""
        return self.weights * (self.e / self.v_syn)

    def changed(self, **values: Any) -> "SliderValues":
        """Return a copy with other values."""
        return replace(self, **values)


@dataclass(frozen=True, eq=False)
class Response:
    """Membrane potential and output spike of one circuit.

    Attributes
    ----------
    t : (n_t,) ndarray
        Time since the charging phase began, in units of T, up to the output spike or 2.
    v : (n_t,) ndarray
        Membrane potential in units of V_th.
    v_end : float, v(T), at the end of the charging phase
    t_out : float, output spike time in units of T from the start of the firing phase; 1 is no spike

    Examples
    --------
    >>> rc_spike = response(SliderValues([0.0], [1.0], v_syn=1.0))["RC-Spike"]
    >>> rc_spike.fires, round(rc_spike.t_out, 4)
    (True, 0.3679)
    """

    t: np.ndarray
    v: np.ndarray
    v_end: float
    t_out: float

    @property
    def fires(self) -> bool:
        """Whether there is an output spike."""
        return self.t_out < 1


def response(values: SliderValues) -> dict[str, Response]:
    """Solve both circuits exactly: "conventional" (constant currents, no diodes) and "RC-Spike".

    Parameters
    ----------
    values : SliderValues

    Examples
    --------
    >>> {name: round(solved.v_end, 4) for name, solved in response(SliderValues([0], [1])).items()}
    {'conventional': 1.0, 'RC-Spike': 0.6321}
    """
    return {
        "conventional": _solved(values.spike_times, values.weights, _CONVENTIONAL),
        "RC-Spike": _solved(values.spike_times, values.circuit_weights, values.circuit),
    }


def _solved(spike_times, weights, circuit):
    t = np.union1d(_GRID, spike_times)
    v = both_phases(spike_times, weights, circuit, t)
    v_end, t_out = float(v[-1]), float(circuit.spike_time(v[-1]))
    # The ramp is a straight line: its two ends are enough.
    v_fired = circuit.ramp.rise(v_end, t_out, circuit)
    return Response(np.append(t, 1 + t_out), np.append(v, v_fired), v_end, t_out)
