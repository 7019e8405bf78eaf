"""The Brian2 objects of a whole network: axons, layers, synapses, monitors."""

from dataclasses import dataclass, field

import numpy as np
from brian2.only import (
    Clock,
    EventMonitor,
    Network,
    NeuronGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    TimedArray,
    linked_var,
)
from brian2.units import Quantity, second

from rcspike_brian.circuit import Circuit
from rcspike_brian.equations import (
    AXONS_THRESHOLD,
    BIAS_AXON,
    CHARGED,
    INPUT_AXONS,
    OPEN_DIODES,
    RESET,
    RESETTING,
    THRESHOLD,
    neuron_equations,
    reset_phase,
    synapse_equations,
)
from rcspike_brian.simulation.network import names
from rcspike_brian.simulation.network.plan import Plan


@dataclass(frozen=True, eq=False)
class NetworkModel:
    """The named parts of a simulated network; all are ordinary Brian2 objects.

    Attributes
    ----------
    network : brian2.Network
        Holds all of them. Add monitors of your own to it.
    clock : brian2.Clock
        The clock of all of them.
    axons : NeuronGroup
        Input axons; the last one is the bias of layer 1.
    layers : list of NeuronGroup
    synapses : list of Synapses
        One per layer, onto it.
    bias, bias_synapses : list
        Axon and synapses of the bias, from layer 2 on.
    spikes : list of SpikeMonitor
        One per layer; it also records V at the step in which the threshold was crossed.
    charged : list of EventMonitor
        V at the end of every charging phase.
    probes : list of NeuronGroup or None
        Show the membrane potential of chosen neurons, one group per layer.
    traces : list of StateMonitor or None
        Membrane potentials of the probes, in every step.
    plan : Plan
        Sizes, phases, time step.
    circuit : Circuit
    recorded : sequence of tuple of int
        Which neurons the probes are at, by layer.

    Examples
    --------
    >>> from rcspike_brian import Network, build_network
    >>> model = build_network(Network.random((4, 3, 2), scale=2.0), [[0.0, 0.2, 0.4, 1.0]])
    >>> [len(layer) for layer in model.layers]
    [3, 2]
    """

    network: Network
    clock: Clock
    input_times: TimedArray
    axons: NeuronGroup
    plan: Plan
    layers: list = field(default_factory=list)
    synapses: list = field(default_factory=list)
    bias: list = field(default_factory=list)
    bias_synapses: list = field(default_factory=list)
    spikes: list = field(default_factory=list)
    charged: list = field(default_factory=list)
    probes: list = field(default_factory=list)
    traces: list = field(default_factory=list)
    circuit: Circuit | None = None
    recorded: tuple = ()

    @property
    def duration(self) -> Quantity:
        """Length of a run of all presentations."""
        return self.plan.total_steps * self.clock.dt

    def assign(self, values):
        """Give the parts their values.

        Parameters
        ----------
        values : dict
            From "object.variable" to SI numbers (`rcspike_brian.simulation.network.values`).
        """
        for place, value in values.items():
            name, variable = place.split(".")
            setattr(self.network[name], f"{variable}_", value)

    def run(self, report=None, report_period=10 * second):
        """Run all presentations on the active device.

        Parameters
        ----------
        report : None, "text", "progressbar" or function
        report_period : Quantity (second)
            As for ``brian2.Network.run``.
        """
        self.network.run(self.duration, report=report, report_period=report_period, namespace={})


def build_model(plan, input_times=None) -> NetworkModel:
    """Make the Brian2 objects of a plan on the active device.

    Parameters
    ----------
    plan : Plan
    input_times : ndarray (presentations, n_in + 1), optional
        Input spike times in seconds. Silent if not given, for a program that is told them later.

    Returns
    -------
    NetworkModel
        Without values: see `NetworkModel.assign`.
    """
    clock = Clock(plan.dt * second, name=names.CLOCK)
    if input_times is None:
        input_times = np.zeros((plan.presentations, plan.sizes[0] + 1))
    times = Quantity(input_times, dim=second.dim)
    table = TimedArray(times, dt=clock.dt, name=names.INPUT_TIMES)
    axons = _axons(plan.sizes[0] + 1, INPUT_AXONS, names.AXONS, clock, {"spike_times": table})
    model = NetworkModel(Network(name=names.NETWORK), clock, table, axons, plan)
    model.network.add(axons)
    source = axons
    for number, size in enumerate(plan.sizes[1:], start=1):
        source = _add_layer(model, number, size, source)
    return model


def _axons(size, equations, name, clock, namespace=None):
    return NeuronGroup(
        size,
        equations,
        threshold=AXONS_THRESHOLD,
        reset="",  # nothing has to be remembered
        clock=clock,
        name=name,
        namespace=namespace or {},
    )


def _add_layer(model, number, size, source):
    """Add the neurons of a layer, what drives them and what records them."""
    plan, clock = model.plan, model.clock
    neurons = _neurons(plan, size, names.layer(number), clock)
    driven = _synapses(plan, source, neurons, names.synapses(number), clock, "I_inputs")
    spikes = SpikeMonitor(neurons, variables=["V"], name=names.spikes(number))
    charged = EventMonitor(neurons, "charged", variables=["V"], name=names.charged(number))
    _add(model.network, (model.layers, neurons), (model.synapses, driven))
    _add(model.network, (model.spikes, spikes), (model.charged, charged))
    if number > 1:
        axon = _axons(1, BIAS_AXON, names.bias(number), clock)
        synapses = _synapses(plan, axon, neurons, names.bias_synapses(number), clock, "I_bias")
        _add(model.network, (model.bias, axon), (model.bias_synapses, synapses))
    _add_probes(model, number, neurons)
    return neurons


def _add(network, *parts):
    for group, part in parts:
        group.append(part)
        network.add(part)


def _neurons(plan, size, name, clock):
    neurons = NeuronGroup(
        size,
        neuron_equations(plan.kind, plan.synapses, plan.ramp, repeated=True),
        threshold=THRESHOLD,
        reset=RESET,
        events={"charged": CHARGED, "resetting_now": RESETTING},
        method=plan.method,
        clock=clock,
        name=name,
        namespace={},
    )
    # Before the synapses: a bias may switch its lines on in the step after the last one of these.
    neurons.run_on_event("resetting_now", reset_phase(plan.synapses), when="before_synapses")
    return neurons


def _synapses(plan, source, neurons, name, clock, current):
    equations, on_pre = synapse_equations(plan.synapses, current)
    synapses = Synapses(
        source, neurons, equations, on_pre=on_pre, clock=clock, name=name, namespace={}
    )
    synapses.connect()
    if plan.synapses == "diode":
        synapses.run_regularly(OPEN_DIODES, when="before_synapses", clock=clock)
    return synapses


def _add_probes(model, number, neurons):
    """Probes are told their neurons by a variable, so that a compiled program can move them."""
    count = model.plan.probes[number - 1]
    if not count:
        model.probes.append(None)
        model.traces.append(None)
        return
    probes = NeuronGroup(
        count,
        """neuron : integer (constant)
        V : volt (linked)""",
        clock=model.clock,
        name=names.probes(number),
        namespace={},
    )
    probes.V = linked_var(neurons, "V", index="neuron")
    traces = StateMonitor(
        probes,
        "V",
        record=True,
        when="after_groups",
        clock=model.clock,
        name=names.traces(number),
    )
    _add(model.network, (model.probes, probes), (model.traces, traces))
