"""From a network and its input spikes to the text of a netlist.

The layers run one after another as on a chip: layer l charges during [(l-1)T, lT] and fires during
[lT, (l+1)T], when the next layer charges. Per layer the netlist has

lines
    ``p<l>_<j>`` and ``m<l>_<j>``: the positive and the negative line of axon j. In the first layer
    and for a bias they are voltage sources; behind a neuron they are its comparator, a steep and
    continuous function of its membrane potential. A line that is off is at the circuit's off level,
    or else where every diode blocks.
synapses
    a resistor and a diode between line and neuron, or, in the conventional circuit, a current
    source that the line switches on.
neurons
    ``n<l>_<i>``: the capacitor, and the ramp that lifts its potential in the firing phase. It goes
    on after the spike, so the comparator stays on to the end of the phase and no latch is needed:
    only lines that conduct while they are off could pull it back. Where they may, a switch holds
    the neurons of later layers at reset until they charge.

All potentials are counted from the reset potential, which is node 0.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rcspike_brian.circuit import Circuit
from rcspike_brian.core.checks import positive_integer, spike_time_array
from rcspike_brian.diodes import DIODES, Diode, on_conductance
from rcspike_brian.errors import InvalidInput, expect
from rcspike_brian.quantities import as_list, finite_array, has_unit, real_number
from rcspike_brian.registry import look_up

MAX_SYNAPSES = 20_000
_EDGE = 1e-7  # rise time of a line, in units of T
_COMPARATOR_WIDTH = 1e-6  # input range of a comparator, in units of V_th


@dataclass(frozen=True)
class Tolerance:
    """How precisely SPICE integrates.

    Parameters
    ----------
    relative : float
        ``reltol``; the absolute tolerances of voltage, current and charge follow from it and the
        scale of the circuit. SPICE's own absolute defaults are for circuits of milliamperes: 10 fC
        of ``chgtol`` would hide most of the charge of a 140 fF capacitor.
    steps : int
        The longest time step is T/steps. By default (0) it shrinks with the square root of
        ``relative``, because the trapezoidal rule is of second order.

    Examples
    --------
    >>> Tolerance(1e-4).steps
    200
    """

    relative: float = 1e-5
    steps: int = 0

    def __post_init__(self):
        """Check the values."""
        if not 1e-9 <= real_number("tolerance", self.relative) <= 0.1:
            raise InvalidInput(f"tolerance must be between 1e-9 and 0.1, got {self.relative!r}")
        if positive_integer(self.steps, "steps", least=0) == 0:
            object.__setattr__(self, "steps", max(10, round(2 / math.sqrt(self.relative))))
        positive_integer(self.steps, "steps", least=10)

    def options(self, circuit: Circuit) -> str:
        """The line ``.options`` for a circuit."""
        C, T, V_th, *_ = circuit.si
        charge, absolute = C * V_th, 0.01 * self.relative
        return (
            f".options reltol={self.relative:g} vntol={absolute * V_th:g} "
            f"abstol={absolute * charge / T:g} chgtol={absolute * charge:g} trtol=1 "
            f"gmin={1e-18 * on_conductance(circuit):g}"
        )


def make_netlist(
    circuit: Circuit,
    layers: Sequence[np.ndarray],
    spike_times: Sequence[float] | np.ndarray,
    diode: Diode | str,
    tolerance: float | Tolerance | None = None,
    title: str = "RC-Spike",
    wire_resistance: float = 0.0,
) -> str:
    """Write a netlist.

    Parameters
    ----------
    circuit : Circuit
    layers : sequence of (n_in, n_out) arrays
        Signed conductances in siemens. Behind the first layer the last row is the bias line,
        which spikes when the layer begins to charge.
    spike_times : (n_in,) array
        Of the first layer, in units of T or with a unit of time; 1 is no spike.
    diode : Diode or str
        Must be ideal for a conventional circuit, which has no diodes.
    tolerance : float or Tolerance, optional
    title : str
        One line of printable ASCII characters, so that it cannot be a command.
    wire_resistance : float
        Of a line between one synapse and the next, in ohms; the driver is at the first neuron.

    Examples
    --------
    >>> circuit = Circuit.sky130()
    >>> netlist = make_netlist(circuit, [np.array([[1e-7], [-5e-8]])], [0.2, 0.5], circuit.diode)
    >>> netlist.splitlines()[0], netlist.splitlines()[-1]
    ('* RC-Spike', '.end')
    """
    expect("circuit", circuit, Circuit)
    unit = "siemens" if has_unit("layers", layers) else None
    layers = [finite_array("layers", G, unit, "siemens") for G in as_list("layers", layers)]
    if not layers or any(G.ndim != 2 for G in layers):
        raise InvalidInput("layers must be conductances (n_in, n_out) of at least one layer")
    spike_times = spike_time_array(circuit.as_times(spike_times, "spike_times"), ndim=1)
    model: Diode = look_up("diode", diode, DIODES, Diode)
    if not (isinstance(title, str) and title.isascii() and title.isprintable()):
        raise InvalidInput(
            f"title must be one line of printable ASCII characters, got {title!r}: what comes "
            "after a line break would be read as part of the circuit"
        )
    n_synapses = sum(int(np.count_nonzero(G)) for G in layers)
    if n_synapses > MAX_SYNAPSES:
        raise InvalidInput(
            f"the network has {n_synapses:,} synapses and a netlist at most {MAX_SYNAPSES:,}: "
            "SPICE solves every device in every step; export a smaller network or one layer of it"
        )
    if len(spike_times) != len(layers[0]):
        raise InvalidInput(
            f"spike_times has {len(spike_times)} entries and the first layer {len(layers[0])} rows"
        )
    if not isinstance(tolerance, Tolerance):
        tolerance = Tolerance() if tolerance is None else Tolerance(tolerance)
    wire_resistance = real_number("wire_resistance", wire_resistance, ">= 0")
    if wire_resistance and circuit.kind == "conventional":
        raise InvalidInput(
            f"wire_resistance has no effect on a conventional circuit, whose lines carry no "
            f"current: leave it at 0, got {wire_resistance:g}"
        )
    leaks = circuit.off_level is not None or not model.exact
    writer = _Writer(circuit, leaks, wire_resistance)
    lines = [f"* {title}", tolerance.options(circuit), *model.subcircuit(circuit)]
    for l, G in enumerate(layers, start=1):
        lines += writer.layer(l, G, spike_times if l == 1 else None)
    probes = [f"v(n{l}_{i})" for l, G in enumerate(layers, start=1) for i in range(G.shape[1])]
    end, step = (len(layers) + 1) * writer.T, writer.T / tolerance.steps
    saved = [".save " + " ".join(probes[k : k + 8]) for k in range(0, len(probes), 8)]
    run = f".tran {step:.9g} {end:.12g} 0 {step:.9g} uic"
    netlist = "\n".join([*lines, *saved, run, ".end", ""])
    check_ascii(netlist)
    return netlist


def check_ascii(netlist: str) -> None:
    """Refuse text that ngspice may not read as it was written: elements of one's own have any."""
    if not isinstance(netlist, str):
        raise InvalidInput(f"the netlist must be text, got {netlist!r}")
    for number, line in enumerate(netlist.splitlines(), start=1):
        if not line.isascii():
            raise InvalidInput(
                f"the netlist must be of ASCII characters only, and its line {number} is {line!r}"
            )


