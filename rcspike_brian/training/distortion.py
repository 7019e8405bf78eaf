"""Training images moved and mirrored at random, so that a network learns shapes, not places."""

import math

import numpy as np
from numba import njit

from rcspike_brian.errors import InvalidInput


class Distortion:
    """Picks the images of a batch, distorted as a configuration asks for.

    Parameters
    ----------
    config : TrainingConfig
        Its ``shift`` and ``flip``.
    rng : numpy.random.Generator
    """

    def __init__(self, config, rng):
        self._shift, self._flip = config.shift, config.flip
        self._rng = rng

    def __call__(self, images, batch):
        """Images (n_batch, n_pixels) uint8 of the indices ``batch``.

        Raises
        ------
        InvalidInput
            Images that are not square cannot be distorted.
        """
        chosen = images[batch]
        if not (self._shift or self._flip):
            return chosen
        side = math.isqrt(images.shape[1])
        if side**2 != images.shape[1]:
            raise InvalidInput(
                f"images of {images.shape[1]} pixels are not square: shift and flip must be off"
            )
        moves = self._rng.integers(-self._shift, self._shift + 1, (len(batch), 2))
        mirrored = self._rng.integers(0, 1 + self._flip, len(batch)) > 0
        return moved(chosen.reshape(-1, side, side), moves, mirrored).reshape(chosen.shape)


@njit(cache=True, nogil=True)
def moved(images, moves, mirrored):
    """Images mirrored left to right, or not, and moved; black comes in from the border.

    Parameters
    ----------
    images : (n, side, side) uint8 array
    moves : (n, 2) int array
        Pixels down and to the right.
    mirrored : (n,) bool array

    Returns
    -------
    (n, side, side) uint8 array

    Examples
    --------
    >>> moved(np.array([[[1, 2], [3, 4]]], np.uint8), np.array([[1, 0]]), np.array([True]))
    array([[[0, 0],
            [2, 1]]], dtype=uint8)
    """
    side = images.shape[1]
    result = np.zeros_like(images)
    for k in range(images.shape[0]):
        down, right = moves[k]
        for row in range(max(0, down), side + min(0, down)):
            for column in range(max(0, right), side + min(0, right)):
                source = column - right
                if mirrored[k]:
                    source = side - 1 - source
                result[k, row, column] = images[k, row - down, source]
    return result
