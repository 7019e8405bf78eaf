"""What changes from epoch to epoch: random generators and the learning rate.

Initialisation, shuffling and noise have generators of their own, in each epoch another, so that a
resumed run draws what an uninterrupted one would have drawn.
"""

import math

import numpy as np

INITIALISATION, SHUFFLING, NOISE, DISTORTION, SPREAD = range(5)


def generator(seed, stream, epoch=0):
    """Random generator of one of the streams above in one epoch."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(stream, epoch)))


def learning_rate(schedule, initial, step, n_steps):
    """Learning rate of step number ``step`` (from 0) out of ``n_steps``."""
    if schedule == "constant":
        return initial
    return initial * (1 + math.cos(math.pi * step / n_steps)) / 2
