"""Ordinary ReLU networks, and the perceptron trained alike: the reference line of Figure 3."""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from rcspike_brian.core import fused
from rcspike_brian.core.checks import float_array, network_inputs
from rcspike_brian.core.layout import Layout
from rcspike_brian.data import Dataset
from rcspike_brian.errors import InvalidInput
from rcspike_brian.layers import Dense, Layer, Pool
from rcspike_brian.network import check_fit, layers_as_content, layers_of_content
from rcspike_brian.quantities import as_list
from rcspike_brian.storage import read_arrays, usable, write_arrays
from rcspike_brian.training.schedule import INITIALISATION, generator
from rcspike_brian.training.trainer import Trainer

_FORMAT = 2
_BLOCK = 1000


@dataclass(frozen=True, eq=False)
class ReluNetwork:
    """ReLU layers and a linear read-out, in software.

    Parameters
    ----------
    layers : sequence
        Weights (n_in + 1, n_out) of dense layers, float32, the last row being the bias; or a
        `rcspike_brian.layers.Layer` each, whose synapses are taken as weights: a convolution, and
        a pool in front of it, which is then max pooling.

    Examples
    --------
    >>> network = ReluNetwork([np.eye(3, 2), [[1.0], [-1.0], [0.5]]])
    >>> network.logits(np.array([[255, 0]], np.uint8))
    array([[1.5]])
    """

    layers: Sequence[Any]

    def __post_init__(self):
        object.__setattr__(self, "layers", tuple(map(_layer, as_list("layers", self.layers))))
        for l, pair in enumerate(itertools.pairwise(self.layers), start=1):
            check_fit(l, *pair)

    def __repr__(self):
        return f"<ReluNetwork {'-'.join(map(str, self.sizes))}>"

    @property
    def sizes(self) -> tuple[int, ...]:
        """Neurons per layer, inputs first."""
        return (self.layers[0].n_in, *(layer.n_out for layer in self.layers))

    @property
    def weights(self) -> tuple[np.ndarray, ...]:
        """All weights (n_lines + 1, n_out) of each layer, the last row being the bias."""
        return tuple(layer.weights for layer in self.layers)

    def activations(self, images: np.ndarray) -> list[np.ndarray]:
        """Activations (batch, n_l) of every layer, inputs first; the last are the logits."""
        found = [_intensities(network_inputs(images))]
        for layer in self.layers:
            found.append(_linear(layer, found[-1]))
            if len(found) <= len(self.layers):
                np.maximum(found[-1], 0, out=found[-1])
        return found

    def logits(self, images: np.ndarray) -> np.ndarray:
        """Outputs (batch, n_out) for grey levels or spike times (batch, n_in)."""
        # In blocks: all activations of a whole data set would take more memory than the data.
        blocks = [images[k : k + _BLOCK] for k in range(0, len(images), _BLOCK)]
        return np.concatenate([self.activations(block)[-1] for block in blocks])

    def accuracy(self, dataset: Dataset) -> float:
        """Fraction of test images whose largest output is the labelled one."""
        return float(np.mean(self.logits(dataset.test_images).argmax(1) == dataset.test_labels))

    def save(self, path: str | Path, **extra: Any) -> None:
        """Write weights and JSON-able ``extra`` to an .npz file, atomically."""
        content = layers_as_content(self.layers)
        write_arrays(path, "relu-network", _FORMAT, extra=extra, **content)

    @classmethod
    def load(cls, path: str | Path) -> "ReluNetwork":
        """Read a network written by `save`; nothing in the file is executed."""
        content = read_arrays(path, "relu-network", _FORMAT, older=(1,))
        with usable(path, "a usable network"):
            return cls(layers_of_content(content))


