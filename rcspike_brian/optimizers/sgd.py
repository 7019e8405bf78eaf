"""Stochastic gradient descent with momentum."""

import numpy as np

from rcspike_brian.optimizers.base import Optimizer

MOMENTUM = 0.9


class SGD(Optimizer):
    """Gradient descent with heavy-ball momentum 0.9; parameters of `Optimizer`.

    Examples
    --------
    >>> sgd = SGD(np.zeros(2), shards=1)
    >>> for _ in range(2):
    ...     sgd.gradients[0] = [1.0, -2.0]
    ...     sgd.step(None, rate=0.1, scale=1.0)
    >>> sgd.theta.round(3)  # -0.1 g, then -0.1 (1 + 0.9) g
    array([-0.29,  0.58])
    """

    name = "sgd"
    moment_names = ("velocity",)
    velocity: np.ndarray

    def update(self, gradient: np.ndarray, rate: float) -> None:
        """Velocity m <- 0.9 m + g, then theta <- theta - rate m."""
        self.velocity *= MOMENTUM
        self.velocity += gradient
        self.theta -= self.theta.dtype.type(rate) * self.velocity
