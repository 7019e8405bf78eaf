"""The spread of devices in the loop: every batch is worked on by another chip.

On a chip each conductance is off by a factor of its own. Training on the mean chip finds weights
that rely on exact values; training on a new random chip in every batch finds weights that do not.
"""

from contextlib import contextmanager

from rcspike_brian.core.devices import log_normal_factors


@contextmanager
def device_spread(optimizer, sigma, rng):
    """Put the weights on a random chip for the time of the block, in which gradients are taken.

    With w_eff = w exp(sigma z - sigma^2/2) the chain rule gives dL/dw = dL/dw_eff times the same
    factor; the gradients must be zero before the block. After it the weights are the programmed
    ones again, bit for bit. Without a spread, sigma = 0, it costs nothing.
    """
    if not sigma:
        yield
        return
    factors = log_normal_factors(rng, sigma, optimizer.theta.size, optimizer.theta.dtype.type)
    programmed = optimizer.theta.copy()
    optimizer.theta *= factors
    try:
        yield
    finally:
        optimizer.theta[:] = programmed
    optimizer.gradients *= factors
