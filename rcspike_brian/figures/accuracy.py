"""Accuracy: Figure 3, against the drive voltage, and over chips."""

from string import ascii_lowercase

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from rcspike_brian.analysis.accuracy import accuracy_table, plot_accuracy
from rcspike_brian.analysis.checks import require_columns
from rcspike_brian.analysis.palette import MODEL_COLOURS, model_colours
from rcspike_brian.data.catalog import DATASETS, title_of
from rcspike_brian.figures.style import (
    DOUBLE_COLUMN,
    SINGLE_COLUMN,
    add_caption,
    in_order,
    new_figure,
    plain,
    style,
)

_FULL = "full"
_COLUMNS = ("dataset", "model", "v_syn", "seed", "accuracy", "epochs", "train_images", "data")
# How networks come to circuits for which they were not trained: a choice that decides how much
# they lose.
_MAPPINGS = {
    "ANN on RC-Spike circuit": (
        "ANN on RC-Spike circuit: the ReLU network as it is, each layer scaled so that 99.9 % of "
        "its activations are inside the charging phase, the usual choice. "
    ),
    "ANN on RC-Spike circuit, rescaled": (
        "Rescaled: with a factor for the positive and one for the negative weights of each layer, "
        "fitted to training images. "
    ),
    "conventional network on RC-Spike circuit": (
        "Conventional network: trained for the conventional circuit with spike times as inputs, "
        "and put on the other as it is. "
    ),
}
_CHIP_COLUMNS = ("dataset", "model", "spread", "chip", "accuracy")
_MODELS = {
    "rc-spike": "RC-Spike",
    "conventional": "conventional circuit",
    "relu-mlp": "ReLU MLP",
    "relu-cnn": "ReLU CNN",
    "mapped-ann": "ANN on RC-Spike circuit",
    "mapped-ann-rescaled": "ANN on RC-Spike circuit, rescaled",
    "mapped-conventional": "conventional network on RC-Spike circuit",
}
# Names of networks that were trained for something else than what they run on.
_MAPPED = "on RC-Spike circuit"


def named_models(results: pd.DataFrame) -> pd.DataFrame:
    """Results of a sweep with the names that models have in figures and tables.

    Parameters
    ----------
    results : pandas.DataFrame
        With a column model; other names than those of a sweep stay.

    Examples
    --------
    >>> named_models(pd.DataFrame({"model": ["relu-mlp"]})).model.tolist()
    ['ReLU MLP']
    """
    return results.assign(model=results["model"].replace(_MODELS))


