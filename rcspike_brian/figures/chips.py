"""Accuracy over chips against the spread of their conductances."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from rcspike_brian.analysis.checks import require_columns
from rcspike_brian.analysis.palette import model_colours
from rcspike_brian.figures.style import DOUBLE_COLUMN, add_caption, new_figure, style

_COLUMNS = ("dataset", "model", "spread", "chip", "accuracy")


def chips_figure(frame: pd.DataFrame, caption: str | None = None) -> Figure:
    """Draw the accuracy of every chip.

    Parameters
    ----------
    frame : pandas.DataFrame
        From `rcspike_brian.devices.accuracy_over_chips`.
    caption : str, optional

    Returns
    -------
    matplotlib.figure.Figure
        Left: all models. Right: magnified, models within 1.5 points of the best.

    Examples
    --------
    >>> frame = pd.DataFrame({"dataset": "mnist", "model": "RC-Spike", "spread": [0.0, 0.1, 0.1],
    ...                       "chip": [0, 0, 1], "accuracy": [0.97, 0.96, 0.95]})
    >>> len(chips_figure(frame).axes)
    2
    """
    require_columns(frame, _COLUMNS, "frame")
    models = list(frame["model"].unique())
    colours = model_colours(models)
    with style():
        figure, (left, right) = new_figure(DOUBLE_COLUMN, 2.8, ncols=2)
        for axes, shown in ((left, models), (right, _best(frame))):
            for k, model in enumerate(shown):
                _draw(axes, frame[frame["model"] == model], model, colours[model], k, len(shown))
            axes.set(xlabel="spread of the conductances (%)")
        left.set(ylabel="test accuracy (%)", title="(a) all models")
        right.set(title="(b) the better ones, magnified")
        figure.legend(*left.get_legend_handles_labels(), loc="outside upper center", ncols=2)
        add_caption(figure, caption or _caption(frame))
    return figure


def _best(frame):
    """Models that are, at the smallest spread, within 1.5 points of the best."""
    smallest = frame[frame["spread"] == frame["spread"].min()]
    means = smallest.groupby("model", sort=False)["accuracy"].mean()
    return list(means.index[means > means.max() - 0.015])


def _draw(axes, part, model, colour, k, n):
    """Mean as a line, every chip as a dot beside it."""
    spreads = np.sort(part["spread"].unique())
    step = np.diff(spreads).min() if len(spreads) > 1 else 0.1
    shift = 100 * step * 0.5 * ((k + 0.5) / n - 0.5)
    mean = part.groupby("spread")["accuracy"].mean()
    axes.plot(100 * mean.index + shift, 100 * mean, color=colour, linewidth=1, label=model)
    axes.scatter(
        100 * part["spread"] + shift, 100 * part["accuracy"], s=5, color=colour, alpha=0.6,
        linewidths=0,
    )  # fmt: skip
    axes.set_xticks(100 * spreads)


def _caption(frame):
    counts = frame.groupby(["model", "spread"])["chip"].count()
    return (
        f"Test accuracy on chips whose conductances are off by log-normal factors; a dot for each "
        f"of {counts.max()} chips, the same devices for all models, lines through the means. "
        "Spread: standard deviation of the logarithm. Networks trained with a spread met another "
        "chip in every batch."
    )
