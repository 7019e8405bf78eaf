"""From what the monitors recorded to spike times and potentials per presentation."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from rcspike_brian.circuit import Circuit
from rcspike_brian.simulation.plan import name_of


@dataclass(frozen=True, eq=False)
class Chunk:
    """Results of some presentations: (presentations, n_l) per layer, times in units of T."""

    first: int  # number of the first presentation
    t_out: list  # by layer, between time steps, since its firing phase began; 1 is no spike
    t_grid: list  # by layer, the time steps that saw the spikes
    v_end: list  # by layer, v(T) at the end of its charging phase in units of V_th
    traces: list  # by layer, (presentations, n_probes, 2 steps + 1) in volts, or None
    seconds: dict  # where the time went

    def __len__(self):
        return len(self.t_out[0])


def read_chunk(setup, arrays, first, count, seconds, traces=True) -> Chunk:
    """Sort ``count`` presentations of what was recorded, in SI units by "monitor.variable"."""
    layers = range(1, setup.plan.n_layers + 1)
    times = [_spike_times(setup, arrays, number, count) for number in layers]
    t_out, t_grid = map(list, zip(*times, strict=True))
    v_end = [_ends(setup, arrays, number, count) for number in layers]
    read = _traces if traces else lambda *_: None
    traces = [read(setup.plan, arrays, number, count) for number in layers]
    return Chunk(first, t_out, t_grid, v_end, traces, seconds)


def _since_first(plan, arrays, monitor, number):
    """Presentation, and steps since the layer began to charge for it, of each entry."""
    step = np.rint(arrays[f"{monitor}.t"] / plan.dt).astype(np.int64) - plan.first_step(number)
    return np.divmod(step, plan.period_steps)


def _spike_times(setup, arrays, number, count):
    plan, monitor = setup.plan, name_of("spikes", number)
    presentation, step = _since_first(plan, arrays, monitor, number)
    wanted = presentation < count
    grid = (step[wanted] - plan.steps) / plan.steps
    neuron, V = arrays[f"{monitor}.i"][wanted], arrays[f"{monitor}.V"][wanted]
    between = crossing_time(grid, V, setup.circuit, **_devices(setup, number, neuron))
    if setup.own:  # whatever lifts a neuron of somebody's own, it was below threshold a step before
        between = np.maximum(between, np.maximum(grid - 1 / plan.steps, 0))
    t_grid = np.ones((count, plan.sizes[number]))
    t_out = t_grid.copy()
    t_grid[presentation[wanted], neuron] = grid
    t_out[presentation[wanted], neuron] = between
    return t_out, t_grid


def _devices(setup, number, neuron):
    """What the ramp has to know of neurons with values of their own."""
    si, values = setup.circuit.si, setup.values

    def of(name, nominal):
        value = np.asarray(values.get(f"{name_of('layer', number)}.{name}", nominal))
        return value[neuron] if value.ndim else value

    nominal = setup.circuit.ramp.values(setup.circuit).get("G_ramp", 0.0)
    conductance = of("G_ramp", nominal) - nominal + of("G_leak", 0.0)
    return {
        "capacitance": of("C", si.C) / si.C,
        "threshold": of("V_th", si.V_th) / si.V_th,
        "conductance": conductance * si.T / si.C,
    }


def _ends(setup, arrays, number, count):
    plan, monitor = setup.plan, name_of("charged", number)
    presentation, _ = _since_first(plan, arrays, monitor, number)
    v_end = np.full((plan.presentations, plan.sizes[number]), np.nan)
    v_end[presentation, arrays[f"{monitor}.i"]] = arrays[f"{monitor}.V"] / setup.circuit.si.V_th
    return v_end[:count]


def _traces(plan, arrays, number, count):
    probes = plan.probes[number - 1]
    if not probes:
        return None
    potential = arrays[f"{name_of('traces', number)}.V"].reshape(-1, probes)
    starts = plan.first_step(number) + np.arange(count) * plan.period_steps
    samples = starts[:, None] + np.arange(2 * plan.steps + 1)
    return np.moveaxis(potential[samples], 2, 1)


def crossing_time(t_grid: ArrayLike, V: ArrayLike, circuit: Circuit, **devices: Any) -> np.ndarray:
    """Return when the ramp crossed the threshold, between two time steps.

    The potential found above the threshold says how long ago the known ramp crossed it. For the
    linear ramp this leaves no error of the firing phase at all.

    Parameters
    ----------
    t_grid, V : array_like, same shape
        Time step that saw the crossing, in units of T from the start of the firing phase, and
        membrane potential in that step, in volts.
    circuit : Circuit
    **devices
        ``capacitance``, ``threshold`` and ``conductance`` of `rcspike_brian.ramps.Ramp.crossing`.

    Returns
    -------
    ndarray, same shape
        In [0, 1]. A neuron above the threshold from the start spikes at 0.

    Examples
    --------
    >>> from rcspike_brian import Circuit
    >>> from brian2.units import volt
    >>> crossing_time([0.4, 0.0], [1.005, 1.3], Circuit(V_th=1*volt))
    array([0.395, 0.   ])
    """
    v = np.asarray(V, dtype=float) / circuit.si.V_th
    return circuit.ramp.crossing(np.asarray(t_grid, dtype=float), v, circuit, **devices)
