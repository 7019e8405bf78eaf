"""From a circuit and conductances to what a runner needs, for layers, networks and chips alike."""

from dataclasses import dataclass

import numpy as np

from rcspike_brian.brian import DimensionMismatchError, EquationError, RuntimeDevice
from rcspike_brian.circuit import Circuit
from rcspike_brian.equations import neuron_equations, neuron_parameters
from rcspike_brian.equations.extend import parsed, text_of
from rcspike_brian.equations.neuron import check_synapses
from rcspike_brian.equations.synapse import FORWARD_VOLTAGE, LINE_VOLTAGE
from rcspike_brian.errors import InvalidInput
from rcspike_brian.quantities import finite_array
from rcspike_brian.simulation import inputs
from rcspike_brian.simulation.devices import private_device
from rcspike_brian.simulation.model import neuron_group
from rcspike_brian.simulation.plan import Plan, name_of

_REFUSALS = (LookupError, NotImplementedError, SyntaxError, TypeError, ValueError)
_NEEDED = ("V", "V_th", "V_compare", "V_reset", "fired", "comparing", "charged", "t_start", "T")
_DRIVEN = {"summed": ("G_plus", "G_minus"), "individual": ("I_inputs", "I_bias")}


@dataclass(frozen=True, eq=False)
class Setup:
    """A checked circuit, the plan, and the values that stay the same for all presentations."""

    circuit: Circuit
    plan: Plan
    values: dict  # from "object.variable" to SI numbers
    probes: list  # recorded neurons of each layer
    own: bool = False  # whether more than the ramp drives the neurons while they fire


def set_up(
    circuit, conductances, probes, *, bias=True, dt=None, reset=None, synapses="summed",
    method="euler", presentations=1, equations=None, values=None, sizes=None, stages=(),
) -> Setup:  # fmt: skip
    """Check the settings of a simulation, which are those of `rcspike_brian.simulate_network`.

    Conductances are (n_axons, n_l) per layer, signed and in siemens; with ``bias`` the last row is
    that of the bias line. ``probes`` are the neurons to record in each layer. With ``stages`` they
    are (lines, columns) of the crossbars of layers with ``sizes``.
    """
    check_synapses(circuit.kind, synapses)
    inputs.one_of("method", method, inputs.METHODS)
    steps = inputs.time_steps(circuit, dt)
    off = circuit.off_level is not None
    if synapses == "individual" and any(stage.window for stage in stages):
        raise InvalidInput(
            "synapses='individual' gives every synapse a conductance, and a convolution shares "
            "them: use 'summed', or for a small map a dense layer with the convolution's weights."
        )
    sizes = sizes or [len(conductances[0]) - bias, *(G.shape[1] for G in conductances)]
    plan = Plan(
        sizes=tuple(int(size) for size in sizes),
        bias=bias,
        kind=circuit.kind,
        synapses=synapses,
        neuron=_neuron(circuit, synapses, equations, method),
        diode=""
        if synapses == "summed"
        else circuit.diode.law(LINE_VOLTAGE if off else FORWARD_VOLTAGE),
        method=method,
        # The same step of another circuit differs by rounding.
        dt=float(f"{circuit.si.T / steps:.12g}"),
        steps=steps,
        reset_steps=inputs.reset_steps(circuit, reset, steps),
        presentations=int(presentations),
        probes=tuple(len(neurons) for neurons in probes),
        stages=tuple(stages),
    )
    given = _values(plan, circuit, conductances, probes, values or {})
    return Setup(circuit, plan, given, probes, own=off or equations is not None)


def _neuron(circuit, synapses, equations, method):
    """Text of the neurons' equations; those of a user are checked first."""
    if equations is None:
        return neuron_equations(circuit, synapses)
    equations = parsed(equations)
    missing = {*_NEEDED, *_DRIVEN[synapses]} - equations.names
    if missing:
        raise InvalidInput(
            f"the equations of the neurons lack {', '.join(sorted(missing))}: start from "
            "rcspike_brian.equations.neuron_equations(circuit), and redefine or add to it."
        )
    if equations.is_stochastic and method in ("rk2", "rk4"):
        raise InvalidInput(
            f"method={method!r} cannot integrate noise (xi): use 'euler', or for noise whose "
            "strength varies 'heun' or 'milstein'."
        )
    text = text_of(equations)
    with private_device(RuntimeDevice()):
        try:
            group = neuron_group(text, 1, method)
            group._network = "never run"  # or Brian2 warns of it when it is forgotten
            group.equations.check_units(group, run_namespace={})
        except (DimensionMismatchError, EquationError, *_REFUSALS) as error:
            raise InvalidInput(f"the equations of the neurons cannot be: {_said(error)}") from None
    return text


