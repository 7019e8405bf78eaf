"""Numbers that a run gets: everything that can change without compiling again.

They are keyed by ``"object.variable"``, the way Brian2's compiled programs are told values, and in
SI units.
"""

import numpy as np

from rcspike_brian.equations import neuron_parameters
from rcspike_brian.simulation.network.names import (
    AXONS,
    INPUT_TIMES,
    bias,
    bias_synapses,
    layer,
    probes,
    synapses,
)


def component_values(plan, circuit) -> dict:
    """Return the values of the circuit's components and the timetable."""
    values = {}
    timetable = {"period": float(plan.period), "presentations": plan.presentations}
    timetable["T"] = float(circuit.T)
    for number in range(1, plan.n_layers + 1):
        start = plan.first_step(number) * plan.dt
        neurons = neuron_parameters(circuit, plan.synapses) | timetable | {"t_first": start}
        values |= {f"{layer(number)}.{name}": _plain(value) for name, value in neurons.items()}
        axons = AXONS if number == 1 else bias(number)
        values |= {f"{axons}.{name}": value for name, value in timetable.items()}
        values[f"{axons}.t_first"] = start
    return values


def weight_values(plan, circuit, weights) -> dict:
    """Return the conductances of all synapses, the bias apart from layer 2 on."""
    values = {}
    for number, normalised in enumerate(weights, start=1):
        G = np.asarray(circuit.conductances(normalised))
        parts = {synapses(number): G}
        if number > 1:
            parts = {synapses(number): G[:-1], bias_synapses(number): G[-1:]}
        for name, part in parts.items():
            # connect() numbers synapses row by row.
            values |= _synapse_values(plan, circuit, name, part.ravel())
    return values


def _synapse_values(plan, circuit, name, signed):
    values = {f"{name}.G": signed}
    if plan.synapses == "diode":
        plus, minus = (float(rail) for rail in circuit.V_syn)
        values[f"{name}.V_syn"] = np.where(signed < 0, minus, plus)
        values[f"{name}.V_d"] = float(circuit.V_d)
    return values


def input_values(plan, circuit, spike_times) -> dict:
    """Return the input spikes: missing presentations are silent, the bias line comes last.

    Parameters
    ----------
    plan : Plan
    circuit : Circuit
    spike_times : (at most plan.presentations, n_in) array
        In units of T.
    """
    seconds = np.full((plan.presentations, plan.sizes[0] + 1), float(circuit.T))
    seconds[: len(spike_times), :-1] = spike_times * float(circuit.T)
    seconds[:, -1] = 0.0
    # An input at T does not spike, whatever the product above is rounded to.
    seconds[: len(spike_times), :-1][np.asarray(spike_times) >= 1] = 2 * float(circuit.T)
    return {f"{INPUT_TIMES}.values": seconds}


def probe_values(plan, neurons) -> dict:
    """Return which neurons the probes of each layer are at."""
    return {
        f"{probes(number)}.neuron": np.array(indices, dtype=np.int32)
        for number, indices in enumerate(neurons, start=1)
        if len(indices)
    }


def _plain(quantity):
    return float(quantity)
