"""Imperfect devices in closed form and normalised: firing phase, programmed and random weights."""

import numpy as np

from rcspike_brian.errors import InvalidInput


def device_spike_time(v, *, capacitance=1.0, threshold=1.0, discharge=0.0, drive=1.0):
    """Spike time of a neuron whose ramp, capacitor and comparator are off.

    In the firing phase c dv/dt = drive - discharge v; the neuron spikes when v reaches the
    threshold.

    Parameters
    ----------
    v : array_like
        v(1) at the end of the charging phase, in units of V_th.
    capacitance : array_like
        c: the capacitor of each neuron in units of the nominal one.
    threshold : array_like
        1 plus offset and noise of the comparator, in units of V_th.
    discharge : array_like
        (G_ramp + G_leak) T/C >= 0.
    drive : float
        I_0 T/(C V_th): 1 for the nominal linear ramp.

    Returns
    -------
    numpy.ndarray
        Times in [0, 1]; 1 is no spike.

    Notes
    -----
    t = c (threshold - v)/drive without discharge, else with k = discharge/drive
    t = c [ln(1 - k v) - ln(1 - k threshold)]/discharge, and no spike if k threshold >= 1: the ramp
    never gets there.

    Examples
    --------
    >>> device_spike_time([0.25, 0.25], capacitance=[1.0, 1.1])
    array([0.75 , 0.825])
    """
    v, c, threshold, discharge = np.broadcast_arrays(
        *(np.asarray(a, float) for a in (v, capacitance, threshold, discharge))
    )
    k = discharge / drive
    linear = c * (threshold - v) / drive
    reachable = k * threshold < 1
    curved = (k > 0) & reachable
    safe = np.where(curved, k, 0.5 / np.maximum(np.abs(threshold), 1))
    top = np.minimum(v, threshold)  # above the threshold it has fired already
    with np.errstate(divide="ignore", invalid="ignore"):
        bent = c * (np.log1p(-safe * top) - np.log1p(-safe * threshold)) / (safe * drive)
    t = np.where(curved, bent, np.where(k > 0, np.inf, linear))
    return np.clip(np.where(v >= threshold, 0.0, t), 0, 1)


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
