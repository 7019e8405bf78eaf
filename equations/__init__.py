"""The model as Brian2 equations with units. Read `rcspike_brian.equations.neuron` first.

A neuron, `RC_SPIKE_NEURON` or `CONVENTIONAL_NEURON`, with `THRESHOLD` and `RESET`, is driven by
`SYNAPSE` and `SYNAPSE_ON_PRE`; `INDIVIDUAL_NEURON` by `INDIVIDUAL_SYNAPSE` and `INDIVIDUAL_ON_PRE`,
one resistor and one diode each. `METERED_NEURON` adds up the energy it is given.

Parameters are variables of the groups, not constants in the code, so each neuron can have its own
and C++ standalone can change them without compiling again.

Examples
--------
The neuron of a circuit with a leak and a second current, in the package's own simulation:

>>> from brian2.units import nA, nS
>>> from rcspike_brian import Circuit, simulate
>>> circuit = Circuit.normalised(v_syn=1.0)
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
    RAMP_ENERGY,
    RC_SPIKE_NEURON,
    RESET,
    STOP_AT_FIRST_SPIKE,
    STOP_ON_PRE,
    SUPPLY_ENERGY,
    THRESHOLD,
    THRESHOLD_NODE,
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
    "AXON_RESET", "AXON_THRESHOLD", "CHARGED", "CONVENTIONAL_NEURON", "INDIVIDUAL_NEURON",
    "INDIVIDUAL_ON_PRE", "INDIVIDUAL_SYNAPSE", "INPUT_AXON", "METERED_NEURON", "RAMP_ENERGY",
    "RC_SPIKE_NEURON", "RESET", "STOP_AT_FIRST_SPIKE", "STOP_ON_PRE", "SUPPLY_ENERGY", "SYNAPSE",
    "SYNAPSE_ON_PRE", "THRESHOLD", "THRESHOLD_NODE", "neuron_equations", "neuron_parameters",
    "redefine",
]  # fmt: skip
