"""Read-out: the class is the output neuron that spikes first.

Every ramp keeps the order of potentials, so the first spike is that of the largest potential within
the firing phase. Spike times decide, in double precision: a potential so small that its spike is
rounded to the end of the phase has none.
"""

import numpy as np
from numpy.typing import ArrayLike

from rcspike_brian.errors import InvalidInput, first_bad
from rcspike_brian.quantities import bare_array, finite_array

__all__ = ["NO_DECISION", "accuracies", "earliest_spike", "first_to_spike"]

_LARGEST_LABEL = 60_000  # a name is kept for each class

NO_DECISION = -1
"""Label of a sample in which no output neuron spikes, or two tie for first."""


def earliest_spike(potentials: ArrayLike) -> np.ndarray:
    """Index of the output neuron that spikes alone before all others, with a linear ramp.

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
    v = _rows("potentials", potentials)
    # As spike times have it: 1 - v of what is too small is a spike at 1, which is none.
    x = 1 - (1 - np.clip(v, 0, 1))
    first = x.max(axis=1, keepdims=True, initial=0)
    alone = ((x == first).sum(axis=1) == 1) & (first[:, 0] > 0)
    return np.where(alone, x.argmax(axis=1), NO_DECISION)


def first_to_spike(times: ArrayLike) -> np.ndarray:
    """As `earliest_spike`, from output spike times, of any ramp.

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
    return earliest_spike(1 - _rows("times", times))


def _rows(name, values):
    """Finite numbers (batch, n_out) in double precision."""
    array = finite_array(name, values)
    if array.ndim != 2 or array.shape[1] == 0:
        raise InvalidInput(f"{name} must have shape (batch, n_out), got {array.shape}")
    return array


def class_labels(labels: ArrayLike, n: int, name: str = "labels") -> np.ndarray:
    """Classes 0, 1, 2, ... of n samples as whole numbers (n,), or `InvalidInput`."""
    array = bare_array(name, labels)
    if array.ndim != 1:
        rule = f"{name} must have shape (n,), one class for each image"
        raise InvalidInput(f"{rule}, got {array.shape}")
    if len(array) != n:
        raise InvalidInput(f"{n} images and {len(array)} {name}: each image needs one label")
    rule = f"{name} must be whole numbers from 0 to {_LARGEST_LABEL}"
    if array.dtype.kind not in "iuf" and array.size:
        remedy = "numpy.unique(labels, return_inverse=True)[1] numbers them"
        raise InvalidInput(f"{rule}, got {array.dtype}; {remedy}")
    with np.errstate(invalid="ignore"):
        bad = ~((array >= 0) & (array <= _LARGEST_LABEL) & (array % 1 == 0))
    if bad.any():
        raise InvalidInput(f"{rule}, got {first_bad(array, bad)}")
    return array if array.dtype.kind in "iu" else array.astype(np.int64)


def accuracies(
    potentials: ArrayLike, labels: ArrayLike, times: ArrayLike | None = None
) -> tuple[float, float]:
    """Accuracy by earliest spike and by largest membrane potential.

    Parameters
    ----------
    potentials : (batch, n_out) array_like
        v(1) in units of V_th.
    labels : (batch,) array_like of int
    times : (batch, n_out) array_like, optional
        Output spike times in units of T that go with the potentials; default: of a linear ramp.

    Returns
    -------
    by_spike, by_potential : float
        Fractions; in the first, undecided samples count as wrong.

    Examples
    --------
    >>> accuracies([[0.2, 0.6], [-0.1, 0.0]], [1, 1])
    (0.5, 1.0)
    """
    v = _rows("potentials", potentials)
    labels = class_labels(labels, len(v))
    found = earliest_spike(v) if times is None else first_to_spike(times)
    by_spike = np.mean(found == labels)
    return float(by_spike), float(np.mean(np.argmax(v, axis=1) == labels))
