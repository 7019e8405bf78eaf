"""The dense layer: a synapse from every axon to every neuron."""

import numpy as np

from rcspike_brian.layers.base import Layer


class Dense(Layer):
    """All axons to all neurons.

    Parameters
    ----------
    parameters : (n_in + 1, n_out) array_like
        Normalised weights w = s T E G/(C V_th); the last row belongs to the bias line.
    pool : Pool, optional
        In front, see `Layer`.

    Examples
    --------
    >>> Dense(np.zeros((785, 200))).n_in
    784
    """

    kind = "dense"

    def expand(self, parameters: np.ndarray) -> np.ndarray:
        """The parameters are the weights."""
        return parameters

    def fan_out(self) -> np.ndarray:
        """Every line reaches every neuron."""
        return np.full(self.n_lines + 1, self.n_out)

    def collect(self, gradient: np.ndarray) -> np.ndarray:
        """The gradient is that of the weights."""
        return gradient
