"""How the weights of a whole network lie in one flat vector.

The kernels work on tiles of ``LANES`` neurons, so each layer is stored tile after tile, and a tile
as (n_in + 1, LANES): what one sweep reads lies together, and every input has a whole vector
register of its own. The neurons that fill up the last tile have no synapses: they stay at v = 0,
silent, with gradient zero. The last row of a tile belongs to the bias line.
"""

from dataclasses import dataclass

import numpy as np

from rcspike_brian.core.compiling import compiled
from rcspike_brian.core.vectors import LANES

_LINE = 128  # processors fetch cache lines of 64 bytes in pairs


def aligned_zeros(shape, dtype):
    """Like `numpy.zeros`, in cache lines of its own; NumPy aligns to 16 bytes only.

    Loads and stores of vectors that straddle two lines take twice as long. And a line that two
    threads write to, each its own part of it, travels between their processors each time.
    """
    dtype = np.dtype(dtype)
    size = int(np.prod(shape)) * dtype.itemsize
    memory = np.zeros(size + 2 * _LINE, np.uint8)
    start = -memory.ctypes.data % _LINE
    return memory[start : start + size].view(dtype).reshape(shape)


@compiled
def aligned_rows(n, like):
    """Uninitialised (n, LANES) in cache lines of its own, of the type of an array; compiled."""
    memory = np.empty(n * LANES + _LINE // like.itemsize, like.dtype)
    start = -memory.ctypes.data % _LINE // like.itemsize
    return memory[start : start + n * LANES].reshape(n, LANES)


@dataclass(frozen=True)
class Layout:
    """Place of the weights of a network in a flat vector; ``shapes`` are (n_in, n_out) of layers.

    In tiles, for the kernels; or each layer as one (n_in + 1, n_out) matrix, for products.
    """

    shapes: tuple[tuple[int, int], ...]
    tiled: bool = True

    @property
    def n_layers(self):
        """Layers of synapses."""
        return len(self.shapes)

    @property
    def table(self):
        """(n_layers, 4) int array: n_in, n_out, n_tiles, offset."""
        rows, offset = [], 0
        for n_in, n_out in self.shapes:
            n_tiles = -(-n_out // LANES) if self.tiled else 1
            rows.append((n_in, n_out, n_tiles, offset))
            offset += (n_in + 1) * n_tiles * self._width(n_out)
        return np.array(rows, np.int64)

    @property
    def for_kernels(self):
        """What the kernels need to know of it: the table."""
        return self.table

    def _width(self, n_out):
        return LANES if self.tiled else n_out

    @property
    def n_parameters(self):
        """Length of the flat vector, padded to whole rows of lanes for the optimiser."""
        n_in, n_out, n_tiles, offset = self.table[-1]
        n = int(offset + (n_in + 1) * n_tiles * self._width(n_out))
        return -(-n // LANES) * LANES

    @property
    def sparse(self):
        """Weights of the first layer, padding included, and its inputs with the bias line.

        They have a gradient only if the input spikes. In a matrix all weights may have one: (0, 1).
        """
        n_in, _, n_tiles, _ = self.table[0]
        return (int((n_in + 1) * n_tiles * LANES), int(n_in + 1)) if self.tiled else (0, 1)

    def _tiles(self, vector):
        """Each layer as a (n_in + 1, n_tiles, width) view into the flat vector."""
        for n_in, n_out, n_tiles, offset in self.table:
            shape = n_tiles, n_in + 1, self._width(n_out)
            yield vector[offset : offset + np.prod(shape)].reshape(shape).transpose(1, 0, 2)

    def matrices(self, vector):
        """The (n_in + 1, n_out) weights of each layer: views where they lie so, else copies."""
        return [
            tiles.reshape(len(tiles), -1)[:, :n_out]
            for tiles, (_, n_out) in zip(self._tiles(vector), self.shapes, strict=True)
        ]

    def unpack(self, vector):
        """Copies of the (n_in + 1, n_out) weights of each layer."""
        return [np.array(matrix, order="C") for matrix in self.matrices(vector)]

    def pack(self, weights, dtype=np.float32):
        """Flat vector from the (n_in + 1, n_out) weights of each layer."""
        vector = aligned_zeros(self.n_parameters, dtype)
        for tiles, w in zip(self._tiles(vector), weights, strict=True):
            n_padded = tiles.shape[1] * tiles.shape[2]
            padded = np.pad(np.asarray(w, dtype), ((0, 0), (0, n_padded - np.shape(w)[1])))
            tiles[...] = padded.reshape(tiles.shape)
        return vector
