"""The loss of training, compiled: of one sample, and of a batch."""

import math
from collections import namedtuple

import numpy as np

from rcspike_brian.core.compiling import compiled

# Cross-entropy of softmax(-t/temperature) over the unclipped output times t = 1 - v(1), plus
# window * sum (t - 0.9)^2, which keeps output spikes inside the firing phase (arXiv:2412.09010,
# Methods). All classes share the fraction ``smoothing`` of the label.
Loss = namedtuple("Loss", "temperature window smoothing", defaults=(0.1, 1.0, 0.0))
TARGET_TIME = 0.9


@compiled
def sample_loss(v, label, loss, costate):
    """Loss of one sample; writes dL/dv(1)."""
    highest = v.max()
    total = 0.0
    costate[:] = 0
    for i in range(v.shape[0]):
        costate[i] = math.exp((v[i] - highest) / loss.temperature)
        total += costate[i]
    rest = loss.smoothing / v.shape[0]
    value = math.log(total)
    for i in range(v.shape[0]):
        share = costate[i] / total
        excess = v[i] - (1 - TARGET_TIME)
        target = rest + (1 - loss.smoothing) * (i == label)
        value += loss.window * excess**2 - target * (v[i] - highest) / loss.temperature
        costate[i] = (share - target) / loss.temperature + 2 * loss.window * excess
    return value


@compiled
def batch_loss(v, labels, loss):
    """Loss (n,) of each sample, and dL/dv(1) in the shape of v (n, n_out)."""
    losses, upstream = np.empty(v.shape[0]), np.empty(v.shape)
    for k in range(v.shape[0]):
        losses[k] = sample_loss(v[k], labels[k], loss, upstream[k])
    return losses, upstream
