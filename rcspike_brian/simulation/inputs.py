"""What a simulation is given, checked and turned into SI numbers before Brian2 sees it."""

import numpy as np

from rcspike_brian.brian import second
from rcspike_brian.core.checks import spike_time_array
from rcspike_brian.errors import InvalidInput
from rcspike_brian.quantities import finite_array, has_unit, si_number

DEFAULT_STEPS = 1000
MINIMUM_STEPS = 10
METHODS = ("euler", "rk2", "rk4", "heun", "milstein")
TARGETS = ("auto", "runtime", "cpp_standalone", "solve_ivp")
RESET_SHARE = 20  # the reset phase takes T divided by this, if nothing else is said


def one_of(name, value, allowed):
    """Refuse a value that is not one of those allowed."""
    if not isinstance(value, str) or value not in allowed:
        raise InvalidInput(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}.")


def layer_conductances(circuit, weights):
    """Return signed conductances (n_in, n_out) in siemens, of weights or conductances."""
    G = circuit.as_conductances(weights)
    G = G[:, None] if G.ndim == 1 else G
    if G.ndim != 2 or 0 in G.shape:
        wanted = "the shape (n_in, n_out), at least (1, 1)"
        raise InvalidInput(f"weights must have {wanted}, got {G.shape}.")
    return G


def layer_spike_times(circuit, spike_times, n_in):
    """Return input spike times (n_in,) in units of T."""
    times = spike_time_array(circuit.as_times(spike_times, "spike_times"), ndim=1)
    if len(times) != n_in:
        raise InvalidInput(
            f"spike_times has {len(times)} entries, but weights has {n_in} rows: they must agree."
        )
    return times


def time_steps(circuit, dt):
    """Return the number of time steps per phase; ``dt`` must divide T."""
    if dt is None:
        return DEFAULT_STEPS
    dt = si_number("dt", dt, "second", "a time such as 0.001*us")
    if dt <= 0:
        raise InvalidInput(f"dt must be positive, got {dt} s.")
    ratio = circuit.si.T / dt
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


def reset_steps(circuit, reset, steps):
    """Return the number of time steps of the reset phase."""
    if reset is None:
        return max(2, int(np.ceil(steps / RESET_SHARE)))
    ratio = si_number("reset", reset, "second", "a time such as 50*ns") * (steps / circuit.si.T)
    whole = round(ratio)
    if whole < 2 or abs(ratio - whole) > 1e-4:
        raise InvalidInput(
            f"the reset phase must take a whole number of time steps and at least two, got "
            f"{reset}, which is {ratio:g} steps of T/{steps}."
        )
    return whole


def check_stability(plan, T, C, conductances):
    """Refuse a step that could carry V across a rail, or the solution would oscillate."""
    if plan.kind == "conventional":
        return
    rates = np.abs(conductances).sum(axis=0) * T / C
    fastest = int(rates.argmax())
    if rates[fastest] > plan.steps:
        raise InvalidInput(
            f"dt = T/{plan.steps} is too large: with all its synapses on, neuron {fastest} relaxes "
            f"with the time constant T/{rates[fastest]:.4g}. Use a dt below that."
        )


def start_potential(circuit, V_0, n_out):
    """Return the potential at the start in volts; plain numbers are in units of V_th."""
    expected = "volts, or plain numbers in units of V_th"
    unit, scale = ("volt", 1) if has_unit("V_0", V_0) else (None, circuit.si.V_th)
    start = finite_array("V_0", V_0, unit, expected) * scale
    if start.shape not in ((), (n_out,)):
        raise InvalidInput(
            f"V_0 must be one value or one per neuron ({n_out}), got the shape {start.shape}."
        )
    return np.broadcast_to(start, (n_out,)).copy()
