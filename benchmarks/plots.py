"""Plots of the scaling and of the error of DSTD, drawn from data frames."""

import numpy as np
import seaborn as sns
from matplotlib.ticker import LogLocator, NullLocator

from rcspike_brian.figures import DOUBLE_COLUMN, add_caption, new_figure, style

_AXIS_LABELS = {
    "layer": "inputs $n_{in}$",
    "n_in": "inputs $n_{in}$",
    "width": "neurons per hidden layer",
    "depth": "hidden layers",
    "batch_size": "batch size",
    "threads": "threads",
}
_MARKERS = "osD^v"


def _log_x(axes, values):
    """Logarithmic x axis whose ticks are the measured values."""
    axes.set_xscale("log")
    axes.set_xticks(sorted(values), [f"{value:g}" for value in sorted(values)])
    axes.xaxis.set_minor_locator(NullLocator())


def _log_y(axes):
    """Logarithmic y axis with plain numbers at 1, 2 and 5."""
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_locator(NullLocator())


def _legend_below(figure, axes):
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))


def plot_scaling(frame, sweep, quantity, axes, colours):
    """One quantity of one sweep over its values, one line per method.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns sweep, method, value and the quantity.
    sweep : str
    quantity : {"seconds", "bytes"}
    axes : matplotlib.axes.Axes
    colours : dict
        Of the methods.
    """
    part = frame[frame["sweep"] == sweep]
    factor = 1 / 2**20 if quantity == "bytes" else (1 if sweep == "layer" else 1e6)
    for method, marker in zip(colours, _MARKERS, strict=False):
        line = part[part["method"] == method].dropna(subset=[quantity])
        if len(line):
            axes.plot(
                line["value"],
                factor * line[quantity],
                marker=marker,
                color=colours[method],
                label=method,
            )
    _log_x(axes, part["value"].unique())
    axes.set_xlabel(_AXIS_LABELS[sweep])
    return axes


def _colours(frame):
    methods = list(dict.fromkeys(frame["method"]))
    return dict(zip(methods, sns.color_palette("colorblind", len(methods)), strict=True))


def layer_figure(frame, caption):
    """Time and memory of one layer against its number of inputs.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows of `benchmarks.scaling.layer_sweep`.
    caption : str
    """
    frame = frame[frame["sweep"] == "layer"]
    with style():
        figure, axes = new_figure(DOUBLE_COLUMN, 2.7, ncols=2)
        colours = _colours(frame)
        plot_scaling(frame, "layer", "seconds", axes[0], colours)
        for ax in axes:
            _log_y(ax)
        axes[0].set_ylabel("forward and backward (s)")
        plot_scaling(frame, "layer", "bytes", axes[1], colours)
        axes[1].set_ylabel("peak memory beyond the data (MiB)")
        _legend_below(figure, axes[0])
        add_caption(figure, caption)
    return figure


def layer_caption(settings, machine):
    """Caption of `layer_figure`."""
    return (
        f"One layer of {settings['n_out']} neurons, batch {settings['layer_batch']}, every input "
        f"spikes once at a uniform random time, V_syn = {settings['v_syn']:g} V_th: v(1) and the "
        f"gradients of weights and spike times, in single precision. {machine}; each point is a "
        "process of its own. Points that are missing did not fit into memory."
    )


def training_caption(settings, machine):
    """Caption of `training_figure`."""
    return (
        f"Training on {settings['images']} images, 784-200-200-10, batch 64, V_syn = "
        f"{settings['v_syn']:g} V_th, one setting changed at a time. {machine}; processes "
        f"per point: {settings['repeats']}. {settings['data']}; against n_in: random images."
    )


def error_caption(n_in):
    """Caption of `error_figure`."""
    return (
        f"DSTD with M steps against the exact solution: 200 neurons, {n_in} inputs with uniform "
        "random spike times, 20 samples, weights normal with standard deviation 2/sqrt(n_in), "
        "double precision. Dashed: the slopes of the theory (arXiv:2412.09010, Theorem 1)."
    )


