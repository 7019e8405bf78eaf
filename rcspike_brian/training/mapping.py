"""Put a trained ReLU network on an RC-Spike circuit without training it again.

1. `normalised`: a spike time carries a number from 0 to 1, so each layer of the ReLU network is
   scaled until its activations fill that range (Rueckauer et al., Front. Neurosci. 11:682, 2017).
   This changes nothing about what the network computes but for the rare activations beyond the
   range. On the circuit without resistive coupling, V_syn to infinity, it *is* the network.
2. `rescaled`: at finite V_syn membrane potentials relax while they charge. Factors on the positive
   and the negative weights of each layer, chosen on training images, make up for it as well as they
   can.

How much is lost depends on how much of the range is used, and so on what "fill" means: whether the
range holds 99 %, 99.9 % (usual) or all activations of the training images. With all activations far
below 1, hidden spikes fall into the very end of the charging phase, nothing has time to relax, and
any circuit is linear; but such a network needs spike times of unlimited precision.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rcspike_brian.circuit import Circuit
from rcspike_brian.network import Network
from rcspike_brian.readout import earliest_spike
from rcspike_brian.training.mlp import ReluNetwork

_ACTIVATIONS, _SAMPLES = 5000, 2000  # of the training images: for the ranges, for the factors
_NUMBERS = 2**26  # activations that are looked at together; fewer images of large networks
_NOISE = 0.01  # of spike times, in units of T
_TEMPERATURE = 0.1
_SLOPE = 0.01
_EVALUATIONS = 150


def normalised(network: ReluNetwork, images: np.ndarray, *, quantile: float = 0.999) -> Network:
    """The conventional circuit (beta = 0) that computes what a `ReluNetwork` does.

    Its class is the first output spike for the largest output: outputs are shifted and scaled
    together so that the largest one of each image lies in the range. Some of the images
    (n, n_in) uint8 are used, spread evenly; ``quantile``, as in the paper cited above, is the
    fraction of activations of each layer that must fit into the range. The last row of a layer's
    parameters must be its biases, as in `Dense` and `Conv`.
    """
    images = _some(images, min(_ACTIVATIONS, max(1, _NUMBERS // sum(network.sizes))))
    activations = network.activations(images)
    layers, scale_in = [], 1.0
    for l, layer in enumerate(network.layers[:-1], start=1):
        scale = _positive(np.quantile(activations[l], quantile))
        layers.append(_scaled(layer, scale_in, scale, 0.0))
        scale_in = scale
    winners = activations[-1].max(axis=1)
    low, high = np.quantile(winners, [1 - quantile, quantile])
    # The weakest winner spikes at 0.95 T and not at T, where it would not count as a spike.
    room = 0.05 * _positive(high - low)
    low, scale = low - room, _positive(high - low + room)
    layers.append(_scaled(network.layers[-1], scale_in, scale, low))
    return Network(tuple(layers), Circuit.normalised(math.inf))


def _some(images, n):
    return images[:: max(1, len(images) // n)][:n]


def _positive(scale):
    """A scale to divide by, also for a layer that is silent on all images."""
    return float(scale) if scale > 0 else 1.0


def _scaled(layer, scale_in, scale, shift):
    w = layer.parameters.astype(np.float64)
    scaled = np.vstack([w[:-1] * (scale_in / scale), (w[-1:] - shift) / scale])
    return layer.with_parameters(scaled.astype(np.float32))


def rescaled(
    networks: Sequence[Network], v_syn: float, images: np.ndarray, *, threads: int | None = None
) -> Network:
    """A conventional network on the RC-Spike circuit, positive and negative weights rescaled.

    Six factors for three layers, one for the positive and one for the negative weights of each,
    bias included. They are those for which the first output spike most often is the class that the
    network gives to a training image (labels are not looked at). Hidden spikes have Gaussian noise
    of 0.01 T meanwhile, as in arXiv:2412.09010: without it, ever smaller weights in the first layer
    would be ever better. At infinite v_syn = V_syn/V_th there is nothing to do.

    The networks are the same one with other ranges (`normalised`), and the search begins with that
    which fits best before any factor. The first of them says which class is right.
    """
    from scipy.optimize import minimize

    if math.isinf(v_syn):
        return networks[0]
    images = _some(images, _SAMPLES)
    classes = np.argmax(networks[0].potentials(images, threads=threads), axis=1)

    def mismatch_of(candidate):
        return _disagreement(candidate.potentials(images, noise=_NOISE, threads=threads), classes)

    circuit = min((network.on_circuit(v_syn) for network in networks), key=mismatch_of)

    def mismatch(logarithms):
        return mismatch_of(_with_factors(circuit, np.exp(logarithms)))

    n = 2 * len(circuit.layers)
    # No change, and each factor alone shrunk: the way in which a circuit becomes linear.
    start = np.vstack([np.zeros(n), -0.5 * np.eye(n)])
    options = {"initial_simplex": start, "maxfev": _EVALUATIONS, "xatol": 1e-3, "fatol": 1e-6}
    found = minimize(mismatch, start[0], method="Nelder-Mead", options=options)
    return _with_factors(circuit, np.exp(found.x))


def _with_factors(network, factors):
    """Positive and negative weights of each layer times a factor each."""
    factors = factors.astype(np.float32).reshape(-1, 2)
    layers = tuple(
        layer.with_parameters(np.where(layer.parameters > 0, *pair) * layer.parameters)
        for layer, pair in zip(network.layers, factors, strict=True)
    )
    return replace(network, layers=layers)


def _disagreement(potentials, classes):
    """Fraction of other classes by the first spike, with a slope where it has none.

    The slope is that of the cross-entropy of softmax(-t/tau) over the output spike times, "no
    spike" being one more outcome.
    """
    from scipy.special import log_softmax

    wrong = np.mean(earliest_spike(potentials) != classes)
    v = np.minimum(potentials.astype(np.float64), 1) / _TEMPERATURE
    v = np.hstack([v, np.zeros((len(v), 1))])  # no spike
    entropy = -np.mean(log_softmax(v, axis=1)[np.arange(len(v)), classes])
    return float(wrong + _SLOPE * entropy)
