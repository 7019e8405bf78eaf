"""Energy per inference: against V_syn, against accuracy, and where it goes."""

from itertools import chain

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter, LogLocator, MaxNLocator, NullLocator

from rcspike_brian.analysis.checks import require_columns
from rcspike_brian.analysis.palette import DRIVE_LABEL
from rcspike_brian.data.catalog import title_of
from rcspike_brian.errors import InvalidInput
from rcspike_brian.figures.style import DOUBLE_COLUMN, add_caption, new_figure, plain, style

_COLUMNS = ("dataset", "v_syn", "accuracy", "energy", "data")
_LAYER_COLUMNS = ("dataset", "v_syn", "layer", "side", "term", "energy")
_PICO = 1e12
_ENERGY = "energy per inference (pJ)"
_MARKERS = ("o", "s", "^", "D")


def energy_figure(frame: pd.DataFrame, layers: pd.DataFrame, caption: str | None = None) -> Figure:
    """Draw energy against V_syn, accuracy against energy, and the budget of one network.

    Parameters
    ----------
    frame, layers : rows of `network_energy` and of `layer_energy`, from `rcspike_brian.energy`
    caption : str, optional

    Raises `InvalidInput` if the rows of a data set say that they are of several networks.

    Examples
    --------
    >>> frame = pd.DataFrame({"dataset": "mnist", "v_syn": [1.0, 2.0], "accuracy": [0.96, 0.97],
    ...                       "energy": [1e-10, 2e-10], "data": "full"})
    >>> layers = pd.DataFrame({"dataset": "mnist", "v_syn": 1.0, "layer": 1, "energy": 1e-10,
    ...                        "side": ["supply", "dissipation"], "term": ["drive", "synapses"]})
    >>> len(energy_figure(frame, layers).axes)
    3
    """
    require_columns(frame, _COLUMNS, "frame")
    require_columns(layers, _LAYER_COLUMNS, "layers")
    for table, name in ((frame, "frame"), (layers, "layers")):
        _check_networks(table, name)
    with style():
        shape = {"ncols": 3, "width_ratios": [1, 1, 1.1]}
        figure, (left, middle, right) = new_figure(DOUBLE_COLUMN, 2.7, **shape)
        for marker, (name, part) in zip(_MARKERS, frame.groupby("dataset", sort=False)):  # noqa: B905 - as many as there are markers
            _draw_data_set(left, middle, part, marker, plain(title_of(name)))
        left.set(xscale="log", xlabel=DRIVE_LABEL, yscale="log", ylabel=_ENERGY, title="(a)")
        drives = [v for v in frame["v_syn"].unique() if np.isfinite(v)]
        ticks = _spaced(drives, 3 if len(drives) > 4 else 1.5)
        left.set_xticks(ticks, [f"{v:g}" for v in ticks], minor=False)
        left.xaxis.set_minor_locator(NullLocator())
        left.legend()
        middle.set(xscale="log", xlabel=_ENERGY, ylabel="test error (%)", title="(b)")
        if (frame["accuracy"] < 1).all():
            middle.set_yscale("log")
        for axis in (left.yaxis, middle.xaxis, middle.yaxis):
            if axis.get_scale() == "log":
                plain_numbers(axis)
        if len(drives) > 4:
            middle.xaxis.set_major_locator(LogLocator(subs=(1, 3)))  # wide numbers need room
        drawn = _draw_budget(right, layers)
        add_caption(figure, caption or _caption(frame, drawn))
    return figure


def _check_networks(frame, name):
    """`InvalidInput` if means over the rows of a data set would be over several networks."""
    if "network" not in frame:
        return
    for dataset, part in frame.groupby("dataset"):
        if len(networks := part["network"].unique()) > 1:
            raise InvalidInput(
                f"{name} has several networks for {dataset}, and the figure shows means over its "
                f"rows: choose one of {', '.join(map(str, networks))}"
            )


