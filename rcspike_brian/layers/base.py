"""What a layer is: which synapses there are, and which of them share a weight."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from rcspike_brian.core.membrane import membrane_gradients, membrane_potential
from rcspike_brian.errors import InvalidInput
from rcspike_brian.layers.pool import Pool
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
    pool : Pool or its settings, optional
        In front: each line carries the earliest spike of several neurons. `InvalidInput`: it has
        another number of lines.

    Attributes
    ----------
    kind : str
        What files call it, once it is in `rcspike_brian.layers.LAYERS`.
    n_in, n_lines, n_out : int
        Neurons in front, or inputs; lines that come from them; neurons of the layer.
    out_shape : (int, int, int) or None
        Channels, height and width of its neurons; None if they are no map.

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
    out_shape: tuple[int, int, int] | None = None

    def __init__(self, parameters: Any, pool: Pool | dict[str, Any] | None = None):
        self.parameters = np.array(real_array("parameters", parameters))
        self.parameters.flags.writeable = False
        self.n_lines, self.n_out = self._sizes()
        self.pool = Pool(**pool) if isinstance(pool, dict) else pool
        if self.pool and self.pool.n_out != self.n_lines:
            raise InvalidInput(
                f"the pool P{self.pool.window.size} gives {self.pool.n_out} lines, and the layer "
                f"behind it has {self.n_lines}"
            )
        self.n_in = self.pool.n_in if self.pool else self.n_lines

    @property
    def in_shape(self) -> tuple[int, int, int] | None:
        """Channels, height and width of the map in front; None if it need not be one."""
        return self.pool.window.shape if self.pool else None

    def _sizes(self):
        """Lines and neurons."""
        weights = self.expand(self.parameters)
        if weights.ndim != 2:
            wanted = "(n_in + 1, n_out), bias line last"
            raise InvalidInput(f"weights of a layer must have shape {wanted}, got {weights.shape}")
        return len(weights) - 1, weights.shape[1]

    @abstractmethod
    def expand(self, parameters: np.ndarray) -> np.ndarray:
        """Weights (n_lines + 1, n_out) of all synapses, linear in the parameters.

        They are 0 where there is no synapse; the last row is the bias line.
        """

    @abstractmethod
    def collect(self, gradient: np.ndarray) -> np.ndarray:
        """Gradient of the parameters from that of the weights: the transpose of `expand`."""

    def settings(self) -> dict[str, Any]:
        """Further arguments of the class, JSON-able, for files; `with_parameters` passes them."""
        return {"pool": self.pool.settings()} if self.pool else {}

    def with_parameters(self, parameters: Any) -> Layer:
        """The same layer with other parameters."""
        return type(self)(parameters, **self.settings())

    def behind(self, pool: Pool) -> Layer:
        """The same layer with a pool in front."""
        return type(self)(self.parameters, **{**self.settings(), "pool": pool})

    @property
    def weights(self) -> np.ndarray:
        """Weights (n_lines + 1, n_out) of all synapses; the last row is the bias line."""
        return self.expand(self.parameters)

    @property
    def matrix(self) -> np.ndarray:
        """The crossbar: each weight that there is once, (lines + 1, columns), bias line last."""
        return self.weights

    def through(self, lines: np.ndarray, solve: Callable[..., Any], columns: Any = ()) -> Any:
        """What ``solve(lines, matrix, *columns)`` finds of the crossbar, as (batch, ..., n_out).

        For a solver of dense layers, which returns one array (samples, ..., columns) or several;
        ``columns`` are values of the columns, which it gets as they are.
        """
        return solve(lines, self.matrix.astype(float), *columns)

    def views(self, lines: np.ndarray, neurons: Sequence[int]) -> Iterator[tuple]:
        """What some neurons see: one entry for all that see the same lines.

        Of lines (batch, n_lines + 1) it yields which of the neurons they are, an index; the spike
        times (batch, rows) of their lines, bias line last; and their weights (rows, neurons).
        """
        yield slice(None), lines, self.weights[:, list(neurons)]

    def of_neurons(self, columns: np.ndarray) -> np.ndarray:
        """Values (..., n_out) of the neurons, from those (..., n_columns) of the columns."""
        return columns

    def fan_out(self) -> np.ndarray:
        """Synapses (n_lines + 1,) of each line, that of the bias last."""
        return np.count_nonzero(self.expand(np.ones_like(self.parameters)), axis=1)

    def lines(self, times: np.ndarray) -> np.ndarray:
        """Spike times (batch, n_lines + 1) of all lines, from those (batch, n_in) in front."""
        times = self.pool.earliest(times) if self.pool else times
        return np.hstack([times, np.zeros((len(times), 1))])

    def by_neuron_in_front(self, times: np.ndarray, by_line: np.ndarray) -> np.ndarray:
        """dL/dt (batch, n_in) of the spikes in front, from that (batch, n_lines) of the lines."""
        return self.pool.back(times, by_line) if self.pool else by_line

    def potential(
        self, lines: np.ndarray, beta: tuple[float, float], *, threads: int | None = None
    ) -> np.ndarray:
        """Exact v(1) (batch, n_out) in double precision.

        ``lines`` (batch, n_lines + 1) are spike times of all axons in units of T, that of the bias
        line last.
        """
        return self.through(lines, lambda t, w: membrane_potential(t, w, beta, threads=threads))

    def gradients(
        self, lines: np.ndarray, beta: tuple[float, float], upstream: np.ndarray, *,
        threads: int | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
        """Exact gradient of a loss L by the parameters, summed, and dL/dt (batch, n_lines).

        ``upstream`` (batch, n_out) is dL/dv(1); the bias line is left out of dL/dt.
        """
        weights = self.weights.astype(float)
        by_weight, by_time = membrane_gradients(lines, weights, beta, upstream, threads=threads)
        return self.collect(by_weight), by_time[:, :-1]
