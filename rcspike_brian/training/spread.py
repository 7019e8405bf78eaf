"""The spread of devices in the loop: every batch meets another chip.

On a chip each conductance is off by a factor of its own. Training on the mean chip finds weights
that rely on exact values; training on a new random chip in every batch finds weights that do not.
"""

from contextlib import contextmanager

import numpy as np


def log_normal_factors(rng, sigma, n, dtype=np.float32):
    """Factors exp(sigma z - sigma^2/2), z standard normal: mean 1, median exp(-sigma^2/2).

    Parameters
    ----------
    rng : numpy.random.Generator
    sigma : float
        Standard deviation of the logarithm; for small spreads the relative one of the factor.
    n : int or tuple of int
        Shape.
    dtype : numpy dtype

    Returns
    -------
    numpy.ndarray

    Examples
    --------
    >>> factors = log_normal_factors(np.random.default_rng(0), 0.1, 100_000)
    >>> round(float(factors.mean()), 2), round(float(factors.std()), 2)
    (1.0, 0.1)
    """
    factors = rng.standard_normal(n, dtype)
    factors *= dtype(sigma)
    factors -= dtype(sigma**2 / 2)
    return np.exp(factors, out=factors)


@contextmanager
def another_chip(adam, sigma, rng):
    """Put the weights on a random chip for the time of the block, in which gradients are taken.

    With w_eff = w exp(sigma z - sigma^2/2) the chain rule gives dL/dw = dL/dw_eff times the same
    factor. After the block the weights are the programmed ones again, bit for bit.

    Parameters
    ----------
    adam : Adam
        Its parameters and gradients, which must be zero before the block.
    sigma : float
        0 is no spread and costs nothing.
    rng : numpy.random.Generator
    """
    if not sigma:
        yield
        return
    factors = log_normal_factors(rng, sigma, adam.theta.size, adam.theta.dtype.type)
    programmed = adam.theta.copy()
    adam.theta *= factors
    try:
        yield
    finally:
        adam.theta[:] = programmed
    adam.gradients *= factors
