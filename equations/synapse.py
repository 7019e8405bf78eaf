"""The synapse: a resistor and a diode that its axon switches on, to the end of the charging phase.

``G`` is a signed conductance: its magnitude is that of the resistor, its sign says which line, the
positive or the negative one, the axon switches on.

Summed synapses add their conductance to the sum of its sign, once, when the axon spikes; nothing has
to be computed per synapse and time step. Individual ones each have a drive voltage and a diode, may
differ in them and block on their own, but the current of every one is computed in every step (a
``summed`` variable): for small circuits. It is evaluated at the start of a step and held over it, so
``method="euler"`` is all that pays off there.
"""

from rcspike_brian.equations.neuron import check_synapses

SYNAPSE = """
G : siemens (constant)
"""
SYNAPSE_ON_PRE = """
G_plus_post += clip(G, 0*siemens, inf*siemens)
G_minus_post += clip(-G, 0*siemens, inf*siemens)
"""

# Of resistor and diode, without the drop; a diode's law says what the resistor has of it.
FORWARD_VOLTAGE = "V_syn - V_d - sign(G)*V_post"
_IDEAL = f"clip({FORWARD_VOLTAGE}, 0*volt, inf*volt)"

# The line that the currents flow into is written in front: see `synapse_equations`.
_INDIVIDUAL = """
G : siemens (constant)
V_syn : volt (constant)                # magnitude of the drive voltage
V_d : volt (constant)                  # forward drop of the diode
on : boolean                           # a line that is off is isolated by its diode
"""
INDIVIDUAL_ON_PRE = """
on = True
"""


def synapse_equations(synapses="summed", current="I_inputs", voltage=_IDEAL):
    """Return the equations of the synapses and their ``on_pre`` statements.

    Parameters
    ----------
    synapses : {"summed", "individual"}
    current : str
        Variable of the neuron that receives the currents of individual synapses: ``I_inputs``, or
        ``I_bias`` for a bias line of its own.
    voltage : str
        Voltage across the resistor of an individual synapse; an ideal diode if not given.

    Returns
    -------
    equations, on_pre : str

    Examples
    --------
    >>> equations, on_pre = synapse_equations()
    >>> "G_plus_post" in on_pre
    True
    """
    check_synapses("rc-spike", synapses)
    if synapses == "summed":
        return SYNAPSE, SYNAPSE_ON_PRE
    flows = f"\n{current}_post = int(on)*G*{voltage} : amp (summed)"
    return flows + _INDIVIDUAL, INDIVIDUAL_ON_PRE


INDIVIDUAL_SYNAPSE, _ = synapse_equations("individual")
