"""Voltage dynamics: exact potentials, deviation, time constant, and the range that is used."""

from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter
from numpy.typing import ArrayLike

from rcspike_brian.analysis.checks import drive_voltages, layer_weights, require_columns
from rcspike_brian.analysis.palette import DRIVE_LABEL, draw, v_syn_hue, v_syn_label, zero_line
from rcspike_brian.circuit import Circuit
from rcspike_brian.core.checks import beta_pair, float_array, positive_integer, spike_time_array
from rcspike_brian.core.reference import conductance, trajectory
from rcspike_brian.errors import InvalidInput, expect

_TIME = "time $t / T$"


def time_grid(spike_times: ArrayLike, n: int = 201) -> np.ndarray:
    """Evenly spaced times of the charging phase, and the input spikes, where v(t) has its kinks.

    Parameters
    ----------
    spike_times : (n_in,) array_like
        In units of T, as are the times that are returned, which increase.
    n : int, number of evenly spaced times from 0 to 1

    Examples
    --------
    >>> time_grid([0.3], n=3)
    array([0. , 0.3, 0.5, 1. ])
    """
    n = positive_integer(n, "n")
    return np.union1d(np.linspace(0, 1, n), spike_time_array(spike_times, None))


def both_phases(
    spike_times: ArrayLike, weights: ArrayLike, circuit: Circuit, times: ArrayLike
) -> np.ndarray:
    """Exact membrane potential v(t): relaxation in the charging phase, then the ramp.

    Raises `InvalidInput`: times outside [0, 2], arrays the solver refuses, diodes not ideal.

    Parameters
    ----------
    spike_times : (n_in,) array_like
        Input spike times in units of T, in [0, 1], or with a unit of time.
    weights : (n_in, n_out) array_like, or (n_in,) of one neuron
        Normalised weights on this circuit, or conductances in siemens.
    circuit : Circuit, gives beta and the ramp
    times : (n_t,) array_like
        In units of T since the charging phase began, in [0, 2], or with a unit of time.

    Returns
    -------
    (n_t, n_out) numpy.ndarray, or (n_t,) of one neuron
        In units of V_th. The ramp goes on after the output spike: there is no reset.

    Examples
    --------
    >>> both_phases([0.5], [1.0], Circuit.normalised(float("inf")), [0.0, 0.75, 1.0, 1.5])
    array([0.  , 0.25, 0.5 , 1.  ])
    """
    expect("circuit", circuit, Circuit)
    circuit.check_exact()
    times = circuit.as_times(times).astype(float)
    spike_times = circuit.as_times(spike_times, "spike_times")
    weights = circuit.as_weights(weights)
    if times.ndim != 1 or not ((times >= 0) & (times <= 2)).all():
        raise InvalidInput(f"times (n_t,) must lie in [0, 2], in units of T, got {times.tolist()}")
    charging = np.append(np.minimum(times, 1), 1.0)  # the last one is where the ramp begins
    v = trajectory(spike_times, layer_weights(weights), circuit.beta, charging)
    fires, begin, v = times > 1, v[-1], v[:-1]
    v[fires] = circuit.ramp.rise(begin, times[fires, None] - 1, circuit)
    return v[:, 0] if np.ndim(weights) == 1 else v


def exact_traces(
    spike_times: ArrayLike, weights: ArrayLike, v_syn: ArrayLike, times: ArrayLike | None = None
) -> pd.DataFrame:
    """Exact membrane potential over time, for one or several drive voltages.

    Columns model, v_syn, neuron, phase, t (units of T), v (units of V_th), as `simulate` has them.

    Parameters
    ----------
    spike_times, weights
        As for `both_phases`, in plain numbers. The weights are kept while V_syn changes:
        conductances are those that give every circuit the same currents at V = 0.
    v_syn : float or iterable of float
        V_syn/V_th > 0, with ideal diodes; infinity is the conventional circuit.
    times : (n_t,) array_like, optional
        In units of T, up to 2, which is the end of the firing phase; default: `time_grid`, the
        charging phase.

    Examples
    --------
    >>> traces = exact_traces([0.0], [1.0], [1.0, float("inf")], times=[0.0, 1.0])
    >>> traces.groupby("model").v.last().round(4).to_dict()
    {'RC-Spike': 0.6321, 'conventional': 1.0}
    """
    times = time_grid(spike_times) if times is None else float_array(times, "times", 1)
    weights, frames = layer_weights(weights), []
    for value in drive_voltages(v_syn):
        circuit = Circuit.normalised(value)
        frame = _by_neuron(times, "v", both_phases(spike_times, weights, circuit, times))
        frame.insert(0, "model", circuit.model)
        frame.insert(1, "v_syn", value)
        frame.insert(3, "phase", np.where(frame["t"] <= 1, "charging", "firing"))
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def _by_neuron(times, name, values):
    """Columns neuron, t and a quantity (n_t, n_out)."""
    n_out = values.shape[1]
    neuron, t = np.repeat(np.arange(n_out), len(times)), np.tile(times, n_out)
    return pd.DataFrame({"neuron": neuron, "t": t, name: values.T.ravel()})


