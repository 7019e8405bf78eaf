"""Read-out: the class is the output neuron that spikes first."""

import numpy as np

NO_DECISION = -1


def earliest_spike(potentials):
    """Index of the output neuron that spikes alone before all others.

    Parameters
    ----------
    potentials : (batch, n_out) array
        v(1) in units of V_th.

    Returns
    -------
    (batch,) int array
        -1 (`NO_DECISION`) where no neuron spikes or two tie for first.

    Examples
    --------
    >>> earliest_spike([[0.2, 0.6], [-0.1, 0.0], [1.3, 1.1]])
    array([ 1, -1, -1])
    """
    x = np.clip(np.asarray(potentials), 0, 1)
    first = x.max(axis=1, keepdims=True, initial=0)
    alone = ((x == first).sum(axis=1) == 1) & (first[:, 0] > 0)
    return np.where(alone, x.argmax(axis=1), NO_DECISION)


def accuracies(potentials, labels):
    """Accuracy by earliest spike and by largest membrane potential.

    Returns
    -------
    (float, float)
        Fractions; in the first, undecided samples count as wrong.
    """
    labels = np.asarray(labels)
    by_spike = np.mean(earliest_spike(potentials) == labels)
    return float(by_spike), float(np.mean(np.argmax(potentials, axis=1) == labels))
