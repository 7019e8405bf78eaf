"""What is distorted at random in training, so that a network learns to do without.

Images are moved and mirrored: it learns shapes, not places. And on a chip each conductance is off
by a factor of its own. Training on the mean chip finds weights that rely on exact values; training
on a new random chip in every batch finds weights that do not.
"""

import itertools
from contextlib import contextmanager

import numpy as np

from rcspike_brian.core.compiling import compiled
from rcspike_brian.core.devices import log_normal_factors
from rcspike_brian.errors import InvalidInput


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


class Distortion:
    """Distorts the images of a data set by the ``shift`` and ``flip`` of a configuration.

    `InvalidInput` if it asks for that and the data set has no images, or of an unknown shape.
    """

    def __init__(self, config, dataset):
        self._shift, self._flip = config.shift, config.flip
        self._shape = (1, *dataset.image_shape)[-3:]  # channels, height, width
        if (self._shift or self._flip) and len(dataset.image_shape) not in (2, 3):
            raise InvalidInput(
                "shift and flip need images (height, width) or (channels, height, width), and "
                f"those of {dataset.name!r} have the shape {dataset.image_shape}: leave both out, "
                "or say the image_shape of the data set"
            )

    def __call__(self, images, bounds, rng):
        """Distort images (n, n_in) in place, batch by batch; ``bounds`` says where each begins."""
        if not (self._shift or self._flip):
            return
        frames = images.reshape(-1, *self._shape)
        for begin, end in itertools.pairwise(bounds):
            n = end - begin
            moves = rng.integers(-self._shift, self._shift + 1, (n, 2))
            mirrored = rng.integers(0, 1 + self._flip, n) > 0
            frames[begin:end] = moved(frames[begin:end], moves, mirrored)


@compiled
def moved(images, moves, mirrored):
    """Images (n, channels, height, width), mirrored left to right or not (n,), and moved.

    ``moves`` (n, 2) are pixels down and to the right. From the border comes what never spikes: grey
    level 0, or spike time 1.
    """
    height, width = images.shape[2:]
    result = np.zeros_like(images) if images.itemsize == 1 else np.ones_like(images)
    for k in range(images.shape[0]):
        down, right = moves[k]
        for row in range(max(0, down), height + min(0, down)):
            for column in range(max(0, right), width + min(0, right)):
                source = column - right
                if mirrored[k]:
                    source = width - 1 - source
                result[k, :, row, column] = images[k, :, row - down, source]
    return result
