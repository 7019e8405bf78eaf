"""The exact loss and gradient of a network on its samples, as SciPy's optimisers want them."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import ArrayLike

from rcspike_brian.core import fused
from rcspike_brian.core.checks import float_array, positive_integer
from rcspike_brian.core.layout import aligned_zeros
from rcspike_brian.core.loss import Loss
from rcspike_brian.core.threads import ThreadPool, thread_count
from rcspike_brian.errors import InvalidInput, expect
from rcspike_brian.memory import is_too_large
from rcspike_brian.network import Network, compiled_circuit
from rcspike_brian.quantities import real_number
from rcspike_brian.readout import class_labels
from rcspike_brian.training.layers import (
    add_gradients,
    by_layer,
    flat_parameters,
    with_parameters,
)

# Parts of the samples whose gradients are summed in order: the result does not depend on threads.
_SHARDS = 8
_LOSS = Loss()
# Samples of layers of any kind that are worked on together.
_TOGETHER = 1024


class SpikeTimeObjective:
    """Mean loss of a network over samples, and its exact gradient by all parameters.

    A call with a vector gives ``(loss, gradient)``, the convention of
    ``scipy.optimize.minimize(objective, objective.start, jac=True)``. All is in double precision.

    `InvalidInput`: samples that do not fit the network, or none; labels that are not its outputs.

    Parameters
    ----------
    network : Network
        Layers of any kind; circuit and encoding stay as they are.
    inputs : (n, n_in) array_like
        uint8 grey levels, or spike times in units of T.
    labels : (n,) array_like of int
    loss : rcspike_brian.core.loss.Loss
        Temperature, window term and label smoothing, as in `TrainingConfig`.
    noise, seed : float, int
        Standard deviation of Gaussian noise on hidden spike times, in units of T, drawn once.
    threads : int, optional
        Default: one per processor. Does not change the result.

    Attributes
    ----------
    start : (n_parameters,) float64 array
        Parameters of the network, those of one layer after another, each in the order of its array.
    evaluations : int
        Gradients taken so far.

    Examples
    --------
    >>> from scipy.optimize import check_grad
    >>> from rcspike_brian import Network
    >>> network = Network.random((3, 4, 2), seed=1, scale=2.0)
    >>> objective = SpikeTimeObjective(network, [[0.1, 0.4, 0.2], [0.5, 0.0, 1.0]], [0, 1])
    >>> loss, gradient = objective(objective.start)
    >>> gradient.shape
    (26,)
    >>> theta = objective.start + 0.01  # at w = 0, |w| has a kink
    >>> bool(check_grad(objective.loss, objective.gradient, theta) < 1e-4)
    True
    """

    def __init__(
        self, network: Network, inputs: ArrayLike, labels: ArrayLike, *,
        loss: Loss = _LOSS, noise: float = 0.0, seed: int = 0, threads: int | None = None,
    ):  # fmt: skip
        expect("network", network, Network)
        network.circuit.check_exact()
        self._network = network
        self._inputs = network.checked_inputs(inputs)
        self._labels = _checked_labels(labels, len(self._inputs), network.sizes[-1])
        self._loss = loss
        noise = real_number("noise", noise, ">= 0")
        n_hidden = sum(network.sizes[1:-1]) if noise else 0
        if is_too_large(needed := 8 * len(self._inputs) * n_hidden):
            raise InvalidInput(
                f"noise on {n_hidden:,} hidden spikes of {len(self._inputs):,} inputs takes "
                f"{needed / 2**30:,.1f} GiB: take fewer inputs, or no noise"
            )
        rng = np.random.default_rng(positive_integer(seed, "seed", least=0))
        self._noise = noise * rng.standard_normal((len(self._inputs), n_hidden))
        self._threads = thread_count(threads)
        self.start = flat_parameters(network.layers)
        self.evaluations = 0
        self._last = np.empty(0)
        self._totals = np.zeros(fused.FIRST_LAYER + 2 * len(network.layers))
        if network.is_compiled:
            self._layout = network.layout
            self._kernel_inputs = network.encoding.for_kernels(self._inputs, np.float64)
            scratch = [fused.scratch(self._layout, np.float64) for _ in range(_SHARDS)]
            self._scratch = scratch

    def __call__(self, theta: ArrayLike) -> tuple[float, np.ndarray]:
        """Mean loss, and dL/dtheta (n_parameters,), or `InvalidInput` for another length or NaN."""
        self._last = self._checked(theta).copy()
        self.evaluations += 1
        by_parameter = self._by_kernels if self._network.is_compiled else self._layer_by_layer
        gradient = by_parameter(self._last) / len(self._labels)
        return float(self._totals[fused.LOSS]) / len(self._labels), gradient

    def loss(self, theta: ArrayLike) -> float:
        """Mean loss alone; takes as long as both."""
        return self(theta)[0]

    def gradient(self, theta: ArrayLike) -> np.ndarray:
        """dL/dtheta (n_parameters,) alone."""
        return self(theta)[1]

    def hessp(self, theta: ArrayLike, vector: ArrayLike) -> np.ndarray:
        """Product (n_parameters,) of the Hessian with a vector, for ``trust-krylov`` and the like.

        The central difference of two exact gradients, with the step that balances truncation and
        rounding; a spike that begins or ends within it makes it a mean over the kink.
        """
        theta, vector = self._checked(theta), self._checked(vector, "vector")
        size = np.linalg.norm(vector)
        if size == 0:
            return np.zeros_like(theta)
        step = np.cbrt(np.finfo(float).eps) * max(1.0, np.linalg.norm(theta)) / size
        ahead, behind = (self.gradient(theta + sign * step * vector) for sign in (1, -1))
        return (ahead - behind) / (2 * step)

    def network(self, theta: ArrayLike) -> Network:
        """The network with these parameters, in double precision."""
        layers = with_parameters(self._network.layers, self._checked(theta))
        return Network(layers, self._network.circuit, self._network.encoding)

    def statistics_at(self, theta: np.ndarray) -> np.ndarray:
        """Summed over samples: loss, correct first spikes, then silent and saturated per layer."""
        if not np.array_equal(theta, self._last):
            self(theta)
        return self._totals

    def _checked(self, vector, name="theta"):
        vector = float_array(vector, name, 1).astype(np.float64, copy=False)
        if vector.shape != self.start.shape:
            raise InvalidInput(
                f"{name} must have {self.start.size} elements, one per parameter of the network, "
                f"got {vector.size}"
            )
        return vector

    def _by_kernels(self, vector):
        """Gradient, summed over samples, by the kernels of the mini-batch trainer."""
        theta = self._layout.pack(by_layer(vector, self._network.layers), np.float64)
        circuit = compiled_circuit(self._network.circuit, np.float64)
        gradients = aligned_zeros((_SHARDS, theta.size), np.float64)
        touched = np.zeros((_SHARDS, self._layout.sparse[1]), bool)
        totals = np.zeros((_SHARDS, len(self._totals)))
        samples = self._kernel_inputs, self._labels
        network = theta, self._layout.for_kernels, circuit, self._loss, self._noise
        bounds = [len(self._labels) * k // _SHARDS for k in range(_SHARDS + 1)]
        shards = zip(gradients, touched, totals, self._scratch, strict=True)
        with ThreadPool(self._threads) as pool:
            pool.run(
                fused.gradient_shard,
                (
                    (*samples, *ends, *network, *own)
                    for ends, own in zip(itertools.pairwise(bounds), shards, strict=True)
                ),
            )
        self._totals = totals.sum(axis=0)
        summed = self._layout.unpack(gradients.sum(axis=0))
        return np.concatenate([matrix.ravel() for matrix in summed])

    def _layer_by_layer(self, vector):
        """Gradient, summed over samples, of layers of any kind."""
        network = self.network(vector)
        gradient = np.zeros_like(self.start)
        self._totals = np.zeros(len(self._totals))
        for begin in range(0, len(self._labels), _TOGETHER):
            some = slice(begin, begin + _TOGETHER)
            batch = self._inputs[some], self._labels[some], self._noise[some]
            add_gradients(
                network, *batch, self._loss, by_layer(gradient, network.layers), self._totals,
                threads=self._threads,
            )  # fmt: skip
        return gradient


def _checked_labels(labels, n, n_classes):
    if n == 0:
        raise InvalidInput("inputs has no samples, and a loss needs at least one")
    labels = class_labels(labels, n)
    if labels.max() >= n_classes:
        raise InvalidInput(
            f"labels must be whole numbers from 0 to {n_classes - 1}, the outputs of the network, "
            f"got {labels.max()}"
        )
    return labels.astype(np.int64)
