"""The model as Brian2 equations with units. Read `rcspike_brian.equations.neuron` first.

A neuron, `RC_SPIKE_NEURON` or `CONVENTIONAL_NEURON`, with `THRESHOLD` and `RESET`, is driven by
`SYNAPSE` and `SYNAPSE_ON_PRE`; `INDIVIDUAL_NEURON` by `INDIVIDUAL_SYNAPSE` and `INDIVIDUAL_ON_PRE`,
one resistor and one diode each. `METERED_NEURON` adds up the energy it is given.

Parameters are variables of the groups, not constants in the code, so each neuron can have its own
and C++ standalone can change them without compiling again.

Examples
--------
Two inputs, an excitatory one at 0 and an inhibitory one at 0.5 T, drive one RC-Spike neuron:

>>> from brian2.only import Network, NeuronGroup, SpikeMonitor, Synapses
>>> from rcspike_brian import Circuit
>>> from rcspike_brian.equations import *
>>> circuit = Circuit.normalised(v_syn=1.0)
>>> step = circuit.T / 500
>>> axons = NeuronGroup(2, INPUT_AXON, threshold=AXON_THRESHOLD, reset=AXON_RESET, dt=step)
>>> axons.T = circuit.T
>>> axons.t_spike = circuit.seconds([0.0, 0.5])
>>> neuron = NeuronGroup(
...     1, RC_SPIKE_NEURON, threshold=THRESHOLD, reset=RESET, method="euler", dt=step)
>>> neuron.set_states(neuron_parameters(circuit))
>>> synapses = Synapses(axons, neuron, SYNAPSE, on_pre=SYNAPSE_ON_PRE, dt=step)
>>> synapses.connect()
>>> synapses.G = circuit.conductances([1.5, -0.5])
>>> spikes = SpikeMonitor(neuron)
>>> Network(axons, neuron, synapses, spikes).run(2 * circuit.T + step)
>>> print(f"spike {spikes.t[0] / circuit.T - 1:.2f} T into the firing phase")
spike 0.49 T into the firing phase

The same neuron with a leak and a second current, in the package's own simulation:

>>> from brian2.units import nA, nS
>>> from rcspike_brian import simulate
>>> mine = redefine(neuron_equations(circuit), "I_other = -I_x : amp") + "I_x : amp (constant)"
>>> values = {"G_leak": 50 * nS, "I_x": 10 * nA}
>>> result = simulate(circuit, [0.0, 0.5], [1.5, -0.5], equations=mine, values=values)
>>> print(result.v_end.round(2))
[0.42]
"""

from rcspike_brian.equations.axon import AXON_RESET, AXON_THRESHOLD, INPUT_AXON
from rcspike_brian.equations.extend import redefine
from rcspike_brian.equations.neuron import (
    CHARGED,
    CONVENTIONAL_NEURON,
    INDIVIDUAL_NEURON,
    METERED_NEURON,
    RC_SPIKE_NEURON,
    RESET,
    SUPPLY_ENERGY,
    THRESHOLD,
    neuron_equations,
    neuron_parameters,
)
from rcspike_brian.equations.synapse import (
    INDIVIDUAL_ON_PRE,
    INDIVIDUAL_SYNAPSE,
    SYNAPSE,
    SYNAPSE_ON_PRE,
)

__all__ = [
    "AXON_RESET",
    "AXON_THRESHOLD",
    "CHARGED",
    "CONVENTIONAL_NEURON",
    "INDIVIDUAL_NEURON",
    "INDIVIDUAL_ON_PRE",
    "INDIVIDUAL_SYNAPSE",
    "INPUT_AXON",
    "METERED_NEURON",
    "RC_SPIKE_NEURON",
    "RESET",
    "SUPPLY_ENERGY",
    "SYNAPSE",
    "SYNAPSE_ON_PRE",
    "THRESHOLD",
    "neuron_equations",
    "neuron_parameters",
    "redefine",
]
