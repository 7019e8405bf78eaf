"""The neuron: a capacitor, two phases, a synaptic current, a ramp and a comparator.

A neuron is `PHASES` + `CAPACITOR` + a current (`RESISTIVE_CURRENT` in RC-Spike, `CONSTANT_CURRENT`
in the conventional circuit) + `RAMP`. Every device value is a parameter, so neurons may differ.

*A step labelled t ends at time t*: in every step Brian2 first updates the state, then looks at
thresholds and delivers spikes. With N = T/dt, steps 1 to N of a layer charge and steps N + 1 to 2 N
fire; step 0 is the initial state, so a run of both phases is ``run(2*T + dt)``. A spike is rounded
up to the next step, once. The comparator looks from T, so that a neuron above threshold fires at
once, and not at 2 T, because x = 1 - t_out = 0 there, which is no spike. The half steps keep
comparisons away from rounding errors; flags are held for methods that look half a step ahead.

Synapses of one sign that are on hang between the same two voltages, so their conductances add up,
to ``G_plus`` and ``G_minus``. ``U_plus`` and ``U_minus`` are the voltages across the resistors:
what the diodes, ideal ones here, leave of the forward voltage. Current flows from the positive line
into the capacitor and from the capacitor into the negative line, never back.

A current source ``I_0`` with the output conductance ``G_ramp`` is any linear ramp, a resistor too.
After its spike a neuron rests at ``V_reset``.
"""

from rcspike_brian.brian import Quantity
from rcspike_brian.circuit import Circuit
from rcspike_brian.equations.extend import overlaid, parsed, text_of
from rcspike_brian.errors import InvalidInput

PHASES = """
t_start : second (constant)            # when the charging phase begins
T : second (constant)                  # length of a phase
elapsed = t - t_start : second
charging = elapsed > dt/2 and elapsed < T + dt/2 : boolean (constant over dt)
charged = elapsed > T - dt/2 and elapsed < T + dt/2 : boolean (constant over dt)
ramping = elapsed > T + dt/2 and elapsed < 2*T + dt/2 : boolean (constant over dt)
comparing = elapsed > T - dt/2 and elapsed < 2*T - dt/2 : boolean (constant over dt)
"""

CAPACITOR = """
dV/dt = (int(charging)*I_syn + int(lifting)*I_ramp + I_other - G_leak*V)/C : volt
lifting = ramping and not fired : boolean  # the ramp stops at the spike
C : farad (constant)
V_th : volt (constant)                 # threshold of the comparator
V_compare = V_th : volt                # what it compares V with
V_reset : volt (constant)              # potentials count from here: 0, unless you set it
fired : boolean                        # a neuron spikes once
G_leak : siemens (constant)            # leak of the capacitor, 0 unless you set it
I_other = 0*amp : amp                  # for a current of your own
"""

RESISTIVE_CURRENT = """
I_syn = I_plus - I_minus : amp
I_plus = G_plus*U_plus : amp
I_minus = G_minus*U_minus : amp
U_plus = clip(V_syn_plus - V_d - V, 0*volt, inf*volt) : volt
U_minus = clip(V_syn_minus - V_d + V, 0*volt, inf*volt) : volt
G_plus : siemens                       # sums over the synapses that are on
G_minus : siemens
V_syn_plus : volt (constant)           # magnitudes of the drive voltages
V_syn_minus : volt (constant)
V_d : volt (constant)                  # forward drop of the diodes
"""

CONSTANT_CURRENT = """
I_syn = G_plus*V_syn_plus - G_minus*V_syn_minus : amp
G_plus : siemens
G_minus : siemens
V_syn_plus : volt (constant)
V_syn_minus : volt (constant)
"""

RAMP = """
I_ramp = I_0 - G_ramp*V : amp
I_0 : amp (constant)
G_ramp : siemens (constant)            # 0 for an ideal current source
"""

RC_SPIKE_NEURON = PHASES + CAPACITOR + RESISTIVE_CURRENT + RAMP
CONVENTIONAL_NEURON = PHASES + CAPACITOR + CONSTANT_CURRENT + RAMP

THRESHOLD = "V >= V_compare and comparing and not fired"
RESET = """
V = V_reset
fired = True
"""
CHARGED = "charged"

# Currents of individual synapses arrive ready-made, those of a bias line from a group of their own.
INDIVIDUAL_CURRENT = """
I_syn = I_inputs + I_bias : amp
I_inputs : amp
I_bias : amp
"""
INDIVIDUAL_NEURON = PHASES + CAPACITOR + INDIVIDUAL_CURRENT + RAMP

# Lines that are off, at a level of their own: the resistors of all that are not on lead there. Of
# individual synapses, the line of each is at one level or the other.
OFF_LINES = """
dV/dt = (int(charging)*I_syn + int(charging or ramping)*I_off + int(lifting)*I_ramp
         + I_other - G_leak*V)/C : volt
I_off = (G_all_plus - G_on_plus)*U_off_plus - (G_all_minus - G_on_minus)*U_off_minus : amp
G_on_plus = int(charging)*G_plus : siemens
G_on_minus = int(charging)*G_minus : siemens
U_off_plus = clip(V_off - V_d - V, 0*volt, inf*volt) : volt
U_off_minus = clip(V_off - V_d + V, 0*volt, inf*volt) : volt
V_off : volt (constant)
G_all_plus : siemens (constant)        # sums over all synapses
G_all_minus : siemens (constant)
"""
INDIVIDUAL_OFF_LINES = """
dV/dt = (int(charging or ramping)*I_syn + int(lifting)*I_ramp + I_other
         - G_leak*V)/C : volt
"""

