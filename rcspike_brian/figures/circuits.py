"""Figure 1: the conventional charge-domain circuit and the RC-Spike circuit, side by side.

What is compared is the charging phase: both drawings share the axons, and what differs is in
colour, the operational amplifier of the one, the diodes of the other. The firing phase needs an
active source in both; it is a drawing of its own.
"""

from itertools import pairwise

import matplotlib as mpl
import schemdraw.elements as elm
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from schemdraw import Drawing
from schemdraw.segments import Segment

from rcspike_brian.analysis.palette import MODEL_COLOURS
from rcspike_brian.figures.style import DOUBLE_COLUMN, add_caption, new_figure, style

# Voltages whose subscript is a word; V_d is the forward drop of a diode.
_SYN, _TH, _D = (rf"V_\mathrm{{{name}}}" for name in ("syn", "th", "d"))

CAPTION = (
    "Figure 1. One neuron of each circuit, in the charging phase. The spike of input $j$ at time "
    "$t_j$ switches axon $j$ on until the end of the phase; dotted: until then it is off, that is, "
    "it floats (high impedance; it may also be parked beyond the far rail). (a) An operational "
    "amplifier keeps the dendrite at 0 V, so no synaptic current depends on the voltage $V_i$ of "
    "the capacitor (current sources do the same). (b) RC-Spike has no active part: a synapse is a "
    f"resistor and a diode. Its current falls as $V_i$ approaches ${_SYN}-{_D}$; the diode "
    f"(forward drop ${_D}$) isolates axons that are off. (c) The firing phase, the same in both "
    "circuits but for the sign of the voltage, is driven by a current source: it lifts $V_i$, "
    f"and the neuron spikes at $t_i$, when $V_i$ reaches ${_TH}$."
)
_SUM = r"$C\,\frac{dV_i}{dt} = \sum_{j:\,t_j \leq t}\pm\, G_{ij}\,"
_CONVENTIONAL_EQUATION = rf"{_SUM} {_SYN}$"
_RC_SPIKE_EQUATION = rf"{_SUM} \max(0,\ {_SYN} - {_D} \mp V_i)$"

# Lengths are in schemdraw units, and the origin is the lower left corner of either drawing.
_AXONS = ((8.7, "1", True), (6.5, "2", False), (3.85, "N", True))
_AXON_START, _RESISTOR_END, _DENDRITE = 1.95, 4.0, 5.75
_SIGNAL = 2.3
_HEIGHTS = (-0.95, 10.0)
_WIDTHS = {"conventional": (-0.2, 10.1), "rc-spike": (-0.2, 8.4), "firing": (-1.1, 7.9)}


def _course(*points):
    """A voltage over time, through the given points."""
    element = elm.Element()
    element.segments.append(Segment(points))
    return element


class _Panel:
    """A drawing on axes, with texts and wires placed by coordinates."""

    def __init__(self, axes, width):
        axes.set(aspect="equal", xlim=width, ylim=_HEIGHTS)
        axes.set_axis_off()
        self.axes = axes
        self.drawing = Drawing(canvas=axes, show=False)
        self.drawing.config(lw=0.9, color=mpl.rcParams["text.color"])
        self.add = self.drawing.add

    def write(self, place, text, ha="center", **keywords):
        self.axes.text(*place, text, ha=ha, va="center", **{"fontsize": 7, **keywords})

    def wire(self, *corners):
        for start, end in pairwise(corners):
            self.add(elm.Line().at(start).to(end))

    def dots(self, *places):
        for place in places:
            self.add(elm.Dot().at(place))

    def finish(self, title, equation):
        self.write((sum(self.axes.get_xlim()) / 2, -0.35), equation, fontsize=7.5)
        self.drawing.draw(show=False)
        self.axes.set_title(title, pad=3)
        return self.axes


def _axon(panel, height, index, positive):
    """Draw the step that an input spike causes on its axon, with sign and time."""
    up = 1 if positive else -1
    # Not driven until the input spike, at no voltage of its own; then the drive voltage.
    foot = (0, height - 0.35 * up)
    panel.add(_course((0, 0), (0.65, 0)).at(foot).theta(0).linestyle(":").color("#737373"))
    panel.add(_course((0.65, 0), (0.65, 0.7 * up), (1.4, 0.7 * up)).at(foot).theta(0))
    panel.write((1.0, height + 0.8 * up), f"${'+' if positive else '-'}{_SYN}$")
    panel.write((0.65, height - 0.75 * up), f"$t_{index}$")
    panel.add(elm.Dot(open=True).at((_AXON_START - 0.25, height)))
    panel.wire((_AXON_START - 0.17, height), (_AXON_START, height))


