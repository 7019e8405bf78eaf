"""The result of a simulation as tidy data frames."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from brian2.units import Quantity

from rcspike_brian.circuit import Circuit


@dataclass(frozen=True, eq=False)
class SimulationResult:
    """What a simulation returns.

    Attributes
    ----------
    traces : pandas.DataFrame
        One row per recorded neuron and time step, initial values included. Columns: ``model``
        ("conventional" or "RC-Spike"), ``neuron``, ``phase`` ("charging" up to and including T,
        then "firing"), ``time`` (seconds, 0 to 2T), ``t`` (time/T), ``membrane_potential``
        (volts), ``v`` (membrane potential/V_th).
    spikes : pandas.DataFrame
        One row per output spike, at most one per neuron. Columns: ``model``, ``neuron``, ``time``
        (seconds), ``t_out`` (units of T from the start of the firing phase, in [0, 1)).
    v_end : ndarray (n_out,)
        v(T): membrane potential at the end of the charging phase in units of V_th.
    circuit : Circuit
    dt : Quantity (second)
    target : str

    Examples
    --------
    >>> from rcspike_brian import Circuit, simulate
    >>> result = simulate(Circuit.normalised(1.0), [0.0, 0.5], [[1.5], [-0.5]])
    >>> result.spikes.columns.tolist(), result.v_end.shape
    (['model', 'neuron', 'time', 't_out'], (1,))
    """

    traces: pd.DataFrame
    spikes: pd.DataFrame
    v_end: np.ndarray
    circuit: Circuit
    dt: Quantity
    target: str

    @property
    def t_out(self) -> np.ndarray:
        """Output spike times (n_out,) in units of T; 1 is no spike."""
        times = np.ones(len(self.v_end))
        times[self.spikes["neuron"]] = self.spikes["t_out"]
        return times


def to_result(circuit, inputs, recording, target) -> SimulationResult:
    """Turn the arrays of a recording into frames."""
    return SimulationResult(
        traces=_traces(circuit, inputs, recording.potential),
        spikes=_spikes(circuit, inputs, recording),
        v_end=recording.end / float(circuit.V_th),
        circuit=circuit,
        dt=circuit.T / inputs.steps,
        target=target,
    )


def _traces(circuit, inputs, potential):
    step = np.tile(np.arange(2 * inputs.steps + 1), len(inputs.record))
    t = step / inputs.steps
    membrane_potential = potential.ravel()
    return pd.DataFrame(
        {
            "model": circuit.model,
            "neuron": np.repeat(np.array(inputs.record, dtype=int), 2 * inputs.steps + 1),
            "phase": np.where(step <= inputs.steps, "charging", "firing"),
            "time": t * float(circuit.T),
            "t": t,
            "membrane_potential": membrane_potential,
            "v": membrane_potential / float(circuit.V_th),
        }
    )


def _spikes(circuit, inputs, recording):
    order = np.argsort(recording.spike_neurons)
    step = recording.spike_steps[order]
    return pd.DataFrame(
        {
            "model": circuit.model,
            "neuron": recording.spike_neurons[order].astype(int),
            "time": step / inputs.steps * float(circuit.T),
            "t_out": (step - inputs.steps) / inputs.steps,
        }
    )
