"""What an input encoding is: from intensities to spike times."""

from abc import ABC, abstractmethod

import numpy as np


class Encoding(ABC):
    """How an intensity from 0 to 1, such as that of a pixel, becomes an input spike time.

    Attributes
    ----------
    name : str
        What files and settings call it, once it is in `rcspike_brian.encodings.ENCODINGS`.
    by_grey_level : bool
        Whether the compiled kernels may take grey levels as they are: for t = 1 - p/255 only.

    Examples
    --------
    Dark pixels first:

    >>> class Inverted(Encoding):
    ...     name = "inverted"
    ...
    ...     def encode(self, intensity):
    ...         return intensity
    >>> Inverted().spike_times(np.array([[0, 255]], np.uint8))
    array([[0., 1.]])
    """

    name: str
    by_grey_level: bool = False

    @abstractmethod
    def encode(self, intensity: np.ndarray) -> np.ndarray:
        """Spike times of intensities (n, n_in) in [0, 1], in units of T; 1 is no spike."""

    def spike_times(self, inputs: np.ndarray) -> np.ndarray:
        """Spike times of grey levels (uint8); other numbers are spike times already."""
        return self.encode(inputs / 255) if inputs.dtype == np.uint8 else inputs.astype(float)

    def for_kernels(self, inputs: np.ndarray, dtype: type) -> np.ndarray:
        """Inputs as the compiled kernels take them: grey levels, or spike times of this type."""
        if inputs.dtype != np.uint8:
            return inputs
        return inputs if self.by_grey_level else self.spike_times(inputs).astype(dtype)
