"""Plot of accuracy against V_syn."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

from rcspike_brian.analysis.checks import require_columns
from rcspike_brian.analysis.palette import DRIVE_LABEL, model_colours, v_syn_label


def plot_accuracy(table, axes=None, legend=True, **kwds):
    """Mean accuracy against V_syn, with its spread over seeds.

    Parameters
    ----------
    table : pandas.DataFrame
        From `accuracy_table`, of a single data set. A model that has only an infinite V_syn is a
        horizontal reference line; in a curve, infinity stands one octave right of the largest
        finite value, behind a dotted line.
    axes : matplotlib.axes.Axes, optional
        Default: the current axes.
    legend : bool
        Name the models on these axes.
    **kwds
        Passed to `matplotlib.axes.Axes.errorbar` for the curves.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> import pandas as pd
    >>> from rcspike_brian.analysis import accuracy_table
    >>> results = pd.DataFrame({"dataset": "mnist", "model": "RC-Spike", "v_syn": [1.0, 2.0],
    ...                         "accuracy": [0.98, 0.982]})
    >>> plot_accuracy(accuracy_table(results), Figure().subplots()).get_ylabel()
    'test accuracy (%)'
    """
    require_columns(table, ("model", "v_syn", "mean", "std"), "table")
    axes = plt.gca() if axes is None else axes
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
        axes.plot(
            [last["v_syn"], infinity], [last["mean"], end["mean"]], color=colour, linestyle=":"
        )


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
