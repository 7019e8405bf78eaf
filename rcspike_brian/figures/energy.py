"""Energy per inference: against V_syn, against accuracy, and where it goes."""

import numpy as np
import seaborn as sns

from rcspike_brian.analysis.checks import require_columns
from rcspike_brian.analysis.palette import DRIVE_LABEL
from rcspike_brian.data.catalog import title_of
from rcspike_brian.figures.style import DOUBLE_COLUMN, add_caption, new_figure, style

_COLUMNS = ("dataset", "v_syn", "accuracy", "energy", "data")
_LAYER_COLUMNS = ("dataset", "v_syn", "layer", "side", "term", "energy")
_PICO = 1e12
_MARKERS = ("o", "s", "^", "D")


def energy_figure(frame, layers, caption=None):
    """Draw energy against V_syn, accuracy against energy, and the budget of one network.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows of `rcspike_brian.energy.network_energy`.
    layers : pandas.DataFrame
        Rows of `rcspike_brian.energy.layer_energy`.
    caption : str, optional

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame(
    ...     {
    ...         "dataset": "mnist", "v_syn": [1.0, 2.0], "accuracy": [0.96, 0.97],
    ...         "energy": [1e-10, 2e-10], "data": "full",
    ...     }
    ... )
    >>> layers = pd.DataFrame(
    ...     {
    ...         "dataset": "mnist", "v_syn": 1.0, "layer": 1, "side": ["supply", "dissipation"],
    ...         "term": ["drive", "synapses"], "energy": 1e-10,
    ...     }
    ... )
    >>> len(energy_figure(frame, layers).axes)
    3
    """
    require_columns(frame, _COLUMNS, "frame")
    require_columns(layers, _LAYER_COLUMNS, "layers")
    with style():
        figure, (left, middle, right) = new_figure(
            DOUBLE_COLUMN, 2.7, ncols=3, width_ratios=[1, 1, 1.1]
        )
        for marker, (name, part) in zip(
            _MARKERS, frame.groupby("dataset", sort=False), strict=False
        ):
            title = title_of(name)
            finite = part[np.isfinite(part["v_syn"])].groupby("v_syn")[["accuracy", "energy"]]
            mean = finite.mean()
            left.plot(mean.index, mean["energy"] * _PICO, marker=marker, label=title)
            error = 100 * (1 - mean["accuracy"])
            middle.plot(mean["energy"] * _PICO, error, marker=marker, label=title)
            labelled = mean["energy"].isin(_spaced(mean["energy"], 1.35))
            for v_syn, row in mean[labelled].iterrows():
                middle.annotate(
                    f"{v_syn:g}",
                    (row["energy"] * _PICO, 100 * (1 - row["accuracy"])),
                    xytext=(2, 4),
                    textcoords="offset points",
                    fontsize=6,
                )
        left.set(
            xscale="log",
            yscale="log",
            xlabel=DRIVE_LABEL,
            ylabel="energy per inference (pJ)",
            title="(a)",
        )
        ticks = _spaced(v for v in frame["v_syn"].unique() if np.isfinite(v))
        left.set_xticks(ticks, [f"{v:g}" for v in ticks], minor=False)
        left.xaxis.set_minor_locator(_no_ticks())
        left.legend()
        middle.set(
            xscale="log",
            xlabel="energy per inference (pJ)",
            yscale="log",
            ylabel="test error (%)",
            title="(b)",
        )
        for axis in (left.yaxis, middle.xaxis, middle.yaxis):
            _plain_numbers(axis)
        drawn = _draw_budget(right, layers)
        add_caption(figure, caption or _caption(frame, drawn))
    return figure


def _spaced(values, factor=1.9):
    """Those values that are ``factor`` times the one before: their labels do not overlap."""
    kept = []
    for value in sorted(values):
        if not kept or value >= factor * kept[-1]:
            kept.append(value)
    return kept


def _no_ticks():
    from matplotlib.ticker import NullLocator

    return NullLocator()


def _plain_numbers(axis):
    """Ticks of a logarithmic axis at 1, 2 and 5 times powers of ten, as plain numbers."""
    from matplotlib.ticker import FormatStrFormatter, LogLocator

    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(FormatStrFormatter("%g"))
    axis.set_minor_locator(_no_ticks())


def _draw_budget(axes, layers):
    """Stacked bars of the smallest drive voltage of the first data set; returns what was drawn."""
    name = layers["dataset"].iloc[0]
    part = layers[(layers["dataset"] == name) & np.isfinite(layers["v_syn"])]
    v_syn = min(part["v_syn"], key=lambda v: abs(v - 1))
    part = part[part["v_syn"] == v_syn]
    mean = part.groupby(["side", "layer", "term"], sort=False)["energy"].mean() * _PICO
    supply, heat = mean["supply"].unstack(), mean["dissipation"].unstack()
    terms = [t for t in [*supply.columns, *heat.columns] if mean.xs(t, level="term").sum() > 0]
    terms = list(dict.fromkeys(terms))
    colours = dict(zip(terms, sns.color_palette("colorblind", len(terms)), strict=True))
    for offset, table in ((0, supply), (len(supply) + 0.5, heat)):
        bottom = np.zeros(len(table))
        for term in table.columns:
            if table[term].sum() <= 0:
                continue
            x = np.arange(len(table)) + offset
            labelled = None if term in axes.get_legend_handles_labels()[1] else term
            axes.bar(x, table[term], 0.8, bottom=bottom, color=colours[term], label=labelled)
            bottom += table[term].to_numpy()
    names = [f"{l}" for l in supply.index]
    x = [*range(len(names)), *(np.arange(len(names)) + len(names) + 0.5)]
    axes.set_xticks(x, names * 2)
    axes.set(
        xlabel="layer: delivered | turned to heat",
        ylabel="energy per inference (pJ)",
        title=f"(c) {title_of(name)}",
    )
    axes.figure.legend(*axes.get_legend_handles_labels(), loc="outside right upper", fontsize=6.5)
    return title_of(name), v_syn


def _caption(frame, drawn):
    data = ", ".join(kind for kind in frame["data"].unique() if kind != "full")
    images = f"{frame['images'].min():,} test images" if "images" in frame else "the test images"
    return (
        f"Energy of one inference, exact from the event sweep, mean over {images}"
        f"{f' ({data})' if data else ''} and networks. (a) Against the drive voltage. (b) Error "
        f"by earliest spike against energy; numbers: V_syn/V_th. (c) {drawn[0]}, V_syn/V_th = "
        f"{drawn[1]:g}: what the supplies deliver to each layer, and where it turns to heat. Line "
        "drivers, wires and clock are not included."
    )
