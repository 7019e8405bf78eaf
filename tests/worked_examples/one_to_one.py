"""A layer with one synapse for each neuron."""

import numpy as np

from rcspike_brian.layers import LAYERS, Layer


class OneToOne(Layer):
    """Neuron i has a synapse from axon i and one from the bias line.

    Parameters
    ----------
    parameters : (2, n) array_like
        Weights of the axons, and of the bias line.
    """

    kind = "one-to-one"

    def expand(self, parameters):
        """All synapses: a diagonal, and a row for the bias line."""
        return np.vstack([np.diag(parameters[0]), parameters[1]])

    def collect(self, gradient):
        """The transpose of `expand`: what each parameter finds at its places."""
        return np.stack([np.diag(gradient), gradient[-1]])


LAYERS["one-to-one"] = OneToOne
