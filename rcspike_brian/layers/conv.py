"""The convolution: one crossbar that sees one patch of the map after another."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from rcspike_brian.core.checks import positive_integer
from rcspike_brian.core.membrane import membrane_gradients
from rcspike_brian.core.windows import MapShape, Window, map_shape, window
from rcspike_brian.errors import InvalidInput
from rcspike_brian.layers.base import Layer
from rcspike_brian.layers.pool import Pool
from rcspike_brian.memory import is_too_large
from rcspike_brian.quantities import real_array

_NUMBERS = 2**22  # spike times of the patches that are worked on together


class Conv(Layer):
    """Neurons that share weights: those of one channel see different patches of one map.

    In a circuit it is a crossbar of (channels size^2 + 1) x n_channels synapses whose lines carry
    one patch after another, or as many equal crossbars as there are patches. Lines beyond the edge
    of the map never spike.

    Parameters
    ----------
    parameters : (channels size^2 + 1, n_channels) array_like
        Normalised weights, channel after channel and row by row; the last row is the bias line's.
    shape : (int, int, int)
        Channels, height and width of the map of lines in front.
    stride, padding : int
        Step of the kernel, and lines beyond each edge; default: those that keep the size of the
        map where the kernel is odd and the stride 1.
    pool : Pool, optional
        In front, see `Layer`.

    Examples
    --------
    >>> layer = Conv(np.ones((3 * 3 + 1, 4)), shape=(1, 5, 5))
    >>> layer.n_in, layer.n_out, layer.out_shape
    (25, 100, (4, 5, 5))
    """

    kind = "conv"

    def __init__(
        self, parameters: Any, shape: MapShape, stride: int = 1, padding: int | None = None,
        pool: Pool | None = None,
    ):  # fmt: skip
        matrix = real_array("parameters", parameters)
        if matrix.ndim != 2 or len(matrix) < 2:
            wanted = "(channels size^2 + 1, n_channels), bias line last"
            raise InvalidInput(f"weights of a convolution must be {wanted}, got {matrix.shape}")
        channels, *_ = shape = map_shape("shape", shape)
        stride = positive_integer(stride, "stride")
        size = round(np.sqrt((len(matrix) - 1) / channels))
        self.n_channels = matrix.shape[1]
        name = f"{self.n_channels}C{size}"
        if channels * size**2 + 1 != len(matrix):
            raise InvalidInput(
                f"the convolution {name} has {len(matrix)} rows of weights, which are not "
                f"channels size^2 + 1 of a map with {channels} channels"
            )
        padding = size // 2 if padding is None else positive_integer(padding, "padding", least=0)
        self.window: Window = window(f"the convolution {name}", shape, size, stride, padding)
        self.out_shape = self.n_channels, *self.window.places
        self._lines = self.window.lines()
        super().__init__(matrix, pool)
        if self.pool and self.pool.out_shape != self.window.shape:
            raise InvalidInput(
                f"the pool P{self.pool.window.size} gives a map {self.pool.out_shape}, and the "
                f"convolution {name} behind it is for {self.window.shape}"
            )

    @property
    def in_shape(self) -> MapShape:
        """Channels, height and width of the map in front."""
        return self.pool.window.shape if self.pool else self.window.shape

    def _sizes(self):
        return self.window.n_lines, self.n_channels * self.window.n_places

    def settings(self) -> dict[str, Any]:
        """Arguments of the class besides the parameters, JSON-able."""
        _, _, stride, padding = self.window
        own = {"shape": list(self.window.shape), "stride": stride, "padding": padding}
        return {**own, **super().settings()}

    @property
    def matrix(self) -> np.ndarray:
        """The crossbar, (channels size^2 + 1, n_channels)."""
        return self.parameters

    def expand(self, parameters: np.ndarray) -> np.ndarray:
        """Weights of all synapses where each neuron has its own; `InvalidInput`: too many."""
        n_lines, n_out = self._sizes()
        needed = 8 * (n_lines + 1) * n_out
        if is_too_large(needed):
            raise InvalidInput(
                f"a convolution as a matrix of all {n_lines + 1:,} x {n_out:,} weights takes "
                f"{needed / 2**30:,.1f} GiB: use its crossbar, layer.matrix, and layer.patches"
            )
        dense = np.zeros((n_lines + 2, self.n_channels, self.window.n_places), parameters.dtype)
        for place, lines in enumerate(self._lines):
            dense[lines, :, place] = parameters[:-1]  # -1 is a row that is dropped
        dense[n_lines] = parameters[-1][:, None]
        return dense[:-1].reshape(n_lines + 1, n_out)

    def collect(self, gradient: np.ndarray) -> np.ndarray:
        """The sum over the neurons that share a weight."""
        n_lines, _ = self._sizes()
        by_place = gradient.reshape(n_lines + 1, self.n_channels, self.window.n_places)
        padded = np.concatenate([by_place, np.zeros_like(by_place[:1])])
        found = np.zeros(self.parameters.shape, gradient.dtype)
        for place, lines in enumerate(self._lines):
            found[:-1] += padded[lines, :, place]
        found[-1] = by_place[n_lines].sum(axis=-1)
        return found

    def patches(self, lines: np.ndarray) -> np.ndarray:
        """Spike times (batch n_places, channels size^2 + 1) of the crossbar's lines."""
        silent = np.ones((len(lines), 1), lines.dtype)
        found = np.hstack([lines[:, :-1], silent])[:, self._lines]
        bias = np.broadcast_to(lines[:, -1:, None], (*found.shape[:2], 1))
        return np.concatenate([found, bias], axis=2).reshape(-1, len(self.matrix))

    def views(self, lines: np.ndarray, neurons: Sequence[int]) -> Iterator[tuple]:
        """What some neurons see, place after place, see `Layer.views`."""
        channels, places = np.divmod(np.asarray(neurons, dtype=int), self.window.n_places)
        patches = self.patches(lines).reshape(len(lines), self.window.n_places, -1)
        for place in np.unique(places):
            which = np.flatnonzero(places == place)
            yield which, patches[:, place], self.matrix[:, channels[which]]

    def by_neuron(self, values: np.ndarray) -> np.ndarray:
        """Values (batch n_places, ..., n_channels) of the crossbar as (batch, ..., n_out)."""
        places = values.reshape(-1, self.window.n_places, *values.shape[1:])
        last = np.moveaxis(places, 1, -1)
        return last.reshape(*last.shape[:-2], -1)

    def through(self, lines: np.ndarray, solve: Callable[..., Any], columns: Any = ()) -> Any:
        """What a solver of dense layers finds of the patches, see `Layer.through`."""
        matrix = self.matrix.astype(float)
        found = [
            solve(self.patches(lines[some]), matrix, *columns) for some in self._blocks(len(lines))
        ]
        if isinstance(found[0], tuple):
            parts = zip(*found, strict=True)
            return tuple(self.by_neuron(np.concatenate(part)) for part in parts)
        return self.by_neuron(np.concatenate(found))

    def of_neurons(self, columns: np.ndarray) -> np.ndarray:
        """Values of the neurons of a channel, which take turns on one column."""
        return np.repeat(columns, self.window.n_places, axis=-1)

    def fan_out(self) -> np.ndarray:
        """Synapses of each line, in all patches that it belongs to."""
        inside = self._lines[self._lines >= 0]
        patches = np.append(np.bincount(inside, minlength=self.n_lines), self.window.n_places)
        return patches * self.n_channels

    def gradients(
        self, lines: np.ndarray, beta: tuple[float, float], upstream: np.ndarray, *,
        threads: int | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
        """Exact gradients, see `Layer.gradients`: that of a shared weight is summed over places."""
        matrix, n_places = self.matrix.astype(float), self.window.n_places
        total, by_line = np.zeros_like(matrix), np.zeros((len(lines), self.n_lines + 1))
        for some in self._blocks(len(lines)):
            columns = upstream[some].reshape(-1, self.n_channels, n_places)
            columns = np.swapaxes(columns, 1, 2).reshape(-1, self.n_channels)
            by_weight, by_time = membrane_gradients(
                self.patches(lines[some]), matrix, beta, columns, threads=threads
            )
            total += by_weight
            by_time = by_time[:, :-1].reshape(-1, *self._lines.shape)
            for place, reached in enumerate(self._lines):
                by_line[some, reached] += by_time[:, place]  # -1 is a column that is dropped
        return total, by_line[:, :-1]

    def _blocks(self, n):
        """Slices of samples whose patches fit into memory together; one at least."""
        together = max(1, _NUMBERS // (len(self._lines) * len(self.matrix)))
        starts = range(0, max(n, 1), together)
        return [slice(start, start + together) for start in starts]
