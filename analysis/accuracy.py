"""Accuracy over seeds: tables, the distance to a reference model, and the plot against V_syn."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

from rcspike_brian.analysis.checks import axes_or_current, require_columns
from rcspike_brian.analysis.palette import DRIVE_LABEL, beside, model_colours, v_syn_label
from rcspike_brian.errors import InvalidInput
from rcspike_brian.quantities import real_number

_GROUP = ("dataset", "model", "v_syn")


def accuracy_table(
    results: pd.DataFrame, by: Sequence[str] = _GROUP, confidence: float | None = None
) -> pd.DataFrame:
    """Mean and spread of the accuracy over seeds.

    The columns of `by`, and mean, std (sample standard deviation; NaN for a single seed), low and
    high (extremes over the seeds) and n; with a confidence also mean_low and mean_high, between
    which the mean of infinitely many seeds lies with that probability (Student's t).

    Parameters
    ----------
    results : pandas.DataFrame
        One row for each trained network: accuracy, a fraction from 0 to 1, and the columns `by`.
    by : sequence of str, what tells conditions apart
    confidence : float, optional
        In (0, 1), such as 0.95.

    Examples
    --------
    >>> results = pd.DataFrame({"model": "RC-Spike", "accuracy": [0.98, 0.96]})
    >>> accuracy_table(results, by=["model"])[["mean", "n"]].round(2).values.tolist()
    [[0.97, 2.0]]
    """
    require_columns(results, (*by, "accuracy"), "results")
    bad = ~results["accuracy"].between(0, 1)
    if bad.any():
        value = results.loc[bad, "accuracy"].iloc[0]
        raise InvalidInput(f"accuracy must be a fraction from 0 to 1, got {value}")
    groups = results.groupby(list(by), sort=True)["accuracy"]
    table = groups.agg(mean="mean", std="std", low="min", high="max", n="count").reset_index()
    if confidence is None:
        return table
    from scipy import stats  # slow to import, and rarely needed

    confidence = real_number("confidence", confidence, "in (0, 1)")
    half = stats.t.ppf((1 + confidence) / 2, table["n"] - 1) * table["std"] / np.sqrt(table["n"])
    return table.assign(mean_low=table["mean"] - half, mean_high=table["mean"] + half)


def distance_to_reference(table: pd.DataFrame, reference: str = "ReLU MLP") -> pd.DataFrame:
    """Difference of each mean accuracy from that of a reference model on the same data set.

    The table without the reference, with the columns reference (its mean), distance = mean -
    reference, distance_error, the standard error of the distance (seeds independent), and p, the
    probability of a distance as large between models that are equally good (Welch's t-test; NaN if
    there is a single seed).

    Parameters
    ----------
    table : frame from `accuracy_table`
    reference : str, a model that must have one row for each data set

    Examples
    --------
    >>> results = pd.DataFrame({"dataset": "mnist", "model": ["RC-Spike", "ReLU MLP"],
    ...                         "v_syn": [1.0, float("inf")], "accuracy": [0.98, 0.984]})
    >>> distance_to_reference(accuracy_table(results)).distance.round(4).tolist()
    [-0.004]
    """
    from scipy import stats

    require_columns(table, (*_GROUP, "mean", "std", "n"), "table")
    is_reference = table["model"] == reference
    means = table[is_reference].set_index("dataset")
    others = table[~is_reference].reset_index(drop=True)
    for name in others["dataset"].unique():
        rows = int((means.index == name).sum())
        if rows != 1:
            raise InvalidInput(f"{reference!r} must have one row for {name!r}, it has {rows}")
    matched = means.loc[others["dataset"]].reset_index()
    error = np.sqrt(others["std"] ** 2 / others["n"] + matched["std"] ** 2 / matched["n"])
    distance = others["mean"] - matched["mean"]
    found = others.assign(reference=matched["mean"], distance=distance, distance_error=error)
    both = [frame[name].to_numpy() for frame in (others, matched) for name in ("mean", "std", "n")]
    with np.errstate(divide="ignore", invalid="ignore"):
        return found.assign(p=stats.ttest_ind_from_stats(*both, equal_var=False).pvalue)


def format_accuracy_table(table: pd.DataFrame) -> pd.DataFrame:
    """Accuracy in percent as text, models in rows and V_syn in columns.

    Strings such as "98.31 ± 0.05 (3)": mean, standard deviation, number of seeds; empty if not run.
    Index (dataset, model), columns V_syn in units of V_th in increasing order.

    Parameters
    ----------
    table : frame from `accuracy_table`

    Examples
    --------
    >>> results = pd.DataFrame({"dataset": "mnist", "model": "RC-Spike", "v_syn": 1.0,
    ...                         "accuracy": [0.98, 0.982]})
    >>> format_accuracy_table(accuracy_table(results)).loc[("mnist", "RC-Spike"), 1.0]
    '98.10 ± 0.14 (2)'
    """
    require_columns(table, (*_GROUP, "mean", "std", "n"), "table")
    cells = table.assign(text=[_cell(*row) for row in table[["mean", "std", "n"]].to_numpy()])
    wide = cells.pivot(index=["dataset", "model"], columns="v_syn", values="text")
    return wide.reindex(columns=sorted(wide.columns)).fillna("")


def _cell(mean, std, n):
    spread = "" if pd.isna(std) else f" ± {100 * std:.2f}"
    return f"{100 * mean:.2f}{spread} ({int(n)})"


def plot_accuracy(
    table: pd.DataFrame, axes: Axes | None = None, legend: bool = True, **kwds: Any
) -> Axes:
    """Mean accuracy against V_syn, with its spread over seeds.

    Parameters
    ----------
    table : pandas.DataFrame
        From `accuracy_table`, of a single data set. A model that has only an infinite V_syn is a
        horizontal reference line; in a curve, infinity stands one octave right of the largest
        finite value, behind a dotted line.
    legend : bool, name the models on these axes
    axes, **kwds : Axes, keywords of their method errorbar

    Examples
    --------
    >>> results = pd.DataFrame({"model": "RC-Spike", "v_syn": [1.0, 2.0], "accuracy": 0.98})
    >>> plot_accuracy(accuracy_table(results, by=["model", "v_syn"])).get_ylabel()
    'test accuracy (%)'
    """
    require_columns(table, ("model", "v_syn", "mean", "std"), "table")
    axes = axes_or_current(axes)
    finite = np.unique(table["v_syn"][np.isfinite(table["v_syn"])])
    infinity = 2 * finite.max(initial=0.5)
    colours = model_colours(table["model"].unique())
    curve_ends = []
    for model, rows in table.groupby("model", sort=False):
        if np.isinf(rows["v_syn"]).all():
            _reference(axes, rows.iloc[0], colours[model])
        else:
            _curve(axes, rows.sort_values("v_syn"), colours[model], infinity, kwds)
            curve_ends.append(rows["v_syn"].max())
    _v_syn_axis(axes, finite, infinity, has_infinity=np.isinf(curve_ends).any())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{100 * x:g}"))
    axes.set(ylabel="test accuracy (%)")
    if legend:
        axes.legend()
        beside(axes)
    return axes


def _reference(axes, row, colour):
    axes.axhline(row["mean"], color=colour, linewidth=1.1, linestyle="--", label=row["model"])
    if row["std"] > 0:
        low, high = row["mean"] - row["std"], row["mean"] + row["std"]
        axes.axhspan(low, high, color=colour, alpha=0.15, linewidth=0)


def _curve(axes, rows, colour, infinity, kwds):
    settings = {"color": colour, "marker": "o", "capsize": 2, "elinewidth": 0.9, **kwds}
    inside = rows[np.isfinite(rows["v_syn"])]
    label = rows["model"].iloc[0]
    axes.errorbar(inside["v_syn"], inside["mean"], inside["std"], label=label, **settings)
    if len(inside) < len(rows):
        end, last = rows.iloc[-1], inside.iloc[-1]
        axes.errorbar(infinity, end["mean"], end["std"], **settings)
        x, y = [last["v_syn"], infinity], [last["mean"], end["mean"]]
        axes.plot(x, y, color=settings["color"], linestyle=":")


def _v_syn_axis(axes, finite, infinity, has_infinity):
    """Logarithmic axis with a tick for each value, named at powers of two and infinity."""
    axes.set_xscale("log", base=2)
    named = [value for value in finite if np.log2(value).is_integer()]
    ticks = [*named, infinity] if has_infinity else named
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(FixedLocator([value for value in finite if value not in named]))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda x, _: v_syn_label(np.inf if np.isclose(x, infinity) else x))
    )
    axes.set(xlabel=DRIVE_LABEL)
