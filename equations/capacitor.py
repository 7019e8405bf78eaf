"""The neuron: a capacitor, a comparator and two currents.

``V``
    Membrane potential: the voltage of the capacitor, counted from the reset potential of the
    circuit. Synapses charge it in the charging phase with ``I_syn``, a ramp lifts it in the firing
    phase with ``I_ramp`` until it reaches ``V_th``. Outside both phases it rests.
``V_reset``
    What a spike resets V to, 0 if it is not set. To pre-charge the capacitor, set V itself before
    the run.
``fired``
    A neuron spikes once. After that it stays at V_reset.

This part is common to the conventional and the RC-Spike neuron; they differ in ``I_syn``.
"""

from rcspike_brian.equations.phases import PHASES

MEMBRANE = """
dV/dt = (int(charging)*I_syn + int(ramping and not fired)*I_ramp)/C : volt
C : farad (constant)     # capacitor
V_th : volt (constant)   # threshold of the comparator
V_reset : volt (constant)
fired : boolean
"""

CAPACITOR = MEMBRANE + PHASES

THRESHOLD = "V >= V_th and comparing and not fired"

RESET = """
V = V_reset
fired = True
"""
