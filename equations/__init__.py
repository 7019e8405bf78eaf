"""The model as Brian2 equations with units.

A neuron is a capacitor with two phases, a synaptic current and a ramp. Each part has a module of
its own that says what its terms are; here they are put together:

=========================  ======================================================================
`CONVENTIONAL_NEURON`      synapses are constant currents
`RC_SPIKE_NEURON`          synapses are resistors with diodes, added up per sign
`SYNAPSE`                  with `SYNAPSE_ON_PRE`: drives either of the two neurons above
`DIODE_NEURON`             RC-Spike neuron whose current comes from the synapses one by one
`DIODE_SYNAPSE`            with `DIODE_ON_PRE`: one resistor and one diode, for `DIODE_NEURON`
`DEVICE_RC_SPIKE_NEURON`   and `DEVICE_CONVENTIONAL_NEURON`, with `DEVICE_THRESHOLD`: leak, finite
                           ramp, comparator offset
`METERED_NEURON`           RC-Spike neuron that adds up the energy it is given
`INPUT_AXON`               with `AXON_THRESHOLD` and `AXON_RESET`: spikes once
`INPUT_AXONS`              with `AXONS_THRESHOLD`: spikes once in each of many presentations
`BIAS_AXON`                with `AXONS_THRESHOLD`: spikes at the beginning of each
`THRESHOLD`, `RESET`       of all neurons; `CHARGED` is the event at the end of the charging phase
`PHASES`                   the phases of a layer, for a neuron of your own
=========================  ======================================================================

Parameters are variables of the groups, not constants in the code, so each neuron can have its own
and C++ standalone can change them without compiling again.

Examples
--------
Two inputs, an excitatory one at 0 and an inhibitory one at 0.5 T, drive one RC-Spike neuron:

>>> from brian2.only import Network, NeuronGroup, SpikeMonitor, StateMonitor, Synapses
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
>>> potential = StateMonitor(neuron, "V", record=True, when="after_groups", dt=step)
>>> spikes = SpikeMonitor(neuron)
>>> Network(axons, neuron, synapses, potential, spikes).run(2 * circuit.T + step)
>>> v, t_out = potential.V[0, 500] / circuit.V_th, spikes.t[0] / circuit.T - 1
>>> print(f"v(T) = {v:.2f}, spike {t_out:.2f} T into the firing phase")
v(T) = 0.51, spike 0.49 T into the firing phase
"""

from rcspike_brian.equations.axon import AXON_RESET, AXON_THRESHOLD, INPUT_AXON
from rcspike_brian.equations.capacitor import CAPACITOR, RESET, THRESHOLD
from rcspike_brian.equations.choose import (
    neuron_equations,
    neuron_parameters,
    reset_phase,
    synapse_equations,
)
from rcspike_brian.equations.conventional import CONSTANT_CURRENT, CONVENTIONAL_NEURON
from rcspike_brian.equations.devices import (
    DEVICE_CONVENTIONAL_NEURON,
    DEVICE_RC_SPIKE_NEURON,
    DEVICE_THRESHOLD,
    DEVICES,
)
from rcspike_brian.equations.diode import (
    DIODE_NEURON,
    DIODE_ON_PRE,
    DIODE_SYNAPSE,
    SUMMED_CURRENT,
)
from rcspike_brian.equations.energy import METERED_NEURON, SUPPLY_ENERGY
from rcspike_brian.equations.phases import CHARGED, PHASES
from rcspike_brian.equations.presentations import (
    AXONS_THRESHOLD,
    BIAS_AXON,
    INPUT_AXONS,
    OPEN_DIODES,
    RESETTING,
)
from rcspike_brian.equations.ramp import LINEAR_RAMP, RC_RAMP
from rcspike_brian.equations.rc_spike import RC_SPIKE_NEURON, RESISTIVE_CURRENT
from rcspike_brian.equations.synapse import SYNAPSE, SYNAPSE_ON_PRE

__all__ = [
    "AXONS_THRESHOLD",
    "AXON_RESET",
    "AXON_THRESHOLD",
    "BIAS_AXON",
    "CAPACITOR",
    "CHARGED",
    "CONSTANT_CURRENT",
    "CONVENTIONAL_NEURON",
    "DEVICES",
    "DEVICE_CONVENTIONAL_NEURON",
    "DEVICE_RC_SPIKE_NEURON",
    "DEVICE_THRESHOLD",
    "DIODE_NEURON",
    "DIODE_ON_PRE",
    "DIODE_SYNAPSE",
    "INPUT_AXON",
    "INPUT_AXONS",
    "LINEAR_RAMP",
    "METERED_NEURON",
    "OPEN_DIODES",
    "PHASES",
    "RC_RAMP",
    "RC_SPIKE_NEURON",
    "RESET",
    "RESETTING",
    "RESISTIVE_CURRENT",
    "SUMMED_CURRENT",
    "SUPPLY_ENERGY",
    "SYNAPSE",
    "SYNAPSE_ON_PRE",
    "THRESHOLD",
    "neuron_equations",
    "neuron_parameters",
    "reset_phase",
    "synapse_equations",
]
