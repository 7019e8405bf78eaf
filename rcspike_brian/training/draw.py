"""Samples of several mini-batches, drawn in one go."""

import itertools
from typing import NamedTuple

import numpy as np


class Batch(NamedTuple):
    """Samples to train on, drawn and distorted.

    Attributes
    ----------
    images : (n, n_in) uint8 array
    labels : (n,) int64 array
    noise : (n, n_hidden) or (n, 0) float32 array
        Added to hidden spike times.
    rate : float
        Learning rate.
    """

    images: np.ndarray
    labels: np.ndarray
    noise: np.ndarray
    rate: float


class Draw(NamedTuple):
    """The samples of a few batches, one batch after another.

    Attributes
    ----------
    images, labels, noise : arrays
        As in `Batch`, of all batches.
    bounds : (n_batches + 1,) int64 array
        Where each batch begins and ends.
    rates : (n_batches,) list of float
        Learning rates.
    """

    images: np.ndarray
    labels: np.ndarray
    noise: np.ndarray
    bounds: np.ndarray
    rates: list

    @property
    def n_batches(self):
        """Number of batches."""
        return len(self.rates)

    def batches(self):
        """The batches one by one, without a copy."""
        for rate, (begin, end) in zip(self.rates, itertools.pairwise(self.bounds), strict=True):
            part = slice(begin, end)
            yield Batch(self.images[part], self.labels[part], self.noise[part], rate)
