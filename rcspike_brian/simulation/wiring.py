"""Which line of a convolution reaches which neuron, and through which of the shared weights."""

from typing import NamedTuple

import numpy as np

from rcspike_brian.core.maps import MapLayout, Stage
from rcspike_brian.core.windows import Window
from rcspike_brian.network import Network


class Wires(NamedTuple):
    """Synapses one by one: line, neuron, and number of the weight in the crossbar, row by row."""

    line: np.ndarray
    neuron: np.ndarray
    weight: np.ndarray

    def chosen(self, some: np.ndarray) -> "Wires":
        """Some of the synapses."""
        return Wires(*(numbers[some] for numbers in self))


def stages_of(network: Network) -> tuple[Stage, ...]:
    """Geometry of a network with convolutions or pools, layer by layer; () of any other."""
    stages = network.layout.stages if isinstance(network.layout, MapLayout) else ()
    return stages if any(stage.window or stage.pool for stage in stages) else ()


def wires(window: Window, n_columns: int) -> tuple[Wires, Wires]:
    """Synapses of a convolution, line by line; then those of its bias line, which is line 0 there.

    Lines beyond the edge of the map never spike, and have none.
    """
    reached = window.lines()
    n_places, n_rows = reached.shape
    channel, places = np.arange(n_columns), np.arange(n_places)
    place, row = np.nonzero(reached >= 0)
    line = np.repeat(reached[place, row], n_columns)
    neuron = (channel * n_places + place[:, None]).ravel()
    weight = (row[:, None] * n_columns + channel).ravel()
    by_line = np.argsort(line, kind="stable")
    synapses = Wires(line, neuron, weight).chosen(by_line)
    neuron = (channel[:, None] * n_places + places).ravel()
    weight = n_rows * n_columns + np.repeat(channel, n_places)
    return synapses, Wires(np.zeros_like(neuron), neuron, weight)