class _Writer:
    """Element lines of one circuit."""

    def __init__(self, circuit, leaks, wire_resistance):
        self.circuit, self.leaks, self.wire_resistance = circuit, leaks, wire_resistance
        self.C, self.T, self.V_th, self.rails, *_ = circuit.si
        self.edge = _EDGE * self.T
        # Beyond every potential that a membrane can reach, at the end of the ramp too.
        self.off = max(self.rails) + 2 * self.V_th
        if circuit.off_level is not None:
            self.off = -float(circuit.off_level)

    def layer(self, l, G, spike_times):
        """All elements of layer ``l``."""
        n_in, n_out = G.shape
        lines = [f"* layer {l}: {n_in} axons, {n_out} neurons", self._phase(l)]
        for j in range(n_in):
            for sign, used in (("p", G[j] > 0), ("m", G[j] < 0)):
                if used.any():
                    lines.append(self._line(l, j, sign, n_in, spike_times))
                    lines += self._wire(f"{sign}{l}_{j}", n_out)
        for j, i in np.argwhere(G != 0):
            lines += self._synapse(l, j, i, G[j, i])
        for i in range(n_out):
            lines += self._neuron(l, i)
        return lines

    def _phase(self, l):
        """Node ``f<l>``: 1 in the firing phase of layer ``l``, else 0."""
        return (
            f"Vf{l} f{l} 0 PULSE(0 1 {l * self.T - self.edge / 2:.12g} {self.edge:.9g} "
            f"{self.edge:.9g} {self.T - self.edge:.12g})"
        )

    def _levels(self, sign):
        """Potentials of a line: off and on."""
        if self.circuit.kind == "conventional":
            return 0.0, 1.0  # a logic level that switches current sources
        return (-self.off, self.rails[0]) if sign == "p" else (self.off, -self.rails[1])

    def _line(self, l, j, sign, n_in, spike_times):
        off, on = self._levels(sign)
        name = f"{sign}{l}_{j}"
        if spike_times is not None:
            return f"V{name} {name} 0 {self._pulse(spike_times[j] * self.T, 0.0, off, on)}"
        start = (l - 1) * self.T
        if j == n_in - 1:
            return f"V{name} {name} 0 {self._pulse(start, start, off, on)}"
        gain = 1 / (_COMPARATOR_WIDTH * self.V_th)
        # A saturated comparator: 0 below the threshold, 1 above it, and only while it is looked at.
        fired = f"min(1, max(0, 0.5 + (v(n{l - 1}_{j}) - {self.V_th:.12g})*{gain:.9g}))"
        return f"B{name} {name} 0 V = {off:.12g} + ({on - off:.12g})*v(f{l - 1})*{fired}"

    def _wire(self, line, n_out):
        """The line as a chain of resistors, past all neurons."""
        if self.wire_resistance == 0:
            return []
        nodes = [line, *(f"{line}_{i}" for i in range(n_out))]
        return [f"Rw{b} {a} {b} {self.wire_resistance:.12g}" for a, b in itertools.pairwise(nodes)]

    def _pulse(self, time, start, off, on):
        """A line that is on from ``time`` to the end of the phase that began at ``start``."""
        end = start + self.T
        half = self.edge / 2
        if time >= end:
            return f"DC {off:.12g}"
        if time <= half:
            points = [(0.0, on)]
        else:
            points = [(0.0, off), (time - half, off), (min(time + half, end - half), on)]
        # A spike in the last moment of the phase leaves no room for the falling edge before it.
        fall = max(end, points[-1][0] + self.edge)
        points += [(fall, on), (fall + self.edge, off)]
        return "PWL(" + " ".join(f"{t:.15g} {V:.12g}" for t, V in points) + ")"

    def _synapse(self, l, j, i, G):
        sign = "p" if G > 0 else "m"
        line, neuron, name = f"{sign}{l}_{j}", f"n{l}_{i}", f"{l}_{j}_{i}"
        if self.wire_resistance > 0:
            line = f"{line}_{i}"
        if self.circuit.kind == "conventional":
            current = abs(G) * self.rails[0 if G > 0 else 1]
            nodes = f"0 {neuron}" if G > 0 else f"{neuron} 0"
            return [f"G{name} {nodes} {line} 0 {current:.12g}"]
        ends = f"d{name} {neuron}" if G > 0 else f"{neuron} d{name}"
        return [f"R{name} {line} d{name} {1 / abs(G):.12g}", f"X{name} {ends} diode"]

    def _neuron(self, l, i):
        neuron, name = f"n{l}_{i}", f"{l}_{i}"
        ramp = self.circuit.ramp.elements(self.circuit, name, neuron, f"f{l}")
        lines = [f"C{name} {neuron} 0 {self.C:.12g} IC=0", *ramp]
        if self.leaks and l > 1:
            short = f"{on_conductance(self.circuit):g}*v({neuron})"
            lines.append(f"B{name}h {neuron} 0 I = max(0, 1 - v(f{l - 1}) - v(f{l}))*{short}")
        return lines
