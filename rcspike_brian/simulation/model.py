"""The Brian2 objects of a layer or a whole network: axons, layers, synapses, monitors."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rcspike_brian.brian import Quantity, b2, second
from rcspike_brian.equations import AXON_RESET, AXON_THRESHOLD, CHARGED, RESET, THRESHOLD
from rcspike_brian.equations import presentations as many
from rcspike_brian.equations.synapse import synapse_equations
from rcspike_brian.simulation.plan import AXONS, INPUT_TIMES, Plan, name_of

_PERIOD = 10 * second
_PROBE = """
neuron : integer (constant)
V : volt (linked)
"""


@dataclass(frozen=True, eq=False)
class NetworkModel:
    """The named parts of a simulated network; all are ordinary Brian2 objects.

    Examples
    --------
    >>> from rcspike_brian import Network, build_network
    >>> model = build_network(Network.random((4, 3, 2), scale=2.0), [0.0, 0.2, 0.4, 1.0])
    >>> [len(layer) for layer in model.layers]
    [3, 2]
    """

    network: b2.Network  # holds all of them; add monitors of your own
    clock: b2.Clock
    axons: b2.NeuronGroup  # the last one is the bias of layer 1
    plan: Plan  # sizes, phases, time step
    setup: object = None  # circuit, values, recorded neurons
    layers: list = field(default_factory=list)
    synapses: list = field(default_factory=list)  # onto each layer
    bias: list = field(default_factory=list)  # axon of the bias, from layer 2 on
    bias_synapses: list = field(default_factory=list)
    spikes: list = field(default_factory=list)  # with V at the step that saw the threshold
    charged: list = field(default_factory=list)  # V at the end of every charging phase
    probes: list = field(default_factory=list)  # show V of the recorded neurons of each layer
    traces: list = field(default_factory=list)  # their V in every step, or None

    @property
    def duration(self) -> Quantity:
        """Length of a run of all presentations."""
        return self.plan.total_steps * self.clock.dt

    def assign(self, values: dict[str, Any]) -> None:
        """Give the parts their values, from "object.variable" to SI numbers."""
        for place, value in values.items():
            name, variable = place.split(".")
            if name != INPUT_TIMES:  # those are given to `build_model`
                setattr(self.network[name], f"{variable}_", value)

    def run(self, report: Any = None, report_period: Quantity = _PERIOD) -> None:
        """Run all presentations on the active device; arguments as of ``brian2.Network.run``."""
        self.network.run(self.duration, report=report, report_period=report_period, namespace={})


def build_model(plan, values=None, setup=None) -> NetworkModel:
    """Make the Brian2 objects of a plan on the active device.

    Values go from "object.variable" to SI numbers; without any, a program is told them later.
    """
    clock = b2.Clock(plan.dt * second, name="rcspike_clock")
    times = np.zeros((plan.presentations, plan.n_axons))
    times = (values or {}).get(f"{INPUT_TIMES}.values", times)
    table = b2.TimedArray(Quantity(times, dim=second.dim), dt=clock.dt, name=INPUT_TIMES)
    axons = _axons(plan.n_axons, many.INPUT_AXONS, AXONS, clock, {"spike_times": table})
    model = NetworkModel(b2.Network(axons, name="rcspike_network"), clock, axons, plan, setup=setup)
    source = axons
    for number in range(1, plan.n_layers + 1):
        source = _add_layer(model, number, source)
    model.assign(values or {})
    return model


def _axons(size, equations, name, clock, namespace=None):
    options = {"threshold": AXON_THRESHOLD, "reset": AXON_RESET, "namespace": namespace or {}}
    return b2.NeuronGroup(size, equations, clock=clock, name=name, **options)


def _add_layer(model, number, source):
    """Add the neurons of a layer, what drives them and what records them; return the neurons."""
    plan, clock = model.plan, model.clock
    options = {"clock": clock, "name": name_of("layer", number)}
    resets = plan.presentations > 1  # one alone has nothing to be reset for
    neurons = neuron_group(plan.neuron, plan.sizes[number], plan.method, resets, **options)
    if resets:
        # Before the synapses: a bias may switch its lines on in the step after the last of these.
        lines = many.OPEN_LINES if plan.synapses == "summed" else ""
        neurons.run_on_event("resetting_now", many.DISCHARGE + lines, when="before_synapses")
    parts = {
        "layers": neurons,
        "synapses": _synapses(model, source, neurons, name_of("synapses", number), "I_inputs"),
        "spikes": b2.SpikeMonitor(neurons, variables=["V"], name=name_of("spikes", number)),
        "charged": b2.EventMonitor(neurons, "charged", ["V"], name=name_of("charged", number)),
    }
    if number > 1:
        axon = parts["bias"] = _axons(1, many.BIAS_AXON, name_of("bias", number), clock)
        name = name_of("bias_synapses", number)
        parts["bias_synapses"] = _synapses(model, axon, neurons, name, "I_bias")
    parts["probes"], parts["traces"] = _probes(model, number, neurons)
    for name, part in parts.items():
        getattr(model, name).append(part)
        if part is not None:
            model.network.add(part)
    return neurons


def neuron_group(equations, size, method, resets=True, **options):
    """Make neurons from equations for one presentation: the timetable of many is added here."""
    return b2.NeuronGroup(
        size,
        many.presented(equations) + (many.RESET_PHASE if resets else ""),
        threshold=THRESHOLD,
        reset=RESET,
        events={"charged": CHARGED} | ({"resetting_now": many.RESETTING} if resets else {}),
        method=method,
        namespace={},
        **options,
    )


def _synapses(model, source, neurons, name, current):
    plan, clock = model.plan, model.clock
    equations, on_pre = synapse_equations(plan.synapses, current, plan.diode)
    options = {"clock": clock, "name": name, "namespace": {}}
    synapses = b2.Synapses(source, neurons, equations, on_pre=on_pre, **options)
    synapses.connect()
    if plan.synapses == "individual" and plan.presentations > 1:
        synapses.run_regularly(many.OPEN_INDIVIDUAL_LINES, when="before_synapses", clock=clock)
    return synapses


def _probes(model, number, neurons):
    """Probes are told their neurons by a variable, so that a compiled program can move them."""
    count, clock = model.plan.probes[number - 1], model.clock
    if not count:
        return None, None
    probes = b2.NeuronGroup(
        count, _PROBE, clock=clock, name=name_of("probes", number), namespace={}
    )
    probes.V = b2.linked_var(neurons, "V", index="neuron")
    options = {"record": True, "when": "after_groups", "name": name_of("traces", number)}
    return probes, b2.StateMonitor(probes, "V", clock=clock, **options)