# Energy out of both supplies in the charging phase; add to an RC-Spike neuron.
SUPPLY_ENERGY = """
dE_plus/dt = int(charging)*V_syn_plus*I_plus : joule
dE_minus/dt = int(charging)*V_syn_minus*I_minus : joule
"""
METERED_NEURON = RC_SPIKE_NEURON + SUPPLY_ENERGY

# Energy out of the supply of a ramp that lifts the capacitors; add to any neuron.
RAMP_ENERGY = """
dE_ramp/dt = int(lifting)*V_ramp*I_ramp : joule
V_ramp : volt (constant)               # what feeds the ramp
"""

# A layer whose first spike is the answer: a line that any neuron pulls stops all ramps. Every
# neuron has a synapse on all, with `STOP_ON_PRE`.
STOP_AT_FIRST_SPIKE = """
lifting = ramping and not fired and not stopped : boolean
stopped : boolean
"""
STOP_ON_PRE = "stopped_post = True"

# A threshold that falls is one node for all neurons of a layer: a sink takes V_fall from it in one
# T, and in what follows a switch recharges it from V_dd through a resistor that ends at V_fall.
THRESHOLD_NODE = (
    PHASES
    + """
dV_node/dt = (-int(ramping and not stopped)*C_node*V_fall/T + I_node)/C_node : volt
I_node = int(elapsed > 2*T + dt/2)*G_node*(V_fall - V_node) : amp
dE_node/dt = V_dd*I_node : joule
stopped : boolean
C_node : farad (constant)
V_fall : volt (constant)
G_node : siemens (constant)
V_dd : volt (constant)
"""
)


def neuron_equations(circuit: Circuit | str = "rc-spike", synapses: str = "summed") -> str:
    """Equations of a neuron, for a ``NeuronGroup`` or, changed, for `rcspike_brian.simulate`.

    Parameters
    ----------
    circuit : Circuit or {"rc-spike", "conventional"}
        A circuit has a diode and a ramp of its own; a kind alone has ideal ones.
    synapses : {"summed", "individual"}
        Conductances added up per sign, or one resistor and one diode per synapse, which a
        conventional circuit does not have.

    Examples
    --------
    >>> neuron_equations() == RC_SPIKE_NEURON
    True
    """
    kind = getattr(circuit, "kind", circuit)
    check_synapses(kind, synapses)
    rc_spike = INDIVIDUAL_NEURON if synapses == "individual" else RC_SPIKE_NEURON
    neuron = CONVENTIONAL_NEURON if kind == "conventional" else rc_spike
    if isinstance(circuit, str):
        return neuron
    changes = [circuit.ramp.equations]
    voltages = {"plus": "V_syn_plus - V_d - V", "minus": "V_syn_minus - V_d + V"}
    if circuit.off_level is not None:
        changes.append(OFF_LINES if synapses == "summed" else INDIVIDUAL_OFF_LINES)
        voltages |= {"off_plus": "V_off - V_d - V", "off_minus": "V_off - V_d + V"}
    if neuron is RC_SPIKE_NEURON:
        changes += [f"U_{n} = {circuit.diode.law(U)} : volt" for n, U in voltages.items()]
    # The text as it stands above, comments and all, where nothing is different.
    changes = [change for change in changes if change not in neuron]
    return text_of(overlaid(neuron, *changes)) if changes else neuron


def check_synapses(kind, synapses):
    """Refuse kinds of circuits and synapses that there are not."""
    if kind not in ("rc-spike", "conventional"):
        raise InvalidInput(f"there are no equations for {kind!r}: use 'rc-spike', 'conventional'.")
    if isinstance(synapses, str) and synapses == "diode":
        raise InvalidInput("synapses='diode' is now called synapses='individual'.")
    if not isinstance(synapses, str) or synapses not in ("summed", "individual"):
        raise InvalidInput(f"synapses must be one of 'summed', 'individual', got {synapses!r}.")
    if (kind, synapses) == ("conventional", "individual"):
        raise InvalidInput("a conventional circuit has no diodes: use synapses='summed'.")


def neuron_parameters(circuit: Circuit, synapses: str = "summed") -> dict[str, Quantity]:
    """Return the constants of a neuron for ``NeuronGroup.set_states``.

    Parameters
    ----------
    circuit : Circuit
    synapses : {"summed", "individual"}

    Returns
    -------
    dict of str to Quantity (scalar)
        Those that are not 0 by definition, as G_leak and V_reset are.

    Examples
    --------
    >>> from rcspike_brian import Circuit
    >>> print(neuron_parameters(Circuit())["V_syn_plus"])
    1. V
    """
    si, equations = circuit.si, parsed(neuron_equations(circuit, synapses))
    values = {"C": si.C, "T": si.T, "V_th": si.V_th, **circuit.ramp.values(circuit)}
    if synapses == "summed":
        values["V_syn_plus"], values["V_syn_minus"] = si.V_syn
        if circuit.kind == "rc-spike":
            values["V_d"] = si.V_d
            if circuit.off_level is not None:
                values["V_off"] = float(circuit.off_level)
    return {name: Quantity(value, dim=equations[name].dim) for name, value in values.items()}
