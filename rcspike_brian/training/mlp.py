"""An ordinary multilayer perceptron, trained alike: the reference line of Figure 3."""

import itertools
import math
from dataclasses import dataclass

import numpy as np

from rcspike_brian.core.layout import MatrixLayout
from rcspike_brian.core.threads import Crew
from rcspike_brian.training.adam import Adam
from rcspike_brian.training.schedule import learning_rate
from rcspike_brian.training.streams import INITIALISATION, SHUFFLING, generator


@dataclass(frozen=True, eq=False)
class ReluNetwork:
    """ReLU layers and a linear read-out, in software.

    Parameters
    ----------
    weights : list of (n_in + 1, n_out) float32 arrays
        The last row is the bias.
    """

    weights: list

    def logits(self, images):
        """Outputs for grey-level images (batch, n_in) uint8; shape (batch, n_out)."""
        return _forward(self.weights, _intensity(images))[-1]

    def accuracy(self, dataset):
        """Fraction of test images whose largest output is the labelled one."""
        return float(np.mean(self.logits(dataset.test_images).argmax(1) == dataset.test_labels))


def _intensity(images):
    return images.astype(np.float32) * np.float32(1 / 255)


def _forward(weights, x):
    """Activations of every layer, inputs first; the last is linear."""
    activations = [x]
    for l, w in enumerate(weights):
        z = activations[-1] @ w[:-1] + w[-1]
        activations.append(np.maximum(z, 0) if l + 1 < len(weights) else z)
    return activations


def _backward(weights, activations, labels, gradients):
    """Gradient of the summed cross-entropy, written into ``gradients``; returns the loss."""
    logits = activations[-1]
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    rows = np.arange(len(labels))
    delta = np.exp(log_p)
    delta[rows, labels] -= 1
    for l in range(len(weights) - 1, -1, -1):
        gradients[l][:-1] = activations[l].T @ delta
        gradients[l][-1] = delta.sum(axis=0)
        if l:
            delta = (delta @ weights[l][:-1].T) * (activations[l] > 0)
    return -float(log_p[rows, labels].sum())


def train_relu(config, dataset, *, threads=None):
    """Train a ReLU network of the same shape with the same budget as `train`.

    Parameters
    ----------
    config : TrainingConfig
        Its hidden layers, epochs, batch size, seed, learning rate and schedule are used.
    dataset : Dataset
    threads : int, optional
        Of the optimiser; the matrix products use what NumPy uses.

    Returns
    -------
    network : ReluNetwork
    metrics : list of dict
        One row per epoch: epoch, train_loss, test_accuracy.
    """
    labels = np.asarray(dataset.train_labels).astype(np.int64)
    layout = MatrixLayout((dataset.train_images.shape[1], *config.hidden, int(labels.max()) + 1))
    adam = Adam(layout.pack(_he_weights(layout.sizes, config.seed)), 1)
    network = ReluNetwork(layout.views(adam.theta))
    gradients = layout.views(adam.gradients[0])
    n_steps = config.epochs * -(-len(labels) // config.batch_size)
    metrics = []
    with Crew(threads) as crew:
        for epoch in range(config.epochs):
            order = generator(config.seed, SHUFFLING, epoch).permutation(len(labels))
            loss = 0.0
            for start in range(0, len(order), config.batch_size):
                batch = order[start : start + config.batch_size]
                activations = _forward(network.weights, _intensity(dataset.train_images[batch]))
                loss += _backward(network.weights, activations, labels[batch], gradients)
                rate = learning_rate(config.schedule, config.learning_rate, adam.steps, n_steps)
                adam.step(crew, rate, 1 / len(batch))
            metrics.append(
                {
                    "epoch": epoch + 1,
                    "train_loss": loss / len(labels),
                    "test_accuracy": network.accuracy(dataset),
                }
            )
    return network, metrics


def _he_weights(sizes, seed):
    rng = generator(seed, INITIALISATION)
    return [
        np.vstack([rng.normal(0, math.sqrt(2 / n_in), (n_in, n_out)), np.zeros((1, n_out))])
        for n_in, n_out in itertools.pairwise(sizes)
    ]
