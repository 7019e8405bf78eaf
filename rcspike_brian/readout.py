"""Read-out: the class is the output neuron that spikes first.

Every ramp keeps the order of potentials, so the first spike is that of the largest potential within
the firing phase, and potentials tell the class as well as times do.
"""

import numpy as np
from numba import njit
from numpy.typing import ArrayLike

__all__ = ["NO_DECISION", "accuracies", "earliest_spike", "first_to_spike"]

NO_DECISION = -1
"""Label of a sample in which no output neuron spikes, or two tie for first."""


def earliest_spike(potentials: ArrayLike) -> np.ndarray:
    """Index of the output neuron that spikes alone before all others.

    Parameters
    ----------
    potentials : (batch, n_out) array_like
        v(1) in units of V_th.

    Returns
    -------
    (batch,) numpy.ndarray of int
        `NO_DECISION` where no neuron spikes or two tie for first.

    Examples
    --------
    >>> earliest_spike([[0.2, 0.6], [-0.1, 0.0], [1.3, 1.1]])
    array([ 1, -1, -1])
    """
    x = np.clip(np.asarray(potentials), 0, 1)
    first = x.max(axis=1, keepdims=True, initial=0)
    alone = ((x == first).sum(axis=1) == 1) & (first[:, 0] > 0)
    return np.where(alone, x.argmax(axis=1), NO_DECISION)


def first_to_spike(times: ArrayLike) -> np.ndarray:
    """As `earliest_spike`, from output spike times.

    Parameters
    ----------
    times : (batch, n_out) array_like
        In [0, 1], in units of T; 1 is no spike.

    Returns
    -------
    (batch,) numpy.ndarray of int

    Examples
    --------
    >>> first_to_spike([[0.8, 0.4], [1.0, 1.0], [0.0, 0.0]])
    array([ 1, -1, -1])
    """
    return earliest_spike(1 - np.asarray(times, dtype=float))


@njit(cache=True, nogil=True)
def first_spike_is(v, label):
    """Whether the labelled neuron spikes, and alone before all others; one sample, compiled."""
    own = min(v[label], v.dtype.type(1))
    if own <= 0:
        return False
    for i in range(v.shape[0]):  # noqa: SIM110 (no generators in compiled code)
        if i != label and v[i] >= own:
            return False
    return True


def accuracies(potentials: ArrayLike, labels: ArrayLike) -> tuple[float, float]:
    """Accuracy by earliest spike and by largest membrane potential.

    Parameters
    ----------
    potentials : (batch, n_out) array_like
        v(1) in units of V_th.
    labels : (batch,) array_like of int

    Returns
    -------
    by_spike, by_potential : float
        Fractions; in the first, undecided samples count as wrong.

    Examples
    --------
    >>> accuracies([[0.2, 0.6], [-0.1, 0.0]], [1, 1])
    (0.5, 1.0)
    """
    labels = np.asarray(labels)
    by_spike = np.mean(earliest_spike(potentials) == labels)
    return float(by_spike), float(np.mean(np.argmax(potentials, axis=1) == labels))
