"""The networks of the peers, and how they are trained."""

import functools
import itertools
import time

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from benchmarks.torch_layers import CLOSED_FORMS, dstd
from rcspike_brian import Network
from rcspike_brian.data.catalog import get_entry
from rcspike_brian.layers import Conv
from rcspike_brian.torch import sequential
from rcspike_brian.training import recipe

_PLAIN = recipe("plain", get_entry("mnist"))


class RCSpikeNetwork(nn.Module):
    """RC-Spike layers; a bias line spikes at t = 0.

    Parameters
    ----------
    weights : sequence of (n_in + 1, n_out) arrays
        Normalised; the last row belongs to the bias line.
    layer : callable
        ``layer(times, weights)`` returns v(1).
    """

    def __init__(self, weights, layer):
        super().__init__()
        self.weights = nn.ParameterList(torch.tensor(np.asarray(w)) for w in weights)
        self.layer = layer

    def forward(self, x):
        """v(1) of the last layer for intensities x in [0, 1], (batch, n_in)."""
        v = x
        for weights in self.weights:
            times = (1 - v).clamp(0, 1)
            bias = times.new_zeros(len(times), 1)
            v = self.layer(torch.cat([times, bias], 1), weights)
        return v


class _Patches(nn.Module):
    """A layer on every patch of a map of intensities."""

    def __init__(self, layer, shape, stride, padding, size):
        super().__init__()
        self.layer, self.shape = layer, tuple(shape)
        self.unfold = nn.Unfold(size, padding=padding, stride=stride)
        height, width = self.shape[1:]
        self.places = [(n + 2 * padding - size) // stride + 1 for n in (height, width)]

    def forward(self, x):
        """v(1) (batch, channels, rows, columns); lines beyond the edge have intensity 0."""
        patches = self.unfold(x.reshape(-1, *self.shape)).transpose(1, 2)
        v = self.layer(patches.reshape(-1, patches.shape[-1]))
        return v.reshape(len(x), -1, v.shape[-1]).transpose(1, 2).unflatten(2, self.places)


class _SpikingLayer(nn.Module):
    """v(1) of intensities x, not clipped yet; a bias line spikes at t = 0."""

    def __init__(self, weights, layer):
        super().__init__()
        self.weights, self.layer = nn.Parameter(torch.tensor(np.asarray(weights))), layer

    def forward(self, x):
        times = (1 - x).clamp(0, 1)
        return self.layer(torch.cat([times, times.new_zeros(len(times), 1)], 1), self.weights)


def _with_maps(sizes, make):
    """Layers of a network with convolutions; ``make(layer)`` gives a module for a dense layer."""
    modules = []
    for layer in Network.random(((1, 28, 28), *sizes[1:])).layers:
        if layer.pool:
            modules += [
                nn.Unflatten(1, layer.pool.window.shape),
                nn.MaxPool2d(layer.pool.window.size),
            ]
            modules.append(nn.Flatten())
        if isinstance(layer, Conv):
            shape, size, stride, padding = layer.window
            modules.append(make(layer, shape, size, stride, padding))
        else:
            modules.append(make(layer))
        modules += [nn.ReLU(), nn.Flatten()]
    return nn.Sequential(*modules[:-2])


def _relu_layer(layer, shape=None, size=None, stride=1, padding=0):
    if shape is None:
        return nn.Linear(layer.n_lines, layer.n_out)
    convolution = nn.Conv2d(shape[0], layer.n_channels, size, stride, padding)
    return nn.Sequential(nn.Unflatten(1, shape), convolution)


def _spiking_layer(function, layer, shape=None, size=None, stride=1, padding=0):
    dense = _SpikingLayer(layer.matrix, function)
    return dense if shape is None else _Patches(dense, shape, stride, padding, size)


class _SpikeTimes(nn.Module):
    """t = 1 - x of intensities."""

    def forward(self, x):
        return 1 - x


def build(model, sizes, v_syn, steps=None, form=None, only_spiking=False, threads=None):
    """Network of a peer, and the temperature of its softmax.

    Parameters
    ----------
    model : {"mlp", "layers", "closed-form", "dstd"}
    sizes : sequence of int or str
        Inputs, then layers in short, see `rcspike_brian.layers.notation`.
    v_syn : float
        Of both rails, in units of V_th.
    steps : int
        Of DSTD.
    form : {"sums", "steps"}
        Of the closed form.
    only_spiking : bool
        Leave out inputs that do not spike.
    threads : int
        Of the package's layers.
    """
    maps = any(isinstance(size, str) for size in sizes)
    if model == "mlp" and maps:
        return _with_maps(sizes, _relu_layer), 1.0
    if model == "mlp":
        layers = [[nn.Linear(n, m), nn.ReLU()] for n, m in itertools.pairwise(sizes)]
        return nn.Sequential(*itertools.chain(*layers))[:-1], 1.0
    temperature = _PLAIN.loss.temperature
    start = None if maps else Network.random(sizes, v_syn)
    if model == "layers":
        return nn.Sequential(_SpikeTimes(), *sequential(start, threads=threads)), temperature
    beta = 1 / v_syn
    if model == "dstd":
        layer = functools.partial(dstd, beta=beta, steps=steps)
        if maps:
            return _with_maps(sizes, functools.partial(_spiking_layer, layer)), temperature
    else:
        layer = functools.partial(CLOSED_FORMS[form], beta=beta, only_spiking=only_spiking)
    return RCSpikeNetwork(start.weights, layer), temperature


class Training:
    """Mini-batch training with Adam and cross-entropy, all data in one tensor.

    Parameters
    ----------
    network : nn.Module
    temperature : float
    images, labels : arrays
        Grey levels (n, n_in) uint8, and classes.
    batch_size : int
    inputs : {"float32", "uint8"}
        Convert all images beforehand, or each batch.
    adam : {"fused", "foreach"}
    compiled : bool
        Compile forward pass and loss.
    """

    def __init__(
        self,
        network,
        temperature,
        images,
        labels,
        batch_size,
        inputs="float32",
        adam="fused",
        compiled=False,
    ):
        self.network = network
        self.images = torch.tensor(images)
        if inputs == "float32":
            self.images = self.images.float().mul_(1 / 255)
        self.labels = torch.tensor(labels, dtype=torch.int64)
        self.batch_size = batch_size
        window = None if temperature == 1 else _PLAIN.loss.window
        self._optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, **{adam: True})

        def loss(x, y):
            v = network(x)
            if window is None:
                return cross_entropy(v, y)
            # As in the package: the penalty keeps output spikes, t = 1 - v, near t = 0.9.
            return cross_entropy(v / temperature, y) + window * ((v - 0.1) ** 2).sum(1).mean()

        self._loss = torch.compile(loss) if compiled else loss

    def step(self, batch):
        """One step of the optimiser on the images of these indices."""
        x = self.images[batch]
        if x.dtype == torch.uint8:
            x = x.float().mul_(1 / 255)
        self._optimizer.zero_grad(set_to_none=True)
        self._loss(x, self.labels[batch]).backward()
        self._optimizer.step()

    def run(self, batches=None):
        """Train on an epoch, or on its first batches; returns seconds and number of batches."""
        start = time.perf_counter()
        shuffled = torch.randperm(len(self.images)).split(self.batch_size)[:batches]
        for batch in shuffled:
            self.step(batch)
        return time.perf_counter() - start, len(shuffled)

    @torch.no_grad()
    def accuracy(self, images, labels):
        """Fraction of images whose largest output is the labelled one."""
        outputs = self.network(torch.tensor(images).float().mul_(1 / 255))
        return float((outputs.argmax(1) == torch.tensor(labels)).float().mean())
