"""Adam (Kingma and Ba, arXiv:1412.6980) in compiled code, in rows of lanes.

Weights may decay apart from their gradient (Loshchilov and Hutter, arXiv:1711.05101).
"""

import itertools
import math
from collections import namedtuple

import numpy as np

from rcspike_brian.core.calling import no_inline
from rcspike_brian.core.compiling import compiled
from rcspike_brian.core.threads import ThreadPool
from rcspike_brian.core.vectors import LANES, filled, load, root, store, without_small
from rcspike_brian.optimizers.base import Optimizer

# Flat vectors of one length, gradients (n_shards, n) and what is known of their zeros: weights in
# the first ``n_sparse`` rows have a gradient only where ``touched`` (n_shards, n_in + 1) says so,
# row after row and tile after tile.
AdamState = namedtuple("AdamState", "theta first_moment second_moment gradients touched n_sparse")

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8

# Below these, a gradient and its moments count as 0. The moments of an input that has not spiked
# for a while would otherwise decay into subnormal numbers, on which processors are a hundred times
# slower. A product of two numbers that pass stays normal, in single precision too.
_NO_GRADIENT, _NO_MOMENT = 1e-15, 1e-33


@compiled
def adam_step(state, begin, end, scale, rate, epsilon, kept):
    """Adam on the rows ``begin`` to ``end`` of ``LANES`` weights.

    ``scale`` is the factor of the gradient, one over the batch size; rate and epsilon have the bias
    corrections of this step; ``kept`` is what decay leaves of a weight, 1 for none.
    """
    no_inline()
    zero = filled(state.theta.dtype.type(0))
    n_shards, n = state.gradients.shape
    n_inputs = state.touched.shape[1]
    j = begin % n_inputs  # the input that a row of the first layer belongs to
    for row in range(begin, end):
        place = LANES * row
        g = zero
        for shard in range(n_shards):
            if row >= state.n_sparse or state.touched[shard, j]:
                g = g + load(state.gradients, shard * n + place)
        j = j + 1 if j + 1 < n_inputs else 0
        g = without_small(g * scale, _NO_GRADIENT)
        m = BETA_1 * load(state.first_moment, place) + (1 - BETA_1) * g
        u = BETA_2 * load(state.second_moment, place) + (1 - BETA_2) * (g * g)
        m, u = without_small(m, _NO_MOMENT), without_small(u, _NO_MOMENT)
        store(state.first_moment, place, m)
        store(state.second_moment, place, u)
        theta = load(state.theta, place)
        store(state.theta, place, kept * theta - rate * m / (root(u) + epsilon))


@compiled
def clear_gradient(state, shard):
    """Set the gradient of a shard to 0 where it may be something else.

    For the thread that works on the shard: its processor holds the memory. If the optimiser cleared
    what it has read, all of it would travel to another processor and back.
    """
    no_inline()
    zero = filled(state.theta.dtype.type(0))
    n, n_inputs = state.gradients.shape[1], state.touched.shape[1]
    for first in range(0, state.n_sparse, n_inputs):
        for j in range(n_inputs):
            if state.touched[shard, j]:
                store(state.gradients, shard * n + LANES * (first + j), zero)
    for row in range(state.n_sparse, n // LANES):
        store(state.gradients, shard * n + LANES * row, zero)


class Adam(Optimizer):
    """Adam; parameters of `Optimizer`, the length of theta a multiple of ``LANES``.

    Examples
    --------
    The first step has the length of the learning rate, whatever the gradient:

    >>> adam = Adam(np.zeros(16), shards=1)
    >>> adam.gradients[:] = 7.0
    >>> adam.step(None, rate=0.01, scale=1.0)
    >>> float(adam.theta[0].round(6))
    -0.01
    """

    name = "adam"
    moment_names = ("first_moment", "second_moment")
    fused = True
    first_moment: np.ndarray
    second_moment: np.ndarray

    def __init__(
        self, theta: np.ndarray, shards: int, sparse: tuple[int, int] = (0, 1), decay: float = 0.0
    ):
        super().__init__(theta, shards, sparse, decay)
        vectors = self.theta, self.first_moment, self.second_moment, self.gradients
        self.state = AdamState(*vectors, self.touched, self.n_sparse // LANES)

    def next_step(self, rate: float) -> tuple[float, float, float]:
        """Count one step; returns its rate and epsilon, bias corrections included, and decay."""
        super().next_step(rate)
        correction = math.sqrt(1 - BETA_2**self.steps)
        corrected = rate * correction / (1 - BETA_1**self.steps)
        return corrected, EPSILON * correction, 1 - rate * self.decay

    def step(self, pool: ThreadPool | None, rate: float, scale: float) -> None:
        """Update the weights and clear the gradients, in the threads of the pool."""
        real = self.theta.dtype.type
        numbers = [real(number) for number in (scale, *self.next_step(rate))]
        shards, n = self.gradients.shape
        bounds = [n // LANES * k // shards for k in range(shards + 1)]
        pool = pool or ThreadPool(1)
        pool.run(adam_step, ((self.state, *rows, *numbers) for rows in itertools.pairwise(bounds)))
        pool.run(clear_gradient, ((self.state, shard) for shard in range(shards)))

    def update(self, gradient: np.ndarray, rate: float) -> None:
        """Done by `step` in compiled code."""
        raise NotImplementedError
