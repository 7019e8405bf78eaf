"""The Brian2 objects of a layer or a whole network: axons, layers, synapses, monitors."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rcspike_brian.brian import Quantity, b2, second
from rcspike_brian.equations import AXON_RESET, AXON_THRESHOLD, CHARGED, RESET, THRESHOLD
from rcspike_brian.equations import presentations as many
from rcspike_brian.equations.pool import LINE_RESET, LINE_THRESHOLD, POOLED_LINE, PULL, RELEASE
from rcspike_brian.equations.synapse import KERNEL, SHARED_SYNAPSE, synapse_equations
from rcspike_brian.layers import Pool
from rcspike_brian.simulation.plan import AXONS, INPUT_TIMES, Plan, name_of
from rcspike_brian.simulation.wiring import Wires, wires

_PERIOD = 10 * second
_LINES = 0  # when lines behind a pool spike, within the slot of the synapses
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
    kernels: list = field(default_factory=list)  # with G of the shared weights, or None
    lines: list = field(default_factory=list)  # behind the pool in front of a layer, or None
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
    lines = _pooled(model, number, source) if plan.pool(number) else None
    source = source if lines is None else lines
    options = {"clock": clock, "name": name_of("layer", number)}
    resets = plan.presentations > 1  # one alone has nothing to be reset for
    neurons = neuron_group(plan.neuron, plan.sizes[number], plan.method, resets, **options)
    if resets:
        # Before the synapses: a bias may switch its lines on in the step after the last of these.
        opened = many.OPEN_LINES if plan.synapses == "summed" else ""
        neurons.run_on_event("resetting_now", many.DISCHARGE + opened, when="before_synapses")
    kernel, (to_lines, to_bias) = _kernel(model, number)
    name = name_of("synapses", number)
    parts = {
        "layers": neurons,
        "kernels": kernel,
        "lines": lines,
        "synapses": _synapses(model, source, neurons, name, "I_inputs", kernel, to_lines),
        "spikes": b2.SpikeMonitor(neurons, variables=["V"], name=name_of("spikes", number)),
        "charged": b2.EventMonitor(neurons, "charged", ["V"], name=name_of("charged", number)),
    }
    if lines is not None:
        parts["synapses"].pre.order = _LINES + 1
    if number > 1:
        axon = parts["bias"] = _axons(1, many.BIAS_AXON, name_of("bias", number), clock)
        name = name_of("bias_synapses", number)
        parts["bias_synapses"] = _synapses(model, axon, neurons, name, "I_bias", kernel, to_bias)
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


def _pooled(model, number, source):
    """Add the lines behind a pool, and that of the bias of layer 1; return them."""
    plan, clock = model.plan, model.clock
    neurons = Pool(plan.pool(number).shape, plan.pool(number).size).neurons
    n_lines, resets = len(neurons), plan.presentations > 1
    options = {"clock": clock, "namespace": {}}
    lines = b2.NeuronGroup(
        n_lines + (number == 1),
        many.presented(POOLED_LINE) + (many.RESET_PHASE if resets else ""),
        threshold=LINE_THRESHOLD,
        reset=LINE_RESET,
        events={"resetting_now": many.RESETTING} if resets else {},
        name=name_of("lines", number),
        **options,
    )
    # After the neurons in front have pulled it (-1 in Brian2), and before its own synapses.
    lines.set_event_schedule("spike", when="synapses", order=_LINES)
    if resets:
        lines.run_on_event("resetting_now", RELEASE, when="before_synapses")
    pulls = b2.Synapses(source, lines, on_pre=PULL, name=name_of("pulls", number), **options)
    i, j = neurons.ravel(), np.repeat(np.arange(n_lines), neurons.shape[1])
    if number == 1:
        i, j = np.append(i, len(source) - 1), np.append(j, n_lines)
    pulls.connect(i=i, j=j)
    model.network.add(pulls)
    return lines


def _kernel(model, number):
    """The shared weights of a convolution, and the synapses of lines and bias; else None."""
    plan = model.plan
    if not plan.window(number):
        return None, (None, None)
    stage = plan.stages[number - 1]
    to_lines, to_bias = wires(stage.window, stage.n_columns)
    if number == 1:  # the bias line is the last
        last = to_bias._replace(line=to_bias.line + stage.n_lines)
        to_lines = Wires(*map(np.append, to_lines, last))
    options = {"clock": model.clock, "name": name_of("kernel", number), "namespace": {}}
    kernel = b2.NeuronGroup(int(to_bias.weight.max()) + 1, KERNEL, **options)
    return kernel, (to_lines, to_bias)


def _synapses(model, source, neurons, name, current, kernel=None, wired=None):
    plan, clock = model.plan, model.clock
    equations, on_pre = synapse_equations(plan.synapses, current, plan.diode)
    options = {"clock": clock, "name": name, "namespace": {}}
    if kernel is None:
        synapses = b2.Synapses(source, neurons, equations, on_pre=on_pre, **options)
        synapses.connect()
    else:  # of one delay: a number for each of so many synapses would be most of their memory
        options["delay"] = 0 * second
        synapses = b2.Synapses(source, neurons, SHARED_SYNAPSE, on_pre=on_pre, **options)
        synapses.connect(i=wired.line, j=wired.neuron)
        synapses.weight = wired.weight
        synapses.G = b2.linked_var(kernel, "G", index="weight")
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