def _resistor(panel, height, index, end):
    panel.add(elm.Resistor().at((_AXON_START, height)).to((end, height)))
    panel.write(((_AXON_START + end) / 2, height + 0.65), f"$G_{{i{index}}}$")


def _dendrite(panel, foot):
    """Draw the line that collects the synaptic currents, down to `foot`."""
    panel.wire((_DENDRITE, _AXONS[0][0]), (_DENDRITE, foot))
    panel.dots(*((_DENDRITE, height) for height, _, _ in _AXONS[1:]))
    panel.write(((_AXON_START + _DENDRITE) / 2, 5.3), r"$\vdots$", fontsize=10)


def _axons(panel):
    """Draw what both circuits share on the input side."""
    for axon in _AXONS:
        _axon(panel, *axon)
    panel.write((0.3, _AXONS[0][0] - 0.02), "off", fontsize=6, color="0.35")


def _ground(panel, place):
    panel.add(elm.Ground().at(place).theta(0))


def draw_conventional(axes: Axes) -> Axes:
    """Draw the conventional charge-domain circuit.

    Parameters
    ----------
    axes : matplotlib.axes.Axes

    Examples
    --------
    >>> draw_conventional(Figure(figsize=(4, 4)).subplots()).get_title()
    '(a) Conventional charge-domain circuit'
    """
    panel = _Panel(axes, _WIDTHS["conventional"])
    _axons(panel)
    for height, index, _ in _AXONS:
        _resistor(panel, height, index, _DENDRITE)
    _current(panel, rf"$I_{{i1}} = G_{{i1}}\, {_SYN}$", "conventional")
    _integrator(panel, foot=_SIGNAL + 0.5)
    return panel.finish("(a) Conventional charge-domain circuit", _CONVENTIONAL_EQUATION)


def _current(panel, text, model):
    place = (_DENDRITE - 0.15, _AXONS[0][0] - 0.8)
    panel.write(place, text, ha="right", color=MODEL_COLOURS[model], fontsize=6.5)


def _integrator(panel, foot):
    """Draw the operational amplifier with the capacitor in its feedback."""
    _dendrite(panel, foot)
    amplifier = elm.Opamp().scale(0.8).theta(0).at((6.75, foot)).anchor("in1")
    colour = MODEL_COLOURS["conventional"]
    amplifier = panel.add(amplifier.color(colour).fill("#fdf1dc"))
    (node, top), right = (6.25, foot + 1.3), 8.85
    out, lower = amplifier.absanchors["out"], amplifier.absanchors["in2"]
    panel.wire((_DENDRITE, foot), (6.75, foot))
    panel.wire((node, foot), (node, top))
    panel.add(elm.Capacitor().at((node, top)).to((right, top)))
    panel.wire((right, top), (right, out[1]))
    panel.wire(out, (right + 0.9, out[1]))
    panel.wire(lower, (node, lower[1]), (node, lower[1] - 0.35))
    _ground(panel, (node, lower[1] - 0.35))
    panel.dots((node, foot), (right, out[1]))
    panel.write(((node + right) / 2, top + 0.7), "$C$")
    panel.write((9.5, out[1] + 0.4), "$-V_i$")
    panel.write((node + 0.65, top - 0.3), "+")
    panel.write((right - 0.65, top - 0.3), "$-$")
    panel.write(((node + right) / 2, top - 0.68), "$V_i$")