def _said(error):
    causes = f" {_said(error.__cause__)}" if error.__cause__ else ""
    return " ".join(f"{error.args[0] if error.args else error!r}{causes}".split())


def _values(plan, circuit, conductances, probes, given):
    values = {}
    named = _parameters(plan, circuit, given)
    for number, (G, neurons) in enumerate(zip(conductances, probes, strict=True), start=1):
        of_layer, window = _of_layer(plan, number, named), plan.window(number)
        of_neurons = np.repeat(G, window.n_places, axis=1) if window else G
        C = of_layer.get("C", circuit.si.C)
        inputs.check_stability(plan, circuit.si.T, C, of_neurons)
        if "G_all_plus" in parsed(plan.neuron):
            signs = {"plus": np.maximum(G, 0), "minus": np.maximum(-G, 0)}
            of_layer |= {f"G_all_{sign}": _sums(part, window) for sign, part in signs.items()}
        values |= {f"{name_of('layer', number)}.{name}": v for name, v in of_layer.items()}
        parts = {"synapses": G[:-1], "bias_synapses": G[-1:]} if number > 1 else {"synapses": G}
        parts = {"kernel": G} if window else parts
        for part, signed in parts.items():
            name, signed = name_of(part, number), signed.ravel()  # connect() goes row by row
            values[f"{name}.G"] = signed
            if plan.synapses == "individual":
                values[f"{name}.V_syn"] = np.where(signed < 0, *circuit.si.V_syn[::-1])
                values[f"{name}.V_d"] = circuit.si.V_d
                if circuit.off_level is not None:
                    values[f"{name}.V_off"] = float(circuit.off_level)
        if neurons:
            values[f"{name_of('probes', number)}.neuron"] = np.array(neurons, dtype=np.int32)
    return values


def _sums(conductances, window):
    """Of each neuron: all conductances that it has. There are no lines beyond the edge of a map."""
    if window is None:
        return conductances.sum(axis=0)
    inside = (window.lines() >= 0).astype(float)
    return (inside @ conductances[:-1] + conductances[-1]).T.ravel()


def _parameters(plan, circuit, given):
    """List ``(name, equation, value)`` of all parameters of the neurons, the user's included."""
    equations = parsed(plan.neuron)
    defaults = neuron_parameters(circuit, plan.synapses)
    settable = (equations.parameter_names | equations.diff_eq_names) - {"t_start", "T"}
    unknown = set(given) - settable
    if unknown:
        raise InvalidInput(
            f"values has {', '.join(map(repr, sorted(unknown)))}, but the neurons' parameters are "
            f"{', '.join(sorted(settable))}."
        )
    known = parsed(neuron_equations(circuit, plan.synapses)).names  # 0 if nothing is said
    missing = equations.parameter_names - known - set(given)
    if missing:
        raise InvalidInput(
            f"the equations of the neurons have parameters without a value: give them as in "
            f"values={{{', '.join(f'{name!r}: ...' for name in sorted(missing))}}}."
        )
    values = {name: value for name, value in defaults.items() if name in settable} | given
    return [(name, equations[name], value) for name, value in values.items()]


def _of_layer(plan, number, parameters):
    """SI values of a layer, by name."""
    values = {}
    for name, line, value in parameters:
        label = f"values[{name!r}]"
        if isinstance(value, dict):
            if number not in value:
                raise InvalidInput(f"{label} says nothing of layer {number}, got {value!r}.")
            value, label = value[number], f"{label}[{number}]"
        dimensionless = line.dim.is_dimensionless
        unit, expected = (None, "plain numbers") if dimensionless else (line.unit, repr(line.unit))
        array = finite_array(label, value, unit, expected)
        size = plan.sizes[number]
        if array.shape not in ((), (size,)):
            wanted = f"one value or one per neuron ({size})"
            raise InvalidInput(f"{label} must be {wanted}, got the shape {array.shape}.")
        if line.var_type != "float":
            array = np.resize(array, size).astype({"integer": "i4", "boolean": "?"}[line.var_type])
        values[name] = array if array.ndim else float(array)
    return values
