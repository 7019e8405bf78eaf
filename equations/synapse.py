"""The synapse as a conductance that its neuron adds up.

``G``
    Signed conductance: its magnitude is that of the resistor, its sign says which line (the
    positive or the negative one) the axon switches on.
``SYNAPSE_ON_PRE``
    When the axon spikes, its line goes on and stays on to the end of the charging phase: the
    conductance is added to the sum of its sign, once, and nothing has to be computed per synapse
    and time step.
"""

SYNAPSE = """
G : siemens (constant)
"""

SYNAPSE_ON_PRE = """
G_plus_post += clip(G, 0*siemens, inf*siemens)
G_minus_post += clip(-G, 0*siemens, inf*siemens)
"""