def deviation_from_linear(traces: pd.DataFrame, reference: str = "conventional") -> pd.DataFrame:
    """Deviation of each membrane potential from the linear accumulation.

    Rows of the other models, with v_linear and deviation = v - v_linear, in units of V_th. Raises
    `InvalidInput`: missing columns, or no reference for a neuron and phase.

    Parameters
    ----------
    traces : pandas.DataFrame
        Columns model, neuron, phase, t, v: from `rcspike_brian.simulate` or `exact_traces`.
    reference : str, the model to compare with, of the same inputs; its time grid may differ

    Examples
    --------
    >>> traces = exact_traces([0.0], [1.0], [1.0, float("inf")], times=[0.0, 1.0])
    >>> deviation_from_linear(traces).deviation.round(4).tolist()
    [0.0, -0.3679]
    """
    require_columns(traces, ("model", "neuron", "phase", "t", "v"), "traces")
    is_reference = traces["model"] == reference
    curves = dict(list(traces[is_reference].groupby(["neuron", "phase"])))
    others = traces[~is_reference].reset_index(drop=True)
    others["v_linear"] = np.nan
    for key, group in others.groupby(["neuron", "phase"]):
        if key not in curves:
            raise InvalidInput(f"no {reference!r} trace of neuron {key[0]} in the {key[1]} phase")
        curve = curves[key].sort_values("t")
        others.loc[group.index, "v_linear"] = np.interp(group["t"], curve["t"], curve["v"])
    return others.assign(deviation=others["v"] - others["v_linear"])


