"""The exact membrane potential over both phases: relaxation while charging, then the ramp."""

import numpy as np
from numpy.typing import ArrayLike

from rcspike_brian.circuit import Circuit
from rcspike_brian.core.reference import trajectory
from rcspike_brian.errors import InvalidInput

__all__ = ["both_phases"]


def both_phases(
    spike_times: ArrayLike, weights: ArrayLike, circuit: Circuit, times: ArrayLike
) -> np.ndarray:
    """Exact membrane potential v(t) at any times of the charging and the firing phase.

    Parameters
    ----------
    spike_times : (n_in,) array_like
        Input spike times in units of T, in [0, 1].
    weights : (n_in, n_out) array_like, or (n_in,) of one neuron
        Normalised weights on this circuit.
    circuit : Circuit
        Gives beta and the ramp.
    times : (n_t,) array_like
        In units of T since the charging phase began, in [0, 2].

    Returns
    -------
    (n_t, n_out) numpy.ndarray, or (n_t,) of one neuron
        In units of V_th. The ramp goes on after the output spike: there is no reset.

    Raises
    ------
    InvalidInput
        Times outside [0, 2], arrays that the solver refuses, or diodes that are not ideal.

    Examples
    --------
    >>> circuit = Circuit.normalised(float("inf"))
    >>> both_phases([0.5], [1.0], circuit, [0.0, 0.75, 1.0, 1.5])
    array([0.  , 0.25, 0.5 , 1.  ])
    """
    circuit.check_exact()
    times, weights = np.asarray(times, dtype=float), np.asarray(weights)
    columns = weights[:, None] if weights.ndim == 1 else weights
    if not ((times >= 0) & (times <= 2)).all():
        raise InvalidInput(f"times must lie in [0, 2], in units of T, got {times.tolist()}")
    charging = np.append(np.minimum(times, 1), 1.0)  # the last one is where the ramp begins
    v = trajectory(spike_times, columns, circuit.beta, charging)
    fires = times > 1
    begin, v = v[-1], v[:-1]
    v[fires] = circuit.ramp.rise(begin, times[fires, None] - 1, circuit)
    return v[:, 0] if weights.ndim == 1 else v
