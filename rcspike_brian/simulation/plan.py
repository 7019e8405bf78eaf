"""What goes into the code of a simulation, its timetable, and the names of its Brian2 objects."""

from dataclasses import asdict, dataclass

import numpy as np
from brian2.units import Quantity, second

AXONS = "rcspike_axons"
INPUT_TIMES = "rcspike_input_times"


def name_of(part, layer) -> str:
    """Name of the Brian2 object that is ``part`` of a layer; layers are numbered from 1."""
    return f"rcspike_{part}_{layer}"


@dataclass(frozen=True)
class Plan:
    """Structure of a simulation: plans of equal `structure` can share a compiled program.

    Values of components, weights, input spikes and T are not part of that.

    Attributes
    ----------
    sizes : tuple of int
        Neurons per layer, inputs first.
    bias : bool
        Whether every layer has a bias line, the last axon of its conductances.
    kind : str
        Of the circuit.
    synapses : {"summed", "individual"}
    neuron, diode : str
        Equations of the neurons, and the voltage across the resistor of an individual synapse.
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
    at_least : int
        Time steps of a run, if the timetable itself needs fewer.

    Examples
    --------
    >>> from rcspike_brian import Network, NetworkSimulation
    >>> plan = NetworkSimulation(Network.random((4, 3, 2), scale=2.0), target="runtime").plan
    >>> plan.steps, plan.reset_steps, plan.period_steps, plan.n_layers
    (1000, 50, 2050, 2)
    """

    sizes: tuple[int, ...]
    bias: bool
    kind: str
    synapses: str
    neuron: str
    diode: str
    method: str
    dt: float
    steps: int
    reset_steps: int
    presentations: int
    probes: tuple[int, ...]
    at_least: int = 0

    @property
    def n_layers(self) -> int:
        """Layers of neurons, without the inputs."""
        return len(self.sizes) - 1

    @property
    def n_axons(self) -> int:
        """Input axons, the bias of layer 1 included."""
        return self.sizes[0] + self.bias

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
        last = (self.presentations - 1) * self.period_steps
        return max(self.at_least, last + (self.n_layers + 1) * self.steps + 1)

    def first_step(self, layer) -> int:
        """When a layer (1, 2, ...) begins to charge for the first presentation."""
        return (layer - 1) * self.steps

    def to_dict(self) -> dict:
        """Return plain values, ready for JSON."""
        return asdict(self)

    def structure(self) -> dict:
        """Return what the generated code depends on, ready for JSON."""
        timetable = ("steps", "reset_steps", "at_least")
        fields = {name: value for name, value in asdict(self).items() if name not in timetable}
        return {**fields, "total_steps": self.total_steps}


def timetable(plan, circuit) -> dict:
    """Return when the layers charge, by "object.variable" in SI units."""
    common = {
        "T": circuit.si.T,
        "period": float(plan.period),
        "presentations": plan.presentations,
    }
    values = {}
    for number in range(1, plan.n_layers + 1):
        groups = [name_of("layer", number), AXONS if number == 1 else name_of("bias", number)]
        for group in groups if number == 1 or plan.bias else groups[:1]:
            values |= {f"{group}.{name}": value for name, value in common.items()}
            values[f"{group}.t_first"] = plan.first_step(number) * plan.dt
    return values


def run_values(plan, circuit, spike_times) -> dict:
    """Return what changes from run to run: the timetable and the input spikes.

    Parameters
    ----------
    plan : Plan
    circuit : Circuit
    spike_times : (at most plan.presentations, n_in) array
        In units of T. Missing presentations are silent, and the bias line comes last.

    Returns
    -------
    dict
        By "object.variable", the way Brian2's compiled programs are told values, in SI units.
    """
    seconds = np.full((plan.presentations, plan.n_axons), circuit.si.T)
    given = seconds[: len(spike_times), : plan.sizes[0]]
    given[:] = np.asarray(spike_times) * circuit.si.T
    # An input at T does not spike, whatever the product above is rounded to.
    given[np.asarray(spike_times) >= 1] = 2 * circuit.si.T
    seconds[:, plan.sizes[0] :] = 0.0
    return timetable(plan, circuit) | {f"{INPUT_TIMES}.values": seconds}
