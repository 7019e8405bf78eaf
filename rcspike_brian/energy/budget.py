"""The energy of every image, layer by layer, on a circuit with units.

Supplies deliver, per neuron and in units of joules,

    positive, negative synapses     V_syn q of either sign, q the charge through its synapses
    firing ramp                     its supply times the charge that it takes until it stops. The
                                    supply is V_dd for a current source, V_syn - V_d for a resistor
                                    to the rail. "linear" and "rc" lift V and stop at the spike of
                                    each neuron, and at the end of the phase where there is none;
                                    "linear-free-running" goes on; "threshold" recharges the node
                                    of the shared threshold (`rcspike_brian.ramps`)
    comparators                     a given energy each
    current sources                 conventional circuit only: a given static power per neuron,
                                    during its charging phase

and what they deliver ends as heat in

    resistors                       or in the current sources of a conventional circuit
    diodes                          V_d q
    ramps                           what the ramp's supply delivers and the capacitor does not keep
    reset                           C V^2/2 of what the capacitor has when it is reset
    comparators, current sources    as above

The current sources of a conventional circuit are fed from V_syn, and its equations lift V beyond
that, which no part can. The budget warns of it; with ``clamp`` they stop there, as real ones do.

Both columns have the same sum. Charges are exact (`rcspike_brian.core.charge`). The drivers of the
lines, their wires and the clock are not in it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from warnings import warn

import numpy as np
from numpy.typing import ArrayLike

from rcspike_brian.brian import Quantity
from rcspike_brian.circuit import Circuit
from rcspike_brian.core.charge import synaptic_charge
from rcspike_brian.errors import InvalidInput, expect
from rcspike_brian.network import Network, walk
from rcspike_brian.quantities import read_only, si_number
from rcspike_brian.ramps import RAMPS
from rcspike_brian.readout import class_labels, first_to_spike

if TYPE_CHECKING:
    import pandas as pd

SUPPLY = (
    "positive synapses", "negative synapses", "firing ramp", "comparators", "current sources",
)  # fmt: skip
DISSIPATION = ("resistors", "diodes", "ramps", "reset", "comparators", "current sources")
_STOPS = {"end of phase": False, "first output spike": True}  # whether it is the first spike


@dataclass(frozen=True)
class EnergyCosts:
    """What the circuit's equations do not say. No value is assumed for any of it.

    Raises `InvalidInput`: negative, or another unit.

    Parameters
    ----------
    V_dd : Quantity (volt)
        Supply of a firing ramp that is a current source, at least V_th.
    comparator : Quantity (joule)
        Energy of one comparator in one inference; 0 leaves it out.
    static_power : Quantity (watt) or None
        Of the op-amp or the current sources of one neuron of a conventional circuit while it
        charges. None is allowed for RC-Spike only, which has no such part.
    threshold_capacitance : Quantity (farad) or None
        Of the threshold input of one comparator, with its share of the wire: what a ramp on the
        shared threshold moves. None, not known, is allowed for other ramps.

    Examples
    --------
    >>> from brian2 import joule, volt
    >>> EnergyCosts(V_dd=1.8 * volt, comparator=50e-15 * joule, static_power=None).V_dd
    1.8 * volt
    """

    V_dd: Quantity
    comparator: Quantity
    static_power: Quantity | None
    threshold_capacitance: Quantity | None = None

    def __post_init__(self):
        """Check units and signs."""
        for name, unit, expected in (
            ("V_dd", "volt", "a voltage such as 1.8*volt"),
            ("comparator", "joule", "an energy such as 50e-15*joule, or 0*joule to leave it out"),
            ("static_power", "watt", "a power such as 1*uwatt"),
            ("threshold_capacitance", "farad", "a capacitance such as 5*fF"),
        ):
            if name in ("static_power", "threshold_capacitance") and getattr(self, name) is None:
                continue
            value = si_number(name, getattr(self, name), unit, expected)
            if value < 0:
                raise InvalidInput(f"{name} must not be negative, got {value:g}.")
            object.__setattr__(self, name, read_only(value, unit))


@dataclass(frozen=True, eq=False)
class EnergyBudget:
    """Energies of all images.

    Attributes
    ----------
    supply : (n_images, n_layers, 5) numpy.ndarray
        In joules, by the terms of `SUPPLY`.
    dissipation : (n_images, n_layers, 6) numpy.ndarray
        In joules, by the terms of `DISSIPATION`; the sums are those of ``supply``.
    times : (n_images, n_out) numpy.ndarray
        Output spike times of the last layer in units of T, for the read-out.

    Examples
    --------
    >>> EnergyBudget(np.ones((3, 2, 5)), np.ones((3, 2, 6)), np.ones((3, 10))).total
    array([10., 10., 10.])
    """

    supply: np.ndarray
    dissipation: np.ndarray
    times: np.ndarray

    @property
    def total(self) -> np.ndarray:
        """Energy of each image (n_images,), in joules."""
        return self.supply.sum(axis=(1, 2))


def energy_budget(
    network: Network, inputs: ArrayLike, circuit: Circuit, costs: EnergyCosts, *,
    clamp: bool = False, stop_at_first_spike: bool = False, threads: int | None = None,
) -> EnergyBudget:  # fmt: skip
    """Energy of every image.

    Of a neuron's synapses, it is C V_th V_syn q with q the normalised charge of
    `rcspike_brian.core.charge.synaptic_charge`. Raises `InvalidInput`: circuit and network do not
    fit, a cost is missing, V_dd is too low for the ramp, or current sources would have to deliver
    energy that they do not get. Warns where potentials of a conventional circuit pass its supply.

    Parameters
    ----------
    network : Network
    inputs : (n, n_in) array
        uint8 grey levels, or spike times in units of T.
    circuit : Circuit
        Its beta must be the network's. A conventional circuit needs its V_syn too: it sets the
        voltage from which the current sources are fed.
    costs : EnergyCosts
    clamp : bool
        Stop the current sources of a conventional circuit where V reaches V_syn. Potentials and
        spike times are then no longer those of `Network`, which knows no supply.
    stop_at_first_spike : bool
        End the firing phase of the last layer at its first spike, which is the answer: what comes
        after is not needed. Hidden layers have to fire to the end, since the next one waits for
        their late spikes.
    threads : int, optional

    Examples
    --------
    >>> from brian2 import joule, volt
    >>> from rcspike_brian import Circuit, Network
    >>> network = Network.random((4, 3, 2), v_syn=1.0, seed=0)
    >>> costs = EnergyCosts(V_dd=1.8 * volt, comparator=0 * joule, static_power=None)
    >>> budget = energy_budget(network, [[0.0, 0.2, 0.5, 1.0]], Circuit.normalised(1.0), costs)
    >>> budget.supply.shape, bool(abs(budget.supply.sum() / budget.dissipation.sum() - 1) < 1e-12)
    ((1, 2, 5), True)
    """
    _check(network, circuit, costs)
    budgets = []
    for charged in _charged(network, inputs, circuit, clamp, threads):
        budgets.append(_budget(circuit, costs, charged, stop_at_first_spike))
    return _joined(budgets)


def ramp_savings(
    network: Network, /, inputs: ArrayLike, circuit: Circuit, costs: EnergyCosts, *,
    clamp: bool = False, threads: int | None = None, **columns: Any,
) -> list[dict[str, Any]]:  # fmt: skip
    """Mean energy per inference with every ramp that gives the circuit's spike times.

    A row for each ramp of `rcspike_brian.ramps.RAMPS` with the drive of the circuit's, and for each
    end of the last firing phase. Keys: ``columns``, ramp, stop ("end of phase" or "first output
    spike"), firing ramp, energy (joules). A ramp on the shared threshold is left out if the
    capacitance of its node is not said. Errors are those of `energy_budget`.

    Parameters
    ----------
    network, inputs, circuit, costs, clamp, threads
        As for `energy_budget`.
    **columns
        What else the rows say, e.g. dataset, v_syn, seed.

    Examples
    --------
    >>> from brian2 import joule, volt
    >>> from rcspike_brian import Circuit, Network
    >>> network = Network.random((4, 3, 2), v_syn=1.0, seed=0)
    >>> costs = EnergyCosts(V_dd=1.8 * volt, comparator=0 * joule, static_power=None)
    >>> rows = ramp_savings(network, [[0.0, 0.2, 0.5, 1.0]], Circuit.normalised(1.0), costs)
    >>> list(dict.fromkeys(row["ramp"] for row in rows))
    ['linear-free-running', 'linear']
    """
    _check(network, circuit, costs)
    budgets: dict[tuple, list[EnergyBudget]] = {}
    for charged in _charged(network, inputs, circuit, clamp, threads):
        for ramp in _same_times(circuit, costs):
            for stop in _STOPS:
                budget = _budget(replace(circuit, ramp=ramp), costs, charged, _STOPS[stop])
                budgets.setdefault((ramp, stop), []).append(budget)
    rows = []
    for (ramp, stop), parts in budgets.items():
        budget = _joined(parts)
        ramps = budget.supply[..., SUPPLY.index("firing ramp")].sum(axis=1).mean()
        energies = {"firing ramp": float(ramps), "energy": float(budget.total.mean())}
        rows.append({**columns, "ramp": ramp.name, "stop": stop, **energies})
    return sorted(rows, key=lambda row: -row["firing ramp"])


def _same_times(circuit, costs):
    """The circuit's ramp, and of the others those with its spike times."""
    names = ("linear", "linear-free-running", "threshold")
    linear = [RAMPS[name] for name in names]
    ramps = linear if circuit.ramp in linear else [circuit.ramp]
    known = costs.threshold_capacitance is not None
    return [ramp for ramp in ramps if known or ramp is not RAMPS["threshold"]]


def _charged(network, inputs, circuit, clamp, threads):
    """For some images at a time: the number of the first, the states of all layers, and charges.

    The charges are those of their synapses; no ramp has to do with them.
    """
    # A circuit that is no conventional one keeps to its rails by itself.
    plus, minus = circuit.si.V_syn
    supplies = plus / circuit.si.V_th, minus / circuit.si.V_th
    limits = supplies if circuit.kind == "conventional" else (math.inf, math.inf)
    times = network.on_circuit(circuit).input_spike_times(inputs)
    beyond = _Beyond()
    for block in network.blocks(len(times)):
        states, charges = _charge(network, times[block], circuit, limits, clamp, threads, beyond)
        yield block.start, states, charges
    beyond.warn(circuit)


def _charge(network, times, circuit, limits, clamp, threads, beyond):
    """States and charges of all layers for spike times (n, n_in)."""
    charges = []

    def potential(l, lines):
        def charge(limits):
            return network.layers[l].through(
                lines,
                lambda t, w: synaptic_charge(t, w, circuit.beta, limits=limits, threads=threads),
            )

        v, q = charge(limits)
        if math.isfinite(limits[0]) and not clamp:
            clamped = q
            v, q = charge((math.inf, math.inf))
            beyond.add(v, (q != clamped).any(axis=1))
        charges.append(q)
        return v

    states = list(walk(times, network.layers, potential, lambda l, v: circuit.spike_time(v)))
    return states, charges


def _joined(budgets):
    """The budgets of some images after another as one."""
    fields = ("supply", "dissipation", "times")
    return EnergyBudget(*(np.concatenate([getattr(b, name) for b in budgets]) for name in fields))


def _budget(circuit, costs, charged, stop_at_first_spike):
    """The budget of what the layers were charged with, see `_charged`."""
    first, states, charges = charged
    until: list[Any] = [1.0] * len(states)
    if stop_at_first_spike:
        until[-1] = states[-1].times.min(axis=1, keepdims=True)
    states_of = zip(states, charges, until, strict=True)
    layers = [_layer(circuit, costs, first, state.v, q, end) for state, q, end in states_of]
    supply, dissipation = (np.stack(side, axis=1) for side in zip(*layers, strict=True))
    return EnergyBudget(supply, dissipation, states[-1].times)


def _check(network, circuit, costs):
    expect("network", network, Network)
    expect("circuit", circuit, Circuit)
    expect("costs", costs, EnergyCosts)
    circuit.check_exact()
    if not np.allclose(circuit.beta, network.beta, rtol=1e-6, atol=0):
        raise InvalidInput(
            f"the network was made for beta = {network.beta} and the circuit has {circuit.beta}: "
            "use network.on_circuit(...), or Circuit.normalised(network.v_syn)"
        )
    if circuit.kind == "conventional" and costs.static_power is None:
        raise InvalidInput(
            "a conventional circuit needs static_power: the power of the op-amp or the current "
            "sources of one neuron. No value is assumed; give 0*watt to leave it out"
        )
    supply = circuit.ramp.supply(circuit, float(costs.V_dd))
    if supply < circuit.si.V_th:
        raise InvalidInput(
            f"V_dd = {read_only(supply, 'volt')} cannot lift a membrane potential to V_th = "
            f"{circuit.V_th}"
        )


class _Beyond:
    """Counts potentials that pass the supply of a conventional circuit, and warns of them."""

    def __init__(self):
        self._passed = self._all = 0
        self._furthest = 0.0

    def add(self, v, passed):
        """Potentials (n, n_out) of a layer, and which of them have passed."""
        self._passed += int(passed.sum())
        self._all += passed.size
        self._furthest = max(self._furthest, float(np.abs(v).max(initial=0.0)))

    def warn(self, circuit):
        """Say how many have, if any."""
        if not self._passed:
            return
        plus, minus = circuit.si.V_syn
        warn(
            f"{self._passed / self._all:.2%} of the potentials of the conventional circuit pass "
            f"the supply of its current sources, V_syn = +{plus:g}, -{minus:g} V (and end up to "
            f"{self._furthest * circuit.si.V_th:.3g} V from reset): real parts saturate there. "
            "Clamp them (clamp=True), or raise V_syn of the circuit",
            stacklevel=4,
        )


def _layer(circuit, costs, first, v, q, until):
    """(n, 5) supplied and (n, 6) dissipated energies of one layer, in joules."""
    C, T, V_th, V_syn, V_d, _ = circuit.si
    V_dd, C_in, n = float(costs.V_dd), costs.threshold_capacitance, v.shape[1]
    charge = C * V_th * q.sum(axis=2)  # (n_images, 2), in coulombs
    C_in = None if C_in is None else float(C_in)
    per_neuron = circuit.ramp.energy(v, until, circuit, V_dd, C_in)
    ramp, final = (energy.sum(axis=1) for energy in per_neuron)
    static = float(costs.static_power) if circuit.kind == "conventional" else 0.0
    comparators, sources = (np.full(len(v), n * e) for e in (float(costs.comparator), static * T))
    synapses = charge * V_syn
    supply = np.column_stack([synapses, ramp, comparators, sources])
    charged = C * V_th**2 * (v**2).sum(axis=1) / 2
    diodes = V_d * charge.sum(axis=1)
    resistors = synapses.sum(axis=1) - diodes - charged
    ramps = ramp - (final - charged)
    heat = np.column_stack([resistors, diodes, ramps, final, comparators, sources])
    if (heat < -1e-9 * supply.sum(axis=1, keepdims=True)).any():
        k, term = np.argwhere(heat == heat.min())[0]
        raise InvalidInput(
            f"the {DISSIPATION[term]} of a layer would give off {heat[k, term]:.3g} J with image "
            f"{first + k}, where V reaches {np.abs(v[k]).max() * V_th:.3g} V: they cannot deliver "
            f"energy, their supply of {min(V_syn):g} V is too low. Raise V_syn of the circuit, or "
            "stop the current sources of a conventional one at their supply with clamp=True"
        )
    return supply, heat


def network_energy(budget: EnergyBudget, labels: ArrayLike, **columns: Any) -> dict[str, Any]:
    """One row: accuracy and mean energy per inference of a network.

    Keys: ``columns``, then accuracy (earliest spike), energy (joules, mean over images), and the
    mean of every supply term.

    Parameters
    ----------
    budget : EnergyBudget
    labels : (n_images,) array_like
        Class of each image.
    **columns
        What else the row says, e.g. dataset, v_syn, seed.

    Examples
    --------
    >>> budget = EnergyBudget(np.ones((1, 2, 5)), np.ones((1, 2, 6)), np.array([[0.1, 0.8]]))
    >>> list(network_energy(budget, [0], dataset="mine").items())[:3]
    [('dataset', 'mine'), ('accuracy', 1.0), ('energy', 10.0)]
    """
    labels = class_labels(labels, len(budget.times))
    accuracy = float(np.mean(first_to_spike(budget.times) == labels))
    terms = budget.supply.sum(axis=1).mean(axis=0).tolist()
    found = {"accuracy": accuracy, "energy": float(budget.total.mean())}
    return {**columns, **found, **dict(zip(SUPPLY, terms, strict=True))}


def layer_energy(budget: EnergyBudget, **columns: Any) -> list[dict[str, Any]]:
    """Mean energy per inference by layer and term.

    Keys: ``columns``, layer (from 1), side ("supply" or "dissipation"), term, energy (joules).

    Parameters
    ----------
    budget, **columns : as for `network_energy`

    Examples
    --------
    >>> budget = EnergyBudget(np.ones((1, 2, 5)), np.ones((1, 2, 6)), np.array([[0.1, 0.8]]))
    >>> layer_energy(budget)[0]
    {'layer': 1, 'side': 'supply', 'term': 'positive synapses', 'energy': 1.0}
    """
    sides = {"supply": (SUPPLY, budget.supply), "dissipation": (DISSIPATION, budget.dissipation)}
    return [
        {**columns, "layer": l, "side": side, "term": term, "energy": energy}
        for side, (terms, values) in sides.items()
        for l, layer in enumerate(values.mean(axis=0).tolist(), start=1)
        for term, energy in zip(terms, layer, strict=True)
    ]


def class_energy(budget: EnergyBudget, labels: ArrayLike, **columns: Any) -> list[dict[str, Any]]:
    """Mean and standard deviation of the energy over the images of each class.

    Keys: ``columns``, then label, images, energy, std (joules).

    Parameters
    ----------
    budget, labels, **columns : as for `network_energy`

    Examples
    --------
    >>> budget = EnergyBudget(np.ones((1, 2, 5)), np.ones((1, 2, 6)), np.array([[0.1, 0.8]]))
    >>> class_energy(budget, [3])
    [{'label': 3, 'images': 1, 'energy': 10.0, 'std': 0.0}]
    """
    labels, rows = class_labels(labels, len(budget.times)), []
    for label in np.unique(labels).tolist():
        total = budget.total[labels == label]
        numbers = {"energy": float(total.mean()), "std": float(total.std())}
        rows.append({**columns, "label": label, "images": len(total), **numbers})
    return rows


def equal_accuracy_ratio(
    frame: pd.DataFrame,
    low: float = 1.0,
    high: float = 8.0,
    within: float = 0.001,
    columns: Sequence[str] = ("energy",),
) -> pd.DataFrame:
    """Energy at a high drive voltage over energy at a low one, at equal accuracy.

    Networks at the low drive voltage are paired with networks at the high one whose accuracy
    differs by at most ``within``, each with one other: as many as possible, as near as possible.
    One row per pair: dataset, accuracy_low, accuracy_high, energy_low, energy_high (joules), ratio.
    A conventional circuit has the drive voltage infinity. If the rows say which network they are
    of, both of a pair are of one network, and its row says so.

    Parameters
    ----------
    frame : rows of `network_energy` with the columns dataset, v_syn and, optionally, network
    low, high : float, drive voltages in units of V_th
    within : float
    columns : sequence of str
        Of the frame, with "energy" among them: what is said of both networks of a pair.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [("m", 1, 0.98, 2.0), ("m", 8, 0.95, 9.0), ("m", 8, 0.981, 10.0)]
    >>> frame = pd.DataFrame(rows, columns=["dataset", "v_syn", "accuracy", "energy"])
    >>> equal_accuracy_ratio(frame)["ratio"].tolist()
    [5.0]
    """
    import pandas as pd
    from scipy.optimize import linear_sum_assignment

    names, pairs = ("accuracy", *columns), []
    alike = [name for name in ("dataset", "network") if name in frame]
    for which, part in frame.groupby(alike, sort=False, dropna=False):
        one, other = (part.loc[part["v_syn"] == v, list(names)] for v in (low, high))
        apart = np.abs(np.subtract.outer(one["accuracy"].to_numpy(), other["accuracy"].to_numpy()))
        equal = apart <= within + 1e-9  # of fractions that are written in decimals
        for i, k in zip(*linear_sum_assignment(np.where(equal, apart, 1.0)), strict=True):
            if equal[i, k]:
                of_pair = zip(one.iloc[i], other.iloc[k], strict=True)
                pairs.append((*which, *(value for values in of_pair for value in values)))
    ends = [f"{name}_{end}" for name in names for end in ("low", "high")]
    found = pd.DataFrame(pairs, columns=[*alike, *ends])
    return found.assign(ratio=found["energy_high"] / found["energy_low"])
