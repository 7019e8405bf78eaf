"""Raster of a network, one panel for each layer, with its phases."""

import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from rcspike_brian.analysis.pipeline import require_pipeline

_CHARGING = "#e3ecf7"


def plot_raster(raster, phases, figure=None):
    """Spikes of each layer over time; the colour tells which image they belong to.

    Parameters
    ----------
    raster : pandas.DataFrame
        From `pipeline_frame`.
    phases : pandas.DataFrame
        From `phase_frame`.
    figure : matplotlib.figure.Figure, optional
        An empty one; default: a new one of 9 by 6 inch.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> import pandas as pd
    >>> raster = pd.DataFrame({"image": 0, "layer": [0, 1], "neuron": [0, 0], "t": [0.2, 1.4]})
    >>> phases = pd.DataFrame({"image": 0, "layer": 1, "phase": ["charging", "firing"],
    ...                        "start": [0.0, 1.0], "end": [1.0, 2.0]})
    >>> [axes.get_ylabel() for axes in plot_raster(raster, phases).axes]
    ['input, pixel', 'layer 1, neuron']
    """
    require_pipeline(raster, phases)
    figure = Figure(figsize=(9, 6), layout="constrained") if figure is None else figure
    layers = sorted({0, *phases["layer"]})
    panels = figure.subplots(len(layers), sharex=True, squeeze=False)[:, 0]
    images = sorted(set(phases["image"]))
    colours = dict(zip(images, sns.color_palette("colorblind", len(images)), strict=True))
    for layer, axes in zip(layers, panels, strict=True):
        _shade(axes, phases[phases["layer"] == layer])
        for image, spikes in raster[raster["layer"] == layer].groupby("image"):
            axes.scatter(spikes["t"], spikes["neuron"], s=6, color=colours[image], linewidth=0)
        axes.set(ylabel=f"layer {layer}, neuron" if layer else "input, pixel")
        axes.margins(y=0.08)
        axes.spines[["top", "right"]].set_visible(False)
    panels[-1].set(xlim=(0, phases["end"].max()), xlabel="time $t / T$")
    _legend(figure, colours)
    return figure


def _shade(axes, phases):
    for row in phases[phases["phase"] == "charging"].itertuples():
        axes.axvspan(row.start, row.end, color=_CHARGING, linewidth=0, zorder=-2)
    for row in phases[phases["phase"] == "firing"].itertuples():
        axes.axvspan(
            row.start,
            row.end,
            facecolor="none",
            edgecolor="0.8",
            hatch="///",
            zorder=-2,
            linewidth=0,
        )


def _legend(figure, colours):
    handles = [
        Line2D([], [], marker="o", linestyle="", color=colour, label=f"image {image + 1}")
        for image, colour in colours.items()
    ]
    handles += [
        Patch(color=_CHARGING, label="charging phase"),
        Patch(facecolor="none", edgecolor="0.8", hatch="///", label="firing phase"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False)
