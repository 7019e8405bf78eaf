"""The ReLU network of the same shape as one with convolutions, trained in PyTorch.

The same images in batches of the same size, moved or mirrored alike, as many epochs, Adam with a
cosine schedule and the same label smoothing; its own learning rate and weight decay.
"""

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from benchmarks.torch_networks import build
from rcspike_brian import Network
from rcspike_brian.training import ReluNetwork
from rcspike_brian.training.distortion import Distortion
from rcspike_brian.training.schedule import learning_rate


def train_relu(dataset, config, seed, epochs, rate, decay, say=lambda text: None):
    """The trained network, as the package's `ReluNetwork`.

    Parameters
    ----------
    dataset : Dataset
    config : TrainingConfig
        Layers, batch size, distortion and label smoothing.
    seed, epochs : int
    rate, decay : float
        Of `torch.optim.AdamW`.
    say : callable, optional
        Is told the test accuracy after each epoch.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network, _ = build("mlp", (dataset.n_in, *config.hidden, dataset.n_classes), 1.0)
    optimizer = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=decay)
    distort = Distortion(config, dataset)
    test = torch.tensor(dataset.test_images).float().mul_(1 / 255)
    labels = torch.tensor(dataset.train_labels.astype(np.int64))
    n, size = len(labels), config.batch_size
    n_batches = -(-n // size)
    for epoch in range(epochs):
        order = rng.permutation(n)
        for k in range(n_batches):
            chosen = order[k * size : (k + 1) * size]
            images = dataset.train_images[chosen]
            distort(images, np.array([0, len(images)]), rng)
            for group in optimizer.param_groups:
                step = epoch * n_batches + k
                group["lr"] = learning_rate("cosine", rate, step, epochs * n_batches)
            optimizer.zero_grad(set_to_none=True)
            outputs = network(torch.tensor(images).float().mul_(1 / 255))
            smoothing = config.label_smoothing
            cross_entropy(outputs, labels[chosen], label_smoothing=smoothing).backward()
            optimizer.step()
        with torch.no_grad():
            classes = torch.cat([network(part).argmax(1) for part in test.split(500)]).numpy()
        accuracy = np.mean(classes == dataset.test_labels)
        say(f"  seed {seed}, epoch {epoch + 1}: {accuracy:.4f}")
    return _relu_network(network, dataset.n_in, config.hidden, dataset.n_classes)


def _relu_network(network, n_in, hidden, n_classes):
    """The weights of PyTorch's layers in the package's."""
    shape = (1, *[round(n_in**0.5)] * 2)
    like = Network.random((shape, *hidden, n_classes)).layers
    own = [m for m in network.modules() if isinstance(m, (torch.nn.Conv2d, torch.nn.Linear))]
    matrices = [
        np.vstack([m.weight.detach().flatten(1).T, m.bias.detach()[None]]).astype(np.float32)
        for m in own
    ]
    pairs = zip(like, matrices, strict=True)
    return ReluNetwork([layer.with_parameters(matrix) for layer, matrix in pairs])
