"""Figure 3: accuracy against the drive voltage."""

from string import ascii_lowercase

import pandas as pd
from matplotlib.figure import Figure

from rcspike_brian.analysis.accuracy import accuracy_table, plot_accuracy
from rcspike_brian.analysis.checks import require_columns
from rcspike_brian.analysis.palette import MODEL_COLOURS
from rcspike_brian.data.catalog import DATASETS, title_of
from rcspike_brian.figures.style import (
    DOUBLE_COLUMN,
    SINGLE_COLUMN,
    add_caption,
    in_order,
    new_figure,
    style,
)

_FULL = "full"
_COLUMNS = ("dataset", "model", "v_syn", "seed", "accuracy", "epochs", "train_images", "data")
_CHANCE = 0.1
_MODELS = {
    "rc-spike": "RC-Spike",
    "conventional": "conventional circuit",
    "relu-mlp": "ReLU MLP",
    "mapped-ann": "ANN on RC-Spike circuit",
    "mapped-ann-rescaled": "ANN on RC-Spike circuit, rescaled",
}


def named_models(results: pd.DataFrame) -> pd.DataFrame:
    """Results of a sweep with the names that models have in figures and tables.

    Parameters
    ----------
    results : pandas.DataFrame
        With a column model; other names than those of a sweep stay.

    Returns
    -------
    pandas.DataFrame
        The same rows, other names in the column model.

    Examples
    --------
    >>> named_models(pd.DataFrame({"model": ["relu-mlp"]})).model.tolist()
    ['ReLU MLP']
    """
    return results.assign(model=results["model"].replace(_MODELS))


def accuracy_figure(
    results: pd.DataFrame, network: str = "784-200-200-10", caption: str | None = None
) -> Figure:
    """Draw Figure 3.

    Parameters
    ----------
    results : pandas.DataFrame
        One row per network. Columns dataset, model ("RC-Spike", "conventional circuit", "ReLU
        MLP", "ANN on RC-Spike circuit"), v_syn (V_syn/V_th; infinite where there is none), seed,
        accuracy (fraction), epochs, train_images, data ("full" or what it was instead).
    network : str
        Layer sizes, for the caption.
    caption : str, optional
        Default: `accuracy_caption`.

    Returns
    -------
    matplotlib.figure.Figure
        A column for each data set: at the top the range of the trained networks, below it all
        accuracies from 0 to 100 %.

    Examples
    --------
    >>> results = pd.DataFrame({"dataset": "mnist", "model": ["RC-Spike", "ReLU MLP"],
    ...                         "v_syn": [1.0, float("inf")], "seed": 0, "accuracy": [0.981, 0.984],
    ...                         "epochs": 10, "train_images": 60000, "data": "full"})
    >>> [axes.get_title(loc="left") for axes in accuracy_figure(results).axes]
    ['(a) MNIST', '']
    """
    require_columns(results, _COLUMNS, "results")
    tables = dict(list(accuracy_table(results).groupby("dataset")))
    names = in_order(tables, DATASETS)
    width = DOUBLE_COLUMN if len(names) > 1 else SINGLE_COLUMN
    with style():
        shape = {"nrows": 2, "ncols": len(names), "squeeze": False, "height_ratios": [3, 2]}
        figure, axes = new_figure(width, 4.2, sharex="col", **shape)
        for letter, column, name in zip(ascii_lowercase, axes.T, names, strict=False):
            _draw_column(column, tables[name])
            column[0].set_title(f"({letter}) {_title(name, results)}")
        for panel in axes[:, 1:].flat:
            panel.set(ylabel="")
        _legend(figure, axes[0, 0])
        add_caption(figure, caption or accuracy_caption(results, network))
    return figure


def _draw_column(column, table):
    """Draw the trained models at the top, magnified, and everything below."""
    for panel in column:
        plot_accuracy(table, panel, legend=False)
    column[0].set(xlabel="", ylim=_magnified(table))
    column[1].axhline(_CHANCE, color="0.6", linewidth=0.8, linestyle=":", zorder=0)
    column[1].set(ylim=(0, 1.02), yticks=[0, 0.25, 0.5, 0.75, 1])


def _magnified(table):
    """Limits around the models that were trained for the circuit they run on."""
    trained = table[~table["model"].str.startswith("ANN on")]
    spread = trained["std"].fillna(0)
    low, high = (trained["mean"] - spread).min(), (trained["mean"] + spread).max()
    margin = max(0.15 * (high - low), 0.001)
    return low - margin, min(high + margin, 1.0)


def _title(name, results):
    notes = _not_full(results[results["dataset"] == name])
    return title_of(name) + (f" ({notes})" if notes else "")


def _not_full(results):
    """Name what was used instead of full data sets, if anything."""
    return ", ".join(kind for kind in results["data"].unique() if kind != _FULL)


def _span(numbers):
    low, high = int(numbers.min()), int(numbers.max())
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _legend(figure, panel):
    """One legend for all panels, in the order in which models are listed everywhere."""
    handles = dict(zip(*panel.get_legend_handles_labels()[::-1], strict=True))
    names = in_order(handles, MODEL_COLOURS)
    place = {"loc": "outside upper center", "ncols": 3 if len(figure.axes) > 2 else 2}
    figure.legend([handles[name] for name in names], names, **place)


def accuracy_caption(results: pd.DataFrame, network: str) -> str:
    """Text under Figure 3: what was run.

    Parameters
    ----------
    results : pandas.DataFrame
        Columns as for `accuracy_figure`.
    network : str
        Layer sizes.

    Examples
    --------
    >>> run = {"dataset": "mnist", "model": "RC-Spike", "v_syn": 1.0, "seed": 0, "epochs": 10,
    ...        "train_images": 60000, "data": "full"}
    >>> print(accuracy_caption(pd.DataFrame([run]), "784-200-200-10")[:60])
    Figure 3. Test accuracy of 784-200-200-10 networks against t
    """
    seeds = _span(results.groupby(["dataset", "model", "v_syn"])["seed"].nunique())
    seeds = "one seed" if seeds == "1" else f"mean and standard deviation over {seeds} seeds"
    notes = _not_full(results)
    subset = f"; {notes}: expect lower accuracies than with the full data sets" if notes else ""
    return (
        f"Figure 3. Test accuracy of {network} networks against the drive voltage, {seeds}. The "
        "class is the output that spikes first (ReLU MLP: the largest output). Top: the range "
        "of the networks trained for what they run on. Bottom: all accuracies; the ReLU MLP, put "
        "on the RC-Spike circuit without training it again, loses at low drive voltage. "
        f"Dotted line: chance. Trained for {_span(results['epochs'])} epochs on "
        f"{_span(results['train_images'])} images{subset}."
    )
