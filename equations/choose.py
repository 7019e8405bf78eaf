"""From a circuit to the equations and parameters that describe it."""

from rcspike_brian.equations.capacitor import CAPACITOR, MEMBRANE
from rcspike_brian.equations.conventional import CONSTANT_CURRENT
from rcspike_brian.equations.diode import (
    DIODE_ON_PRE,
    DIODE_SYNAPSE,
    SUMMED_CURRENT,
    SUMMED_CURRENTS,
)
from rcspike_brian.equations.phases import PHASE_FLAGS
from rcspike_brian.equations.presentations import (
    DISCHARGE,
    OPEN_LINES,
    REPEATED,
    REPEATED_FLAGS,
)
from rcspike_brian.equations.ramp import LINEAR_RAMP, RC_RAMP
from rcspike_brian.equations.rc_spike import RESISTIVE_CURRENT
from rcspike_brian.equations.synapse import SYNAPSE, SYNAPSE_ON_PRE
from rcspike_brian.errors import InvalidInput

_CURRENTS = {
    ("rc-spike", "summed"): RESISTIVE_CURRENT,
    ("rc-spike", "diode"): SUMMED_CURRENT,
    ("conventional", "summed"): CONSTANT_CURRENT,
}
_RAMPS = {"linear": LINEAR_RAMP, "rc": RC_RAMP}
_SYNAPSES = {
    "summed": (SYNAPSE, SYNAPSE_ON_PRE),
    "diode": (DIODE_SYNAPSE, DIODE_ON_PRE),
}


def neuron_equations(kind="rc-spike", synapses="summed", ramp="linear", repeated=False) -> str:
    """Put the equations of a neuron together.

    Parameters
    ----------
    kind : {"rc-spike", "conventional"}
    synapses : {"summed", "diode"}
        Conductances added up by ``on_pre``, or one resistor and one diode per synapse.
    ramp : {"linear", "rc"}
    repeated : bool
        Many presentations in one run (`rcspike_brian.equations.presentations`), or one.

    Returns
    -------
    str
        Equations for a ``NeuronGroup``.

    Raises
    ------
    InvalidInput
        Unknown names, or diodes in a conventional circuit.

    Examples
    --------
    >>> from rcspike_brian.equations import RC_SPIKE_NEURON
    >>> neuron_equations() == RC_SPIKE_NEURON
    True
    """
    if (kind, synapses) == ("conventional", "diode"):
        raise InvalidInput("a conventional circuit has no diodes: use synapses='summed'.")
    if (kind, synapses) not in _CURRENTS or ramp not in _RAMPS:
        raise InvalidInput(
            f"no equations for kind={kind!r}, synapses={synapses!r}, ramp={ramp!r}: kind is "
            "'rc-spike' or 'conventional', synapses 'summed' or 'diode', ramp 'linear' or 'rc'."
        )
    capacitor = MEMBRANE + REPEATED + PHASE_FLAGS + REPEATED_FLAGS if repeated else CAPACITOR
    current = _CURRENTS[kind, synapses]
    if repeated and synapses == "diode":
        current = SUMMED_CURRENTS
    return capacitor + current + _RAMPS[ramp]


def reset_phase(synapses="summed") -> str:
    """Return what a neuron does in every step of the reset phase.

    Parameters
    ----------
    synapses : {"summed", "diode"}

    Returns
    -------
    str
        Statements for a ``run_on_event`` or ``run_regularly``.

    Examples
    --------
    >>> "V = V_reset" in reset_phase()
    True
    """
    return DISCHARGE + OPEN_LINES if synapses == "summed" else DISCHARGE


def synapse_equations(synapses="summed", current="I_syn") -> tuple[str, str]:
    """Return the equations of the synapses and their ``on_pre`` statements.

    Single diodes add up in the neuron's variable ``current``; with many presentations in one run
    that is ``I_inputs``, or ``I_bias`` for a bias line of its own.

    Parameters
    ----------
    synapses : {"summed", "diode"}
        Conductances added up by ``on_pre``, or one resistor and one diode per synapse.
    current : str
        Variable of the neuron that receives the currents of single diodes.

    Returns
    -------
    equations, on_pre : str

    Examples
    --------
    >>> equations, on_pre = synapse_equations()
    >>> "G_plus_post" in on_pre
    True
    """
    if synapses not in _SYNAPSES:
        raise InvalidInput(f"synapses must be 'summed' or 'diode', got {synapses!r}.")
    equations, on_pre = _SYNAPSES[synapses]
    return equations.replace("I_syn_post", f"{current}_post"), on_pre


def neuron_parameters(circuit, synapses="summed") -> dict:
    """Return the constants of a neuron for ``NeuronGroup.set_states``.

    Parameters
    ----------
    circuit : Circuit
    synapses : {"summed", "diode"}

    Returns
    -------
    dict of str to Quantity (scalar)
        Only names that the equations of this circuit have.

    Examples
    --------
    >>> from rcspike_brian import Circuit
    >>> print(neuron_parameters(Circuit())["V_syn_plus"])
    1. V
    """
    values = {"C": circuit.C, "T": circuit.T, "V_th": circuit.V_th}
    if synapses == "summed":
        values["V_syn_plus"], values["V_syn_minus"] = circuit.V_syn
        if circuit.kind == "rc-spike":
            values["V_d"] = circuit.V_d
    if circuit.ramp.name == "rc":
        values["V_ramp"] = circuit.E[0]
    return values
