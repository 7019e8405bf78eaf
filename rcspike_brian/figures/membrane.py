"""Figure 2: membrane potential of both circuits for the same input spikes."""

from math import inf

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from rcspike_brian.analysis.checks import axes_or_current, require_columns
from rcspike_brian.analysis.palette import DRIVE_LABEL, MODEL_COLOURS, v_syn_colours, v_syn_label
from rcspike_brian.circuit import Circuit
from rcspike_brian.errors import InvalidInput
from rcspike_brian.figures.style import DOUBLE_COLUMN, add_caption, new_figure, style

_POSITIVE, _NEGATIVE = sns.color_palette("colorblind").as_hex()[2:4]
_THRESHOLD = r"$V_\mathrm{th}$"
_FIRING_SHADE = "#f1f1f1"


def plot_input_spikes(inputs: pd.DataFrame, axes: Axes | None = None, unit: float = 1.0) -> Axes:
    """Weight of each input at the time of its spike.

    Parameters
    ----------
    inputs : pandas.DataFrame
        Columns time (seconds) and weight (normalised), one row per input spike.
    axes, unit : Axes, float
        Default: the current axes, and seconds as the unit of the time axis.

    Examples
    --------
    >>> inputs = pd.DataFrame({"time": [1e-7, 4e-7], "weight": [1.0, -0.5]})
    >>> plot_input_spikes(inputs, Figure().subplots(), unit=1e-6).get_ylabel()
    'weight $w_j$'
    """
    require_columns(inputs, ("time", "weight"), "inputs")
    axes = axes_or_current(axes)
    colours = np.where(inputs["weight"] > 0, _POSITIVE, _NEGATIVE).tolist()
    x = inputs["time"] / unit
    axes.axhline(0, color="0.5", linewidth=0.7)
    axes.vlines(x, 0, inputs["weight"], colors=colours, linewidth=1.4)
    axes.scatter(x, inputs["weight"], c=colours, s=12, zorder=3)
    axes.margins(y=0.15)
    axes.set(ylabel="weight $w_j$")
    return axes


def plot_potentials(
    traces: pd.DataFrame, spikes: pd.DataFrame, axes: Axes, hue: str, colours: dict,
    unit: float = 1.0, threshold: float = 1.0,
) -> Axes:  # fmt: skip
    """Membrane potentials over both phases, with a stroke above threshold for each output spike.

    Parameters
    ----------
    traces : pandas.DataFrame
        Columns time (seconds), membrane_potential (volts), neuron and the hue.
    spikes : pandas.DataFrame
        Columns time (seconds) and the hue; may be empty.
    axes : matplotlib.axes.Axes
    hue, colours : str, dict
        Column that tells the lines apart; colour of each of its values that is drawn, in order.
    unit, threshold : float, unit of the time axis in seconds, and V_th in volts

    Examples
    --------
    >>> traces = pd.DataFrame({"model": "RC-Spike", "neuron": 0, "time": [0, 1e-6],
    ...                        "membrane_potential": [0.0, 0.4]})
    >>> spikes = pd.DataFrame({"model": ["RC-Spike"], "time": [1.6e-6]})
    >>> axes, colours = Figure().subplots(), {"RC-Spike": "blue"}
    >>> plot_potentials(traces, spikes, axes, "model", colours).get_ylabel()
    'membrane potential V (V)'
    """
    require_columns(traces, ("time", "membrane_potential", "neuron", hue), "traces")
    axes.axhline(threshold, color="0.35", linewidth=0.8, linestyle=":")
    for value, colour in colours.items():
        for _, line in traces[traces[hue] == value].groupby("neuron"):
            axes.plot(line["time"] / unit, line["membrane_potential"], color=colour)
        x = spikes.loc[spikes[hue] == value, "time"] / unit
        axes.vlines(x, threshold, 1.15 * threshold, color=colour, linewidth=2.2)
    axes.set(ylabel="membrane potential V (V)")
    return axes


