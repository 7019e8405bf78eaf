"""What an optimiser is: from gradients to the next weights."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from rcspike_brian.core.layout import aligned_zeros
from rcspike_brian.core.threads import ThreadPool


class Optimizer(ABC):
    """An optimiser of one flat vector of weights, with its state.

    One of one's own says in `update` what to do with a gradient.

    Parameters
    ----------
    theta : (n,) float array
        Weights; changed in place by `step`.
    shards : int
        Number of gradient vectors that are summed.
    sparse : (int, int), optional
        The first so many weights belong to so many inputs and have a gradient only where
        ``touched`` says that the input has spiked. Default: all may have one.
    decay : float
        Weights shrink by this times the learning rate in every step (arXiv:1711.05101).

    Attributes
    ----------
    name : str
        What settings call it, once it is in `rcspike_brian.optimizers.OPTIMIZERS`.
    moment_names : tuple of str
        Vectors that it keeps beside theta, as attributes; checkpoints hold them.
    fused : bool
        Whether `rcspike_brian.training.batches` has it in compiled code.
    state : namedtuple
        Of a fused one, for compiled code.
    gradients, touched : (shards, n) float array, (shards, n_inputs) bool array
        To be added to, and to be set, before a step.
    steps : int
        Taken so far.

    Examples
    --------
    >>> class SignDescent(Optimizer):
    ...     name = "sign"
    ...
    ...     def update(self, gradient, rate):
    ...         self.theta -= rate * np.sign(gradient)
    >>> optimizer = SignDescent(np.zeros(2), shards=1)
    >>> optimizer.gradients[0] = [4.0, -0.1]
    >>> optimizer.step(None, rate=0.5, scale=1.0)
    >>> optimizer.theta
    array([-0.5,  0.5])
    """

    name: str
    moment_names: tuple[str, ...] = ()
    fused: bool = False
    state: Any = None

    def __init__(
        self, theta: np.ndarray, shards: int, sparse: tuple[int, int] = (0, 1), decay: float = 0.0
    ):
        self.theta = theta
        self.decay = decay
        self.gradients = aligned_zeros((shards, theta.size), theta.dtype)
        self.n_sparse, n_inputs = sparse
        self.touched = np.zeros((shards, n_inputs), np.bool_)
        self.steps = 0
        for moment in self.moment_names:
            setattr(self, moment, aligned_zeros(theta.size, theta.dtype))

    @property
    def vectors(self) -> dict[str, np.ndarray]:
        """Everything that has a place for each weight, theta first."""
        return {"theta": self.theta, **{name: getattr(self, name) for name in self.moment_names}}

    def step(self, pool: ThreadPool | None, rate: float, scale: float) -> None:
        """Update the weights and clear the gradients.

        An optimiser may use the threads of the pool; the result must not depend on them. ``scale``
        is a factor of the gradients, e.g. one over the batch size.
        """
        self.next_step(rate)
        self.theta *= 1 - rate * self.decay
        self.update(self.gradients.sum(axis=0) * self.theta.dtype.type(scale), rate)
        self.gradients[:] = 0

    def next_step(self, rate: float) -> tuple[float, ...]:
        """Count one step; returns what compiled code needs for it."""
        self.steps += 1
        return (rate,)

    @abstractmethod
    def update(self, gradient: np.ndarray, rate: float) -> None:
        """Change ``theta`` in place by dL/dtheta (n,) of the mean loss of a batch."""
