"""Where the weights of all layers stand in one flat parameter vector.

One vector for the whole network lets a compiled kernel be the same for any depth and lets the
optimiser take all layers in one pass. Each layer is a row-major (n_in + 1, n_padded) block: the
last row is the bias line, and rows are padded with zeros to a multiple of 16 columns so that
loops over neurons fill whole vector registers. A padding column has no current and no leak: its
neuron stays at v = 0, silent, with gradient zero.
"""

from dataclasses import dataclass

import numpy as np

from rcspike_brian.core.alignment import aligned_zeros

_LANES = 16


@dataclass(frozen=True)
class Layout:
    """Shape of a network and the place of its weights in a flat vector.

    Parameters
    ----------
    sizes : tuple of int
        Neurons per layer, inputs first, e.g. (784, 200, 200, 10).
    """

    sizes: tuple

    @property
    def n_layers(self):
        """Layers of synapses."""
        return len(self.sizes) - 1

    @property
    def table(self):
        """(n_layers, 4) int array for the kernels: n_in, n_out, n_padded, offset."""
        rows, offset = [], 0
        for n_in, n_out in zip(self.sizes, self.sizes[1:], strict=False):
            n_padded = -(-n_out // _LANES) * _LANES
            rows.append((n_in, n_out, n_padded, offset))
            offset += (n_in + 1) * n_padded
        return np.array(rows, np.int64)

    @property
    def n_parameters(self):
        """Length of the flat vector, padding included."""
        n_in, _, n_padded, offset = self.table[-1]
        return int(offset + (n_in + 1) * n_padded)

    def views(self, vector):
        """The (n_in + 1, n_out) weights of each layer as views into a flat vector."""
        return [
            vector[offset : offset + (n_in + 1) * n_padded].reshape(n_in + 1, n_padded)[:, :n_out]
            for n_in, n_out, n_padded, offset in self.table
        ]

    def pack(self, weights, dtype=np.float32):
        """Flat vector from the (n_in + 1, n_out) weights of each layer."""
        vector = aligned_zeros(self.n_parameters, dtype)
        for view, w in zip(self.views(vector), weights, strict=True):
            view[...] = w
        return vector
