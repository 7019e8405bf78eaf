"""Accuracy against the drive voltage under noise: of every spike, and of the comparators."""

from string import ascii_lowercase
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from rcspike_brian.analysis.accuracy import accuracy_table, plot_accuracy
from rcspike_brian.analysis.checks import require_columns
from rcspike_brian.data.catalog import DATASETS, title_of
from rcspike_brian.errors import InvalidInput
from rcspike_brian.figures.style import (
    DOUBLE_COLUMN,
    add_caption,
    in_order,
    new_figure,
    plain,
    style,
)

_KINDS = {"noise": r"noise on every spike ($T$)", "jitter": r"comparator jitter ($V_\mathrm{th}$)"}
_OWN, _CONVENTIONAL = "RC-Spike", "conventional circuit"
_MAPPED = "ANN on RC-Spike circuit, rescaled"
_PLACE = ["dataset", "model", "v_syn", "seed"]


def under_noise(results: pd.DataFrame) -> pd.DataFrame:
    """One row for each network, kind and level of noise.

    Parameters
    ----------
    results : pandas.DataFrame
        Columns dataset, model, v_syn, seed, accuracy, and accuracies named noise_LEVEL (standard
        deviation on every spike time, in units of T) or jitter_LEVEL (of the threshold of every
        comparator, in units of V_th).

    Returns
    -------
    pandas.DataFrame
        Columns dataset, model, v_syn, seed, kind ("noise" or "jitter"), level and accuracy; the
        level 0 is the accuracy without noise.

    Examples
    --------
    >>> results = pd.DataFrame({"dataset": "mnist", "model": "RC-Spike", "v_syn": 1.0, "seed": 0,
    ...                         "accuracy": [0.98], "noise_0.01": 0.97, "jitter_0.03": 0.96})
    >>> under_noise(results)[["kind", "level", "accuracy"]].values.tolist()
    [['noise', 0.0, 0.98], ['noise', 0.01, 0.97], ['jitter', 0.0, 0.98], ['jitter', 0.03, 0.96]]
    """
    require_columns(results, (*_PLACE, "accuracy"), "results")
    parts = []
    for kind in _KINDS:
        named = [name for name in results if str(name).startswith(f"{kind}_")]
        for name in ["accuracy", *named] if named else []:
            level = 0.0 if name == "accuracy" else float(name.removeprefix(f"{kind}_"))
            rows = results[_PLACE].assign(kind=kind, level=level, accuracy=results[name])
            parts.append(rows.dropna(subset="accuracy"))
    if not parts:
        raise InvalidInput(
            "the results have no accuracies under noise, columns such as noise_0.01 and "
            "jitter_0.01: `rcspike sweep` of this version writes them"
        )
    return pd.concat(parts, ignore_index=True)


