"""Accuracy against energy, ideal and with comparators that jitter, and the Pareto front."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from rcspike_brian.analysis.checks import require_columns
from rcspike_brian.analysis.palette import DRIVE_LABEL, v_syn_colours, v_syn_label
from rcspike_brian.data.catalog import DATASETS, title_of
from rcspike_brian.figures.energy import plain_numbers
from rcspike_brian.figures.style import (
    DOUBLE_COLUMN,
    add_caption,
    in_order,
    new_figure,
    plain,
    style,
)

_PANELS = {"accuracy": "front", "accuracy_jitter": "front_jitter"}
_ENERGY = [f"energy{end}" for end in ("", "_low", "_high")]
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p")


def front_figure(table: pd.DataFrame, jitter: float, caption: str = "") -> Figure:
    """Draw accuracy against energy per inference, a row of panels for each data set.

    Colour tells the drive voltage, markers the weight decay, and their size the temperature, from
    small to large. Points on the front are filled and joined; bars are intervals over the seeds.

    Parameters
    ----------
    table : frame from `rcspike_brian.analysis.front_table`
        With the columns v_syn, weight_decay and temperature.
    jitter : float
        Standard deviation of the thresholds in the right panels, in units of V_th.
    caption : str
        What was run, and what was kept fixed.

    Examples
    --------
    >>> ends = ("", "_low", "_high")
    >>> names = [f"{name}{end}" for name in ("accuracy", "accuracy_jitter") for end in ends]
    >>> table = pd.DataFrame({"dataset": "mnist", "v_syn": [1.0, 8.0], "weight_decay": 0.0,
    ...                       "temperature": 0.1, "front": True, "front_jitter": [True, False],
    ...                       **dict.fromkeys(names, 0.97), **dict.fromkeys(_ENERGY, 1e-10)})
    >>> len(front_figure(table, 0.03).axes)
    2
    """
    measured = [f"{name}{end}" for name in (*_PANELS, "energy") for end in ("", "_low", "_high")]
    settings = ("dataset", "v_syn", "weight_decay", "temperature")
    require_columns(table, (*settings, *measured, *_PANELS.values()), "table")
    looks = _looks(table)
    datasets = in_order(table["dataset"].unique(), DATASETS)
    with style():
        shape = {"nrows": len(datasets), "ncols": 2, "squeeze": False, "sharex": "row"}
        figure, panels = new_figure(DOUBLE_COLUMN, 2.6 * len(datasets), **shape)
        letters = iter("abcdefghijklmnopqrstuvwxyz")
        for row, name in zip(panels, datasets, strict=True):
            part = table[table["dataset"] == name]
            for axes, (accuracy, front) in zip(row, _PANELS.items(), strict=True):
                _draw(axes, part, accuracy, front, looks)
                ideal = accuracy == "accuracy"
                kind = "ideal" if ideal else rf"jitter {jitter:g} $V_\mathrm{{th}}$"
                axes.set(
                    title=f"({next(letters)}) {plain(title_of(name))}, {kind}",
                    xlabel="energy per inference (pJ)", ylabel="test accuracy (%)", xscale="log",
                )  # fmt: skip
                plain_numbers(axes.xaxis)
                _cut_long_bars(axes, 100 * part[accuracy])
        _legend(figure, looks)
        add_caption(figure, caption)
    return figure


def _cut_long_bars(axes, points):
    """End the axis near the points: an interval from two seeds may be wider than all of them."""
    (bottom, top), low, high = axes.get_ylim(), points.min(), points.max()
    room = 0.3 * max(high - low, 0.5)
    axes.set_ylim(max(bottom, low - room), min(top, high + room, 100.5))


def _looks(table):
    """Colour, marker and size of the values of the three settings."""
    decays, temperatures = (sorted(table[n].unique()) for n in ("weight_decay", "temperature"))
    markers = {decay: _MARKERS[k % len(_MARKERS)] for k, decay in enumerate(decays)}
    sizes = np.linspace(3, 6, len(temperatures)) if len(temperatures) > 1 else [4.5]
    return {
        "v_syn": v_syn_colours(table["v_syn"]),
        "weight_decay": markers,
        "temperature": dict(zip(temperatures, sizes, strict=True)),
    }


def _draw(axes, part, accuracy, front, looks):
    x, y = _bars(part, "energy", 1e12), _bars(part, accuracy, 100)
    for k, row in enumerate(part.to_dict("records")):
        colour = looks["v_syn"][row["v_syn"]]
        look: dict[str, Any] = {
            "color": colour,
            "marker": looks["weight_decay"][row["weight_decay"]],
        }
        look |= {"markersize": looks["temperature"][row["temperature"]], "elinewidth": 0.7}
        look["zorder"] = 3 + row[front]
        look["markerfacecolor"] = colour if row[front] else "white"
        (x_k, x_error), (y_k, y_error) = ((m[k], e[:, k : k + 1]) for m, e in (x, y))
        drawn = axes.errorbar(x_k, y_k, y_error, x_error, linestyle="", **look)
        for bar in drawn.lines[2]:
            bar.set(alpha=0.4, zorder=1)
    on = part[part[front]].sort_values("energy")
    axes.plot(
        1e12 * on["energy"], 100 * on[accuracy], color="0.3", linewidth=0.9, drawstyle="steps-post"
    )


def _bars(part, name, scale):
    """Means (n,) and what bars reach below and above them (2, n); 0 for a single seed."""
    mean, low, high = (scale * part[f"{name}{end}"].to_numpy() for end in ("", "_low", "_high"))
    return mean, np.nan_to_num(np.stack([mean - low, high - mean]))


def _legend(figure, looks):
    """Names of all settings, beside the panels."""
    axes, grey = figure.axes[0], {"linestyle": "", "color": "0.3"}
    named = [(f"{DRIVE_LABEL} = {v_syn_label(v)}", {"marker": "o", "color": c, "linestyle": ""})
             for v, c in looks["v_syn"].items()]  # fmt: skip
    named += [(f"weight decay {d:g}", {"marker": m, **grey})
              for d, m in looks["weight_decay"].items()]  # fmt: skip
    named += [(rf"$\tau$ = {t:g} T", {"marker": "o", "markersize": s, **grey})
              for t, s in looks["temperature"].items()]  # fmt: skip
    named += [("on the front", {"marker": "o", **grey, "linestyle": "-", "linewidth": 0.9})]
    named += [("not on it", {"marker": "o", **grey, "markerfacecolor": "white"})]
    handles = [axes.plot([], [], **look)[0] for _, look in named]
    figure.legend(handles, [text for text, _ in named], loc="outside right upper")
