"""Neurons that spike together, side by side in memory.

The kernels work on tiles of neurons. A tile none of whose neurons spikes needs no adjoint, but as
neurons come, hardly any tile is ever all silent. Which neuron lies in which tile means nothing to
the network, so while it is trained, neurons that spike for the same images share a tile.
"""

import numpy as np

from rcspike_brian.core.vectors import LANES


def spiking_together(active, size):
    """Order of neurons in which groups of so many tend to spike for the same samples.

    ``active`` (n_samples, n_neurons) says which neurons spike for which samples. Groups are filled
    one after another: each begins with the most active neuron that is left, and takes in the one
    that shares most samples with it, relative to the samples of both (the Jaccard index).
    """
    counts = active.astype(np.float32)
    rates = counts.sum(axis=0)
    left = np.ones(len(rates), bool)
    order = []
    for _ in range(len(rates)):
        if len(order) % size == 0:
            together = np.zeros(len(active), np.float32)
            score = rates
        else:
            shared = together @ counts
            score = shared / np.maximum(together.sum() + rates - shared, 1)
        following = int(np.argmax(np.where(left, score, -1)))
        left[following] = False
        order.append(following)
        together = np.maximum(together, counts[:, following])
    return np.array(order)


class Arrangement:
    """The order of hidden neurons in ``vectors``, all that has a place for each weight."""

    def __init__(self, layout, vectors):
        self._layout = layout
        self._vectors = vectors
        self._orders = None

    def set(self, hidden: list[np.ndarray]) -> None:
        """Rearrange, by which neurons of each hidden layer spike for which samples."""
        self._orders = [spiking_together(active, LANES) for active in hidden]
        self._move(self._orders)

    def undo(self):
        """Go back to the order of the network."""
        if self._orders is not None:
            self._move([np.argsort(order) for order in self._orders])
            self._orders = None

    def _move(self, orders):
        for vector in self._vectors:
            weights = reordered(self._layout.unpack(vector), orders)
            vector[:] = self._layout.pack(weights, vector.dtype)


def reordered(weights, orders):
    """Weights with the neurons of each hidden layer taken in another order, bias line last."""
    result = list(weights)
    for l, order in enumerate(orders):
        result[l] = result[l][:, order]
        result[l + 1] = result[l + 1][[*order, -1]]
    return result