def effective_time_constant(
    spike_times: ArrayLike, weights: ArrayLike, beta: float | tuple[float, float] | None = None, *,
    circuit: Circuit | None = None, times: ArrayLike | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Effective time constant 1/f(t) over the charging phase: how fast the potential forgets.

    f = sum_j beta |w_j| [t >= t_j]: the capacitor with all resistors that are on in parallel.
    Columns neuron, t, conductance (f, units of C/T), time_constant (units of T; infinite while no
    line is on, and in a conventional circuit). With a circuit also time and time_constant_seconds,
    both in seconds. Raises `InvalidInput`: neither beta nor circuit, or both.

    Parameters
    ----------
    spike_times, weights : as for `both_phases`; without a circuit, plain numbers
    beta : float or (float, float), optional
        V_th/E of both signs. Left out when a circuit is given.
    circuit : rcspike_brian.Circuit, optional, gives beta and the length of T in seconds
    times : (n_t,) array_like, optional
        In units of T, or with a circuit in seconds; default: `time_grid`.

    Examples
    --------
    >>> effective_time_constant([0.5], [-2.0], 0.25, times=[0.0, 1.0]).time_constant.tolist()
    [inf, 2.0]
    """
    if circuit is not None and beta is None:
        expect("circuit", circuit, Circuit)
        circuit.check_exact()
        beta, weights = circuit.beta, circuit.as_weights(weights)
        spike_times = circuit.as_times(spike_times, "spike_times")
        times = None if times is None else circuit.as_times(times)
    elif beta is None or circuit is not None:
        raise InvalidInput("give either beta or a circuit")
    times = time_grid(spike_times) if times is None else float_array(times, "times", 1)
    f = conductance(spike_times, layer_weights(weights), beta, times)
    frame = _by_neuron(times, "conductance", f)
    with np.errstate(divide="ignore"):
        frame["time_constant"] = 1 / frame["conductance"]
    if circuit is None:
        return frame
    seconds = frame[["t", "time_constant"]] * circuit.si.T
    return frame.assign(time=seconds["t"], time_constant_seconds=seconds["time_constant"])


def reversal_range_used(
    traces: pd.DataFrame, beta: float | tuple[float, float] | None = None
) -> pd.DataFrame:
    """Extremes of each membrane potential, as a share of the range between the reversals.

    Columns (model, v_syn,) neuron, v_min, v_max, lower = -1/beta_minus and upper = 1/beta_plus (the
    reversal potentials, units of V_th), used_lower = v_min/lower and used_upper = v_max/upper: in
    [0, 1), as ideal circuits only approach their reversals.

    Parameters
    ----------
    traces : pandas.DataFrame
        Columns neuron and v, and model and v_syn if they tell traces apart.
    beta : float or (float, float), optional
        V_th/E of both signs. Default: 1/v_syn of the column v_syn, that is, ideal diodes.

    Examples
    --------
    >>> used = reversal_range_used(exact_traces([0.0], [3.0], 0.5))
    >>> round(float(used.used_upper[0]), 4)  # 1 - exp(-6)
    0.9975
    """
    require_columns(traces, ("neuron", "v"), "traces")
    if beta is None and "v_syn" not in traces.columns:
        raise InvalidInput("traces has no column v_syn; give beta, for instance circuit.beta")
    keys = [name for name in ("model", "v_syn", "neuron") if name in traces.columns]
    extremes = traces.groupby(keys)["v"].agg(v_min="min", v_max="max").reset_index()
    plus, minus = (1 / extremes["v_syn"],) * 2 if beta is None else beta_pair(beta)
    with np.errstate(divide="ignore"):
        extremes["lower"] = -1 / np.asarray(minus, dtype=float)
        extremes["upper"] = 1 / np.asarray(plus, dtype=float)
    # The start at v = 0 may not be among the samples, so a share below zero means none.
    extremes["used_lower"] = (extremes["v_min"] / extremes["lower"]).clip(lower=0)
    extremes["used_upper"] = (extremes["v_max"] / extremes["upper"]).clip(lower=0)
    return extremes


def plot_membrane_potential(traces: pd.DataFrame, axes: Axes | None = None, **kwds: Any) -> Axes:
    """Membrane potential over time, one line for each V_syn and neuron.

    Parameters
    ----------
    traces, axes, **kwds : frame from `exact_traces`; Axes; keywords of `seaborn.lineplot`

    Examples
    --------
    >>> plot_membrane_potential(exact_traces([0.2], [1.0], [1, 8])).get_xlabel()
    'time $t / T$'
    """
    axes = _lines(traces, "v", axes, kwds)
    axes.axhline(1, color="0.6", linewidth=0.8, linestyle=":", zorder=0)
    axes.set(ylabel=r"membrane potential $V / V_\mathrm{th}$")
    return axes


def plot_deviation(deviation: pd.DataFrame, axes: Axes | None = None, **kwds: Any) -> Axes:
    """Deviation from the linear accumulation over time.

    Parameters
    ----------
    deviation : frame from `deviation_from_linear`, coloured by v_syn if it has that column
    axes, **kwds : Axes, keywords of `seaborn.lineplot`

    Examples
    --------
    >>> deviation = deviation_from_linear(exact_traces([0.2], [1.0], [1, float("inf")]))
    >>> plot_deviation(deviation).get_xlabel()
    'time $t / T$'
    """
    axes = _lines(deviation, "deviation", axes, kwds)
    zero_line(axes)
    axes.set(ylabel=r"deviation $(V - V_\mathrm{linear}) / V_\mathrm{th}$")
    return axes


def _lines(frame, y, axes, kwds):
    require_columns(frame, ("neuron", "t", y), "frame")
    has_drive = "v_syn" in frame.columns
    hue = v_syn_hue(frame) if has_drive else {"data": frame}
    settings = {"estimator": None, "units": "neuron", **hue}
    axes = draw(sns.lineplot, "t", y, axes, kwds, DRIVE_LABEL if has_drive else None, **settings)
    axes.set(xlabel=_TIME)
    return axes


def plot_time_constant(frame: pd.DataFrame, axes: Axes | None = None, **kwds: Any) -> Axes:
    """Effective time constant over time, on a logarithmic axis.

    Parameters
    ----------
    frame : from `effective_time_constant`; with its columns in seconds, the axes are in seconds
    axes, **kwds : Axes, keywords of `seaborn.lineplot`

    Examples
    --------
    >>> plot_time_constant(effective_time_constant([0.2], [1.0], beta=1)).get_yscale()
    'log'
    """
    seconds = "time_constant_seconds" in frame.columns
    x, y = ("time", "time_constant_seconds") if seconds else ("t", "time_constant")
    require_columns(frame, ("neuron", x, y), "frame")
    settings = {"estimator": None, "units": "neuron", "drawstyle": "steps-post"}
    axes = draw(sns.lineplot, x, y, axes, kwds, data=frame, **settings)
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))  # enough ticks in a single decade
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter(EngFormatter("s") if seconds else "{x:g}")
    if seconds:
        axes.xaxis.set_major_formatter(EngFormatter("s"))
    xlabel, unit = ("time", "") if seconds else (_TIME, " / T")
    axes.set(xlabel=xlabel, ylabel=f"effective time constant $1/f${unit}")
    return axes


def plot_reversal_range(used: pd.DataFrame, axes: Axes | None = None, **kwds: Any) -> Axes:
    """Share of the range between the reversals that each neuron uses, in both directions.

    Parameters
    ----------
    used : frame from `reversal_range_used`, with the column v_syn
    axes, **kwds : Axes, keywords of `seaborn.stripplot`

    Examples
    --------
    >>> plot_reversal_range(reversal_range_used(exact_traces([0.2], [1.0], [1, 8]))).get_ylabel()
    'V / reversal potential (extremes)'
    """
    require_columns(used, ("v_syn", "used_lower", "used_upper"), "used")
    shares = used.assign(v_syn=used["v_syn"].map(v_syn_label), used_lower=-used["used_lower"])
    tidy = shares.melt("v_syn", ["used_lower", "used_upper"], value_name="share")
    # Jitter would draw from NumPy's global random state.
    settings: dict[str, Any] = {"size": 4, "alpha": 0.4, "jitter": False}
    axes = draw(sns.stripplot, "v_syn", "share", axes, kwds, data=tidy, **settings)
    zero_line(axes)
    axes.set(ylim=(-1.05, 1.05), xlabel=DRIVE_LABEL, ylabel="V / reversal potential (extremes)")
    return axes
