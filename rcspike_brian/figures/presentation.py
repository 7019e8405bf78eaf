"""One image on its way through a network: spikes of all layers, and a few membrane potentials."""

import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from rcspike_brian.analysis.checks import require_columns
from rcspike_brian.figures.style import DOUBLE_COLUMN, add_caption, style

_COLOURS = sns.color_palette("colorblind").as_hex()
_BRIAN, _EXACT = _COLOURS[0], _COLOURS[1]
_TRACES = (_COLOURS[0], _COLOURS[2], _COLOURS[4], *_COLOURS[5:])
_SHADE = "#f1f1f1"


def plot_raster(spikes, exact, axes):
    """Draw the spikes of one layer: dots, and rings around them where the exact ones are.

    Parameters
    ----------
    spikes, exact : pandas.DataFrame
        Columns t (units of T) and neuron, from `rcspike_brian.analysis.raster_frame`.
    axes : matplotlib.axes.Axes

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> spikes = pd.DataFrame({"t": [1.2, 1.4], "neuron": [0, 1]})
    >>> plot_raster(spikes, spikes, Figure().subplots()).get_ylabel()
    'neuron'
    """
    for frame in (spikes, exact):
        missing = {"t", "neuron"} - set(frame.columns)
        if missing:
            require_columns(frame, ("t", "neuron"), "spikes")
    rings = {"s": 11, "facecolors": "none", "edgecolors": _EXACT, "linewidths": 0.6}
    axes.scatter(exact["t"], exact["neuron"], **rings)
    axes.scatter(spikes["t"], spikes["neuron"], s=2.5, color=_BRIAN, linewidths=0, zorder=3)
    axes.set(ylabel="neuron")
    return axes


def plot_layer_traces(traces, exact, axes, layer):
    """Draw membrane potentials of one layer, and the exact ones over them.

    Parameters
    ----------
    traces, exact : pandas.DataFrame
        Columns neuron, t (units of T since the layer's charging phase began) and v.
    axes : matplotlib.axes.Axes
    layer : int
        Its charging phase begins (layer - 1) T after the presentation.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> traces = pd.DataFrame({"neuron": 0, "t": [0.0, 1.0], "v": [0.0, 0.5]})
    >>> axes = plot_layer_traces(traces, traces, Figure().subplots(), layer=2)
    >>> axes.lines[1].get_xdata().tolist()
    [1.0, 2.0]
    """
    require_columns(traces, ("neuron", "t", "v"), "traces")
    require_columns(exact, ("neuron", "t", "v"), "exact")
    axes.axhline(1, color="0.35", linewidth=0.8, linestyle=":")
    numbers = traces["neuron"].drop_duplicates()
    for colour, neuron in zip(_TRACES, numbers):  # noqa: B905 - as many as there are colours
        line, reference = (frame[frame["neuron"] == neuron] for frame in (traces, exact))
        axes.plot(line["t"] + layer - 1, line["v"], color=colour, linewidth=1.8, alpha=0.75)
        axes.plot(
            reference["t"] + layer - 1, reference["v"], color="black", linewidth=0.7, dashes=(3, 2)
        )
    axes.set(ylabel=r"$V / V_\mathrm{th}$")
    return axes


def presentation_figure(spikes, exact_spikes, traces, exact_traces, sizes, caption):
    """Draw the presentation of one image.

    Parameters
    ----------
    spikes, exact_spikes : pandas.DataFrame
        Of the simulation and of the exact solution; columns layer (0: inputs), neuron and t, from
        `rcspike_brian.analysis.raster_frame`.
    traces, exact_traces : pandas.DataFrame
        Columns layer, neuron, t and v; see `rcspike_brian.simulation.NetworkResult`.
    sizes : sequence of int
        Neurons per layer, inputs first.
    caption : str

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> import pandas as pd
    >>> spikes = pd.DataFrame({"layer": [0, 1], "neuron": [0, 0], "t": [0.2, 1.4]})
    >>> traces = pd.DataFrame({"layer": 1, "neuron": 0, "t": [0.0, 1.0], "v": [0.0, 0.6]})
    >>> figure = presentation_figure(spikes, spikes, traces, traces, (1, 1), "Made up.")
    >>> len(figure.axes) > 1
    True
    """
    layers = range(len(sizes))
    with style():
        figure = Figure(figsize=(DOUBLE_COLUMN, 1.1 + 1.05 * len(sizes)), layout="constrained")
        grid = {"sharex": True, "squeeze": False}
        axes = figure.subplots(
            len(sizes), 2, height_ratios=[1.6, *[1.0] * (len(sizes) - 1)], **grid
        )
        for number in layers:
            of_layer = [frame[frame["layer"] == number] for frame in (spikes, exact_spikes)]
            _mark_phase(plot_raster(*of_layer, axes[number, 0]), number, sizes)
            if number:
                of_layer = [frame[frame["layer"] == number] for frame in (traces, exact_traces)]
                plot_layer_traces(*of_layer, axes[number, 1], number)
                axes[number, 1].axvspan(number, number + 1, color=_SHADE, zorder=-2, linewidth=0)
                axes[number, 1].set_title(f"{_name(number, sizes)}: potentials")
        _legend(axes[0, 1])
        for bottom in axes[-1]:
            bottom.set(xlim=(0, len(sizes)), xticks=range(len(sizes) + 1))
            bottom.set_xlabel("time since the presentation began ($T$)")
        figure.align_ylabels()
        add_caption(figure, caption)
    return figure


def _name(number, sizes):
    if number == 0:
        return "inputs"
    return "output layer" if number == len(sizes) - 1 else f"layer {number}"


def _mark_phase(axes, number, sizes):
    axes.axvspan(number, number + 1, color=_SHADE, zorder=-2, linewidth=0)
    axes.set_title(f"{_name(number, sizes)}: spikes")
    axes.set_ylim(-0.05 * sizes[number] - 0.5, 1.05 * sizes[number] - 0.5)


def _legend(axes):
    """Say what is what in the panel beside the inputs, which have no membrane."""
    dot = {"linestyle": "none", "marker": "o"}
    ring = {**dot, "markerfacecolor": "none", "markeredgecolor": _EXACT, "markersize": 4}
    handles = [
        Line2D([], [], color=_BRIAN, markersize=2.5, **dot, label="spike in Brian2"),
        Line2D([], [], **ring, label="spike of the exact solution"),
        Line2D([], [], color=_TRACES[0], linewidth=1.8, label="membrane potential in Brian2"),
        Line2D([], [], color="black", linewidth=0.7, dashes=(3, 2), label="exact solution"),
        Line2D([], [], color=_SHADE, linewidth=7, label="firing phase of the layer"),
    ]
    axes.axis("off")
    axes.legend(handles=handles, loc="center", fontsize=7.5)
