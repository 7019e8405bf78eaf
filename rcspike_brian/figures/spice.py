"""Against SPICE: the solver's error, what a real diode changes, and the chip experiment."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from rcspike_brian.analysis.checks import require_columns
from rcspike_brian.figures.style import DOUBLE_COLUMN, add_caption, new_figure, style

_COLUMNS = ("diode", "tolerance", "neuron", "V_d", "t_ngspice", "t_ideal", "t_drop")
_IRIS_COLUMNS = ("network", "sample", "layer", "neuron", "t_model", "t_brian2", "t_ngspice")
_TARGET = 1e-3
_RMSE = "spike-time RMSE (units of T)"


def spice_figure(frame: pd.DataFrame, caption: str | None = None) -> Figure:
    """Draw the accuracy of the exact solver against ngspice.

    Parameters
    ----------
    frame, caption : rows of `rcspike_brian.spice.compare_neurons`; str, optional

    Examples
    --------
    >>> frame = pd.DataFrame({"diode": "ideal", "tolerance": [1e-3, 1e-5], "neuron": 0, "V_d": 0.0,
    ...                       "t_ngspice": [0.501, 0.5001], "t_ideal": 0.5, "t_drop": 0.5})
    >>> len(spice_figure(frame).axes)
    2
    """
    require_columns(frame, _COLUMNS, "frame")
    with style():
        figure, (left, right) = new_figure(DOUBLE_COLUMN, 2.7, ncols=2)
        _draw_tolerances(left, frame[frame["diode"] == "ideal"])
        _draw_diodes(right, frame)
        add_caption(figure, caption or _caption(frame))
    return figure


def _rmse(part, model):
    return float(np.sqrt(np.mean((part[model] - part["t_ngspice"]) ** 2)))


def _draw_tolerances(axes, frame):
    errors = frame.groupby("tolerance")[list(frame.columns)].apply(_rmse, "t_ideal")
    axes.loglog(errors.index, errors.values, marker="o", label="exact solver against ngspice")
    axes.axhline(_TARGET, color="0.6", linestyle=":", linewidth=0.8)
    axes.text(errors.index.max(), _TARGET * 1.2, "0.1 % of T", ha="right", fontsize=7)
    axes.set(xlabel="relative tolerance of SPICE", ylabel=_RMSE, ylim=(None, _TARGET * 3))
    axes.set_title("(a) ideal diodes")


def _draw_diodes(axes, frame):
    finest = frame[frame["tolerance"] == frame["tolerance"].min()]
    names = list(finest["diode"].unique())
    for model, marker, word in (("t_ideal", "s", "without"), ("t_drop", "o", "with")):
        errors = [_rmse(finest[finest["diode"] == name], model) for name in names]
        label = f"{word} V_d in the model"
        axes.semilogy(names, errors, marker=marker, linestyle="none", label=label)
    axes.axhline(_TARGET, color="0.6", linestyle=":", linewidth=0.8)
    axes.margins(x=0.2)
    title = "(b) with and without the diode's drop"
    axes.set(xlabel="diode in the netlist", ylabel=_RMSE, title=title)
    axes.legend(loc="upper left")


def _caption(frame):
    n = frame["neuron"].nunique()
    real = frame[frame["diode"] == "real"]
    average = f" V_d = {real['V_d'].mean():.2f} V on average for the silicon diode."
    drop = average if len(real) else ""
    return (
        f"Exact solver against ngspice on {n} random neurons with 10 inputs each. (a) One layer of "
        "resistors and ideal diodes: the difference is that of SPICE's integration. (b) Other "
        "diodes in the netlist, at the finest tolerance; V_d is their drop at the mean synaptic "
        f"current, not fitted.{drop} Dotted: 0.1 % of T."
    )


def iris_figure(frame: pd.DataFrame, caption: str | None = None) -> Figure:
    """Draw spike times by the model against those in ngspice, a panel for each network.

    Parameters
    ----------
    frame, caption : frame from `rcspike_brian.experiments.compare_iris`; str, optional

    Examples
    --------
    >>> times = [0.5, 0.7]
    >>> frame = pd.DataFrame({"network": "RC-Spike", "sample": 0, "layer": 1, "neuron": [0, 1],
    ...                       "t_model": times, "t_brian2": times, "t_ngspice": times})
    >>> len(iris_figure(frame).axes)
    1
    """
    require_columns(frame, _IRIS_COLUMNS, "frame")
    names = list(frame["network"].unique())
    with style():
        grid = {"ncols": len(names), "sharex": True, "sharey": True, "squeeze": False}
        figure, panels = new_figure(DOUBLE_COLUMN, 3.1, **grid)
        for letter, axes, name in zip("abcd", panels[0], names, strict=False):
            part = frame[frame["network"] == name]
            _draw_network(axes, part)
            axes.set(title=f"({letter}) {name}", xlabel="spike time in ngspice (units of T)")
        panels[0, 0].set_ylabel("spike time of model or Brian2 (units of T)")
        panels[0, 0].legend(loc="upper left")
        add_caption(figure, caption or _iris_caption(frame))
    return figure


def _draw_network(axes, part):
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=0.8, zorder=0)
    x = part["t_ngspice"]
    axes.scatter(x, part["t_model"], s=9, marker="o", linewidths=0, alpha=0.7, label="model")
    axes.scatter(x, part["t_brian2"], s=9, marker="x", linewidths=0.6, label="Brian2")
    error = np.sqrt(np.mean((part["t_model"] - x) ** 2))
    axes.text(0.97, 0.05, f"model: RMSE {error:.2g} T", ha="right", transform=axes.transAxes)
    axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal")


def _iris_caption(frame):
    n = frame["sample"].nunique()
    return (
        f"5-5-5 networks on Iris, {n} test flowers, hidden and output neurons, on the circuit with "
        "E+ = 2.80, E- = 1.53 and T = 1 us. The model of the RC-Spike network is the exact "
        "solution of the circuit that it was trained for; the model of the mapped network is the "
        "ANN that was trained, a multiply-accumulate. Brian2 and ngspice simulate the circuit with "
        "the weights of each. A spike time of 1 is no spike."
    )