def accuracy_figure(
    results: pd.DataFrame, network: str | None = None, caption: str | None = None
) -> Figure:
    """Draw Figure 3.

    A column for each data set: at the top the range of the trained networks, below it all
    accuracies from 0 to 100 %.

    Parameters
    ----------
    results : pandas.DataFrame
        One row per network. Columns dataset, model (as from `named_models`), v_syn (V_syn/V_th;
        infinite where there is none), seed, accuracy (fraction), epochs, train_images, data
        ("full" or what it was instead).
    network, caption : str, optional
        Layers for the caption, default: those in a column network; or all of it, default:
        `accuracy_caption`.

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
            _draw_column(column, tables[name], _chance(name))
            column[0].set_title(f"({letter}) {_title(name, results)}")
        for panel in axes[:, 1:].flat:
            panel.set(ylabel="")
        _legend(figure, axes[0, 0])
        add_caption(figure, caption or accuracy_caption(results, network))
    return figure


def _chance(name):
    """Accuracy of guessing; None if it is not known how many classes there are."""
    return 1 / DATASETS[name].n_classes if name in DATASETS else None


def _draw_column(column, table, chance):
    """Draw the trained models at the top, magnified, and everything below."""
    for panel in column:
        plot_accuracy(table, panel, legend=False)
    column[0].set(xlabel="", ylim=_magnified(table))
    if chance is not None:
        column[1].axhline(chance, color="0.6", linewidth=0.8, linestyle=":", zorder=0)
    column[1].set(ylim=(0, 1.02), yticks=[0, 0.25, 0.5, 0.75, 1])


def _magnified(table):
    """Limits around the models that were trained for the circuit they run on."""
    trained = table[~table["model"].str.contains(_MAPPED)]
    trained = table if trained.empty else trained
    spread = trained["std"].fillna(0)
    low, high = (trained["mean"] - spread).min(), (trained["mean"] + spread).max()
    margin = max(0.15 * (high - low), 0.001)
    return low - margin, min(high + margin, 1.0)


def _title(name, results):
    notes = _not_full(results[results["dataset"] == name])
    return plain(title_of(name)) + (f" ({notes})" if notes else "")


def _not_full(results):
    """Name what was used instead of full data sets, if anything."""
    return ", ".join(plain(kind) for kind in results["data"].unique() if kind != _FULL)


def _span(numbers):
    low, high = int(numbers.min()), int(numbers.max())
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _legend(figure, panel):
    """One legend for all panels, in the order in which models are listed everywhere."""
    handles = dict(zip(*panel.get_legend_handles_labels()[::-1], strict=True))
    names = in_order(handles, MODEL_COLOURS)
    place = {"loc": "outside upper center", "ncols": 3 if len(figure.axes) > 2 else 2}
    figure.legend([handles[name] for name in names], [plain(name) for name in names], **place)


def accuracy_caption(results: pd.DataFrame, network: str | None = None) -> str:
    """Text under Figure 3: what was run.

    Parameters
    ----------
    results, network : as for `accuracy_figure`

    Examples
    --------
    >>> run = {"dataset": "mnist", "model": "RC-Spike", "v_syn": 1.0, "seed": 0, "epochs": 10,
    ...        "train_images": 60000, "data": "full"}
    >>> accuracy_caption(pd.DataFrame([run]), "784-10")[:45]
    'Figure 3. Test accuracy of 784-10 networks ag'
    """
    if network is None:
        known = results["network"].dropna().unique() if "network" in results else ()
        network = " and ".join(known)
    networks = f"{network} networks".strip()
    figure = "" if "C" in network else "Figure 3. "  # which is of dense networks
    seeds = _span(results.groupby(["dataset", "model", "v_syn"])["seed"].nunique())
    seeds = "one seed" if seeds == "1" else f"mean and standard deviation over {seeds} seeds"
    notes = _not_full(results)
    chance = "Dotted line: chance. " if any(map(_chance, results["dataset"].unique())) else ""
    subset = f"; {notes}: expect lower accuracies than with the full data sets" if notes else ""
    models = set(results["model"])
    mapped = "".join(text for model, text in _MAPPINGS.items() if model in models)
    if any("on RC-Spike circuit" in model for model in models):
        mapped += (
            "Where a network is put on another circuit its weights are kept: the resistors are "
            "others at each drive voltage. "
        )
    relu = " (ReLU: the largest output)" if any("ReLU" in model for model in models) else ""
    return (
        f"{figure}Test accuracy of {networks} against the drive voltage, {seeds}. The class is the "
        f"output that spikes first{relu}. Top: the range of the networks trained for what they run "
        f"on. Bottom: all accuracies. {mapped}{chance}Trained for "
        f"{_span(results['epochs'])} epochs on {_span(results['train_images'])} images{subset}."
    )


def chips_figure(frame: pd.DataFrame, caption: str | None = None) -> Figure:
    """Draw the accuracy of every chip: all models, and magnified those near the best.

    Parameters
    ----------
    frame, caption : frame from `rcspike_brian.devices.accuracy_over_chips`; str, optional

    Examples
    --------
    >>> frame = pd.DataFrame({"dataset": "mnist", "model": "RC-Spike", "spread": [0.0, 0.1, 0.1],
    ...                       "chip": [0, 0, 1], "accuracy": [0.97, 0.96, 0.95]})
    >>> len(chips_figure(frame).axes)
    2
    """
    require_columns(frame, _CHIP_COLUMNS, "frame")
    models = list(frame["model"].unique())
    colours = model_colours(models)
    with style():
        figure, (left, right) = new_figure(DOUBLE_COLUMN, 2.8, ncols=2)
        for axes, shown in ((left, models), (right, _best(frame))):
            for k, model in enumerate(shown):
                shift = (k + 0.5) / len(shown) - 0.5  # side by side
                _draw_chips(axes, frame[frame["model"] == model], model, colours[model], shift)
            axes.set(xlabel="spread of the conductances (%)")
        left.set(ylabel="test accuracy (%)", title="(a) all models")
        right.set(title="(b) the better ones, magnified")
        figure.legend(*left.get_legend_handles_labels(), loc="outside upper center", ncols=2)
        add_caption(figure, caption or _chips_caption(frame))
    return figure


def _best(frame):
    """Models that are, at the smallest spread, within 1.5 points of the best."""
    smallest = frame[frame["spread"] == frame["spread"].min()]
    means = smallest.groupby("model", sort=False)["accuracy"].mean()
    return list(means.index[means > means.max() - 0.015])


def _draw_chips(axes, part, model, colour, shift):
    """Mean as a line, every chip as a dot beside it."""
    spreads = np.sort(part["spread"].unique())
    step = np.diff(spreads).min() if len(spreads) > 1 else 0.1
    shift *= 100 * step * 0.5
    mean = part.groupby("spread")["accuracy"].mean()
    axes.plot(100 * mean.index + shift, 100 * mean, color=colour, linewidth=1, label=plain(model))
    dots = {"s": 5, "color": colour, "alpha": 0.6, "linewidths": 0}
    axes.scatter(100 * part["spread"] + shift, 100 * part["accuracy"], **dots)
    axes.set_xticks(100 * spreads)


def _chips_caption(frame):
    counts = frame.groupby(["model", "spread"])["chip"].count()
    return (
        f"Test accuracy on chips whose conductances are off by log-normal factors; a dot for each "
        f"of {counts.max()} chips, the same devices for all models, lines through the means. "
        "Spread: standard deviation of the logarithm. Networks trained with a spread met another "
        "chip in every batch."
    )
