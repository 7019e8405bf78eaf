"""The RC-Spike neuron: every synapse that is on is a resistor and a diode.

All positive synapses of a neuron hang between the same two voltages, so their conductances add up,
and likewise the negative ones:

``G_plus``, ``G_minus``
    Sum of the conductances of the positive and of the negative synapses that are on. Both are
    magnitudes; the synapses add to them when their axon spikes (`rcspike_brian.equations.synapse`).
``V_syn_plus``, ``V_syn_minus``
    Magnitudes of the drive voltages: a positive line that is on is at +V_syn_plus, a negative one
    at -V_syn_minus.
``V_d``
    Forward drop of the diodes, 0 for ideal ones.
``clip(..., 0*volt, inf*volt)``
    The diode: current flows from the positive line into the capacitor and from the capacitor into
    the negative line, never back. It blocks when V is beyond ``V_syn - V_d`` of that line.

The current depends on V (resistive coupling), so V relaxes exponentially towards the rails, and
V(T) is not a multiply-accumulate. Where synapses differ in drive voltage or diode, use
`rcspike_brian.equations.diode`.
"""

from rcspike_brian.equations.capacitor import CAPACITOR
from rcspike_brian.equations.ramp import LINEAR_RAMP

RESISTIVE_CURRENT = """
I_syn = I_plus - I_minus : amp
I_plus = G_plus*clip(V_syn_plus - V_d - V, 0*volt, inf*volt) : amp
I_minus = G_minus*clip(V_syn_minus - V_d + V, 0*volt, inf*volt) : amp
G_plus : siemens
G_minus : siemens
V_syn_plus : volt (constant)
V_syn_minus : volt (constant)
V_d : volt (constant)
"""

RC_SPIKE_NEURON = CAPACITOR + RESISTIVE_CURRENT + LINEAR_RAMP
