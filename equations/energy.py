"""Energy that the supplies deliver in the charging phase, integrated beside the membrane potential.

``E_plus``, ``E_minus``
    Energy out of the positive and out of the negative supply: the integral of drive voltage times
    current. Add these lines to an RC-Spike neuron with summed conductances.
"""

from rcspike_brian.equations.rc_spike import RC_SPIKE_NEURON

SUPPLY_ENERGY = """
dE_plus/dt = int(charging)*V_syn_plus*I_plus : joule
dE_minus/dt = int(charging)*V_syn_minus*I_minus : joule
"""

METERED_NEURON = RC_SPIKE_NEURON + SUPPLY_ENERGY
