"""How well two sets of spike times of a network agree, such as simulated and exact ones."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from rcspike_brian.analysis.checks import require_columns
from rcspike_brian.analysis.palette import draw, log_log_with_slope, marked_by
from rcspike_brian.core.checks import positive_integer, spike_time_array
from rcspike_brian.errors import InvalidInput
from rcspike_brian.quantities import as_list
from rcspike_brian.readout import first_to_spike

_COUNTS = ["pairs", "spiking", "only_simulated", "only_exact"]
_COLUMNS = ["layer", *_COUNTS, "rmse", "max_difference"]


def spike_time_agreement(
    simulated: Sequence[ArrayLike], exact: Sequence[ArrayLike]
) -> pd.DataFrame:
    """Compare spike times, layer by layer.

    One row per layer. Columns: ``layer`` (1 is the first), ``pairs`` (images times neurons),
    ``spiking`` (pairs that spike in either), ``only_simulated`` and ``only_exact`` (spike in one
    and not in the other), ``rmse`` and ``max_difference`` (units of T) over ``spiking``, where the
    one that is silent counts as a spike at 1. Raises `InvalidInput`: shapes that differ.

    Parameters
    ----------
    simulated, exact : list of (images, n_l) array_like
        Output spike times of each layer in units of T; 1 is no spike.

    Examples
    --------
    >>> spike_time_agreement([[[0.2, 1.0]]], [[[0.1, 0.9]]]).rmse.round(3).tolist()
    [0.1]
    """
    simulated, exact = (
        [spike_time_array(layer, None, name) for layer in as_list(name, layers)]
        for name, layers in (("simulated", simulated), ("exact", exact))
    )
    shapes = [layer.shape for layer in simulated], [layer.shape for layer in exact]
    if shapes[0] != shapes[1] or not simulated:
        raise InvalidInput(f"simulated {shapes[0]} and exact {shapes[1]} must have equal shapes")
    pairs = zip(simulated, exact, strict=True)
    rows = [(number, *_row(*pair)) for number, pair in enumerate(pairs, start=1)]
    return pd.DataFrame(rows, columns=_COLUMNS)


def _row(simulated, exact):
    """What `_COLUMNS` name, of one layer."""
    fires, should = simulated < 1, exact < 1
    difference = np.abs(simulated - exact)[fires | should]
    counts = [np.sum(which) for which in (fires | should, fires & ~should, should & ~fires)]
    rmse = np.sqrt(np.mean(difference**2)) if counts[0] else 0.0
    return simulated.size, *counts, rmse, difference.max(initial=0.0)


def combine_agreement(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Put agreements together, as if all images had been compared at once.

    Parameters
    ----------
    frames : iterable of frames from `spike_time_agreement`

    Examples
    --------
    >>> parts = [spike_time_agreement([[[t]]], [[[0.5]]]) for t in (0.4, 0.6)]
    >>> combine_agreement(parts).rmse.round(3).tolist()
    [0.1]
    """
    rows = pd.concat(list(frames), ignore_index=True)
    require_columns(rows, _COLUMNS, "frames")
    layers = rows.assign(square=rows["spiking"] * rows["rmse"] ** 2).groupby("layer")
    sums = layers[[*_COUNTS, "square"]].sum()
    sums["rmse"] = np.sqrt(sums.pop("square") / sums["spiking"].clip(lower=1))
    sums["max_difference"] = layers["max_difference"].max()
    return sums.reset_index()[_COLUMNS]


def label_agreement(simulated: ArrayLike, exact: ArrayLike, first: int = 0) -> pd.DataFrame:
    """Compare the classes, and say how close the two first spikes are.

    One row per image. Columns: ``image``, ``simulated`` and ``exact`` (output that spikes first; -1
    if none does, or two at once), ``agrees``, ``gap`` (time between the two first spikes of the
    exact solution in units of T; silent outputs count as spikes at 1).

    Parameters
    ----------
    simulated, exact : (images, n_out) array_like
        Spike times of the output layer in units of T.
    first : int, number of the first image

    Examples
    --------
    >>> label_agreement([[0.3, 0.2]], [[0.25, 0.26]]).round(3).values.tolist()
    [[0, 1, 0, False, 0.01]]
    """
    simulated = spike_time_array(simulated, name="simulated").astype(float)
    exact = spike_time_array(exact, name="exact").astype(float)
    if simulated.shape != exact.shape:
        raise InvalidInput(f"simulated {simulated.shape} and exact {exact.shape} must be alike")
    first = positive_integer(first, "first", least=0)
    labels = {"simulated": first_to_spike(simulated), "exact": first_to_spike(exact)}
    frame = pd.DataFrame({"image": np.arange(len(exact)) + first, **labels})
    ordered = np.sort(exact, axis=1)
    gap = ordered[:, 1] - ordered[:, 0] if exact.shape[1] > 1 else np.inf
    return frame.assign(agrees=frame["simulated"] == frame["exact"], gap=gap)


def convergence_order(agreement: pd.DataFrame) -> pd.DataFrame:
    """Return how quickly the spike times approach the exact ones as the time step shrinks.

    Columns layer and order: the slope of log(rmse) over log(dt), by least squares. Raises
    `InvalidInput`: fewer than two values of dt, or a layer without any error.

    Parameters
    ----------
    agreement : pandas.DataFrame
        Columns layer, dt (any unit) and rmse, with at least two values of dt.

    Examples
    --------
    >>> frame = pd.DataFrame({"layer": 1, "dt": [0.01, 0.005], "rmse": [0.02, 0.01]})
    >>> convergence_order(frame).order.round(6).tolist()
    [1.0]
    """
    require_columns(agreement, ("layer", "dt", "rmse"), "agreement")
    if agreement["dt"].nunique() < 2 or not (agreement["rmse"] > 0).all():
        raise InvalidInput("an order needs at least two values of dt, and errors above 0")
    logs = agreement[["layer"]].assign(dt=np.log(agreement["dt"]), rmse=np.log(agreement["rmse"]))
    rows = [(layer, np.polyfit(g["dt"], g["rmse"], 1)[0]) for layer, g in logs.groupby("layer")]
    return pd.DataFrame(rows, columns=["layer", "order"])


def plot_convergence(agreement: pd.DataFrame, axes: Axes | None = None, **kwds: Any) -> Axes:
    """Error of the spike times against the time step, one line per layer, log-log.

    Parameters
    ----------
    agreement : rows of `spike_time_agreement`, each with the dt (units of T) it belongs to
    axes, **kwds : Axes, keywords of `seaborn.lineplot`

    Examples
    --------
    >>> agreement = pd.DataFrame({"layer": 1, "dt": [0.01, 0.005], "rmse": [0.02, 0.01]})
    >>> plot_convergence(agreement).get_xscale()
    'log'
    """
    require_columns(agreement, ("layer", "dt", "rmse"), "agreement")
    named = agreement.assign(layer="layer " + agreement["layer"].astype(str))
    axes = draw(sns.lineplot, "dt", "rmse", axes, kwds, "", data=named, **marked_by("layer"))
    first = agreement.loc[agreement["dt"].idxmin()]
    log_log_with_slope(axes, first["dt"], first["rmse"], slope=1)
    # The steps themselves: a logarithmic axis of one decade would have too many labels, or one.
    steps = sorted(agreement["dt"].unique())
    axes.set_xticks(steps, labels=[f"1/{1 / dt:.0f}" for dt in steps])
    axes.set_xticks([], minor=True)
    axes.set(xlabel="time step $dt / T$", ylabel="rms error of spike times $/ T$")
    return axes
