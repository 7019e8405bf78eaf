"""Transistors: channel-length modulation against bias, spike times over corners, a picojoule."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from rcspike_brian.analysis.checks import require_columns
from rcspike_brian.data.catalog import title_of
from rcspike_brian.figures.style import DOUBLE_COLUMN, add_caption, new_figure, plain, style

_MODULATION = ("corner", "kind", "I_0", "lambda", "e")
_PAPER = {"n": (0.41, 2.80), "p": (0.75, 1.53), "discharge": (0.177, None)}
_NAMES = {"n": "NMOS", "p": "PMOS", "discharge": "discharge"}
_TIMES = ("extracted", "corner", "mismatch", "network", "t_model", "t_transistors")
_ENERGY = ("parts", "circuit", "term", "energy", "least", "most")


def modulation_figure(frame: pd.DataFrame, I_unit: float | None = None) -> Figure:
    """Draw lambda and the reversal potentials against the current, after Fig. 17 of 2412.09010.

    Parameters
    ----------
    frame : rows of `rcspike_brian.spice.extract_sources`
    I_unit : float, optional
        Where the circuit works, in amperes.

    Examples
    --------
    >>> frame = pd.DataFrame({"corner": "tt", "kind": "n", "I_0": [1e-9, 1e-7],
    ...                       "lambda": [0.42, 0.40], "e": [2.7, 2.8]})
    >>> len(modulation_figure(frame).axes)
    2
    """
    require_columns(frame, _MODULATION, "frame")
    with style():
        figure, (left, right) = new_figure(DOUBLE_COLUMN, 2.7, ncols=2)
        kinds = [kind for kind in _NAMES if kind in set(frame["kind"])]
        for colour, kind in zip(sns.color_palette("colorblind"), kinds, strict=False):
            for corner, part in frame[frame["kind"] == kind].groupby("corner", sort=False):
                look = {"color": colour} | ({"linewidth": 0.5} if corner != "tt" else {})
                named = {"label": _NAMES[kind]} if corner == frame["corner"].iloc[0] else {}
                left.semilogx(part["I_0"] * 1e9, part["lambda"], **look, **named)
                if kind != "discharge":
                    right.semilogx(part["I_0"] * 1e9, part["e"], **look)
            paper, e = _PAPER[kind]
            left.axhline(paper, color=colour, linestyle=":", linewidth=0.8)
            if e:
                right.axhline(e, color=colour, linestyle=":", linewidth=0.8)
        for axes in (left, right):
            if I_unit:
                axes.axvline(I_unit * 1e9, color="0.7", linewidth=0.8, zorder=0)
            axes.set(xlabel="current at reset (nA)", ylim=(0, None))
        left.set(ylabel=r"$\lambda$ (1/V)", title="(a) channel-length modulation")
        right.set(ylabel=r"$|E| / V_\mathrm{th}$", title="(b) reversal potentials")
        left.set_ylim(0, 1.2)
        left.legend(loc="upper right", ncols=3)
        add_caption(figure, _modulation_caption(frame))
    return figure


def _modulation_caption(frame):
    corners = [corner for corner in frame["corner"].unique() if corner != "tt"]
    others = f"; thin lines: corners {', '.join(corners)}" if corners else ""
    return (
        "Current sources of sky130, W = 1 um, L = 250 nm (discharge: 500 nm), simulated between "
        "the reset potential of 1.3 V and the threshold 0.872 V below it. (a) Slope of the current "
        "relative to its value at reset, (b) the reversal potentials 1/lambda that follow. Thick "
        f"lines: typical transistors{others}. Dotted: the values of arXiv:2412.09010; grey: the "
        "current at which a unit transistor of a synapse works here."
    )


def transistors_figure(frame: pd.DataFrame) -> Figure:
    """Draw spike times of models against transistors, and the errors of corners and chips.

    Parameters
    ----------
    frame : rows of `rcspike_brian.experiments.compare_transistors`

    Examples
    --------
    >>> frame = pd.DataFrame({"extracted": "tt", "corner": "tt", "mismatch": -1, "network": "mine",
    ...                       "t_model": [0.5, 0.7], "t_transistors": [0.5, 0.71]})
    >>> len(transistors_figure(frame).axes)
    2
    """
    require_columns(frame, _TIMES, "frame")
    with style():
        figure, (left, right) = new_figure(DOUBLE_COLUMN, 3.1, ncols=2)
        nominal = (frame["extracted"] == "tt") & (frame["corner"] == "tt") & (frame["mismatch"] < 0)
        left.plot([0, 1], [0, 1], color="0.7", linewidth=0.8, zorder=0)
        for name, part in frame[nominal].groupby("network", sort=False):
            x = part["t_transistors"], part["t_model"]
            left.scatter(*x, s=9, linewidths=0, alpha=0.7, label=name)
        left.set(xlabel="spike time of the transistors (units of T)", aspect="equal")
        left.set(ylabel="spike time of the model (units of T)", title="(a) typical transistors")
        left.legend(loc="upper left")
        _draw_errors(right, frame)
        add_caption(figure, _CAPTION)
    return figure


def _draw_errors(axes, frame):
    """A point for each chip: how far off its spike times are."""
    known = frame.assign(square=(frame["t_model"] - frame["t_transistors"]) ** 2)
    keys = ["network", "extracted", "corner", "mismatch"]
    error = known.groupby(keys, sort=False)["square"].mean().pow(0.5).mul(1000).reset_index()
    places = [*dict.fromkeys(error["corner"]), "mismatch"]
    own = (error["extracted"] == error["corner"]) & (error["mismatch"] < 0)
    for name, part in error[own].groupby("network", sort=False):
        axes.semilogy([places.index(c) for c in part["corner"]], part["square"], "o", label=name)
    foreign = error[~own & (error["mismatch"] < 0)]
    if len(foreign):
        x = [places.index(c) for c in foreign["corner"]]
        axes.semilogy(x, foreign["square"], "s", label="RC-Spike, trained for tt")
    chips = error[error["mismatch"] >= 0]
    beside = len(places) - 1 + np.linspace(-0.2, 0.2, len(chips))
    axes.semilogy(beside, chips["square"], "^", markersize=2.5, label="RC-Spike, mismatch")
    axes.axhline(3, color="0.6", linestyle=":", linewidth=0.8)
    axes.set_xticks(range(len(places)), places)
    axes.set(xlabel="corner", ylabel=r"spike-time RMSE ($10^{-3}\,T$)", title="(b) corners")
    axes.legend(loc="upper left", fontsize=6)
    axes.set_ylim(None, 20 * error["square"].max())


_CAPTION = (
    "5-5-5 networks on Iris in transistors of sky130, hidden and output neurons. The model is what "
    "each network's training assumed: the exact solution for the extracted circuit, or a multiply-"
    "accumulate for the mapped ANN. (a) Typical transistors. (b) RMSE where circuit and network "
    "are extracted and trained for the corner, where those for tt are made in another corner, and "
    "for single chips with the process's mismatch. Dotted: 3 ns of 1000."
)


def picojoule_figure(frame: pd.DataFrame) -> Figure:
    """Draw where the energy of an inference goes, conventional beside RC-Spike.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns parts, circuit, term, energy, least, most (joules): an interval over corners; those
        of dataset, v_syn and seed, where they are there, tell networks apart.

    Examples
    --------
    >>> frame = pd.DataFrame({"parts": "sky130", "circuit": ["RC-Spike", "conventional"],
    ...                       "term": "synapses", "energy": 1e-10, "least": 9e-11, "most": 1.1e-10})
    >>> len(picojoule_figure(frame).axes)
    1
    """
    require_columns(frame, _ENERGY, "frame")
    with style():
        figure, axes = new_figure(DOUBLE_COLUMN, 2.9)
        keys = [k for k in ("dataset", "circuit", "v_syn", "seed", "parts") if k in frame]
        bars = list(frame.groupby(keys, sort=False))
        terms = frame.loc[frame["energy"] > 0, "term"].drop_duplicates().tolist()
        colours = dict(zip(terms, sns.color_palette("colorblind", len(terms)), strict=True))
        for k, (_, part) in enumerate(bars):
            left = 0.0
            for row in part[part["energy"] > 0].itertuples():
                label = row.term if row.term not in axes.get_legend_handles_labels()[1] else None
                width = row.energy * 1e12
                axes.barh(k, width, 0.6, left=left, color=colours[row.term], label=label)
                left += width
            spread = np.array([[part["energy"].sum() - part["least"].sum()],
                               [part["most"].sum() - part["energy"].sum()]]) * 1e12  # fmt: skip
            axes.errorbar(left, k, xerr=np.maximum(spread, 0), color="0.2", capsize=2, linewidth=1)
        axes.set_yticks(range(len(bars)), [_name(part.iloc[0]) for _, part in bars])
        axes.set(xlabel="energy per inference (pJ)", xlim=(0, None))
        axes.invert_yaxis()
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        add_caption(figure, _ENERGY_CAPTION)
    return figure


def _name(row):
    """What a bar stands for."""
    title = f"{plain(title_of(row['dataset']))}, " if "dataset" in row else ""
    circuit = {"rc-spike": "RC-Spike"}.get(row["circuit"], row["circuit"])
    return f"{title}{circuit}\nparts: {row['parts']}"


_ENERGY_CAPTION = (
    "Energy of one inference by what the supplies deliver, with the parts named at each bar. Bars "
    "of error: least and most of the corners tt, ss, ff, sf and fs. Means over networks that "
    "differ in nothing but their seeds."
)
