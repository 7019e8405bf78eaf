"""The RC-Spike neuron with one resistor and one diode per synapse.

Every synapse has its own drive voltage and diode, and blocks on its own. This is the reference for
the summed form (`rcspike_brian.equations.rc_spike`) and the form for unequal devices. It computes
the current of every synapse in every time step (a ``summed`` variable): use it for small circuits.

``G``
    Signed conductance: magnitude of the resistor, sign of the synapse.
``V_syn``, ``V_d``
    Magnitude of the drive voltage and forward drop of the diode, per synapse.
``on``
    Whether the axon has spiked. A line that is off is isolated by its diode.
``clip(V_syn - V_d - sign(G)*V_post, 0*volt, inf*volt)``
    Voltage across the resistor, 0 where the diode blocks.

The current is evaluated at the start of a step and held over it, so ``method="euler"`` is all that
pays off.
"""

from rcspike_brian.equations.capacitor import CAPACITOR
from rcspike_brian.equations.ramp import LINEAR_RAMP

SUMMED_CURRENT = """
I_syn : amp
"""

# Brian2 lets one group of synapses write to a summed variable; a bias line is another group.
SUMMED_CURRENTS = """
I_syn = I_inputs + I_bias : amp
I_inputs : amp
I_bias : amp
"""

DIODE_NEURON = CAPACITOR + SUMMED_CURRENT + LINEAR_RAMP

DIODE_SYNAPSE = """
I_syn_post = int(on)*G*clip(V_syn - V_d - sign(G)*V_post, 0*volt, inf*volt) : amp (summed)
G : siemens (constant)
V_syn : volt (constant)
V_d : volt (constant)
on : boolean
"""

DIODE_ON_PRE = """
on = True
"""
