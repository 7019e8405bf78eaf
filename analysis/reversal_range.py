"""How much of the range between the reversal potentials the membrane potential uses."""

import numpy as np

from rcspike_brian.analysis.checks import require_columns
from rcspike_brian.core.checks import beta_pair
from rcspike_brian.errors import InvalidInput


def reversal_range_used(traces, beta=None):
    """Extremes of each membrane potential, as a share of the reversal-limited range.

    Parameters
    ----------
    traces : pandas.DataFrame
        Columns neuron and v, optionally model and v_syn; one row of the result for each
        combination.
    beta : float or (float, float), optional
        V_th/E of both signs. Default: 1/v_syn of the column v_syn.

    Returns
    -------
    pandas.DataFrame
        Columns (model, v_syn,) neuron, v_min, v_max, lower = -1/beta_minus, upper = 1/beta_plus,
        used_lower = v_min/lower and used_upper = v_max/upper, both in [0, 1) for the ideal
        circuit, which starts at 0 and only approaches its reversal potentials.

    Raises
    ------
    InvalidInput
        Missing columns; neither beta nor a column v_syn.

    Examples
    --------
    >>> from rcspike_brian.analysis import exact_traces
    >>> used = reversal_range_used(exact_traces([0.0], [[3.0]], 0.5))
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
