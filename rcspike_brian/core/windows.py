"""Windows that slide over maps of spikes: which lines belong to which place."""

import math
from typing import NamedTuple

import numpy as np

from rcspike_brian.core.checks import positive_integer
from rcspike_brian.errors import InvalidInput
from rcspike_brian.memory import physical
from rcspike_brian.quantities import as_list

_BYTES_PER_LINE = 64  # that a map takes on the way through a network

MapShape = tuple[int, int, int]  # channels, height, width


class Window(NamedTuple):
    """A square window that goes over all channels of a map in steps.

    Lines beyond the edge of the map, ``padding`` on each side, never spike.
    """

    shape: MapShape
    size: int
    stride: int = 1
    padding: int = 0

    @property
    def n_lines(self) -> int:
        """Lines of the map, channel after channel, each row by row."""
        channels, height, width = self.shape
        return channels * height * width

    @property
    def places(self) -> tuple[int, int]:
        """Places of the window: rows and columns."""
        _, height, width = self.shape
        reach = 2 * self.padding - self.size
        return (height + reach) // self.stride + 1, (width + reach) // self.stride + 1

    @property
    def n_places(self) -> int:
        """Number of places."""
        rows, columns = self.places
        return rows * columns

    def corners(self) -> np.ndarray:
        """(n_places, 2) row and column of the upper left corner, which may be beyond the edge."""
        rows, columns = (np.arange(n) * self.stride - self.padding for n in self.places)
        return np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1).reshape(-1, 2)

    def pixels(self) -> np.ndarray:
        """(n_places, size^2) pixels of one channel, counted row by row; -1 beyond the edge."""
        _, height, width = self.shape
        taps = np.stack(np.divmod(np.arange(self.size**2), self.size), axis=-1)
        row, column = np.moveaxis(self.corners()[:, None] + taps, -1, 0)
        inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        return np.where(inside, row * width + column, -1)

    def lines(self) -> np.ndarray:
        """(n_places, channels size^2) lines, channel after channel; -1 beyond the edge."""
        channels, height, width = self.shape
        pixels = self.pixels()
        first = np.repeat(np.arange(channels) * height * width, self.size**2)
        inside = np.tile(pixels, channels)
        return np.where(inside >= 0, inside + first, -1)


def window(name: str, shape: MapShape, size: int, stride: int = 1, padding: int = 0) -> Window:
    """A window that fits its map, or `InvalidInput`; ``name`` is what messages call it."""
    channels, height, width = map_shape(f"the map in front of {name}", shape)
    size = positive_integer(size, f"the window of {name}")
    stride = positive_integer(stride, f"the stride of {name}")
    padding = positive_integer(padding, f"the padding of {name}", least=0)
    if padding >= size:
        raise InvalidInput(
            f"{name} has padding {padding}, and its window of {size} x {size} would not touch the "
            f"map at the edge: choose at most {size - 1}"
        )
    if size > min(height, width) + 2 * padding:
        raise InvalidInput(
            f"{name} has a window of {size} x {size}, larger than its map of {height} x {width} "
            f"with padding {padding}: choose at most {min(height, width) + 2 * padding}"
        )
    return Window((channels, height, width), size, stride, padding)


def map_shape(name: str, shape: MapShape) -> MapShape:
    """(channels, height, width) as they are, or `InvalidInput`."""
    numbers = [positive_integer(n, name) for n in as_list(name, shape)]
    if len(numbers) != 3:
        raise InvalidInput(f"{name} must be (channels, height, width), got {tuple(numbers)}")
    channels, height, width = numbers
    shape = channels, height, width
    if (needed := _BYTES_PER_LINE * math.prod(shape)) > physical():
        raise InvalidInput(
            f"{name}, {shape}, takes {needed / 2**30:,.0f} GiB, and this machine has "
            f"{physical() / 2**30:,.1f}: choose a smaller one"
        )
    return shape
