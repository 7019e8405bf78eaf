"""Figure 1: the conventional charge-domain circuit and the RC-Spike circuit, side by side.

Both drawings share axons, ramp and comparator, and what differs is in colour: the operational
amplifier of the one, the diodes of the other.
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
    "Figure 1. One neuron of each circuit. The spike of input $j$ at time $t_j$ switches axon $j$ "
    "on until the end of the charging phase. (a) An operational amplifier keeps the dendrite at "
    "0 V, so no synaptic current depends on the voltage $V_i$ of the capacitor (current sources "
    "do the same). (b) RC-Spike does without: a synapse is a resistor and a diode. Its current "
    f"falls as $V_i$ approaches ${_SYN}-{_D}$; the diode (forward drop ${_D}$) isolates axons that "
    "are off. The firing phase is the same in both: a ramp current lifts $V_i$, and the neuron "
    f"spikes at $t_i$, when $V_i$ reaches ${_TH}$."
)
_SUM = r"$C\,\frac{dV_i}{dt} = \sum_{j:\,t_j \leq t}\pm\, G_{ij}\,"
_CONVENTIONAL_EQUATION = rf"{_SUM} {_SYN}$"
_RC_SPIKE_EQUATION = rf"{_SUM} \max(0,\ {_SYN} - {_D} \mp V_i)$"

# Lengths are in schemdraw units, and the origin is the lower left corner of either drawing.
_AXONS = ((8.7, "1", True), (6.5, "2", False), (3.85, "N", True))
_AXON_START, _RESISTOR_END, _DENDRITE = 1.95, 4.0, 5.75
_RAMP, _RAMP_FOOT = 8.1, 5.2
_COMPARATOR, _SIGNAL = 10.2, 2.3
_LIMITS = {"xlim": (-0.2, 13.4), "ylim": (-0.95, 10.0)}


def _course(*points):
    """A voltage over time, through the given points."""
    element = elm.Element()
    element.segments.append(Segment(points))
    return element


class _Panel:
    """A drawing on axes, with texts and wires placed by coordinates."""

    def __init__(self, axes):
        axes.set(aspect="equal", **_LIMITS)
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
        self.write((6.6, -0.35), equation, fontsize=8)
        self.drawing.draw(show=False)
        self.axes.set_title(title, pad=3)
        return self.axes


def _axon(panel, height, index, positive):
    """Draw the step that an input spike causes on its axon, with sign and time."""
    up = 1 if positive else -1
    # Zero until the input spike, then the drive voltage.
    step = _course((0, 0), (0.65, 0), (0.65, 0.7 * up), (1.4, 0.7 * up))
    panel.add(step.at((0, height - 0.35 * up)).theta(0))
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


def _ramp(panel):
    """Draw switch and current source of the firing phase, between supply and dendrite."""
    foot, middle, top = _RAMP_FOOT, _RAMP_FOOT + 1.3, _RAMP_FOOT + 3.1
    panel.dots((_DENDRITE, foot))
    panel.wire((_DENDRITE, foot), (_RAMP, foot))
    panel.add(elm.Switch().at((_RAMP, foot)).to((_RAMP, middle)))
    panel.add(elm.SourceI().at((_RAMP, middle)).to((_RAMP, top)).reverse())
    panel.add(elm.Vdd().at((_RAMP, top)).theta(0))
    panel.write((_RAMP, top + 0.95), r"$V_\mathrm{dd}$")
    panel.write((_RAMP + 0.85, (middle + top) / 2), f"ramp current\n$C\\, {_TH} / T$", ha="left")
    panel.write((_RAMP + 0.45, (foot + middle) / 2), "closed in the\nfiring phase", ha="left")


def _comparator(panel, signs, threshold):
    """Draw the comparator with its threshold and the output spike."""
    place = (_COMPARATOR, _SIGNAL)
    comparator = panel.add(elm.Opamp(sign=False).scale(0.8).theta(0).at(place).anchor("in1"))
    lower = comparator.absanchors["in2"]
    for sign, height in zip(signs, (_SIGNAL, lower[1]), strict=True):
        panel.write((_COMPARATOR + 0.3, height), f"${sign}$")
    panel.wire((lower[0] - 0.4, lower[1]), lower)
    panel.write((lower[0] - 0.5, lower[1]), threshold, ha="right")
    out = comparator.absanchors["out"]
    panel.wire(out, (out[0] + 0.3, out[1]))
    spike = _course((0, 0), (0.45, 0), (0.45, 0.8), (0.45, 0), (0.9, 0))
    panel.add(spike.at((out[0] + 0.3, out[1])).theta(0))
    panel.write((out[0] + 0.8, out[1] - 0.45), "$t_i$")


def _common_parts(axes):
    """Start a panel with what both circuits share on the input side."""
    panel = _Panel(axes)
    for axon in _AXONS:
        _axon(panel, *axon)
    _ramp(panel)
    return panel


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
    panel = _common_parts(axes)
    for height, index, _ in _AXONS:
        _resistor(panel, height, index, _DENDRITE)
    _current(panel, rf"$I_{{i1}} = G_{{i1}}\, {_SYN}$", "conventional")
    _integrator(panel, foot=_SIGNAL + 0.5)
    _comparator(panel, "-+", f"$-{_TH}$")
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
    panel.wire(out, (_COMPARATOR, out[1]))
    panel.wire(lower, (node, lower[1]), (node, lower[1] - 0.35))
    panel.add(elm.Ground().at((node, lower[1] - 0.35)).theta(0))
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
    panel = _common_parts(axes)
    for height, index, positive in _AXONS:
        _resistor(panel, height, index, _RESISTOR_END)
        _diode(panel, height, positive)
    _current(panel, rf"$I_{{i1}} = G_{{i1}}\, ({_SYN} - {_D} - V_i)$", "RC-Spike")
    _dendrite(panel, _SIGNAL)
    panel.wire((_DENDRITE, _SIGNAL), (_COMPARATOR, _SIGNAL))
    panel.dots((_RAMP, _SIGNAL))
    panel.add(elm.Capacitor().at((_RAMP, _SIGNAL)).to((_RAMP, _SIGNAL - 1.3)))
    panel.add(elm.Ground().at((_RAMP, _SIGNAL - 1.3)).theta(0))
    panel.write((_RAMP - 0.6, _SIGNAL - 0.75), "$C$")
    panel.write((_RAMP, _SIGNAL + 0.45), "$V_i$")
    _comparator(panel, "+-", f"${_TH}$")
    return panel.finish("(b) RC-Spike", _RC_SPIKE_EQUATION)


def _diode(panel, height, positive):
    """Draw a diode that lets current into the dendrite, or out of it."""
    ends = (_RESISTOR_END, height), (_DENDRITE, height)
    start, end = ends if positive else ends[::-1]
    colour = MODEL_COLOURS["RC-Spike"]
    panel.add(elm.Diode().at(start).to(end).color(colour).fill(colour))


def circuits_figure() -> Figure:
    """Draw Figure 1.

    Examples
    --------
    >>> [axes.get_title(loc="left") for axes in circuits_figure().axes]
    ['(a) Conventional charge-domain circuit', '(b) RC-Spike']
    """
    with style():
        figure, axes = new_figure(DOUBLE_COLUMN, 3.05, ncols=2)
        draw_conventional(axes[0])
        draw_rc_spike(axes[1])
        add_caption(figure, CAPTION)
    return figure
