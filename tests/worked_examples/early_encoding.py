"""An encoding in which pixels of medium brightness spike earlier."""

import numpy as np

from rcspike_brian.encodings import ENCODINGS, Encoding


class EarlyEncoding(Encoding):
    """A pixel of intensity x spikes at t = 1 - sqrt(x)."""

    name = "early"

    def encode(self, intensity):
        """Spike times of intensities in [0, 1]; a black pixel does not spike."""
        return 1 - np.sqrt(intensity)


ENCODINGS["early"] = EarlyEncoding()
