"""What goes into the code of a simulation, its timetable, and the names of its Brian2 objects."""

from dataclasses import asdict, dataclass

import numpy as np

from rcspike_brian.brian import Quantity, second
from rcspike_brian.core.maps import Stage

AXONS = "rcspike_axons"
INPUT_TIMES = "rcspike_input_times"


def name_of(part, layer) -> str:
    """Name of the Brian2 object that is ``part`` of a layer; layers are numbered from 1."""
    return f"rcspike_{part}_{layer}"


@dataclass(frozen=True)
class Plan:
    """Structure of a simulation: plans of equal `structure` can share a compiled program.

    Values of components, weights, input spikes and T are not part of that.
    """

    sizes: tuple[int, ...]  # neurons per layer, inputs first
    bias: bool  # whether every layer has a bias line, the last of its axons
    kind: str
    synapses: str
    neuron: str  # equations of the neurons
    diode: str  # voltage across the resistor of an individual synapse
    method: str
    dt: float  # seconds
    steps: int  # of the charging phase, which is as long as the firing phase
    reset_steps: int
    presentations: int  # in one run
    probes: tuple[int, ...]  # recorded neurons per layer
    at_least: int = 0  # steps of a run, if the timetable itself needs fewer
    stages: tuple[Stage, ...] = ()  # of a network with convolutions or pools, layer by layer

    @property
    def n_layers(self) -> int:
        """Layers of neurons, without the inputs."""
        return len(self.sizes) - 1

    def window(self, layer):
        """Window of a convolution, or None."""
        return self.stages[layer - 1].window if self.stages else None

    def pool(self, layer):
        """Window of the pool in front of a layer, or None."""
        return self.stages[layer - 1].pool if self.stages else None

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

    def structure(self) -> dict:
        """Return what the generated code depends on, ready for JSON."""
        timetable = ("steps", "reset_steps", "at_least")
        fields = {name: value for name, value in asdict(self).items() if name not in timetable}
        if not self.stages:  # programs of dense networks are older than convolutions
            del fields["stages"]
        return {**fields, "total_steps": self.total_steps}


def run_values(plan, circuit, spike_times) -> dict:
    """Return what changes from run to run: the timetable and the input spikes.

    Spike times (at most plan.presentations, n_in) are in units of T; missing presentations are
    silent. Values are SI numbers by "object.variable", the way compiled programs are told them.
    """
    T = circuit.si.T
    seconds = np.full((plan.presentations, plan.n_axons), T)
    # An input at T does not spike, whatever the product is rounded to.
    times = np.where(np.asarray(spike_times) >= 1, 2 * T, np.asarray(spike_times) * T)
    seconds[: len(times), : plan.sizes[0]] = times
    seconds[:, plan.sizes[0] :] = 0.0
    values = {f"{INPUT_TIMES}.values": seconds}
    common = {"T": T, "period": float(plan.period), "presentations": plan.presentations}
    for number in range(1, plan.n_layers + 1):
        for group in (name_of("layer", number), name_of("bias", number) if number > 1 else AXONS):
            values |= {f"{group}.{name}": value for name, value in common.items()}
            values[f"{group}.t_first"] = plan.first_step(number) * plan.dt
        if plan.pool(number):  # its lines go by the layer in front
            group = name_of("lines", number)
            values |= {f"{group}.{name}": value for name, value in common.items()}
            values[f"{group}.t_first"] = plan.first_step(number - 1) * plan.dt
    return values