class ReluTrainer(Trainer):
    """A ReLU network in training: everything but the network itself is that of `Trainer`.

    Weights start as in He et al., arXiv:1502.01852. Settings that concern spikes have no meaning
    here: v_syn, temperature, window, noise, output_noise, init_scale.

    Examples
    --------
    >>> from rcspike_brian import TrainingConfig, load_dataset
    >>> trainer = ReluTrainer(load_dataset("iris"), TrainingConfig(hidden=(5,), epochs=1))
    >>> trainer.run_epoch()["epoch"], trainer.network.sizes
    (1, (4, 5, 3))
    """

    model = "relu-mlp"
    kernels = False  # products of matrices gain nothing from another order

    def _check_start(self, start):
        raise InvalidInput("a ReLU network begins with random weights: leave start out")

    def _parameters(self):
        if not self._beginning.is_dense:
            raise InvalidInput("a ReLU network of this package is dense: choose numbers of neurons")
        self.layout = Layout(tuple(itertools.pairwise(self.sizes)), tiled=False)
        return self.layout.pack(self._initial_weights()), self.layout.sparse

    def run_epoch(self, progress: Callable[[], object] | None = None) -> dict:
        """Train for one epoch and test; see `Trainer.run_epoch`."""
        # The shards are what runs in parallel. BLAS with threads of its own would make the bits
        # depend on their number and, for matrices this small, be slower.
        with threadpool_limits(1, user_api="blas"):
            return super().run_epoch(progress)

    def network_of(self, theta: np.ndarray) -> ReluNetwork:  # type: ignore[override]
        """The network with these weights."""
        return ReluNetwork(tuple(self.layout.unpack(theta)))

    def _initial_weights(self):
        rng = generator(self.config.seed, INITIALISATION)
        return [
            np.vstack([rng.normal(0, math.sqrt(2 / n_in), (n_in, n_out)), np.zeros((1, n_out))])
            for n_in, n_out in itertools.pairwise(self.sizes)
        ]

    def _new_scratch(self):
        rows = min(self.config.batch_size, len(self.labels))
        return [np.empty((rows, n), np.float32) for n in self.sizes]

    def _noise(self, rng, n):
        return np.empty((n, 0), np.float32)

    def _inputs(self, images):
        return images

    def _gradients(self, pool, batch, totals):
        """Write the gradient of a batch to the optimiser's, shard by shard."""
        n, shards = len(batch.labels), self.config.shards
        weights = self.layout.matrices(self.optimizer.theta)

        def work(k, part):
            gradients = self.layout.matrices(self.optimizer.gradients[k])
            own = gradients, totals[k], self._scratch[k]
            smoothing = self.config.label_smoothing
            with np.errstate(over="ignore", invalid="ignore"):  # as in `Trainer._one_by_one`
                _gradient_shard(batch.inputs[part], batch.labels[part], weights, *own, smoothing)

        parts = [slice(n * k // shards, n * (k + 1) // shards) for k in range(shards)]
        pool.run(work, ((k, part) for k, part in enumerate(parts) if part.start < part.stop))

    def _test_accuracies(self):
        accuracy = self.network_of(self.weights).accuracy(self.dataset)
        return accuracy, accuracy


def _layer(given):
    if isinstance(given, Layer):
        float_array(given.parameters, "weights", 2)
        return given
    if isinstance(given, Pool):
        raise InvalidInput("a pool belongs to the layer behind it: give layer.behind(pool)")
    return Dense(float_array(given, "weights", 2))


def _linear(layer, x):
    """What a layer adds up of the activations (batch, n_in) in front."""
    if isinstance(layer, Dense) and layer.pool is None:
        return x @ layer.parameters[:-1] + layer.parameters[-1]
    # A spike at t = 1 - x carries the activation x, however large: the earliest is the largest.
    return layer.through(layer.lines(1 - x), lambda t, w: (1 - t) @ w)


def _intensities(inputs, out=None):
    """Intensities from 0 to 1 as float32: p/255 of a grey level, 1 - t of a spike time."""
    if inputs.dtype == np.uint8:
        return np.multiply(inputs, np.float32(1 / 255), out=out, dtype=np.float32)
    return np.subtract(1, inputs, out=out, dtype=np.float32)


def _gradient_shard(images, labels, weights, gradients, statistics, buffers, smoothing):
    """Write gradients of the summed loss of some samples, and add to the statistics."""
    activations = [buffer[: len(images)] for buffer in buffers]
    _intensities(images, out=activations[0])
    _forward(weights, activations)
    logits = activations[-1]
    statistics[fused.CORRECT] += np.count_nonzero(logits.argmax(axis=1) == labels)
    for l, hidden in enumerate(activations[1:-1]):
        silent = hidden.size - np.count_nonzero(hidden)
        statistics[fused.FIRST_LAYER + 2 * l + fused.SILENT] += silent
    statistics[fused.LOSS] += _cross_entropy(logits, labels, smoothing)
    _backward(weights, activations, gradients)


def _forward(weights, activations):
    """Fill the activations of every layer from those of the inputs; the last is linear."""
    for l, w in enumerate(weights):
        z = activations[l + 1]
        np.matmul(activations[l], w[:-1], out=z)
        z += w[-1]
        if l + 1 < len(weights):
            np.maximum(z, 0, out=z)


def _cross_entropy(logits, labels, smoothing=0.0):
    """Loss summed over samples, all sharing ``smoothing``; its gradient replaces the logits."""
    rows = np.arange(len(labels))
    logits -= logits.max(axis=1, keepdims=True)
    shared = smoothing / logits.shape[1]
    wanted = (1 - smoothing) * logits[rows, labels].astype(np.float64)
    wanted += shared * logits.sum(axis=1, dtype=np.float64)
    np.exp(logits, out=logits)
    total = logits.sum(axis=1, keepdims=True)
    logits /= total
    logits -= shared
    logits[rows, labels] -= 1 - smoothing
    return float(np.sum(np.log(total[:, 0].astype(np.float64)) - wanted))


def _backward(weights, activations, gradients):
    """Write dL/dw of every layer; activations hold dL/dlogits last, and are used up."""
    for l in range(len(weights) - 1, -1, -1):
        delta, x = activations[l + 1], activations[l]
        np.matmul(x.T, delta, out=gradients[l][:-1])
        np.sum(delta, axis=0, out=gradients[l][-1])
        if l:
            active = x > 0
            np.matmul(delta, weights[l][:-1].T, out=x)
            x *= active