def training_figure(frame, caption):
    """Time per image and memory of training: one column per sweep.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows of `benchmarks.scaling.training_sweep`.
    caption : str
    """
    frame = frame[frame["sweep"] != "layer"]
    sweeps = list(dict.fromkeys(frame["sweep"]))
    with style():
        figure, axes = new_figure(
            DOUBLE_COLUMN,
            3.8,
            nrows=2,
            ncols=len(sweeps),
            sharex="col",
            sharey="row",
            squeeze=False,
        )
        colours = _colours(frame)
        for k, sweep in enumerate(sweeps):
            plot_scaling(frame, sweep, "seconds", axes[0, k], colours).set_xlabel("")
            plot_scaling(frame, sweep, "bytes", axes[1, k], colours)
            axes[1, k].tick_params(axis="x", rotation=60)
        _log_y(axes[0, 0])
        axes[1, 0].set_ylim(bottom=0)
        axes[0, 0].set_ylabel("time per image (µs)")
        axes[1, 0].set_ylabel("peak memory\nbeyond the data (MiB)")
        _legend_below(figure, axes[0, 0])
        add_caption(figure, caption)
    return figure


def _guide(axes, x, y, slope):
    """A dashed line of a given slope through the point (x[0], y), with its exponent."""
    x = np.asarray(x, float)
    values = y * (x / x[0]) ** slope
    axes.plot(x, values, "--", color="0.4", linewidth=1, label=f"slope {slope}")


def plot_errors(frame, over, lines, slope, axes):
    """RMS error over one parameter, one line for each value of the other, and the theory's slope.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows of `benchmarks.dstd_error.measure_errors`.
    over : {"steps", "reversal"}
    lines : sequence
        Values of the other parameter.
    slope : float
        Of the dashed line.
    axes : matplotlib.axes.Axes
    """
    other = "reversal" if over == "steps" else "steps"
    symbol = "|E|" if other == "reversal" else "M"
    for value, colour in zip(lines, sns.color_palette("viridis", len(lines)), strict=True):
        line = frame[frame[other] == value]
        axes.plot(line[over], line["rms"], "o-", color=colour, label=f"${symbol}$ = {value:g}")
    x = sorted(frame[over].unique())
    tail = x[len(x) // 2 :]
    top = frame[frame[over] == tail[0]]["rms"].max()
    _guide(axes, tail, 1.8 * top, slope)
    _log_x(axes, x)
    axes.set_yscale("log")
    axes.legend(fontsize=6.5, loc="lower left")
    return axes


def error_figure(frame, caption):
    """Error of DSTD against the number of steps M and against |E|.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows of `benchmarks.dstd_error.measure_errors`.
    caption : str
    """

    def some(column):
        values = sorted(frame[column].unique())
        return [values[round(k)] for k in np.linspace(0, len(values) - 1, 4)]

    with style():
        figure, axes = new_figure(DOUBLE_COLUMN, 2.9, ncols=2, sharey=True)
        plot_errors(frame, "steps", some("reversal"), -2, axes[0])
        axes[0].set_xlabel("steps $M$")
        axes[0].set_ylabel("RMS error of $v(1)$ (units of $V_{th}$)")
        plot_errors(frame, "reversal", some("steps"), -1, axes[1])
        axes[1].set_xlabel("reversal potential $|E|$ (units of $V_{th}$)")
        add_caption(figure, caption)
    return figure


_METHODS = {"sgd": "gradient descent, momentum", "adam": "Adam", "L-BFGS-B": "L-BFGS"}


def full_batch_figure(frame, caption):
    """Lowest loss so far against seconds and against gradients, one line per method.

    Parameters
    ----------
    frame : pandas.DataFrame
        From `benchmarks.full_batch.best_rates`.
    caption : str
    """
    colours = _colours(frame)
    with style():
        figure, axes = new_figure(DOUBLE_COLUMN, 2.7, ncols=2, sharey=True)
        for ax, x in zip(axes, ("seconds", "gradients"), strict=True):
            for method, line in frame.groupby("method", sort=False):
                rate = line["rate"].iloc[0]
                label = _METHODS.get(method, method) + (f", rate {rate:g}" if rate == rate else "")
                ax.plot(line[x], line["loss"], color=colours[method], label=label)
            ax.set_xscale("log")
            _log_y(ax)
        axes[0].set(xlabel="time (s)", ylabel="lowest training loss so far")
        axes[1].set_xlabel("gradients evaluated")
        _legend_below(figure, axes[0])
        add_caption(figure, caption)
    return figure


def full_batch_caption(data, sizes, v_syn):
    """Caption of `full_batch_figure`."""
    return (
        f"{data}: {'-'.join(map(str, sizes))}, V_syn = {v_syn:g} V_th, all training samples in "
        "every gradient, double precision, the same start and the same objective for all. Of the "
        "learning rates tried for a method, the one that ends lowest."
    )
