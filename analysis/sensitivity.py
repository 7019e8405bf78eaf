"""How much each input counts: the derivative of the end potential by a weight."""

import numpy as np
import pandas as pd

from rcspike_brian.analysis.checks import drive_voltages
from rcspike_brian.core.membrane import membrane_gradients


def weight_sensitivity(spike_times, weights, v_syn):
    """Derivative of v(T) by each weight, against the spike time of its input.

    Parameters
    ----------
    spike_times : (n_in,) array_like
        Input spike times in units of T.
    weights : (n_in,) array_like
        Normalised weights of one neuron, kept while V_syn changes.
    v_syn : float or iterable of float
        V_syn - V_d in units of V_th, > 0; infinity is the conventional circuit.

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
