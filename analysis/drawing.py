"""What all plots do: draw a frame with seaborn or pandas on the axes of the caller."""

from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes


def axes_or_current(axes: Axes | None) -> Axes:
    """The axes given, or else the current ones of pyplot."""
    return plt.gca() if axes is None else axes


def draw(
    function: Callable, x: str, y: str, axes: Axes | None, kwds: dict[str, Any], **defaults: Any
) -> Axes:
    """Call a function of seaborn with columns of a frame on axes or the current ones.

    The keywords ``kwds`` of the user replace the defaults, ``data`` among them.
    """
    axes = axes_or_current(axes)
    function(x=x, y=y, ax=axes, **{**defaults, **kwds})
    return axes


def name_legend(axes: Axes, title: str) -> None:
    """Give the legend, if there is one, a title."""
    legend = axes.get_legend()
    if legend is not None:
        legend.set_title(title)


def zero_line(axes: Axes) -> None:
    """Mark zero, behind the data."""
    axes.axhline(0, color="0.6", linewidth=0.8, zorder=0)


def log_log_with_slope(axes: Axes, x: float, y: float, slope: int) -> None:
    """Make both axes logarithmic, and draw a line of this slope from a point on."""
    axes.set(xscale="log", yscale="log")
    look: dict[str, Any] = {"color": "0.6", "linestyle": ":", "label": f"slope {slope}"}
    axes.axline((x, y), (10 * x, 10**slope * y), zorder=0, **look)
