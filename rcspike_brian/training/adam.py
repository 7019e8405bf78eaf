"""Adam on one flat parameter vector, in the threads of a pool."""

import itertools
import math

import numpy as np

from rcspike_brian.core.adam import BETA_1, BETA_2, EPSILON, State, adam_step, clear_gradient
from rcspike_brian.core.alignment import aligned_zeros
from rcspike_brian.core.vectors import LANES


class Adam:
    """State of the optimiser (Kingma and Ba, arXiv:1412.6980).

    Parameters
    ----------
    theta : (n,) float array
        Parameters, n a multiple of ``LANES``; changed in place by `step`.
    shards : int
        Number of gradient vectors that are summed, and of parts that are updated in parallel.
    sparse : (int, int), optional
        The first so many parameters belong to so many inputs, as in a `Layout`, and have a gradient
        only where ``touched`` says that the input has spiked. Default: all may have one.
    decay : float
        Weights shrink by this times the learning rate in every step.

    Attributes
    ----------
    gradients : (shards, n) float array
        To be added to before a step.
    touched : (shards, n_inputs) bool array
        To be set before a step.
    state : State
        All of it, for compiled code.
    steps : int
        Taken so far.
    """

    def __init__(self, theta, shards, sparse=(0, 1), decay=0.0):
        self.theta = theta
        self.decay = decay
        self.first_moment = aligned_zeros(theta.size, theta.dtype)
        self.second_moment = aligned_zeros(theta.size, theta.dtype)
        self.gradients = aligned_zeros((shards, theta.size), theta.dtype)
        n_sparse, n_inputs = sparse
        self.touched = np.zeros((shards, n_inputs), np.bool_)
        self.steps = 0
        vectors = self.theta, self.first_moment, self.second_moment, self.gradients
        self.state = State(*vectors, self.touched, n_sparse // LANES)

    def next_step(self, rate):
        """Count one step; returns its rate and epsilon, bias corrections included, and decay."""
        self.steps += 1
        correction = math.sqrt(1 - BETA_2**self.steps)
        corrected = rate * correction / (1 - BETA_1**self.steps)
        return corrected, EPSILON * correction, 1 - rate * self.decay

    def step(self, pool, rate, scale):
        """Update the parameters and clear the gradients.

        Parameters
        ----------
        pool : ThreadPool
        rate : float
            Learning rate.
        scale : float
            Factor of the gradients, e.g. one over the batch size.
        """
        real = self.theta.dtype.type
        numbers = [real(number) for number in (scale, *self.next_step(rate))]
        shards, n = self.gradients.shape
        bounds = [n // LANES * k // shards for k in range(shards + 1)]
        pool.run(
            adam_step,
            ((self.state, begin, end, *numbers) for begin, end in itertools.pairwise(bounds)),
        )
        pool.run(clear_gradient, ((self.state, shard) for shard in range(shards)))
