"""What goes into the code of a simulated network, and its timetable."""

from dataclasses import asdict, dataclass

import numpy as np
from brian2.units import Quantity, second

from rcspike_brian.errors import InvalidInput
from rcspike_brian.quantities import si_number
from rcspike_brian.simulation.inputs import METHODS, SYNAPSES, one_of, time_steps

RESET_SHARE = 20
"""The reset phase takes T divided by this, if nothing else is said."""


@dataclass(frozen=True)
class Plan:
    """Structure of a simulated network: two networks of equal plans can share a compiled program.

    Values of components, weights and input spikes are not part of it.

    Attributes
    ----------
    sizes : tuple of int
        Neurons per layer, inputs first.
    kind, ramp : str
        Of the circuit.
    synapses : {"summed", "diode"}
    method : str
        Brian2's integration method.
    dt : float
        Time step in seconds.
    steps, reset_steps : int
        Time steps of the charging phase, which is as long as the firing phase, and of the reset
        phase.
    presentations : int
        Presentations in one run.
    probes : tuple of int
        Recorded neurons per layer.

    Examples
    --------
    >>> from rcspike_brian import Network, NetworkSimulation
    >>> plan = NetworkSimulation(Network.random((4, 3, 2), scale=2.0), target="runtime").plan
    >>> plan.steps, plan.reset_steps, plan.period_steps, plan.n_layers
    (1000, 50, 2050, 2)
    """

    sizes: tuple[int, ...]
    kind: str
    ramp: str
    synapses: str
    method: str
    dt: float
    steps: int
    reset_steps: int
    presentations: int
    probes: tuple[int, ...]

    @property
    def n_layers(self) -> int:
        """Layers of neurons, without the inputs."""
        return len(self.sizes) - 1

    @property
    def period_steps(self) -> int:
        """Time steps from one presentation to the next."""
        return 2 * self.steps + self.reset_steps

    @property
    def period(self) -> Quantity:
        """Time from one presentation to the next."""
        return self.period_steps * self.dt * second

    @property
    def total_steps(self) -> int:
        """Steps of a run: to the last step of the last layer's last firing phase, and step 0."""
        return (self.presentations - 1) * self.period_steps + (self.n_layers + 1) * self.steps + 1

    def first_step(self, layer) -> int:
        """When a layer (1, 2, ...) begins to charge for the first presentation."""
        return (layer - 1) * self.steps

    def to_dict(self) -> dict:
        """Return plain values, ready for JSON."""
        # The same step of another circuit differs by rounding.
        return {**asdict(self), "dt": float(f"{self.dt:.12g}")}


def make_plan(circuit, sizes, *, dt, reset, synapses, method, presentations, probes) -> Plan:
    """Check the settings of a simulation.

    Parameters
    ----------
    circuit : Circuit
    sizes : tuple of int
    dt, reset : Quantity (second) or None
        Time step, and length of the reset phase.
    synapses, method : str
    presentations : int
    probes : tuple of int

    Raises
    ------
    InvalidInput
        With one message that names the value and what is allowed.
    """
    one_of("synapses", synapses, SYNAPSES)
    one_of("method", method, METHODS)
    if (circuit.kind, synapses) == ("conventional", "diode"):
        raise InvalidInput("a conventional circuit has no diodes: use synapses='summed'.")
    steps = time_steps(circuit, dt)
    return Plan(
        sizes=tuple(int(size) for size in sizes),
        kind=circuit.kind,
        ramp=circuit.ramp.name,
        synapses=synapses,
        method=method,
        dt=float(f"{float(circuit.T) / steps:.12g}"),
        steps=steps,
        reset_steps=_reset_steps(circuit, reset, steps),
        presentations=int(presentations),
        probes=tuple(probes),
    )


def _reset_steps(circuit, reset, steps):
    if reset is None:
        return max(2, int(np.ceil(steps / RESET_SHARE)))
    ratio = si_number("reset", reset, "second", "a time such as 50*ns")
    ratio *= steps / float(circuit.T)
    whole = round(ratio)
    if whole < 2 or abs(ratio - whole) > 1e-4:
        raise InvalidInput(
            f"the reset phase must take a whole number of time steps and at least two, got "
            f"{reset}, which is {ratio:g} steps of T/{steps}."
        )
    return whole
