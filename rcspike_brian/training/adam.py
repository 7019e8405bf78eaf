"""Adam on one flat parameter vector, in the threads of a crew."""

import itertools
import math

from rcspike_brian.core.alignment import aligned_zeros
from rcspike_brian.core.fused import adam_step

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8


class Adam:
    """State of the optimiser (Kingma and Ba, arXiv:1412.6980).

    Parameters
    ----------
    theta : (n,) float array
        Parameters; changed in place by `step`.
    shards : int
        Number of gradient vectors that are summed, and of parts that are updated in parallel.
    """

    def __init__(self, theta, shards):
        self.theta = theta
        self.first_moment = aligned_zeros(theta.size, theta.dtype)
        self.second_moment = aligned_zeros(theta.size, theta.dtype)
        self.gradients = aligned_zeros((shards, theta.size), theta.dtype)
        self.steps = 0

    def step(self, crew, rate, scale):
        """Update the parameters and clear the gradients.

        Parameters
        ----------
        crew : Crew
        rate : float
            Learning rate.
        scale : float
            Factor of the gradients, e.g. one over the batch size.
        """
        self.steps += 1
        real = self.theta.dtype.type
        correction = math.sqrt(1 - BETA_2**self.steps)
        rate = real(rate * correction / (1 - BETA_1**self.steps))
        constants = real(BETA_1), real(BETA_2), real(EPSILON * correction)
        shards, n = self.gradients.shape
        bounds = [n * k // shards for k in range(shards + 1)]
        vectors = self.theta, self.first_moment, self.second_moment, self.gradients
        crew.run(
            adam_step,
            (
                (*vectors, begin, end, real(scale), rate, constants)
                for begin, end in itertools.pairwise(bounds)
            ),
        )
