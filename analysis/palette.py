"""What all plots share: colours and labels of models and drive voltages, and how they draw."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from rcspike_brian.analysis.checks import axes_or_current

DRIVE_LABEL = r"$V_\mathrm{syn} / V_\mathrm{th}$"
"""Name of the drive voltage in units of the threshold, on axes and legends."""
MANY = 8
"""Beyond this number of series colours go from dark to light, and the legend stands beside."""
_COLOURBLIND = sns.color_palette("colorblind").as_hex()
MODEL_COLOURS = {
    "RC-Spike": _COLOURBLIND[0],
    "conventional": _COLOURBLIND[1],
    "conventional circuit": _COLOURBLIND[1],
    "ReLU MLP": "#4d4d4d",
    "ReLU CNN": "#4d4d4d",
    "ANN on RC-Spike circuit": _COLOURBLIND[3],
    "ANN on RC-Spike circuit, rescaled": _COLOURBLIND[4],
    "conventional network on RC-Spike circuit": _COLOURBLIND[2],
}
"""Colour of each model."""


def model_colours(models: Iterable[str]) -> dict[str, str]:
    """Colour of each model; unknown names get colours that are not in use.

    Parameters
    ----------
    models : iterable of str

    Examples
    --------
    >>> model_colours(["RC-Spike", "mine"])
    {'RC-Spike': '#0173b2', 'mine': '#ca9161'}
    """
    unknown = [model for model in dict.fromkeys(models) if model not in MODEL_COLOURS]
    spare = _COLOURBLIND[5:] if len(unknown) <= 5 else sns.husl_palette(len(unknown)).as_hex()
    colours = MODEL_COLOURS | dict(zip(unknown, spare))  # noqa: B905 - as many as are needed
    return {model: colours[model] for model in models}


def v_syn_colours(values: Iterable[float]) -> dict[float, str]:
    """Colour of each V_syn/V_th, in increasing order, from dark (small) to light.

    Infinity is coloured as the conventional circuit.
    """
    values = np.unique(np.asarray(list(values), dtype=float))
    finite = values[np.isfinite(values)]
    colours = sns.color_palette("viridis", len(finite)).as_hex()
    ordered = dict(zip(finite.tolist(), colours, strict=True))
    if len(finite) < len(values):
        ordered[np.inf] = MODEL_COLOURS["conventional"]
    return ordered


def v_syn_label(value: float) -> str:
    """V_syn in units of V_th as text: "0.5", "2", "∞"."""
    return "∞" if np.isinf(value) else f"{value:g}"


def v_syn_hue(frame: pd.DataFrame) -> dict[str, Any]:
    """Seaborn keywords that colour a frame by its column v_syn: data, hue, hue_order, palette.

    The data have v_syn as text, because seaborn cannot place infinity on a scale of numbers.
    """
    colours = {v_syn_label(v): colour for v, colour in v_syn_colours(frame["v_syn"]).items()}
    named = frame.assign(v_syn=frame["v_syn"].map(v_syn_label))
    return {"data": named, "hue": "v_syn", "hue_order": list(colours), "palette": colours}


def series_colours(n: int) -> list[str]:
    """Colours of n series: those of the palette, or, beyond `MANY`, from dark to light."""
    return _COLOURBLIND[:n] if n <= MANY else sns.color_palette("viridis", n).as_hex()


def beside(axes: Axes) -> None:
    """Put a legend of many names beside the axes, where it hides nothing."""
    legend = axes.get_legend()
    if legend is None:
        return
    n = len(legend.get_texts())
    if n > MANY:
        place = {"bbox_to_anchor": (1.01, 0.5), "ncols": 1 + n // 20, "fontsize": "small"}
        sns.move_legend(axes, "center left", **place)
    for handle in axes.get_legend().legend_handles:  # type: ignore[union-attr]  # moved, not gone
        if isinstance(handle, Line2D):
            handle.set_alpha(1)  # a dot that is small and faint cannot be told by itself
            if handle.get_linestyle() == "None":
                handle.set_markersize(6)


def marked_by(column: str) -> dict[str, Any]:
    """Seaborn keywords that tell lines apart by a column: in colour, and in dashes and markers."""
    return {"hue": column, "style": column, "markers": True, "palette": "colorblind"}


def draw(
    function: Callable, x: str, y: str, axes: Axes | None, kwds: dict[str, Any],
    legend_title: str | None = None, **defaults: Any,
) -> Axes:  # fmt: skip
    """Call a function of seaborn with columns of a frame on axes or the current ones.

    The keywords ``kwds`` of the user replace the defaults, ``data`` among them.
    """
    axes = axes_or_current(axes)
    settings = {**defaults, **kwds}
    hue = settings.get("hue")
    if settings.get("palette") == "colorblind" and hue is not None:
        n = settings["data"][hue].nunique()
        settings["palette"] = series_colours(n)
        if n > MANY:  # there are not as many dashes and markers
            settings = {k: v for k, v in settings.items() if k not in ("style", "markers")}
    function(x=x, y=y, ax=axes, **settings)
    beside(axes)
    if legend_title is not None and (legend := axes.get_legend()) is not None:
        legend.set_title(legend_title)
    return axes


def zero_line(axes: Axes) -> None:
    """Mark zero, behind the data."""
    axes.axhline(0, color="0.6", linewidth=0.8, zorder=0)


def log_log_with_slope(axes: Axes, x: float, y: float, slope: int) -> None:
    """Make both axes logarithmic, and draw a line of this slope from a point on."""
    axes.set(xscale="log", yscale="log")
    look: dict[str, Any] = {"color": "0.6", "linestyle": ":", "label": f"slope {slope}"}
    axes.axline((x, y), (10 * x, 10**slope * y), zorder=0, **look)