def membrane_figure(
    traces: pd.DataFrame, spikes: pd.DataFrame, inputs: pd.DataFrame, circuit: Circuit,
    v_syn: float = 1.0, caption: str | None = None,
) -> Figure:  # fmt: skip
    """Draw Figure 2.

    Raises `InvalidInput`: a column is missing, or there is no run at v_syn.

    Parameters
    ----------
    traces, spikes : pandas.DataFrame
        Frames of `rcspike_brian.simulate`, all runs below one another, with a further column v_syn
        (V_syn/V_th; infinite for the conventional circuit).
    inputs : pandas.DataFrame
        Columns time (seconds) and weight.
    circuit : rcspike_brian.Circuit, gives T and V_th
    v_syn : float, the RC-Spike run that panel (a) compares with the conventional circuit
    caption : str, default `membrane_caption`

    Examples
    --------
    >>> traces = pd.DataFrame({"model": "RC-Spike", "v_syn": 1.0, "neuron": 0,
    ...                        "time": [0.0, 1e-6], "membrane_potential": [0.0, 0.6]})
    >>> spikes = pd.DataFrame({"model": "RC-Spike", "v_syn": 1.0, "neuron": [0], "time": [1.4e-6]})
    >>> inputs = pd.DataFrame({"time": [0.0], "weight": [1.0]})
    >>> len(membrane_figure(traces, spikes, inputs, Circuit()).axes)
    4
    """
    require_columns(traces, ("model", "v_syn"), "traces")
    if v_syn not in set(traces["v_syn"]):
        known = sorted(set(traces["v_syn"].tolist()))
        raise InvalidInput(f"there is no trace with v_syn = {v_syn}, only {known}")
    unit, unit_name = _time_unit(2 * circuit.si.T)
    scale = {"unit": unit, "threshold": circuit.si.V_th}
    traces = _until_output_spike(traces, spikes)
    both, fired = (frame[frame["v_syn"].isin([v_syn, inf])] for frame in (traces, spikes))
    models = {model: MODEL_COLOURS[model] for model in ("conventional", "RC-Spike")}
    drives = v_syn_colours(traces["v_syn"])
    with style():
        grid = {"nrows": 2, "ncols": 2, "height_ratios": [1, 3]}
        figure, axes = new_figure(DOUBLE_COLUMN, 3.4, sharex=True, sharey="row", **grid)
        plot_potentials(both, fired, axes[1, 0], "model", models, **scale)
        plot_potentials(traces, spikes, axes[1, 1], "v_syn", drives, **scale)
        for top in axes[0]:
            plot_input_spikes(inputs, top, unit)
        corner = (0, 0.99 * scale["threshold"])
        named = {v_syn_label(value): colour for value, colour in drives.items()}
        _legend(axes[1, 0], corner, models)
        _legend(axes[1, 1], corner, named, title=DRIVE_LABEL, ncols=2, columnspacing=1)
        axes[0, 0].set_title(f"(a) Both circuits, {DRIVE_LABEL} = {v_syn_label(v_syn)}")
        axes[0, 1].set_title(f"(b) RC-Spike as {DRIVE_LABEL} falls")
        _finish(axes, circuit.si.T / unit, scale["threshold"], unit_name)
        add_caption(figure, caption or membrane_caption(circuit))
    return figure


def membrane_caption(circuit: Circuit) -> str:
    """Text under Figure 2.

    Parameters
    ----------
    circuit : rcspike_brian.Circuit

    Examples
    --------
    >>> "C = 140 fF" in membrane_caption(Circuit())
    True
    """
    parts = f"C = {_text(circuit.C)}, T = {_text(circuit.T)}, {_THRESHOLD} = {_text(circuit.V_th)}"
    return (
        "Figure 2. Membrane potential of one neuron, simulated with Brian2. Top: input spikes, as "
        "high as their weights. Bottom: (a) in the conventional circuit the potential is piecewise "
        "linear; with resistively coupled synapses (RC-Spike) it relaxes exponentially, and ends "
        "elsewhere. (b) The larger the drive voltage, the closer to the conventional circuit "
        "(∞). In the firing phase (shaded) a ramp lifts the potential until the output spike, the "
        f"stroke above {_THRESHOLD}. The weights are kept: each drive voltage has resistors of its "
        "own. (With the resistors kept, V would be the same curve, times the drive voltage.) "
        f"{parts}."
    )


def _until_output_spike(traces, spikes):
    """Rows up to the first output spike of each neuron: what follows carries no information."""
    keys = ["model", "v_syn", "neuron"]
    ends = spikes.groupby(keys)["time"].min().rename("end").reset_index()
    matched = traces.merge(ends, on=keys, how="left")
    return matched[~(matched["time"] > matched["end"])]


def _text(quantity):
    """A quantity as in print: 140 fF instead of 140. fF."""
    return str(quantity).replace(". ", " ").replace("us", "µs")


def _time_unit(longest):
    """Unit of a time axis that makes the longest time at least one."""
    units = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
    return next((entry for entry in units if longest >= entry[0]), units[-1])


def _legend(axes, place, colours, **keywords):
    """Name the lines, in the empty corner above the early charging phase."""
    handles = [Line2D([], [], color=colour, label=label) for label, colour in colours.items()]
    keywords |= {"loc": "upper left", "title_fontsize": 7, "handlelength": 1.3}
    axes.legend(handles=handles, bbox_to_anchor=place, bbox_transform=axes.transData, **keywords)


def _finish(axes, period, threshold, unit_name):
    """Mark the phases and the threshold, and name the axes."""
    for panel in axes.flat:
        panel.axvspan(period, 2 * period, color=_FIRING_SHADE, zorder=-2, linewidth=0)
        panel.set(xlim=(0, 2 * period), xticks=np.linspace(0, 2 * period, 5))
        panel.xaxis.set_major_formatter("{x:g}")
        panel.label_outer()
    for panel in axes[1]:
        panel.text(0.02 * period, 1.01 * threshold, _THRESHOLD, fontsize=7, va="bottom")
        for middle, phase in ((0.5, "charging phase"), (1.5, "firing phase")):
            panel.text(middle * period, 1.26 * threshold, phase, ha="center", color="0.35")
        panel.set(xlabel=f"time ({unit_name})", ylim=(None, 1.36 * threshold))
