"""Learning rate over a run."""

import math


def learning_rate(schedule, initial, step, n_steps):
    """Learning rate of step number ``step`` (from 0) out of ``n_steps``.

    Parameters
    ----------
    schedule : {"cosine", "constant"}
    initial : float
    step, n_steps : int

    Returns
    -------
    float

    Examples
    --------
    >>> learning_rate("cosine", 1.0, 50, 100)
    0.5
    """
    if schedule == "constant":
        return initial
    return initial * (1 + math.cos(math.pi * step / n_steps)) / 2
