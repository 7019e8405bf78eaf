"""Weights of imperfect devices: programmed to a ladder of conductances, and random."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from rcspike_brian.core.checks import float_array, positive_integer


def quantise(weights: ArrayLike, levels: int) -> np.ndarray:
    """Round weights to a ladder of equally spaced conductances, ``levels`` above zero.

    They are for either sign, and the highest is the largest magnitude in ``weights``. An n-bit
    magnitude has 2**n - 1.

    Examples
    --------
    >>> quantise([[1.0, -0.4, 0.2]], 2)
    array([[ 1. , -0.5,  0. ]])
    """
    levels = positive_integer(levels, "levels")
    weights = float_array(weights, "weights").astype(float)
    highest = np.abs(weights).max(initial=0)
    if highest == 0:
        return weights.copy()
    # Adding zero turns -0 into 0: a synapse that is not there has no sign.
    return np.round(weights / highest * levels) * (highest / levels) + 0.0


def log_normal_factors(
    rng: np.random.Generator, sigma: float, n: int | tuple[int, ...], dtype: Any = np.float32
) -> np.ndarray:
    """Factors exp(sigma z - sigma^2/2), z standard normal: mean 1, median exp(-sigma^2/2).

    ``sigma`` is the standard deviation of the logarithm, for small spreads the relative one of the
    factor; ``n`` is the shape.
    """
    factors = rng.standard_normal(n, dtype)
    factors *= dtype(sigma)
    factors -= dtype(sigma**2 / 2)
    return np.exp(factors, out=factors)
