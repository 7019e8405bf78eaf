"""The effective time constant: how fast the membrane potential forgets."""

import numpy as np
import pandas as pd

from rcspike_brian.analysis.traces import time_grid
from rcspike_brian.core.reference import conductance
from rcspike_brian.errors import InvalidInput


def effective_time_constant(spike_times, weights, beta=None, *, circuit=None, times=None):
    """Effective time constant 1/f(t) over the charging phase.

    Parameters
    ----------
    spike_times : (n_in,) array_like
        Input spike times in units of T.
    weights : (n_in, n_out) array_like
        Normalised weights.
    beta : float or (float, float), optional
        V_th/E of both signs. May be left out when a circuit is given.
    circuit : rcspike_brian.Circuit, optional
        Gives beta and the length of T in seconds.
    times : (n_t,) array_like, optional
        In units of T; default: `time_grid`.

    Returns
    -------
    pandas.DataFrame
        Columns neuron, t, leak (f, units of 1/T), time_constant (units of T; infinite while no
        line is on, and in a conventional circuit). With a circuit also time and
        time_constant_seconds, both in seconds.

    Raises
    ------
    InvalidInput
        Neither beta nor circuit, or both.

    Notes
    -----
    f = sum_j beta |w_j| [t >= t_j] is the summed conductance of the lines that are on, divided by
    C/T: the time constant is that of the capacitor with all these resistors in parallel.

    Examples
    --------
    >>> effective_time_constant([0.5], [[-2.0]], 0.25, times=[0.0, 1.0]).time_constant.tolist()
    [inf, 2.0]
    """
    if (beta is None) == (circuit is None):
        raise InvalidInput("give either beta or a circuit")
    times = time_grid(spike_times) if times is None else np.asarray(times, dtype=float)
    beta = circuit.beta if beta is None else beta
    leak = conductance(spike_times, weights, beta, times)
    frame = pd.DataFrame(
        {
            "neuron": np.repeat(np.arange(leak.shape[1]), len(times)),
            "t": np.tile(times, leak.shape[1]),
            "leak": leak.T.ravel(),
        }
    )
    with np.errstate(divide="ignore"):
        frame["time_constant"] = 1 / frame["leak"]
    return frame if circuit is None else _with_seconds(frame, circuit)


def _with_seconds(frame, circuit):
    period = float(circuit.seconds(1.0))
    return frame.assign(
        time=frame["t"] * period, time_constant_seconds=frame["time_constant"] * period
    )
