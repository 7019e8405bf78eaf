"""The synapse: a resistor and a diode that its axon switches on, to the end of the charging phase.

``G`` is a signed conductance: the sign says which line, the positive or the negative one, goes on.

Summed synapses add their conductance to the sum of its sign, once, when the axon spikes. Individual
ones have a drive voltage and a diode each, may differ and block on their own, but the current of
every one is computed in every step (a ``summed`` variable): for small circuits. It is held over the
step, so only ``method="euler"`` pays off there.
"""

from rcspike_brian.equations.neuron import check_synapses

SYNAPSE = """
G : siemens (constant)
"""
# Of a convolution: many synapses are of one size, which is kept once, in a `KERNEL`.
KERNEL = """
G : siemens (constant)
"""
SHARED_SYNAPSE = """
G : siemens (linked)                   # of the kernel
weight : integer (constant)            # which of its weights
"""
SYNAPSE_ON_PRE = """
G_plus_post += clip(G, 0*siemens, inf*siemens)
G_minus_post += clip(-G, 0*siemens, inf*siemens)
"""

# Of resistor and diode, without the drop V_d; the diode's law says what the resistor has of it.
FORWARD_VOLTAGE = "V_syn - V_d - sign(G)*V_post"
_IDEAL = f"clip({FORWARD_VOLTAGE}, 0*volt, inf*volt)"
_DEVICES = """
G : siemens (constant)
V_syn : volt (constant)                # magnitude of the drive voltage
V_d : volt (constant)                  # forward drop of the diode
on : boolean                           # a line that is off is isolated by its diode
"""
# A line that is at a level of its own when it is off.
LINE_VOLTAGE = FORWARD_VOLTAGE.replace("V_syn", "V_line")
_LINE = """
V_line = V_off + int(on and charging_post)*(V_syn - V_off) : volt
V_off : volt (constant)
"""


def synapse_equations(synapses="summed", current="I_inputs", voltage=_IDEAL) -> tuple[str, str]:
    """Return the equations of the synapses and their ``on_pre`` statements.

    Individual ones add up in the neuron's ``current``; ``voltage`` is that across each resistor, of
    `FORWARD_VOLTAGE`, or of `LINE_VOLTAGE` where lines that are off have a level.
    """
    check_synapses("rc-spike", synapses)
    if synapses == "summed":
        return SYNAPSE, SYNAPSE_ON_PRE
    if "V_line" in voltage:
        return f"{current}_post = G*{voltage} : amp (summed)" + _DEVICES + _LINE, "on = True"
    return f"{current}_post = int(on)*G*{voltage} : amp (summed)" + _DEVICES, "on = True"


INDIVIDUAL_SYNAPSE, INDIVIDUAL_ON_PRE = synapse_equations("individual")
