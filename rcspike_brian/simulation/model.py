"""The Brian2 objects of one layer: axons, synapses, neurons, monitors."""

from dataclasses import dataclass

import numpy as np
from brian2.only import (
    Clock,
    EventMonitor,
    Network,
    NeuronGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
)
from brian2.units import Quantity, second, siemens, volt

from rcspike_brian.equations import (
    AXON_RESET,
    AXON_THRESHOLD,
    CHARGED,
    INPUT_AXON,
    RESET,
    THRESHOLD,
    neuron_equations,
    neuron_parameters,
    synapse_equations,
)


@dataclass(frozen=True)
class Model:
    """The named parts of a simulated layer."""

    network: Network
    axons: NeuronGroup
    synapses: Synapses
    neurons: NeuronGroup
    spikes: SpikeMonitor
    charged: EventMonitor
    traces: StateMonitor | None


@dataclass(frozen=True)
class Recording:
    """What the monitors saw, as arrays.

    Attributes
    ----------
    potential : ndarray (n_recorded, 2*steps + 1)
        Membrane potential in volts.
    spike_neurons, spike_steps : ndarray of int
        Who spiked and in which time step.
    end : ndarray (n_out,)
        Membrane potential at the end of the charging phase, in volts.
    """

    potential: np.ndarray
    spike_neurons: np.ndarray
    spike_steps: np.ndarray
    end: np.ndarray


def build(circuit, inputs) -> Model:
    """Make the Brian2 objects on the active device; `assign` gives them their values.

    Nothing that `values` lists is written into the code, so that a compiled model serves all
    circuits and inputs of the same `structure`.
    """
    # One clock for all: the user's default clock stays out of it.
    clock = Clock(circuit.T / inputs.steps, name="rcspike_clock")
    axons, neurons = _axons(inputs, clock), _neurons(circuit, inputs, clock)
    model = Model(
        network=Network(name="rcspike_network"),
        axons=axons,
        synapses=_synapses(axons, neurons, inputs, clock),
        neurons=neurons,
        spikes=SpikeMonitor(neurons, name="rcspike_spikes"),
        charged=EventMonitor(neurons, "charged", variables=["V"], name="rcspike_charged"),
        traces=_traces(neurons, inputs, clock),
    )
    model.network.add(axons, model.synapses, neurons, model.spikes, model.charged)
    if model.traces is not None:
        model.network.add(model.traces)
    return model


def _axons(inputs, clock):
    return NeuronGroup(
        inputs.shape[0],
        INPUT_AXON,
        threshold=AXON_THRESHOLD,
        reset=AXON_RESET,
        clock=clock,
        name="rcspike_axons",
    )


def _neurons(circuit, inputs, clock):
    return NeuronGroup(
        inputs.shape[1],
        neuron_equations(circuit.kind, inputs.synapses, circuit.ramp.name),
        threshold=THRESHOLD,
        reset=RESET,
        events={"charged": CHARGED},
        method=inputs.method,
        clock=clock,
        name="rcspike_neurons",
    )


def _synapses(axons, neurons, inputs, clock):
    equations, on_pre = synapse_equations(inputs.synapses)
    synapses = Synapses(
        axons, neurons, equations, on_pre=on_pre, clock=clock, name="rcspike_synapses"
    )
    synapses.connect()
    return synapses


def _traces(neurons, inputs, clock):
    if not inputs.record:
        return None
    return StateMonitor(
        neurons,
        "V",
        record=list(inputs.record),
        when="after_groups",
        clock=clock,
        name="rcspike_traces",
    )


def structure(circuit, inputs):
    """Everything that goes into the code; equal structures can share a compiled model.

    T is not among it: a model that was compiled for a longer T just idles at the end.
    """
    dt = float(circuit.T) / inputs.steps
    return (
        circuit.kind,
        circuit.ramp.name,
        f"{dt:.12g}",  # the same step of another circuit differs by rounding
        inputs.synapses,
        inputs.method,
        inputs.shape,
        inputs.record,
    )


def duration(circuit, inputs):
    """Both phases, and the step that ends at 2T."""
    return (2 * inputs.steps + 1) * circuit.T / inputs.steps


def values(model, circuit, inputs):
    """List ``(group, variable, value)`` of all parameters and initial values."""
    signed = inputs.conductances.ravel()  # connect() numbers synapses row by row
    listed = [
        (model.axons, "t_spike", Quantity(inputs.spike_times, dim=second.dim)),
        (model.axons, "T", circuit.T),
        (model.neurons, "V", Quantity(inputs.start, dim=volt.dim)),
        (model.synapses, "G", Quantity(signed, dim=siemens.dim)),
    ]
    for name, value in neuron_parameters(circuit, inputs.synapses).items():
        listed.append((model.neurons, name, value))
    if inputs.synapses == "diode":
        plus, minus = (float(rail) for rail in circuit.V_syn)
        rails = Quantity(np.where(signed < 0, minus, plus), dim=volt.dim)
        listed.append((model.synapses, "V_syn", rails))
        listed.append((model.synapses, "V_d", circuit.V_d))
    return listed


def read(model, inputs, dt) -> Recording:
    """Copy what the monitors recorded."""
    order = np.argsort(np.asarray(model.charged.i))
    samples = 2 * inputs.steps + 1
    potential = np.empty((0, samples))
    if model.traces is not None:
        # A model that was compiled for a longer T has steps at the end in which nothing happens.
        potential = np.array(model.traces.V_)[:, :samples]
    return Recording(
        potential=potential,
        spike_neurons=np.array(model.spikes.i),
        spike_steps=np.round(np.asarray(model.spikes.t_) / float(dt)).astype(int),
        end=np.array(model.charged.V_)[order],
    )
