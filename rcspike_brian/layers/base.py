"""What a layer is: which synapses there are, and which of them share a weight."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from rcspike_brian.core.membrane import membrane_gradients, membrane_potential
from rcspike_brian.errors import InvalidInput
from rcspike_brian.quantities import real_array


class Layer(ABC):
    """Synapses from ``n_in`` axons and a bias line to ``n_out`` neurons.

    A layer of one's own says how its parameters become weights of synapses, in `expand`, and how
    the gradient comes back, in `collect`, which is the transpose. Everything else follows: the
    exact potential and gradient, Brian2, devices, energy and SPICE, which build the synapses that
    `weights` lists.

    Parameters
    ----------
    parameters : array_like, any shape
        What is trained; read-only.

    Attributes
    ----------
    kind : str
        What files call it, once it is in `rcspike_brian.layers.LAYERS`.

    Examples
    --------
    One synapse and a bias for each neuron:

    >>> class OneToOne(Layer):
    ...     kind = "one-to-one"
    ...
    ...     def expand(self, parameters):
    ...         return np.vstack([np.diag(parameters[0]), parameters[1]])
    ...
    ...     def collect(self, gradient):
    ...         return np.stack([np.diag(gradient), gradient[-1]])
    >>> layer = OneToOne([[1.0, 2.0], [0.0, 0.5]])
    >>> layer.n_in, layer.n_out
    (2, 2)
    >>> layer.potential(np.array([[0.0, 0.5, 0.0]]), (0.0, 0.0))
    array([[1. , 1.5]])
    """

    kind: str

    def __init__(self, parameters: Any):
        self.parameters = np.array(real_array("parameters", parameters))
        self.parameters.flags.writeable = False
        weights = self.expand(self.parameters)
        if weights.ndim != 2:
            wanted = "(n_in + 1, n_out), bias line last"
            raise InvalidInput(f"weights of a layer must have shape {wanted}, got {weights.shape}")
        self.n_in, self.n_out = len(weights) - 1, weights.shape[1]

    @abstractmethod
    def expand(self, parameters: np.ndarray) -> np.ndarray:
        """Weights (n_in + 1, n_out) of all synapses, linear in the parameters.

        They are 0 where there is no synapse; the last row is the bias line.
        """

    @abstractmethod
    def collect(self, gradient: np.ndarray) -> np.ndarray:
        """Gradient of the parameters from that of the weights: the transpose of `expand`."""

    def settings(self) -> dict[str, Any]:
        """Further arguments of the class, JSON-able, for files; `with_parameters` passes them."""
        return {}

    def with_parameters(self, parameters: Any) -> Layer:
        """The same layer with other parameters."""
        return type(self)(parameters, **self.settings())

    @property
    def weights(self) -> np.ndarray:
        """Weights (n_in + 1, n_out) of all synapses; the last row is the bias line."""
        return self.expand(self.parameters)

    def potential(
        self, lines: np.ndarray, beta: tuple[float, float], *, threads: int | None = None
    ) -> np.ndarray:
        """Exact v(1) (batch, n_out) in double precision.

        ``lines`` (batch, n_in + 1) are spike times of all axons in units of T, the bias line last.
        """
        return membrane_potential(lines, self.weights.astype(float), beta, threads=threads)

    def gradients(
        self, lines: np.ndarray, beta: tuple[float, float], upstream: np.ndarray, *,
        threads: int | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
        """Exact gradient of a loss L by the parameters, summed, and dL/dt (batch, n_in).

        ``upstream`` (batch, n_out) is dL/dv(1); the bias line is left out of dL/dt.
        """
        weights = self.weights.astype(float)
        by_weight, by_time = membrane_gradients(lines, weights, beta, upstream, threads=threads)
        return self.collect(by_weight), by_time[:, :-1]