def noise_figure(results: pd.DataFrame, caption: str | None = None) -> Figure:
    """Draw accuracy against V_syn for each level of noise, from dark (none) to light.

    A column for each data set and kind of noise: at the top the trained networks, magnified; below
    it also the ANN that is put on the circuit as well as it can be, dashed.

    Parameters
    ----------
    results : pandas.DataFrame
        As for `under_noise`, with models as from `rcspike_brian.figures.named_models`.
    caption : str, optional

    Examples
    --------
    >>> results = pd.DataFrame({"dataset": "mnist", "model": "RC-Spike", "v_syn": [1.0, 2.0],
    ...                         "seed": 0, "accuracy": 0.98, "noise_0.01": 0.97})
    >>> [axes.get_title(loc="left") for axes in noise_figure(results).axes]
    ['(a) MNIST, noise', '']
    """
    frame = under_noise(results)
    frame = frame.replace({"model": {_CONVENTIONAL: _OWN}})  # at infinite V_syn
    frame = frame[frame["model"].isin([_OWN, _MAPPED])]
    columns = [
        (name, kind)
        for name in in_order(frame["dataset"].unique(), DATASETS)
        for kind in _KINDS
        if ((frame["dataset"] == name) & (frame["kind"] == kind) & (frame["model"] == _OWN)).any()
    ]
    if not columns:
        raise InvalidInput(
            "the results have no network that was trained for its circuit, with accuracies under "
            "noise: draw the results of a sweep with them"
        )
    with style():
        shape = {"nrows": 2, "ncols": len(columns), "squeeze": False, "height_ratios": [1, 1]}
        figure, axes = new_figure(DOUBLE_COLUMN, 4.2, sharex="col", **shape)
        for letter, panels, (name, kind) in zip(ascii_lowercase, axes.T, columns, strict=False):
            part = frame[(frame["dataset"] == name) & (frame["kind"] == kind)]
            _draw(panels, part)
            panels[0].set(title=f"({letter}) {plain(title_of(name))}, {kind}", xlabel="")
            panels[1].tick_params(axis="x", labelsize=5.8)
        for panel in axes[:, 1:].flat:
            panel.set(ylabel="")
        # Above: inside, some curve is everywhere.
        panel_of = {kind: panel for panel, (_, kind) in zip(axes[0], columns, strict=True)}
        for (kind, panel), side in zip(panel_of.items(), ("left", "right"), strict=False):
            levels = panel.get_legend_handles_labels()
            place: dict[str, Any] = {"loc": f"outside upper {side}", "ncols": len(levels[0])}
            figure.legend(*levels, title=_KINDS[kind], title_fontsize=7, **place)
        add_caption(figure, caption or _caption(frame))
    return figure


def _draw(panels, part):
    levels = sorted(part["level"].unique())
    colours = sns.color_palette("viridis", len(levels) + 1).as_hex()
    for level, colour in zip(levels, colours, strict=False):
        # The own curve last: its drive voltages are the ticks, and say where infinity stands.
        for model, line in ((_MAPPED, "--"), (_OWN, "-")):
            rows = part[(part["level"] == level) & (part["model"] == model)]
            if model == _MAPPED:
                rows = rows[np.isfinite(rows["v_syn"])]
            if not np.isfinite(rows["v_syn"]).any():
                continue
            table = accuracy_table(rows.assign(model=f"{level:g}"))
            for panel in panels if model == _OWN else panels[1:]:
                plot_accuracy(table, panel, legend=False, color=colour, linestyle=line)
    own = part[part["model"] == _OWN].groupby(["level", "v_syn"])["accuracy"].mean()
    margin = max(0.05 * (own.max() - own.min()), 0.001)
    panels[0].set_ylim(own.min() - margin, min(own.max() + margin, 1))
    panels[1].set(ylim=(0, 1.02), yticks=[0, 0.25, 0.5, 0.75, 1])


def _caption(frame):
    counts = frame.groupby(["dataset", "model", "v_syn", "kind", "level"])["seed"].nunique()
    seeds = f"{counts.min()}" if counts.nunique() == 1 else f"{counts.min()} to {counts.max()}"
    spread = "One seed" if seeds == "1" else f"Mean and standard deviation over {seeds} seeds"
    infinity = " At infinity: the conventional circuit." if np.isinf(frame["v_syn"]).any() else ""
    mapped = (
        " Dashed: the ReLU network put on the circuit, with the best factors for its positive and "
        "negative weights; its weights are kept, so the resistors are others at each drive voltage."
        if (frame["model"] == _MAPPED).any()
        else ""
    )
    return (
        "Test accuracy by the first output spike when Gaussian noise is added to all input, hidden "
        "and output spike times (in units of T), or to the thresholds of all comparators (in units "
        f"of V_th; with a linear ramp it moves hidden and output spikes). {spread}; the same "
        "trained networks at every level, which is written in the legends. Top: trained for the "
        f"circuit, magnified. Bottom: all.{infinity}{mapped}"
    )