def draw_rc_spike(axes: Axes) -> Axes:
    """Draw the RC-Spike circuit.

    Parameters
    ----------
    axes : matplotlib.axes.Axes

    Examples
    --------
    >>> draw_rc_spike(Figure(figsize=(4, 4)).subplots()).get_title()
    '(b) RC-Spike'
    """
    panel = _Panel(axes, _WIDTHS["rc-spike"])
    _axons(panel)
    for height, index, positive in _AXONS:
        _resistor(panel, height, index, _RESISTOR_END)
        _diode(panel, height, positive)
    _current(panel, rf"$I_{{i1}} = G_{{i1}}\, ({_SYN} - {_D} - V_i)$", "RC-Spike")
    _dendrite(panel, _SIGNAL)
    capacitor = 7.0
    panel.wire((_DENDRITE, _SIGNAL), (capacitor + 0.9, _SIGNAL))
    panel.dots((capacitor, _SIGNAL))
    panel.add(elm.Capacitor().at((capacitor, _SIGNAL)).to((capacitor, _SIGNAL - 1.3)))
    _ground(panel, (capacitor, _SIGNAL - 1.3))
    panel.write((capacitor - 0.6, _SIGNAL - 0.75), "$C$")
    panel.write((capacitor + 0.45, _SIGNAL + 0.45), "$V_i$")
    return panel.finish("(b) RC-Spike", _RC_SPIKE_EQUATION)


def _diode(panel, height, positive):
    """Draw a diode that lets current into the dendrite, or out of it."""
    ends = (_RESISTOR_END, height), (_DENDRITE, height)
    start, end = ends if positive else ends[::-1]
    colour = MODEL_COLOURS["RC-Spike"]
    panel.add(elm.Diode().at(start).to(end).color(colour).fill(colour))


def draw_firing_phase(axes: Axes) -> Axes:
    """Draw what lifts the voltage of a capacitor in the firing phase, and what it spikes into.

    Parameters
    ----------
    axes : matplotlib.axes.Axes

    Examples
    --------
    >>> draw_firing_phase(Figure(figsize=(4, 4)).subplots()).get_title()
    '(c) Firing phase'
    """
    panel, node, signal = _Panel(axes, _WIDTHS["firing"]), 0.8, 4.2
    switch, top = signal + 1.3, signal + 3.2
    panel.add(elm.Switch().at((node, signal)).to((node, switch)))
    panel.add(elm.SourceI().at((node, switch)).to((node, top)).reverse())
    panel.add(elm.Vdd().at((node, top)).theta(0))
    panel.write((node, top + 0.95), r"$V_\mathrm{dd}$")
    panel.write((node + 0.95, (switch + top) / 2), f"ramp current\n$C\\, {_TH} / T$", ha="left")
    panel.write((node + 0.5, (signal + switch) / 2), "closed in the\nfiring phase", ha="left")
    panel.add(elm.Capacitor().at((node, signal)).to((node, signal - 1.6)))
    _ground(panel, (node, signal - 1.6))
    panel.write((node - 0.75, signal - 0.8), "$C$")
    panel.write((node - 0.6, signal), "$V_i$")
    panel.dots((node, signal))
    comparator = elm.Opamp(sign=False).scale(0.8).theta(0).at((4.2, signal)).anchor("in1")
    comparator = panel.add(comparator)
    lower, out = comparator.absanchors["in2"], comparator.absanchors["out"]
    panel.wire((node, signal), (4.2, signal))
    for sign, height in (("+", signal), ("-", lower[1])):
        panel.write((4.5, height), f"${sign}$")
    panel.wire((lower[0] - 0.4, lower[1]), lower)
    panel.write((lower[0] - 0.5, lower[1]), f"${_TH}$", ha="right")
    panel.wire(out, (out[0] + 0.3, out[1]))
    spike = _course((0, 0), (0.45, 0), (0.45, 0.8), (0.45, 0), (0.9, 0))
    panel.add(spike.at((out[0] + 0.3, out[1])).theta(0))
    panel.write((out[0] + 0.8, out[1] - 0.45), "$t_i$")
    return panel.finish("(c) Firing phase", rf"$C\,\frac{{dV_i}}{{dt}} = \frac{{C\,{_TH}}}{{T}}$")


def circuits_figure() -> Figure:
    """Draw Figure 1.

    Examples
    --------
    >>> [axes.get_title(loc="left") for axes in circuits_figure().axes]
    ['(a) Conventional charge-domain circuit', '(b) RC-Spike', '(c) Firing phase']
    """
    with style():
        ratios = [right - left for left, right in _WIDTHS.values()]
        figure, axes = new_figure(DOUBLE_COLUMN, 3.05, ncols=3, width_ratios=ratios)
        draw_conventional(axes[0])
        draw_rc_spike(axes[1])
        draw_firing_phase(axes[2])
        add_caption(figure, CAPTION)
    return figure
