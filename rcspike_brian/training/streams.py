"""Independent random generators for initialisation, shuffling and noise.

Each epoch has its own, so that a resumed run draws what an uninterrupted one would have drawn.
"""

import numpy as np

INITIALISATION, SHUFFLING, NOISE, DISTORTION, SPREAD = range(5)


def generator(seed, stream, epoch=0):
    """Generator of one stream in one epoch.

    Parameters
    ----------
    seed : int
        Of the run.
    stream : int
        ``INITIALISATION``, ``SHUFFLING``, ``NOISE``, ``DISTORTION`` or ``SPREAD``.
    epoch : int

    Returns
    -------
    numpy.random.Generator
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(stream, epoch)))
