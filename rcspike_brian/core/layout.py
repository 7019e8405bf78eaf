"""How the weights of a whole network lie in one flat vector.

The kernels work on tiles of ``LANES`` neurons, so each layer is stored tile after tile, and a tile
as (n_in + 1, LANES): what one sweep reads lies together, and every input has a whole vector
register of its own. The neurons that fill up the last tile have no synapses: they stay at v = 0,
silent, with gradient zero. The last row of a tile belongs to the bias line.
"""

import itertools
from dataclasses import dataclass

import numpy as np

from rcspike_brian.core.alignment import aligned_zeros
from rcspike_brian.core.vectors import LANES


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
        """(n_layers, 4) int array for the kernels: n_in, n_out, n_tiles, offset."""
        rows, offset = [], 0
        for n_in, n_out in itertools.pairwise(self.sizes):
            n_tiles = -(-n_out // LANES)
            rows.append((n_in, n_out, n_tiles, offset))
            offset += (n_in + 1) * n_tiles * LANES
        return np.array(rows, np.int64)

    @property
    def n_parameters(self):
        """Length of the flat vector, padding included."""
        n_in, _, n_tiles, offset = self.table[-1]
        return int(offset + (n_in + 1) * n_tiles * LANES)

    def _layers(self, vector):
        """Each layer as a (n_in + 1, n_tiles, LANES) view into the flat vector."""
        return [
            vector[offset : offset + (n_in + 1) * n_tiles * LANES]
            .reshape(n_tiles, n_in + 1, LANES)
            .transpose(1, 0, 2)
            for n_in, _, n_tiles, offset in self.table
        ]

    def unpack(self, vector):
        """Copies of the (n_in + 1, n_out) weights of each layer."""
        return [
            np.ascontiguousarray(layer.reshape(len(layer), -1)[:, :n_out])
            for layer, n_out in zip(self._layers(vector), self.sizes[1:], strict=True)
        ]

    @property
    def sparse(self):
        """Weights of the first layer, padding included, and its inputs with the bias line."""
        n_in, _, n_tiles, _ = self.table[0]
        return int((n_in + 1) * n_tiles * LANES), int(n_in + 1)

    def pack(self, weights, dtype=np.float32):
        """Flat vector from the (n_in + 1, n_out) weights of each layer."""
        vector = aligned_zeros(self.n_parameters, dtype)
        for layer, w in zip(self._layers(vector), weights, strict=True):
            n_padded = layer.shape[1] * LANES
            padded = np.pad(np.asarray(w, dtype), ((0, 0), (0, n_padded - np.shape(w)[1])))
            layer[...] = padded.reshape(layer.shape)
        return vector


@dataclass(frozen=True)
class MatrixLayout:
    """Like `Layout`, each layer as one (n_in + 1, n_out) matrix: for matrix products.

    Parameters
    ----------
    sizes : tuple of int
        Neurons per layer, inputs first.
    """

    sizes: tuple

    @property
    def n_layers(self):
        """Layers of weights."""
        return len(self.sizes) - 1

    @property
    def n_parameters(self):
        """Length of the flat vector; the optimiser works on whole rows of lanes."""
        n = sum((n_in + 1) * n_out for n_in, n_out in itertools.pairwise(self.sizes))
        return -(-n // LANES) * LANES

    @property
    def sparse(self):
        """All weights may have a gradient."""
        return 0, 1

    def views(self, vector):
        """The weights of each layer as views into a flat vector."""
        views, start = [], 0
        for n_in, n_out in itertools.pairwise(self.sizes):
            end = start + (n_in + 1) * n_out
            views.append(vector[start:end].reshape(n_in + 1, n_out))
            start = end
        return views

    def pack(self, weights, dtype=np.float32):
        """Flat vector from the (n_in + 1, n_out) weights of each layer."""
        vector = aligned_zeros(self.n_parameters, dtype)
        for view, w in zip(self.views(vector), weights, strict=True):
            view[...] = w
        return vector
