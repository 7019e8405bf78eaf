"""A picture of the membrane potential that is quick to draw again.

What never changes is drawn once and kept as a bitmap; a new picture is that bitmap with the curves,
the numbers and the vertical axes on top.
"""

from io import BytesIO

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from PIL import Image

from rcspike_brian.analysis.palette import MODEL_COLOURS
from rcspike_brian.figures.style import DOUBLE_COLUMN, new_figure, style
from rcspike_brian.interactive.values import SliderValues, response

_POSITIVE, _NEGATIVE = "#029e73", "#d55e00"
_REVERSAL = "#949494"
_HEIGHT = 4.0  # inches
_STROKE = 0.18  # height of an output spike, in units of V_th
_MODELS = ("conventional", "RC-Spike")
# Columns of the table above the picture: place from left to right, and what the number is. The
# names belong to what is drawn once, because text takes most of the time.
_TABLE = {
    0.00: r"$V_\mathrm{syn} / V_\mathrm{th}$",
    0.13: r"diode $V_\mathrm{d} / V_\mathrm{th}$",
    0.30: r"reversal $E / V_\mathrm{th}$",
    0.51: r"conventional: $V(T) / V_\mathrm{th}$, spike",
    0.77: r"RC-Spike: $V(T) / V_\mathrm{th}$, spike",
}


