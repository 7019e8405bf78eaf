"""What a simulation is given, checked and turned into SI numbers before Brian2 sees it."""

from dataclasses import dataclass

import numpy as np
from brian2.units import second

from rcspike_brian.core.checks import float_array, spike_time_array
from rcspike_brian.errors import InvalidInput
from rcspike_brian.quantities import finite_array, has_unit, si_number

DEFAULT_STEPS = 1000
MINIMUM_STEPS = 10
METHODS = ("euler", "rk2", "rk4")
SYNAPSES = ("summed", "diode")


@dataclass(frozen=True)
class Inputs:
    """One presentation, in SI units.

    Attributes
    ----------
    spike_times : ndarray (n_in,)
        In seconds from the start of the charging phase; T is no spike.
    conductances : ndarray (n_in, n_out)
        Signed, in siemens.
    start : ndarray (n_out,)
        Membrane potentials at the start, in volts.
    steps : int
        Time steps per phase.
    record : tuple of int
        Neurons whose membrane potential is recorded.
    synapses : {"summed", "diode"}
    method : str
        Brian2's integration method.
    """

    spike_times: np.ndarray
    conductances: np.ndarray
    start: np.ndarray
    steps: int
    record: tuple[int, ...]
    synapses: str
    method: str

    @property
    def shape(self) -> tuple[int, int]:
        """``(n_in, n_out)``."""
        return self.conductances.shape


def prepare(circuit, spike_times, weights, *, dt, V_0, record, synapses, method) -> Inputs:
    """Check the arguments of `rcspike_brian.simulate`; see there.

    Raises
    ------
    InvalidInput
        With one message that names the value and what is allowed.
    """
    one_of("synapses", synapses, SYNAPSES)
    one_of("method", method, METHODS)
    if (circuit.kind, synapses) == ("conventional", "diode"):
        raise InvalidInput("a conventional circuit has no diodes: use synapses='summed'.")
    conductances = _conductances(circuit, weights)
    n_in, n_out = conductances.shape
    times = _spike_times(circuit, spike_times, n_in)
    steps = time_steps(circuit, dt)
    check_stability(circuit, conductances, steps)
    return Inputs(
        spike_times=times,
        conductances=conductances,
        start=_start(circuit, V_0, n_out),
        steps=steps,
        record=_recorded(record, n_out),
        synapses=synapses,
        method=method,
    )


def one_of(name, value, allowed):
    """Refuse a value that is not one of those allowed."""
    if value not in allowed:
        raise InvalidInput(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}.")


def _conductances(circuit, weights):
    if has_unit(weights):
        G = finite_array("weights", weights, "siemens", "siemens, or plain numbers (normalised)")
    else:
        G = np.asarray(circuit.conductances(float_array(weights, "weights", 2)))
    if G.ndim != 2 or 0 in G.shape:
        raise InvalidInput(
            f"weights must have the shape (n_in, n_out), at least (1, 1), got {G.shape}."
        )
    return G


def _spike_times(circuit, spike_times, n_in):
    if has_unit(spike_times):
        expected = "seconds, or plain numbers in units of T"
        spike_times = finite_array("spike_times", spike_times, "second", expected) / float(
            circuit.T
        )
    times = spike_time_array(spike_times, ndim=1)
    if len(times) != n_in:
        raise InvalidInput(
            f"spike_times has {len(times)} entries, but weights has {n_in} rows: they must agree."
        )
    return np.asarray(circuit.seconds(times))


def time_steps(circuit, dt):
    """Return the number of time steps per phase; ``dt`` must divide T."""
    if dt is None:
        return DEFAULT_STEPS
    dt = si_number("dt", dt, "second", "a time such as 0.001*us")
    if dt <= 0:
        raise InvalidInput(f"dt must be positive, got {dt} s.")
    ratio = float(circuit.T) / dt
    steps = round(ratio)
    if steps < MINIMUM_STEPS:
        raise InvalidInput(
            f"dt = {dt * second} is too large for phases of T = {circuit.T}: use at most "
            f"T/{MINIMUM_STEPS}."
        )
    # Brian2 itself takes times within a ten-thousandth of a step for equal.
    if abs(ratio - steps) > 1e-4:
        raise InvalidInput(
            f"dt = {dt * second} does not divide T = {circuit.T}: use T/n with a whole number n, "
            f"such as T/{steps}."
        )
    return steps


def check_stability(circuit, conductances, steps):
    """Refuse a step that could carry V across a rail, or the solution would oscillate."""
    if circuit.kind == "conventional":
        return
    rates = np.abs(conductances).sum(axis=0) * float(circuit.T) / float(circuit.C)
    fastest = int(rates.argmax())
    if rates[fastest] > steps:
        raise InvalidInput(
            f"dt = T/{steps} is too large: with all its synapses on, neuron {fastest} relaxes "
            f"with the time constant T/{rates[fastest]:.4g}. Use a dt below that."
        )


def _start(circuit, V_0, n_out):
    if V_0 is None:
        return np.zeros(n_out)
    expected = "volts, or plain numbers in units of V_th"
    if has_unit(V_0):
        start = finite_array("V_0", V_0, "volt", expected)
    else:
        start = finite_array("V_0", V_0, None, expected) * float(circuit.V_th)
    if start.shape not in ((), (n_out,)):
        raise InvalidInput(
            f"V_0 must be one value or one per neuron ({n_out}), got the shape {start.shape}."
        )
    return np.broadcast_to(start, (n_out,)).copy()


def _recorded(record, n_out):
    if record is None or record is False:
        return ()
    if record is True:
        return tuple(range(n_out))
    try:
        indices = [int(index) for index in record]
        whole = all(index == given for index, given in zip(indices, record, strict=True))
    except (TypeError, ValueError):
        whole = False
    if not whole or not all(0 <= index < n_out for index in indices):
        raise InvalidInput(
            f"record must be True, None or a list of neuron indices from 0 to {n_out - 1}, "
            f"got {record!r}."
        )
    return tuple(sorted(set(indices)))
