"""Training images moved and mirrored at random, so that a network learns shapes, not places."""

import itertools
import math

import numpy as np
from numba import njit

from rcspike_brian.errors import InvalidInput


class Distortion:
    """Distorts the images of an epoch as a configuration asks for.

    Parameters
    ----------
    config : TrainingConfig
        Its ``shift`` and ``flip``.
    rng : numpy.random.Generator
        Drawn from batch by batch.
    """

    def __init__(self, config, rng):
        self._shift, self._flip = config.shift, config.flip
        self._rng = rng

    def __call__(self, images, bounds):
        """Distort images in place.

        Parameters
        ----------
        images : (n, n_pixels) uint8 array
            Of several batches.
        bounds : (n_batches + 1,) int array
            Where each batch begins and ends.

        Raises
        ------
        InvalidInput
            Images that are not square cannot be distorted.
        """
        if not (self._shift or self._flip):
            return
        side = math.isqrt(images.shape[1])
        if side**2 != images.shape[1]:
            raise InvalidInput(
                f"images of {images.shape[1]} pixels are not square: shift and flip must be off"
            )
        squares = images.reshape(-1, side, side)
        for begin, end in itertools.pairwise(bounds):
            n = end - begin
            moves = self._rng.integers(-self._shift, self._shift + 1, (n, 2))
            mirrored = self._rng.integers(0, 1 + self._flip, n) > 0
            squares[begin:end] = moved(squares[begin:end], moves, mirrored)


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
