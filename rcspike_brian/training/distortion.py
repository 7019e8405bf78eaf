"""Training images moved and mirrored at random, so that a network learns shapes, not places."""

import itertools

import numpy as np
from numba import njit

from rcspike_brian.errors import InvalidInput


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


@njit(cache=True, nogil=True)
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
