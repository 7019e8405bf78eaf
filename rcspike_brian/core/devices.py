"""Weights of imperfect devices: programmed to a ladder of conductances, and random."""

import numpy as np

from rcspike_brian.errors import InvalidInput


def quantise(weights, levels):
    """Round weights to a ladder of equally spaced conductances.

    Parameters
    ----------
    weights : (n_in, n_out) array_like
    levels : int
        Conductances above zero, for either sign; the highest is the largest magnitude in
        ``weights``. An n-bit magnitude has 2**n - 1.

    Returns
    -------
    numpy.ndarray, same shape

    Raises
    ------
    InvalidInput
        Less than one level.

    Examples
    --------
    >>> quantise([[1.0, -0.4, 0.2]], 2)
    array([[ 1. , -0.5,  0. ]])
    """
    if levels != int(levels) or levels < 1:
        raise InvalidInput(f"levels must be a whole number >= 1, got {levels!r}")
    weights = np.asarray(weights, float)
    highest = np.abs(weights).max(initial=0)
    if highest == 0:
        return weights.copy()
    # Adding zero turns -0 into 0: a synapse that is not there has no sign.
    return np.round(weights / highest * levels) * (highest / levels) + 0.0


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
