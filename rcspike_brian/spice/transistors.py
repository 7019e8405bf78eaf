"""A network of transistors: extracted, programmed with weights, and simulated.

Layers are pipelined as on a chip: while one charges, the one before it fires, and many samples run
through in one simulation. A phase of length T follows each reset, in which neurons go back to V_0.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import root

from rcspike_brian.circuit import Circuit
from rcspike_brian.core.checks import spike_time_array
from rcspike_brian.errors import InvalidInput, SpiceError, expect
from rcspike_brian.network import Network
from rcspike_brian.spice.design import Design, process_and_design
from rcspike_brian.spice.extraction import (
    KINDS,
    OPTIONS,
    at_current,
    extract_sources,
    extracted_circuit,
)  # fmt: skip
from rcspike_brian.spice.ngspice import TIME_LIMIT, run_ngspice
from rcspike_brian.spice.simulate import check_no_pools
from rcspike_brian.spice.sky130 import Process, Transistors

_EDGE = 0.5e-9
_TOLERANCE = ".options reltol=1e-5 vntol=1e-6 abstol=1e-13 chgtol=1e-16 trtol=50 gmin=1e-15"
_FAR = 0.1  # a gain so far from 1 is no correction
_PROBES = 20  # unit sources whose parasitic capacitance is extracted


@dataclass(frozen=True, eq=False)
class Extraction:
    """What a corner's transistors are as a circuit of the model.

    Attributes
    ----------
    process, design
        As given; V_th of the design is the extracted one.
    sources : pandas.DataFrame
        From `extract_sources`.
    parasitics : dict of str to float
        Capacitance in farads that the parts bring to a neuron: "neuron" (comparator, discharge
        and reset), and each unit transistor, "n" or "p".
    gains : dict of str to float
        Charge that a synapse ("n", "p") or the ramp ("discharge") brings in the whole circuit, over
        that of its current at reset: what edges and delays take.

    Examples
    --------
    >>> extract().circuit.e  # doctest: +SKIP
    """

    process: Process
    design: Design
    sources: pd.DataFrame
    parasitics: dict
    gains: dict

    @property
    def circuit(self) -> Circuit:
        """The circuit of the exact model."""
        return extracted_circuit(self.sources, self.design)


@dataclass(frozen=True, eq=False)
class Program:
    """A network as currents: what is set on the chip.

    Attributes
    ----------
    units : tuple of (n_in + 1, n_out) int arrays
        Unit transistors of each synapse, with its sign: NMOS positive, PMOS negative.
    currents : tuple of (n_in + 1, n_out) arrays
        Reference current of each bias, in amperes.
    discharge : float
        The same of the firing ramps.
    capacitors : tuple of (n_out,) arrays
        Explicit capacitor of each neuron, in farads.
    design : Design

    Examples
    --------
    >>> program(extract(), Network.random((4, 5, 5))).units  # doctest: +SKIP
    """

    units: tuple
    currents: tuple
    discharge: float
    capacitors: tuple
    design: Design


def extract(process: Process | None = None, design: Design | None = None) -> Extraction:
    """Extract threshold, parasitic capacitances and current sources of a corner.

    A known current discharges three capacitors from V_0 until the comparator trips: one with the
    neuron's own parts, one with NMOS, and one with PMOS sources besides. Then three neurons with
    known weights are simulated as a whole, and their spike times give the gains. Mismatch is left
    out: it is not known when a chip is designed. `InvalidInput`: the gains say that the design
    does not work.

    Parameters
    ----------
    process : Process, optional
    design : Design, optional

    Examples
    --------
    >>> extract().design.V_th  # doctest: +SKIP
    """
    process, design = process_and_design(process, design)
    process = replace(process, seed=None)
    parts = Transistors(process)
    lines = ["* neurons and a known current", *_supplies(design), "Vf f 0 0", "Vfb fb vdd 0"]
    lines += [_switch("r", [(design.T_reset - _EDGE, False)], design, True)]
    lines += [_switch("rb", [(design.T_reset - _EDGE, True)], design, False)]
    start = 2 * design.T_reset
    for name, kind in (("0", None), ("n", "n"), ("p", "p")):
        lines += design.neuron(parts, name, design.C, "bn", "f", "r")
        lines += [f"I{name} n{name} 0 PWL(0 0 {start:.9g} 0 {start + _EDGE:.9g} {design.I_full})"]
        if kind:
            off = "0" if kind == "p" else "vdd"
            x = f"x{name}", kind, f"n{name}", f"b{kind}", off, _PROBES
            lines.append(design.source(parts, *x))
    sources = extract_sources(process, design)
    n, p = (at_current(sources, kind, "V_GS", design.I_unit) for kind in ("n", "p"))
    lines += [f"Vbn bn 0 {n:.9g}", f"Vbp bp 0 {design.V_dd - p:.9g}"]
    lines += [_TOLERANCE, *parts.models(), ".save v(n0) v(nn) v(np) v(c0) v(cn) v(cp)"]
    end = start + 2 * design.T
    run = f".tran {design.T / 500:.9g} {end:.12g} 0 {design.T / 500:.9g} uic"
    output = run_ngspice("\n".join([*lines, run, ".end", ""]), end)
    time, V, charge = output["time"], {}, {}
    for name in ("0", "n", "p"):
        late = time > start
        t = _rise(time[late], output[f"v(c{name})"][late], design.V_dd / 2)
        if not np.isfinite(t):
            raise SpiceError(f"the comparator does not trip in corner {process.corner}")
        at = [float(np.interp(moment, time, output[f"v(n{name})"])) for moment in (start, t)]
        V[name], charge[name] = at[0] - at[1], design.I_full * (t - start - _EDGE / 2)
    C = {name: charge[name] / V[name] for name in V}
    found = {kind: (C[kind] - C["0"]) / _PROBES for kind in ("n", "p")}
    design = replace(design, V_th=V["0"])
    parasitics = {"neuron": C["0"] - design.C, **found}
    first = Extraction(process, design, sources, parasitics, dict.fromkeys(KINDS, 1.0))
    return replace(first, gains=_gains(first))


def _gains(extraction):
    """Charge over its nominal value, from neurons with one or two bias synapses."""
    circuit = extraction.circuit
    probe = Network((np.array([[0.0, 0.0, -0.5], [0.1, 0.6, 1.0]]),), circuit)
    found = simulate_transistors(program(extraction, probe), [[0.0]], extraction.process)[0][0]

    def error(gains):
        n, p, discharge = gains
        real = Network((probe.weights[0] * np.array([[p], [n]]),), circuit)
        return real.spike_times([[0.0]])[0][0] / discharge - found

    gains = dict(zip(KINDS, root(error, np.ones(3)).x.tolist(), strict=True))
    if max(abs(gain - 1) for gain in gains.values()) > _FAR:
        told = ", ".join(f"{kind} {gain:.2f}" for kind, gain in gains.items())
        raise InvalidInput(
            f"transistors of this design do not do what the model does: they move {told} times the "
            f"charge. A neuron of C = {extraction.design.C:.3g} F may need a longer reset than "
            f"T_reset = {extraction.design.T_reset:.3g} s, or a longer T"
        )
    return gains


def program(extraction: Extraction, network: Network) -> Program:
    """Turn weights into numbers of unit transistors and reference currents.

    A weight w is the current w C V_th/T at reset. Capacitors are chosen such that those of the
    transistors make them C. Raises `InvalidInput` where they leave nothing.

    Parameters
    ----------
    extraction : Extraction
    network : Network
        With the circuit of the extraction, or another: its weights are taken as they are.

    Examples
    --------
    >>> program(extract(), Network.random((4, 5, 5))).units  # doctest: +SKIP
    """
    expect("extraction", extraction, Extraction)
    expect("network", network, Network)
    check_no_pools(network)
    design, sources = extraction.design, extraction.sources
    units, currents, capacitors = [], [], []
    for w in network.weights:
        gain = np.where(np.asarray(w) > 0, extraction.gains["n"], extraction.gains["p"])
        I = np.abs(np.asarray(w, float)) * design.I_full / gain
        m = np.maximum(1, np.rint(I / design.I_unit)).astype(int) * np.sign(w).astype(int)
        single = np.divide(I, np.abs(m), out=np.zeros_like(I), where=m != 0)
        units.append(m)
        currents.append(np.where(m > 0, _reference(sources, "n", single), 0)
                        + np.where(m < 0, _reference(sources, "p", single), 0))  # fmt: skip
        added = np.maximum(m, 0).sum(axis=0) * extraction.parasitics["n"]
        added += np.maximum(-m, 0).sum(axis=0) * extraction.parasitics["p"]
        explicit = design.C - extraction.parasitics["neuron"] - added
        if (explicit <= 0).any():
            raise InvalidInput(
                f"the transistors of a neuron have {design.C - explicit.min():.3g} F and C is "
                f"{design.C:.3g} F: take a larger C, or smaller weights"
            )
        capacitors.append(explicit)
    i_0, _ = extraction.circuit.ramp.drive(extraction.circuit)
    discharge = float(
        _reference(sources, "discharge", i_0 * design.I_full / extraction.gains["discharge"])
    )
    return Program(tuple(units), tuple(currents), discharge, tuple(capacitors), design)


def _reference(sources, kind, I):
    """Reference current for the current I at reset."""
    part = sources[sources["kind"] == kind]
    known = np.log(part["I_0"].to_numpy()), np.log(part["I_ref"].to_numpy())
    if np.max(I) > part["I_0"].max():
        raise InvalidInput(
            f"a current source of kind {kind!r} needs {np.max(I):.3g} A, and up to "
            f"{part['I_0'].max():.3g} A were simulated: take a smaller I_unit, C or weights"
        )
    small = np.maximum(I, 1e-12)
    # Below the first point the two are in proportion.
    scale = np.minimum(small / part["I_0"].min(), 1.0)
    return np.exp(np.interp(np.log(small), *known)) * scale


def simulate_transistors(
    programmed: Program, spike_times: ArrayLike, process: Process | None = None, *,
    copiers: bool = False, time_limit: float = TIME_LIMIT, keep: str | None = None,
) -> tuple[np.ndarray, ...]:  # fmt: skip
    """Spike times of a network of transistors for one sample after another.

    Parameters
    ----------
    programmed : Program
    spike_times : (n, n_in) array_like
        Of the samples, in units of T; 1 is no spike.
    process : Process, optional
        Another corner than that of the extraction shows what was not allowed for.
    copiers : bool
        Each current source makes its gate voltage itself, instead of a replica.
    time_limit, keep
        As for `run_ngspice`, whose `SpiceError` may be raised.

    Returns
    -------
    tuple of (n, n_l) numpy.ndarray
        Spike times of each layer in units of T; 1 is no spike.

    Examples
    --------
    >>> programmed = program(extract(), Network.random((4, 5, 5)))  # doctest: +SKIP
    >>> simulate_transistors(programmed, [[0.1, 0.4, 0.6, 1.0]])  # doctest: +SKIP
    """
    expect("programmed", programmed, Program)
    process, _ = process_and_design(process, programmed.design)
    times = spike_time_array(spike_times, ndim=2)
    if len(times) == 0:
        raise InvalidInput("spike_times has no samples: give one row at least")
    if times.shape[1] != len(programmed.units[0]) - 1:
        raise InvalidInput(
            f"the network has {len(programmed.units[0]) - 1} inputs, and spike_times has "
            f"{times.shape[1]} columns"
        )
    times = np.vstack([times[:1], times])  # what is at rest at first comes to its usual state
    netlist = transistor_netlist(programmed, times, process, _biases(programmed, process, copiers))
    design = programmed.design
    period = design.T + design.T_reset
    layers = len(programmed.units)
    end = (2 * len(times) + layers - 1) * period
    output = run_ngspice(netlist, end, time_limit=time_limit, keep=keep)
    found = []
    for l, m in enumerate(programmed.units, start=1):
        out = np.empty((len(times), m.shape[1]))
        for i in range(m.shape[1]):
            V = output[f"v(p{l}_{i}l)"]
            for k in range(len(times)):
                start = (2 * k + l) * period + design.T_reset
                inside = (output["time"] >= start) & (output["time"] <= start + design.T)
                t = _rise(output["time"][inside], V[inside], design.V_dd / 2)
                out[k, i] = min((t - start) / design.T, 1.0)
        found.append(out[1:])
    return tuple(found)


def _biases(programmed, process, copiers):
    """Gate voltages that replicas make, or the transistors themselves: one DC solution."""
    design, parts, nodes = programmed.design, Transistors(process), {}
    lines = ["* bias generation", f"Vdd vdd 0 {design.V_dd}", "Vx x 0 0", "Rx x 0 1", OPTIONS]

    def replica(name, kind, I, m):
        # Firing ramps share one, unless each makes its own voltage.
        of = "bd" if kind == "discharge" else f"b{name}"
        of, m = (name, m) if copiers else (of, 1)
        known = f"g{of}" in nodes.values()
        nodes[f"g{name}"] = f"g{of}"
        return [] if known else design.mirror(parts, of, kind, f"g{of}", m * I, m)

    for l, (m, I) in enumerate(zip(programmed.units, programmed.currents, strict=True), start=1):
        for j, i in np.argwhere(m != 0):
            name, kind = f"{l}_{j}_{i}", "n" if m[j, i] > 0 else "p"
            lines += replica(name, kind, I[j, i], abs(int(m[j, i])))
        for i in range(m.shape[1]):
            lines += replica(f"d{l}_{i}", "discharge", programmed.discharge, 1)
    saves = [f".save v({node})" for node in dict.fromkeys(nodes.values())]
    output = run_ngspice(
        "\n".join([*lines, *parts.models(), *saves, ".dc Vx 0 1 1", ".end", ""]),
        1.0, axis="v(v-sweep)",
    )  # fmt: skip
    return {gate: float(output[f"v({node})"][-1]) for gate, node in nodes.items()}


def transistor_netlist(
    programmed: Program, times: np.ndarray, process: Process, biases: dict[str, float]
) -> str:
    """Write the netlist of all samples, one after another."""
    design, parts = programmed.design, Transistors(process)
    period = design.T + design.T_reset
    layers, n = len(programmed.units), len(times)
    end = (2 * n + layers - 1) * period
    lines = ["* RC-Spike in sky130", *_supplies(design)]
    lines += [f"V{node} {node} 0 {V:.9g}" for node, V in biases.items()]
    for l in range(1, layers + 1):
        # In phase q = l - 1, l + 1, ... it charges, and in the next it fires.
        charging = [(2 * k + l - 1) * period for k in range(n + 1)]
        firing = [(2 * k + l) * period + design.T_reset for k in range(n)]
        reset = [(t + 2 * _EDGE, t + design.T_reset - 4 * _EDGE) for t in charging]
        lines += [_pulses(f"r{l}", reset, design), _pulses(f"r{l}b", reset, design, inverted=True)]
        fire = [(t, t + design.T) for t in firing]
        lines += [_pulses(f"f{l}", fire, design), _pulses(f"f{l}b", fire, design, inverted=True)]
    saved = []
    for l, m in enumerate(programmed.units, start=1):
        n_in, n_out = m.shape
        for j in range(n_in):
            if l == 1 or j == n_in - 1:
                first = times[:, j] if l == 1 and j < times.shape[1] else np.zeros(n)
                starts = [(2 * k + l - 1) * period + design.T_reset for k in range(n)]
                on = [(s + t * design.T, s + design.T)
                      for s, t in zip(starts, first, strict=True) if t < 1]  # fmt: skip
                lines.append(_pulses(f"p{l - 1}_{j}l", on, design))
                lines.append(_pulses(f"n{l - 1}_{j}l", on, design, inverted=True))
        for j, i in np.argwhere(m != 0):
            name, kind = f"{l}_{j}_{i}", "n" if m[j, i] > 0 else "p"
            ends = f"n{l}_{i}", f"g{name}", f"{kind}{l - 1}_{j}l"
            lines.append(design.source(parts, name, kind, *ends, abs(int(m[j, i]))))
        for i in range(n_out):
            C = float(programmed.capacitors[l - 1][i])
            lines += design.neuron(parts, f"{l}_{i}", C, f"gd{l}_{i}", f"f{l}", f"r{l}")
            saved.append(f".save v(p{l}_{i}l) v(n{l}_{i})")
    step = design.T / 25
    run = f".tran {step:.9g} {end:.12g} 0 {step:.9g} uic"
    return "\n".join([*lines, _TOLERANCE, *parts.models(), *saved, run, ".end", ""])


def _supplies(design):
    return [f"Vdd vdd 0 {design.V_dd}", f"Vv0 v0 0 {design.V_0}"]


def _switch(node, moments, design, first):
    """A logic level that starts high or low and changes at each moment."""
    points = [(0.0, design.V_dd if first else 0.0)]
    for moment, high in moments:
        points += [(moment, points[-1][1]), (moment + _EDGE, design.V_dd if high else 0.0)]
    return f"V{node} {node} 0 PWL(" + " ".join(f"{t:.12g} {V:g}" for t, V in points) + ")"


def _pulses(node, intervals: Sequence[tuple[float, float]], design, inverted=False):
    """A logic level that is high (or low) in the intervals, which do not overlap.

    Edges are outside of them: a current source is on where its line has arrived.
    """
    moments = []
    for start, stop in intervals:
        if stop > start:
            moments += [(max(start - _EDGE, _EDGE), True), (stop, False)]
    return _switch(node, [(t, high != inverted) for t, high in moments], design, inverted)


def _rise(time, V, level):
    """When V first is above the level, in seconds; infinity if never."""
    above = np.flatnonzero(level <= V)
    if len(above) == 0:
        return np.inf
    k = above[0]
    if k == 0:
        return float(time[0])
    return float(time[k - 1] + (level - V[k - 1]) / (V[k] - V[k - 1]) * (time[k] - time[k - 1]))