def _draw_data_set(left, middle, part, marker, title):
    """Energy against V_syn, and error against energy with V_syn at the points."""
    mean = part.groupby("v_syn")[["accuracy", "energy"]].mean()
    energy, error = mean["energy"] * _PICO, 100 * (1 - mean["accuracy"])
    finite = mean.index[np.isfinite(mean.index)]
    (line,) = left.plot(finite, energy[finite], marker=marker, label=title)
    middle.plot(energy[finite], error[finite], marker=marker, label=title)
    place = {"xytext": (2, 4), "textcoords": "offset points", "fontsize": 6}
    for v_syn in finite[energy[finite].isin(_spaced(energy[finite], 1.35))]:
        middle.annotate(f"{v_syn:g}", (energy[v_syn], error[v_syn]), **place)
    if np.inf in mean.index:
        left.axhline(energy[np.inf], linestyle=":", color=line.get_color())
        middle.plot(energy[np.inf], error[np.inf], marker, color=line.get_color(), mfc="none")


def _spaced(values, factor):
    """Those values that are ``factor`` times the one before: their labels do not overlap."""
    kept = []
    for value in sorted(values):
        if not kept or value >= factor * kept[-1]:
            kept.append(value)
    return kept


def plain_numbers(axis):
    """Plain numbers at a logarithmic axis: at 1, 2 and 5 times powers of ten, if it is long."""
    low, high = axis.get_view_interval()
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)) if high > 5 * low else MaxNLocator(4))
    axis.set_major_formatter(FormatStrFormatter("%g"))
    axis.set_minor_locator(NullLocator())


def _draw_budget(axes, layers):
    """Stacked bars of the drive voltage nearest V_th, first data set; returns what was drawn."""
    name = layers["dataset"].iloc[0]
    part = layers[layers["dataset"] == name]
    v_syn = min(part["v_syn"], key=lambda v: abs(v - 1))
    part = part[part["v_syn"] == v_syn]
    mean = part.groupby(["side", "layer", "term"], sort=False)["energy"].mean() * _PICO
    tables = [mean[side].unstack() for side in ("supply", "dissipation")]
    tables = [table.loc[:, table.sum() > 0] for table in tables]
    terms = list(dict.fromkeys(chain(*tables)))
    colours = dict(zip(terms, sns.color_palette("colorblind", len(terms)), strict=True))
    for offset, table in zip((0, len(tables[0]) + 0.5), tables, strict=True):
        bottom = np.zeros(len(table))
        for term in table.columns:
            labelled = None if term in axes.get_legend_handles_labels()[1] else term
            settings = {"bottom": bottom, "color": colours[term], "label": labelled}
            axes.bar(np.arange(len(table)) + offset, table[term], 0.8, **settings)
            bottom = bottom + table[term].to_numpy()
    numbers = np.arange(len(tables[0]))
    ticks = [*numbers, *(numbers + len(numbers) + 0.5)]
    axes.set_xticks(ticks, [str(l) for l in tables[0].index] * 2)
    title = plain(title_of(name))
    axes.set(xlabel="layer: delivered | turned to heat", ylabel=_ENERGY, title=f"(c) {title}")
    axes.figure.legend(*axes.get_legend_handles_labels(), loc="outside right upper", fontsize=6.5)
    return title, v_syn


def _caption(frame, drawn):
    data = ", ".join(plain(kind) for kind in frame["data"].unique() if kind != "full")
    images = f"{frame['images'].min():,} test images" if "images" in frame else "the test images"
    other = "Dotted lines and open marks: the conventional circuit. "
    ramps = f"Firing ramp: {', '.join(frame['ramp'].unique())}. " if "ramp" in frame else ""
    return (
        f"Energy of one inference, exact from the event sweep, mean over {images}"
        f"{f' ({data})' if data else ''} and networks. (a) Against the drive voltage. (b) Error "
        f"by earliest spike against energy; numbers: V_syn/V_th. (c) {drawn[0]}, V_syn/V_th = "
        f"{drawn[1]:g}: what the supplies deliver to each layer, and where it turns to heat. "
        f"{other if np.isinf(frame['v_syn']).any() else ''}{ramps}Line drivers, wires and clock "
        "are not included."
    )