class MembranePicture:
    """Membrane potential of the conventional and the RC-Spike neuron for the same inputs.

    Parameters
    ----------
    values : SliderValues
    dpi : float, pixels per inch of the 7.2 by 4 inch picture

    Attributes
    ----------
    figure : matplotlib.figure.Figure
    values : SliderValues, what is drawn now
    responses : dict of str to Response, what the circuits make of it

    Examples
    --------
    >>> picture = MembranePicture(SliderValues(spike_times=[0.1, 0.6], weights=[1.0, -0.5]))
    >>> picture.show(picture.values.changed(v_syn=4.0))
    >>> picture.png()[1:4]
    b'PNG'
    """

    def __init__(self, values: SliderValues, dpi: float = 110):
        with style():
            grid = {"nrows": 2, "sharex": True, "height_ratios": [1, 3.2]}
            self.figure, panels = new_figure(DOUBLE_COLUMN, _HEIGHT, **grid)
            self._inputs, self._potential = panels
            self.figure.set_dpi(dpi)
            self._canvas = FigureCanvasAgg(self.figure)
            self._draw_frame()
            self._moving = [*self._input_artists(), *self._potential_artists()]
            for artist in self._moving:
                artist.set_animated(True)
            self._canvas.draw()
        self.figure.set_layout_engine("none")  # where things are stays from now on
        self._background = self._canvas.copy_from_bbox(self.figure.bbox)
        self.show(values)

    def _draw_frame(self):
        """Draw what never changes."""
        top, bottom = self._inputs, self._potential
        top.axhline(0, color="0.5", linewidth=0.7)
        top.set(ylabel="weight $w_j$")
        for panel, most in ((top, 3), (bottom, 5)):
            panel.yaxis.set_major_locator(MaxNLocator(most, steps=[1, 2, 5, 10]))
            panel.axvspan(1, 2, color="#f1f1f1", zorder=-2, linewidth=0)
        bottom.set(xlim=(0, 2), xticks=(0, 0.5, 1, 1.5, 2))
        bottom.set_xlabel(
            "time $t / T$  (charging phase 0 to 1, firing phase 1 to 2, shaded)\n"
            r"another $V_\mathrm{syn}$ keeps the weights: the resistors change; "
            r"another $V_\mathrm{d}$ keeps the resistors"
        )
        bottom.set_ylabel(r"membrane potential $V / V_\mathrm{th}$")
        handles = [Line2D([], [], color=MODEL_COLOURS[m], label=m) for m in _MODELS]
        handles += [
            Line2D([], [], color=_REVERSAL, linestyle="--", label=r"reversal potentials $\pm E$"),
            Line2D([], [], color="0.35", linestyle=":", label=r"threshold $V_\mathrm{th}$"),
        ]
        self.figure.legend(handles=handles, loc="outside lower center", ncols=4)
        top.set_title("\n\n ")  # room for the table
        for place, name in _TABLE.items():
            top.text(place, 1.28, name, transform=top.transAxes, va="bottom")

    def _input_artists(self):
        self._stems = LineCollection([], linewidths=1.6)
        self._inputs.add_collection(self._stems, autolim=False)
        self._heads = self._inputs.scatter([], [], s=14, zorder=3)
        above = {"transform": self._inputs.transAxes, "va": "bottom"}
        self._numbers = [self._inputs.text(place, 1.06, "", **above) for place in _TABLE]
        return self._stems, self._heads, *self._numbers

    def _potential_artists(self):
        self._curves, self._spikes = {}, {}
        for model in _MODELS:
            colour = MODEL_COLOURS[model]
            (self._curves[model],) = self._potential.plot([], [], color=colour)
            (self._spikes[model],) = self._potential.plot([], [], color=colour, linewidth=2.6)
        dashed = {"color": _REVERSAL, "linewidth": 0.9, "linestyle": "--"}
        self._rails = [self._potential.axhline(0, **dashed) for _ in range(2)]
        threshold = self._potential.axhline(1, color="0.35", linewidth=0.8, linestyle=":")
        curves = (*self._curves.values(), *self._spikes.values())
        return threshold, *self._rails, *curves, self._inputs.yaxis, self._potential.yaxis

    def show(self, values: SliderValues) -> None:
        """Draw other values."""
        self.values, self.responses = values, response(values)
        self._set_inputs()
        for model, solved in self.responses.items():
            self._curves[model].set_data(solved.t, solved.v)
            spike = [1 + solved.t_out] * 2 if solved.fires else []
            foot = max(1.0, solved.v_end)
            self._spikes[model].set_data(spike, [foot, foot + _STROKE] if spike else [])
        for rail, e in zip(self._rails, (values.e, -values.e), strict=True):
            rail.set_ydata([e, e])
        voltages = f"{values.v_syn:.2f}", f"{values.v_d:.2f}", f"±{values.e:.2f}"
        ends = (_outcome(self.responses[model]) for model in _MODELS)
        for text, number in zip(self._numbers, (*voltages, *ends), strict=True):
            text.set_text(number)
        self._fit_axes()
        self._canvas.restore_region(self._background)
        for artist in self._moving:
            artist.axes.draw_artist(artist)

    def _set_inputs(self):
        t, w = self.values.spike_times, self.values.weights
        colours = np.where(w > 0, _POSITIVE, _NEGATIVE).tolist()
        ends = np.column_stack([t, w])
        self._stems.set_segments(list(np.stack([np.column_stack([t, 0 * w]), ends], axis=1)))
        self._stems.set_color(colours)
        self._heads.set_offsets(ends)
        self._heads.set_color(colours)

    def _fit_axes(self):
        """Choose limits in coarse steps, so that they rarely jump."""
        v = np.concatenate([solved.v for solved in self.responses.values()])
        lowest, highest = v.min(), v.max()
        self._potential.set_ylim(_down(min(lowest - 0.1, -0.5)), -_down(-max(highest + 0.1, 1.5)))
        heaviest = -_down(-max(1.5, 1.15 * np.abs(self.values.weights).max()))
        self._inputs.set_ylim(-heaviest, heaviest)

    def png(self) -> bytes:
        """Return the picture as a PNG file."""
        file = BytesIO()
        pixels = Image.fromarray(np.asarray(self._canvas.buffer_rgba())).convert("RGB")
        # Quick rather than small: this is made at every step of a slider.
        pixels.save(file, "PNG", compress_level=1)
        return file.getvalue()


def _down(value, step=0.5):
    return float(step * np.floor(value / step))


def _outcome(solved):
    return f"{solved.v_end:.3f},  {f'{1 + solved.t_out:.3f} T' if solved.fires else 'no spike'}"
