"""How far the membrane potential is from the linear accumulation of the conventional circuit."""

import numpy as np

from rcspike_brian.analysis.checks import require_columns
from rcspike_brian.errors import InvalidInput


def deviation_from_linear(traces, reference="conventional"):
    """Deviation of each membrane potential from the one of the conventional circuit.

    Parameters
    ----------
    traces : pandas.DataFrame
        Columns model, neuron, phase, t, v, for instance from `rcspike_brian.simulate` or
        `exact_traces`; the reference must be one of the models, with the same inputs. Its time
        grid may differ: between its samples it is linear anyway.
    reference : str
        The model to compare with.

    Returns
    -------
    pandas.DataFrame
        The rows of the other models, all their columns, and v_linear and
        deviation = v - v_linear, in units of V_th.

    Raises
    ------
    InvalidInput
        Missing columns, or no reference for a neuron and phase.

    Examples
    --------
    >>> from rcspike_brian.analysis import exact_traces
    >>> traces = exact_traces([0.0], [[1.0]], [1.0, float("inf")], times=[0.0, 1.0])
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
