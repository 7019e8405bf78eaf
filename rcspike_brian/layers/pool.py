"""Pooling: the earliest spike of several neurons."""

from typing import Any

import numpy as np

from rcspike_brian.core.windows import MapShape, Window, window
from rcspike_brian.errors import InvalidInput


class Pool:
    """Windows of neurons that drive one line of the next layer, with the earliest of their spikes.

    The outputs of the neurons are joined by an OR; there are no synapses, and it takes no time.
    The line spikes at min t_i, so max pooling of x = 1 - t. Averaging has no such circuit. In a
    network it stands between two layers, and belongs to the lines of the second.

    `InvalidInput`: windows that do not divide the map.

    Parameters
    ----------
    shape : (int, int, int)
        Channels, height and width of the map of neurons.
    size : int
        Neurons along each side of a window; windows do not overlap.

    Attributes
    ----------
    neurons : (n_out, size^2) array
        Those of each window.

    Examples
    --------
    >>> pool = Pool((1, 2, 4), 2)
    >>> pool.n_in, pool.n_out, pool.out_shape
    (8, 2, (1, 1, 2))
    >>> pool.earliest(np.array([[0.4, 0.9, 1.0, 1.0, 0.2, 0.5, 1.0, 0.7]]))
    array([[0.2, 0.7]])
    """

    def __init__(self, shape: MapShape, size: int):
        self.window: Window = window(f"the pool P{size}", shape, size, stride=size)
        channels, height, width = self.window.shape
        if height % size or width % size:
            raise InvalidInput(
                f"the pool P{size} does not divide its map of {height} x {width}: choose a divisor "
                "of both, or other layers in front"
            )
        self.n_in = self.window.n_lines
        self.out_shape = channels, *self.window.places
        self.n_out = channels * self.window.n_places
        pixels = self.window.pixels()
        firsts = np.arange(channels)[:, None, None] * (height * width)
        self.neurons = (firsts + pixels).reshape(self.n_out, size**2)

    def settings(self) -> dict[str, Any]:
        """Arguments of the class, JSON-able."""
        return {"shape": list(self.window.shape), "size": self.window.size}

    def driver(self, times: np.ndarray) -> np.ndarray:
        """The neuron (batch, n_out) whose spike is the earliest; the first of those that tie."""
        groups = times[:, self.neurons]
        winner = np.argmin(groups, axis=-1)
        return np.take_along_axis(self.neurons[None], winner[..., None], axis=-1)[..., 0]

    def earliest(self, times: np.ndarray) -> np.ndarray:
        """Spike times (batch, n_out) of the lines, from those (batch, n_in) of the neurons."""
        return times[:, self.neurons].min(axis=-1)

    def back(self, times: np.ndarray, by_line: np.ndarray) -> np.ndarray:
        """dL/dt (batch, n_in) of the neurons, from that (batch, n_out) of the lines."""
        by_time = np.zeros_like(times)
        np.put_along_axis(by_time, self.driver(times), by_line, axis=1)
        return by_time
