"""The linear encoding: the brighter, the earlier."""

import numpy as np

from rcspike_brian.encodings.base import Encoding


class LinearEncoding(Encoding):
    """A pixel of intensity x spikes at t = 1 - x; a black one does not spike.

    Examples
    --------
    >>> LinearEncoding().spike_times(np.array([[0, 51, 255]], np.uint8))
    array([[1. , 0.8, 0. ]])
    """

    name = "linear"
    by_grey_level = True

    def encode(self, intensity: np.ndarray) -> np.ndarray:
        """t = 1 - x."""
        return 1 - intensity
