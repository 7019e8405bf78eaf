"""The chip experiment: spike times of the model against those of the circuit."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from rcspike_brian.analysis.checks import require_columns
from rcspike_brian.figures.style import DOUBLE_COLUMN, add_caption, new_figure, style

_COLUMNS = ("network", "sample", "layer", "neuron", "t_model", "t_brian2", "t_ngspice")


def iris_figure(frame: pd.DataFrame, caption: str | None = None) -> Figure:
    """Draw spike times by the model against spike times in ngspice.

    Parameters
    ----------
    frame : pandas.DataFrame
        From `rcspike_brian.experiments.compare_iris`.
    caption : str, optional

    Returns
    -------
    matplotlib.figure.Figure
        A panel for each network.

    Examples
    --------
    >>> times = [0.5, 0.7]
    >>> frame = pd.DataFrame({"network": "RC-Spike", "sample": 0, "layer": 1, "neuron": [0, 1],
    ...                       "t_model": times, "t_brian2": times, "t_ngspice": times})
    >>> len(iris_figure(frame).axes)
    1
    """
    require_columns(frame, _COLUMNS, "frame")
    names = list(frame["network"].unique())
    with style():
        figure, panels = new_figure(
            DOUBLE_COLUMN, 3.1, ncols=len(names), sharex=True, sharey=True, squeeze=False
        )
        for letter, axes, name in zip("abcd", panels[0], names, strict=False):
            part = frame[frame["network"] == name]
            _draw(axes, part)
            axes.set(title=f"({letter}) {name}", xlabel="spike time in ngspice (units of T)")
        panels[0, 0].set_ylabel("spike time of model or Brian2 (units of T)")
        panels[0, 0].legend(loc="upper left")
        add_caption(figure, caption or _caption(frame))
    return figure


def _draw(axes, part):
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=0.8, zorder=0)
    x = part["t_ngspice"]
    axes.scatter(x, part["t_model"], s=9, marker="o", linewidths=0, alpha=0.7, label="model")
    axes.scatter(x, part["t_brian2"], s=9, marker="x", linewidths=0.6, label="Brian2")
    error = np.sqrt(np.mean((part["t_model"] - x) ** 2))
    axes.text(0.97, 0.05, f"model: RMSE {error:.2g} T", ha="right", transform=axes.transAxes)
    axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal")


def _caption(frame):
    n = frame["sample"].nunique()
    return (
        f"5-5-5 networks on Iris, {n} test flowers, hidden and output neurons, on the circuit with "
        "E+ = 2.80, E- = 1.53 and T = 1 us. The model of the RC-Spike network is the exact "
        "solution of the circuit that it was trained for; the model of the mapped network is the "
        "ANN that was trained, a multiply-accumulate. Brian2 and ngspice simulate the circuit with "
        "the weights of each. A spike time of 1 is no spike."
    )
