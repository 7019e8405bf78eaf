"""Images on their way through a network: spikes of all layers, and a few membrane potentials."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from rcspike_brian.analysis.checks import require_columns
from rcspike_brian.analysis.palette import MANY, series_colours
from rcspike_brian.analysis.spike_times import plot_raster
from rcspike_brian.figures.style import DOUBLE_COLUMN, add_caption, new_figure, style

_COLOURS = sns.color_palette("colorblind").as_hex()
_BRIAN, _EXACT = _COLOURS[0], _COLOURS[1]
_TRACES = (_COLOURS[0], _COLOURS[2], _COLOURS[4], *_COLOURS[5:])
_SHADE = "#f1f1f1"
_RING: dict[str, Any] = {"s": 11, "facecolors": "none", "edgecolors": _EXACT, "linewidths": 0.6}
_DOT: dict[str, Any] = {"s": 2.5, "color": _BRIAN, "zorder": 3}
_REFERENCE: dict[str, Any] = {"color": "black", "linewidth": 0.7, "dashes": (3, 2)}
_CHARGING = "#e3ecf7"
_FIRING: dict[str, Any] = {"facecolor": "none", "edgecolor": "0.8", "hatch": "///"}


def plot_layer_traces(traces: pd.DataFrame, exact: pd.DataFrame, axes: Axes, layer: int) -> Axes:
    """Draw membrane potentials of one layer, and the exact ones over them.

    Parameters
    ----------
    traces, exact : pandas.DataFrame
        Columns neuron, t (units of T since the layer's charging phase began) and v.
    axes : matplotlib.axes.Axes
    layer : int, its charging phase begins (layer - 1) T after the presentation

    Examples
    --------
    >>> traces = pd.DataFrame({"neuron": 0, "t": [0.0, 1.0], "v": [0.0, 0.5]})
    >>> axes = plot_layer_traces(traces, traces, Figure().subplots(), layer=2)
    >>> axes.lines[1].get_xdata().tolist()
    [1.0, 2.0]
    """
    require_columns(traces, ("neuron", "t", "v"), "traces")
    require_columns(exact, ("neuron", "t", "v"), "exact")
    axes.axhline(1, color="0.35", linewidth=0.8, linestyle=":")
    numbers = traces["neuron"].drop_duplicates()
    for colour, neuron in zip(_TRACES, numbers):  # noqa: B905 - as many as there are colours
        line, reference = (frame[frame["neuron"] == neuron] for frame in (traces, exact))
        axes.plot(line["t"] + layer - 1, line["v"], color=colour, linewidth=1.8, alpha=0.75)
        axes.plot(reference["t"] + layer - 1, reference["v"], **_REFERENCE)
    axes.set(ylabel=r"$V / V_\mathrm{th}$")
    return axes


def presentation_figure(
    spikes: pd.DataFrame, exact_spikes: pd.DataFrame, traces: pd.DataFrame,
    exact_traces: pd.DataFrame, sizes: Sequence[int], caption: str,
) -> Figure:  # fmt: skip
    """Draw the presentation of one image.

    Parameters
    ----------
    spikes, exact_spikes : pandas.DataFrame
        From `rcspike_brian.analysis.raster_frame`: of the simulation and of the exact solution.
    traces, exact_traces : pandas.DataFrame
        Columns layer, neuron, t and v; see `rcspike_brian.simulation.NetworkResult`.
    sizes, caption : sequence of int, str
        Neurons per layer, inputs first, and the text below.

    Examples
    --------
    >>> spikes = pd.DataFrame({"layer": [0, 1], "neuron": [0, 0], "t": [0.2, 1.4]})
    >>> traces = pd.DataFrame({"layer": 1, "neuron": 0, "t": [0.0, 1.0], "v": [0.0, 0.6]})
    >>> len(presentation_figure(spikes, spikes, traces, traces, (1, 1), "Made up.").axes)
    4
    """
    heights = [1.6, *[1.0] * (len(sizes) - 1)]
    grid = {"nrows": len(sizes), "ncols": 2, "sharex": True, "squeeze": False}
    with style():
        height = 1.1 + 1.05 * len(sizes)
        figure, axes = new_figure(DOUBLE_COLUMN, height, height_ratios=heights, **grid)
        for number, (left, right) in enumerate(axes):
            simulated, exact = _of_layer(number, spikes, exact_spikes)
            plot_raster(exact, left, **_RING)
            plot_raster(simulated, left, **_DOT)
            _mark_phase(left, number, sizes, "spikes")
            margin = 0.5 + 0.05 * sizes[number]
            left.set(xlabel="", ylim=(-margin, sizes[number] - 1 + margin))
            if number:
                simulated, exact = _of_layer(number, traces, exact_traces)
                plot_layer_traces(simulated, exact, right, number)
                _mark_phase(right, number, sizes, "potentials")
        _legend(axes[0, 1])
        for bottom in axes[-1]:
            bottom.set(xlim=(0, len(sizes)), xticks=range(len(sizes) + 1))
            bottom.set_xlabel("time since the presentation began ($T$)")
        figure.align_ylabels()
        add_caption(figure, caption)
    return figure


def _of_layer(number, *frames):
    return [frame[frame["layer"] == number] for frame in frames]


def _mark_phase(axes, number, sizes, what):
    axes.axvspan(number, number + 1, color=_SHADE, zorder=-2, linewidth=0)
    names = {len(sizes) - 1: "output layer", 0: "inputs"}
    axes.set_title(f"{names.get(number, f'layer {number}')}: {what}")


def _legend(axes):
    """Say what is what in the panel beside the inputs, which have no membrane."""
    dot: dict[str, Any] = {"linestyle": "none", "marker": "o"}
    ring = {**dot, "markerfacecolor": "none", "markeredgecolor": _EXACT, "markersize": 4}
    handles = [
        Line2D([], [], color=_BRIAN, markersize=2.5, **dot, label="spike in Brian2"),
        Line2D([], [], **ring, label="spike of the exact solution"),
        Line2D([], [], color=_TRACES[0], linewidth=1.8, label="membrane potential in Brian2"),
        Line2D([], [], **_REFERENCE, label="exact solution"),
        Line2D([], [], color=_SHADE, linewidth=7, label="firing phase of the layer"),
    ]
    axes.axis("off")
    axes.legend(handles=handles, loc="center", fontsize=7.5)


def raster_figure(
    raster: pd.DataFrame, phases: pd.DataFrame, figure: Figure | None = None
) -> Figure:
    """Draw spikes over time, a panel for each layer; the colour tells which image they belong to.

    Parameters
    ----------
    raster : frame of several images, from `rcspike_brian.analysis.raster_frame`
    phases : frame from `rcspike_brian.analysis.phase_frame`
    figure : matplotlib.figure.Figure, an empty one; default: a new one of 9 by 6 inch

    Examples
    --------
    >>> from rcspike_brian.analysis import phase_frame, raster_frame
    >>> figure = raster_figure(raster_frame([[[0.2]], [[0.4]]]), phase_frame(1))
    >>> [axes.get_ylabel() for axes in figure.axes]
    ['input, pixel', 'layer 1, neuron']
    """
    require_columns(raster, ("image", "layer", "neuron", "t"), "raster")
    require_columns(phases, ("image", "layer", "phase", "start", "end"), "phases")
    figure = Figure(figsize=(9, 6), layout="constrained") if figure is None else figure
    layers = sorted({0, *phases["layer"]})
    panels = figure.subplots(len(layers), sharex=True, squeeze=False)[:, 0]
    images = sorted(set(phases["image"]))
    many = len(images) > MANY
    palette = series_colours(len(images))
    colours = dict(zip(images, palette, strict=True))
    for layer, axes in zip(layers, panels, strict=True):
        spikes, spans = _of_layer(layer, raster, phases)
        for span in spans.itertuples():
            look = {"color": _CHARGING} if span.phase == "charging" else _FIRING
            axes.axvspan(span.start, span.end, zorder=-2, linewidth=0, **look)
        for image, of_image in spikes.groupby("image"):
            plot_raster(of_image, axes, color=colours[image])
        axes.set(xlabel="", ylabel=f"layer {layer}, neuron" if layer else "input, pixel")
        axes.margins(y=0.08)
        axes.spines[["top", "right"]].set_visible(False)
    panels[-1].set(xlim=(0, phases["end"].max()), xlabel="time $t / T$")
    handles: list[Any] = []
    if many:  # more names than anybody reads
        span = Normalize(images[0] + 1, images[-1] + 1)
        scale = ScalarMappable(span, ListedColormap(palette))
        whole = MaxNLocator(integer=True)
        figure.colorbar(scale, ax=list(panels), label="image", aspect=40, ticks=whole)
    else:
        handles += [
            Line2D([], [], marker="o", linestyle="", color=colour, label=f"image {image + 1}")
            for image, colour in colours.items()
        ]
    handles += [Patch(color=_CHARGING, label="charging phase")]
    handles += [Patch(**_FIRING, label="firing phase")]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False)
    return figure
