"""RMSProp: each weight has a step size of its own."""

import numpy as np

from rcspike_brian.optimizers import OPTIMIZERS, Optimizer


class RMSProp(Optimizer):
    """Steps are divided by the root of a running mean of squared gradients."""

    name = "rmsprop"
    moment_names = ("square",)

    def update(self, gradient, rate):
        """One step; ``self.square`` is kept from step to step, and in checkpoints."""
        self.square *= 0.9
        self.square += 0.1 * gradient**2
        self.theta -= rate * gradient / (np.sqrt(self.square) + 1e-8)


OPTIMIZERS["rmsprop"] = RMSProp
