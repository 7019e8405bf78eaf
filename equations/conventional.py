"""The conventional neuron: every synapse that is on is a constant current.

``G_plus``, ``G_minus``
    Sum of the conductances of the positive and of the negative synapses that are on. Both are
    magnitudes; the synapses add to them when their axon spikes (`rcspike_brian.equations.synapse`).
``V_syn_plus``, ``V_syn_minus``
    Magnitudes of the drive voltages.

Active parts (op-amps, current sources) keep the capacitor's voltage out of ``I_syn``, so V is
piecewise linear in time and V(T) is an exact multiply-accumulate.
"""

from rcspike_brian.equations.capacitor import CAPACITOR
from rcspike_brian.equations.ramp import LINEAR_RAMP

CONSTANT_CURRENT = """
I_syn = G_plus*V_syn_plus - G_minus*V_syn_minus : amp
G_plus : siemens
G_minus : siemens
V_syn_plus : volt (constant)
V_syn_minus : volt (constant)
"""

CONVENTIONAL_NEURON = CAPACITOR + CONSTANT_CURRENT + LINEAR_RAMP
