"""The solver against SPICE: error against tolerance, and what a real diode changes."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from rcspike_brian.analysis.checks import require_columns
from rcspike_brian.figures.style import DOUBLE_COLUMN, add_caption, new_figure, style

_COLUMNS = ("diode", "tolerance", "neuron", "V_d", "t_ngspice", "t_ideal", "t_drop")
_TARGET = 1e-3


def spice_figure(frame: pd.DataFrame, caption: str | None = None) -> Figure:
    """Draw the accuracy of the exact solver against ngspice.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows of `rcspike_brian.spice.compare_neurons`, one below another.
    caption : str, optional

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
    axes.set(
        xlabel="relative tolerance of SPICE",
        ylabel="spike-time RMSE (units of T)",
        ylim=(None, _TARGET * 3),
        title="(a) ideal diodes",
    )


def _draw_diodes(axes, frame):
    finest = frame[frame["tolerance"] == frame["tolerance"].min()]
    names = list(finest["diode"].unique())
    for model, label, marker in (
        ("t_ideal", "without V_d in the model", "s"),
        ("t_drop", "with V_d in the model", "o"),
    ):
        errors = [_rmse(finest[finest["diode"] == name], model) for name in names]
        axes.semilogy(names, errors, marker=marker, linestyle="none", label=label)
    axes.axhline(_TARGET, color="0.6", linestyle=":", linewidth=0.8)
    axes.margins(x=0.2)
    axes.set(
        xlabel="diode in the netlist",
        ylabel="spike-time RMSE (units of T)",
        title="(b) with and without the diode's drop",
    )
    axes.legend(loc="upper left")


def _caption(frame):
    n = frame["neuron"].nunique()
    real = frame[frame["diode"] == "real"]
    drop = (
        f" V_d = {real['V_d'].mean():.2f} V on average for the silicon diode." if len(real) else ""
    )
    return (
        f"Exact solver against ngspice on {n} random neurons with 10 inputs each. (a) One layer of "
        "resistors and ideal diodes: the difference is that of SPICE's integration. (b) Other "
        "diodes in the netlist, at the finest tolerance; V_d is their drop at the mean synaptic "
        f"current, not fitted.{drop} Dotted: 0.1 % of T."
    )
