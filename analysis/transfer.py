"""The end potential v(T): its transfer curve, and how single inputs and inhibition change it."""

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator
from numpy.typing import ArrayLike

from rcspike_brian.analysis.checks import drive_voltages, layer_weights, require_columns
from rcspike_brian.analysis.palette import DRIVE_LABEL, draw, v_syn_hue, v_syn_label, zero_line
from rcspike_brian.core.checks import float_array, positive_integer, spike_time_array
from rcspike_brian.core.membrane import membrane_gradients, membrane_potential
from rcspike_brian.errors import InvalidInput
from rcspike_brian.quantities import real_array, real_number


def random_layer(
    n_in: int = 100, n_out: int = 10, samples: int = 100, scale: float = 2.0, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Random inputs and weights, for instance for `transfer_curve`.

    Parameters
    ----------
    n_in, n_out, samples, seed : int, sizes, and the seed of the generator
    scale : float, standard deviation of sqrt(n_in) times a weight

    Returns
    -------
    spike_times : (samples, n_in) numpy.ndarray
        Uniform in [0, 1).
    weights : (n_in, n_out) numpy.ndarray
        Normal with mean 0.

    Examples
    --------
    >>> [array.shape for array in random_layer(n_in=20, n_out=3, samples=5)]
    [(5, 20), (20, 3)]
    """
    sizes = (("n_in", n_in), ("n_out", n_out), ("samples", samples))
    n_in, n_out, samples = (positive_integer(value, name) for name, value in sizes)
    rng = np.random.default_rng(positive_integer(seed, "seed", least=0))
    scale = real_number("scale", scale, ">= 0")
    return rng.random((samples, n_in)), rng.normal(0, scale / np.sqrt(n_in), (n_in, n_out))


def transfer_curve(spike_times: ArrayLike, weights: ArrayLike, v_syn: ArrayLike) -> pd.DataFrame:
    """End potentials of a layer against their multiply-accumulate values.

    v(T) -> mac as V_syn -> infinity, with a deviation of order V_th/V_syn. Columns v_syn, sample,
    neuron, mac = sum_j w_j (1 - t_j), v = v(T), both in units of V_th.

    Parameters
    ----------
    spike_times : (samples, n_in) array_like, or (n_in,) of one sample
        Input spike times in units of T.
    weights, v_syn : as for `exact_traces`; an infinite V_syn gives the identity

    Examples
    --------
    >>> transfer_curve([0.0], [1.0], [1.0, float("inf")]).v.round(4).tolist()
    [0.6321, 1.0]
    """
    values, weights = drive_voltages(v_syn), layer_weights(weights)
    spike_times = np.atleast_2d(real_array("spike_times", spike_times))
    mac = membrane_potential(spike_times, weights, 0.0)
    sample, neuron = (index.ravel() for index in np.indices(mac.shape))
    known = {"sample": sample, "neuron": neuron, "mac": mac.ravel()}
    ends = (membrane_potential(spike_times, weights, 1 / value).ravel() for value in values)
    frames = [
        pd.DataFrame({"v_syn": x, **known, "v": v}) for x, v in zip(values, ends, strict=True)
    ]
    return pd.concat(frames, ignore_index=True)


def transfer_error(curve: pd.DataFrame) -> pd.DataFrame:
    """Distance of a transfer curve from the multiply-accumulate value, for each V_syn.

    Columns v_syn, rms and largest (deviation |v - mac|, units of V_th), slope (least squares from
    the origin: 1 is a multiply-accumulate, less is compression), correlation of v and mac, n.

    Parameters
    ----------
    curve : frame from `transfer_curve`

    Examples
    --------
    >>> transfer_error(transfer_curve([0.0], [1.0], 1.0)).rms.round(4).tolist()
    [0.3679]
    """
    require_columns(curve, ("v_syn", "mac", "v"), "curve")
    rows = [{"v_syn": value, **_distance(group)} for value, group in curve.groupby("v_syn")]
    return pd.DataFrame(rows)


def _distance(group):
    deviation, power = group["v"] - group["mac"], (group["mac"] ** 2).sum()
    return {
        "rms": float(np.sqrt((deviation**2).mean())),
        "largest": float(deviation.abs().max()),
        "slope": float((group["v"] * group["mac"]).sum() / power) if power > 0 else np.nan,
        "correlation": float(group["v"].corr(group["mac"])) if len(group) > 1 else np.nan,
        "n": len(group),
    }


def plot_transfer_curve(curve: pd.DataFrame, axes: Axes | None = None, **kwds: Any) -> Axes:
    """End potential v(T) against the multiply-accumulate value, a cloud of points per V_syn.

    Parameters
    ----------
    curve, axes, **kwds : frame from `transfer_curve`; Axes; keywords of `seaborn.scatterplot`

    Examples
    --------
    >>> len(plot_transfer_curve(transfer_curve(*random_layer(samples=5), [1, 8])).collections)
    1
    """
    require_columns(curve, ("v_syn", "mac", "v"), "curve")
    settings = {"s": 8, "linewidth": 0, "alpha": 0.6, **v_syn_hue(curve)}
    axes = draw(sns.scatterplot, "mac", "v", axes, kwds, DRIVE_LABEL, **settings)
    axes.axline((0, 0), slope=1, color="0.6", linewidth=0.8, linestyle=":", zorder=0)
    mac = r"multiply-accumulate value $\sum_j w_j (1 - t_j)$"
    axes.set(xlabel=mac, ylabel=r"$V(T) / V_\mathrm{th}$")
    return axes


def plot_transfer_error(errors: pd.DataFrame, axes: Axes | None = None, **kwds: Any) -> Axes:
    """Root-mean-square deviation from the multiply-accumulate value against V_syn, log-log.

    Parameters
    ----------
    errors : frame from `transfer_error`; an infinite V_syn has no place on the axis and is left out
    axes, **kwds : Axes, keywords of `seaborn.lineplot`

    Examples
    --------
    >>> errors = transfer_error(transfer_curve(*random_layer(samples=5), [1, 8]))
    >>> plot_transfer_error(errors).get_xscale()
    'log'
    """
    require_columns(errors, ("v_syn", "rms"), "errors")
    finite = errors[errors["v_syn"] < float("inf")]
    axes = draw(sns.lineplot, "v_syn", "rms", axes, kwds, data=finite, marker="o")
    axes.set(xscale="log", yscale="log")
    axes.set_xticks(finite["v_syn"], [v_syn_label(value) for value in finite["v_syn"]])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set(xlabel=DRIVE_LABEL, ylabel=r"rms deviation of $V(T) / V_\mathrm{th}$")
    return axes


def weight_sensitivity(
    spike_times: ArrayLike, weights: ArrayLike, v_syn: ArrayLike
) -> pd.DataFrame:
    """Derivative of v(T) by each weight, against the spike time of its input.

    In the conventional circuit v(T) = sum_j w_j (1 - t_j), so the sensitivity is 1 - t_j: an input
    counts the more the earlier it is. In RC-Spike what came early is partly forgotten. Columns
    v_syn, input, t (units of T), weight, sensitivity (dv(T)/dw, dimensionless).

    Parameters
    ----------
    spike_times, weights : (n_in,) array_like
        Input spike times in units of T, and normalised weights of one neuron.
    v_syn : float or iterable of float, as for `exact_traces`

    Examples
    --------
    >>> frame = weight_sensitivity([0.25, 0.75], [2.0, 2.0], [1.0, float("inf")])
    >>> frame.sensitivity.round(3).tolist()  # RC-Spike: (1 - t_j) exp(-2)
    [0.102, 0.034, 0.75, 0.25]
    """
    times = spike_time_array(spike_times, ndim=1).astype(float)
    column = float_array(weights, "weights").astype(float).reshape(-1, 1)
    frames = []
    for value in drive_voltages(v_syn):
        by_weight, _ = membrane_gradients([times], column, 1 / value, [[1.0]])
        columns = {"v_syn": value, "input": range(len(times)), "t": times, "weight": column[:, 0]}
        frames.append(pd.DataFrame({**columns, "sensitivity": by_weight[:, 0]}))
    return pd.concat(frames, ignore_index=True)


def inhibition_curve(
    excitation: ArrayLike, inhibition: ArrayLike, e_minus: ArrayLike, e_plus: float = 1.0
) -> pd.DataFrame:
    """End potential against excitatory conductance, for inhibitory synapses of some reversal.

    One excitatory and one inhibitory synapse are on during the whole charging phase. Columns
    e_minus, inhibition, excitation, v = v(T) in units of V_th. Raises `InvalidInput`: a negative
    conductance, or a reversal potential not positive.

    w = T E G/(C V_th) and beta = V_th/E, so beta |w| = G T/C: a conductance shunts alike, whatever
    its reversal potential. v(T) = (G+ E+ - G- E-)/(G+ + G-) (1 - exp(-(G+ + G-) T/C)).

    Parameters
    ----------
    excitation, inhibition : (n,) array_like
        Conductances of the two synapses in units of C/T, >= 0.
    e_minus : float or iterable of float
        E-/V_th > 0, distance of the inhibitory reversal potential below the reset potential. Small:
        the synapse only adds conductance and pulls towards reset.
    e_plus : float, E+/V_th > 0, distance of the excitatory reversal potential above it

    Examples
    --------
    >>> inhibition_curve([1.0], [0.0, 1.0], e_minus=1.0).v.round(4).tolist()
    [0.6321, 0.0]
    """
    plus, minus = _not_negative("excitation", excitation), _not_negative("inhibition", inhibition)
    below = np.atleast_1d(float_array(e_minus, "e_minus"))
    e_plus = real_number("e_plus", e_plus)
    if below.ndim != 1 or below.size == 0 or not ((below > 0).all() and e_plus > 0):
        raise InvalidInput(
            f"e_minus and e_plus must be > 0, in units of V_th, got {below.tolist()}, {e_plus}"
        )
    frames = []
    for e, conductance in product(below, minus):
        # One neuron for each excitation: both of its inputs are on from the start.
        weights = np.vstack([plus * e_plus, np.full_like(plus, -conductance * e)])
        v = membrane_potential([[0.0, 0.0]], weights, (1 / e_plus, 1 / e))[0]
        columns = {"e_minus": e, "inhibition": conductance, "excitation": plus}
        frames.append(pd.DataFrame({**columns, "v": v}))
    return pd.concat(frames, ignore_index=True)


def _not_negative(name, values):
    array = np.atleast_1d(float_array(values, name).astype(float))
    if array.ndim != 1 or array.size == 0 or not (array >= 0).all():
        raise InvalidInput(f"{name} must be numbers >= 0, in units of C/T, got {values!r}")
    return array


def plot_sensitivity(frame: pd.DataFrame, axes: Axes | None = None, **kwds: Any) -> Axes:
    """Derivative of v(T) by a weight against the spike time of the input, per V_syn.

    Parameters
    ----------
    frame, axes, **kwds : from `weight_sensitivity`; Axes; keywords of `seaborn.lineplot`

    Examples
    --------
    >>> plot_sensitivity(weight_sensitivity([0.2, 0.7], [1.0, 1.0], [1, 8])).get_xlabel()
    'input spike time $t_j / T$'
    """
    require_columns(frame, ("v_syn", "t", "sensitivity"), "frame")
    settings = {"marker": "o", "markersize": 4, **v_syn_hue(frame)}
    axes = draw(sns.lineplot, "t", "sensitivity", axes, kwds, DRIVE_LABEL, **settings)
    zero_line(axes)
    derivative = r"sensitivity $\partial v(T) / \partial w_j$"
    axes.set(xlabel="input spike time $t_j / T$", ylabel=derivative)
    return axes


def plot_inhibition(curve: pd.DataFrame, axes: Axes | None = None, **kwds: Any) -> Axes:
    """End potential against excitation, one line per inhibitory conductance.

    Parameters
    ----------
    curve : frame from `inhibition_curve`, of a single reversal potential
    axes, **kwds : Axes, keywords of `seaborn.lineplot`

    Examples
    --------
    >>> plot_inhibition(inhibition_curve([0.0, 1.0], [0.0, 2.0], e_minus=0.01)).get_xlabel()
    'excitatory conductance $G_+ T / C$'
    """
    require_columns(curve, ("inhibition", "excitation", "v"), "curve")
    named = curve.assign(inhibition=curve["inhibition"].map("{:g}".format))
    settings = {"data": named, "hue": "inhibition", "palette": "rocket"}
    axes = draw(sns.lineplot, "excitation", "v", axes, kwds, "$G_- T / C$", **settings)
    zero_line(axes)
    axes.set(xlabel="excitatory conductance $G_+ T / C$", ylabel=r"$V(T) / V_\mathrm{th}$")
    return axes
