"""A moving average of the weights.

Mini-batches, and the noise in them, push the weights around the place that training has found. The
mean over the last steps is nearer to it than the weights of any one step (Polyak and Juditsky,
SIAM J. Control Optim. 30:838, 1992).
"""

import math

import numpy as np


class MovingAverage:
    """Mean of the weights over all steps so far, those h steps ago with the weight exp(-h/horizon).

    Parameters
    ----------
    theta : (n,) float array
        Weights to begin with; they do not count.
    horizon : float
        In steps.

    Attributes
    ----------
    weights : (n,) float array
        The mean.

    Examples
    --------
    >>> average = MovingAverage(np.zeros(1), horizon=1e9)
    >>> for steps, theta in enumerate([1.0, 2.0, 6.0]):
    ...     average.update(np.array([theta]), steps, steps + 1)
    >>> average.weights.round(6)
    array([3.])
    """

    def __init__(self, theta: np.ndarray, horizon: float):
        self.weights = theta.copy()
        self._horizon = horizon

    def update(self, theta: np.ndarray, before: int, after: int) -> None:
        """Take in the weights after so many steps, of which ``before`` are in the mean already."""
        new = math.expm1((before - after) / self._horizon) / math.expm1(-after / self._horizon)
        self.weights += theta.dtype.type(new) * (theta - self.weights)
