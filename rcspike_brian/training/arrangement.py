"""Neurons that spike together, side by side in memory.

The kernels work on tiles of neurons. A tile none of whose neurons spikes needs no adjoint, but as
neurons come, hardly any tile is ever all silent. Which neuron lies in which tile means nothing to
the network, so while it is trained, neurons that spike for the same images share a tile.
"""

import numpy as np

from rcspike_brian.core.vectors import LANES


def spiking_together(active, size):
    """Order of neurons in which groups of them tend to spike for the same samples.

    Groups are filled one after another: each begins with the most active neuron that is left, and
    takes in the one that shares most samples with it, relative to the samples of both (the Jaccard
    index).

    Parameters
    ----------
    active : (n_samples, n_neurons) bool array
        Which neurons spike for which samples.
    size : int
        Neurons in a group.

    Returns
    -------
    (n_neurons,) int array

    Examples
    --------
    Neurons 0 and 2 spike for the first two samples, 1 and 3 for the last:

    >>> active = np.array([[1, 0, 1, 0], [1, 0, 1, 0], [0, 1, 0, 1]], bool)
    >>> spiking_together(active, 2).tolist()
    [0, 2, 1, 3]
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
    """The order in which the hidden neurons of a network in training lie in memory.

    Parameters
    ----------
    layout : Layout
    vectors : sequence of (n_parameters,) arrays
        Everything that has a place for each weight, in the order of the network to begin with.
    """

    def __init__(self, layout, vectors):
        self._layout = layout
        self._vectors = vectors
        self._orders = None

    def set(self, hidden: list[np.ndarray]) -> None:
        """Rearrange, from the order of the network.

        Parameters
        ----------
        hidden : sequence of (n_samples, n_neurons) bool arrays
            Which neurons of each hidden layer spike for which samples.
        """
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
    """Weights of a network with its hidden neurons in another order.

    Parameters
    ----------
    weights : sequence of (n_in + 1, n_out) arrays
        The last row belongs to the bias line.
    orders : sequence of int arrays
        For each hidden layer, the present places of its neurons.

    Returns
    -------
    list of arrays
    """
    result = list(weights)
    for l, order in enumerate(orders):
        result[l] = result[l][:, order]
        result[l + 1] = result[l + 1][[*order, -1]]
    return result
