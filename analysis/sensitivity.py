"""What the end potential v(T) depends on: single inputs, and inhibition of two kinds."""

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from rcspike_brian.analysis.checks import drive_voltages, require_columns
from rcspike_brian.analysis.drawing import draw, name_legend, zero_line
from rcspike_brian.analysis.palette import DRIVE_LABEL, v_syn_hue
from rcspike_brian.core.membrane import membrane_gradients, membrane_potential
from rcspike_brian.errors import InvalidInput


def weight_sensitivity(
    spike_times: ArrayLike, weights: ArrayLike, v_syn: ArrayLike
) -> pd.DataFrame:
    """Derivative of v(T) by each weight, against the spike time of its input.

    Parameters
    ----------
    spike_times : (n_in,) array_like
        Input spike times in units of T.
    weights : (n_in,) array_like
        Normalised weights of one neuron, kept while V_syn changes.
    v_syn : float or iterable of float
        V_syn/V_th > 0, with ideal diodes; infinity is the conventional circuit.

    Returns
    -------
    pandas.DataFrame
        Columns v_syn, input, t (units of T), weight, sensitivity (dv(T)/dw, dimensionless).

    Raises
    ------
    InvalidInput
        V_syn not positive, or arrays that the solver refuses.

    Notes
    -----
    In the conventional circuit v(T) = sum_j w_j (1 - t_j), so the sensitivity is 1 - t_j: an input
    counts the more the earlier it is. In RC-Spike what came early is partly forgotten.

    Examples
    --------
    >>> frame = weight_sensitivity([0.25, 0.75], [2.0, 2.0], [1.0, float("inf")])
    >>> frame.sensitivity.round(3).tolist()  # RC-Spike: (1 - t_j) exp(-2)
    [0.102, 0.034, 0.75, 0.25]
    """
    times = np.asarray(spike_times, dtype=float)
    column = np.reshape(np.asarray(weights, dtype=float), (-1, 1))
    frames = []
    for value in drive_voltages(v_syn):
        by_weight, _ = membrane_gradients([times], column, 1 / value, [[1.0]])
        frames.append(
            pd.DataFrame(
                {
                    "v_syn": value,
                    "input": np.arange(len(times)),
                    "t": times,
                    "weight": column[:, 0],
                    "sensitivity": by_weight[:, 0],
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def inhibition_curve(
    excitation: ArrayLike, inhibition: ArrayLike, e_minus: ArrayLike, e_plus: float = 1.0
) -> pd.DataFrame:
    """End potential against excitatory conductance, for inhibitory synapses of some reversal.

    One excitatory and one inhibitory synapse are on during the whole charging phase.

    Parameters
    ----------
    excitation : (n,) array_like
        Conductance of the excitatory synapse in units of C/T, >= 0.
    inhibition : float or iterable of float
        Conductance of the inhibitory synapse in units of C/T, >= 0.
    e_minus : float or iterable of float
        E-/V_th > 0, distance of the inhibitory reversal potential below the reset potential. Small:
        the synapse only adds conductance and pulls towards reset.
    e_plus : float
        E+/V_th > 0, distance of the excitatory reversal potential above it.

    Returns
    -------
    pandas.DataFrame
        Columns e_minus, inhibition, excitation, v = v(T) in units of V_th.

    Raises
    ------
    InvalidInput
        A negative conductance, or a reversal potential not positive.

    Notes
    -----
    w = T E G/(C V_th) and beta = V_th/E, so beta |w| = G T/C: a conductance shunts alike, whatever
    its reversal potential. v(T) = (G+ E+ - G- E-)/(G+ + G-) (1 - exp(-(G+ + G-) T/C)).

    Examples
    --------
    >>> inhibition_curve([1.0], [0.0, 1.0], e_minus=1.0).v.round(4).tolist()
    [0.6321, 0.0]
    """
    plus, minus = _not_negative("excitation", excitation), _not_negative("inhibition", inhibition)
    below = np.atleast_1d(np.asarray(e_minus, dtype=float))
    if not ((below > 0).all() and e_plus > 0):
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
    array = np.atleast_1d(np.asarray(values, dtype=float))
    if array.ndim != 1 or not (array >= 0).all():
        raise InvalidInput(f"{name} must be numbers >= 0, in units of C/T, got {values!r}")
    return array


def plot_sensitivity(frame: pd.DataFrame, axes: Axes | None = None, **kwds: Any) -> Axes:
    """Derivative of v(T) by a weight against the spike time of the input, per V_syn.

    Parameters
    ----------
    frame : pandas.DataFrame
        From `weight_sensitivity`.
    axes : matplotlib.axes.Axes, optional
        Default: the current axes.
    **kwds
        Passed to `seaborn.lineplot`.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> frame = weight_sensitivity([0.2, 0.7], [1.0, 1.0], [1, float("inf")])
    >>> axes = plot_sensitivity(frame, Figure().subplots())
    >>> [text.get_text() for text in axes.get_legend().texts]
    ['1', '∞']
    """
    require_columns(frame, ("v_syn", "t", "sensitivity"), "frame")
    settings = {"marker": "o", "markersize": 4, **v_syn_hue(frame)}
    axes = draw(sns.lineplot, "t", "sensitivity", axes, kwds, **settings)
    zero_line(axes)
    axes.set(
        xlabel="input spike time $t_j / T$", ylabel=r"sensitivity $\partial v(T) / \partial w_j$"
    )
    name_legend(axes, DRIVE_LABEL)
    return axes


def plot_inhibition(curve: pd.DataFrame, axes: Axes | None = None, **kwds: Any) -> Axes:
    """End potential against excitation, one line per inhibitory conductance.

    Parameters
    ----------
    curve : pandas.DataFrame
        From `inhibition_curve`, of a single reversal potential.
    axes : matplotlib.axes.Axes, optional
        Default: the current axes.
    **kwds
        Passed to `seaborn.lineplot`.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> curve = inhibition_curve([0.0, 1.0, 2.0], [0.0, 2.0], e_minus=0.01)
    >>> len(plot_inhibition(curve, Figure().subplots()).get_legend().texts)
    2
    """
    require_columns(curve, ("inhibition", "excitation", "v"), "curve")
    named = curve.assign(inhibition=curve["inhibition"].map("{:g}".format))
    settings = {"data": named, "hue": "inhibition", "palette": "rocket"}
    axes = draw(sns.lineplot, "excitation", "v", axes, kwds, **settings)
    zero_line(axes)
    axes.set(xlabel="excitatory conductance $G_+ T / C$", ylabel=r"$V(T) / V_\mathrm{th}$")
    name_legend(axes, "$G_- T / C$")
    return axes
