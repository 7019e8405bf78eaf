"""Put a trained ReLU network on an RC-Spike circuit without training it again.

1. `normalised`: a spike time carries a number from 0 to 1, so each layer of the ReLU network is
   scaled until its activations fill that range (Rueckauer et al., Front. Neurosci. 11:682, 2017).
   This changes nothing about what the network computes but for the rare activations beyond the
   range. On the circuit without leak, V_syn to infinity, it *is* the network.
2. `rescaled`: at finite V_syn each neuron's membrane potential relaxes while it charges, so it ends
   too low. Positive and negative weights of each neuron get one factor each, chosen on training
   images so that the neuron ends where the normalised network says it should.

The range must stay filled. With all activations far below 1, every hidden spike would fall into
the very end of the charging phase, nothing would have time to relax, and any circuit would be
linear; but it would need spike times of unlimited precision.
"""

import numpy as np

from rcspike_brian.core.membrane import membrane_potential
from rcspike_brian.network import Network

_QUANTILE = 0.999  # of the activations that fill the range, as in the paper cited above
_SAMPLES = 5000
_STEPS = 20
_DIFFERENCE = 1e-4
_DAMPING = 1e-3
_LARGEST_FACTOR = 100.0


def normalised(network, images, *, quantile=_QUANTILE, samples=_SAMPLES):
    """The conventional circuit (beta = 0) that computes what a ReLU network does.

    Parameters
    ----------
    network : ReluNetwork
    images : (n, n_in) uint8 array
        Training images; ``samples`` of them, spread evenly, are used.
    quantile : float
        Fraction of the activations of each layer that must fit into the range from 0 to 1.
    samples : int

    Returns
    -------
    Network
        The class is the first output spike, as the class of the ReLU network is its largest
        output: outputs are shifted and scaled together so that the largest one of each image lies
        in the range.
    """
    activations = network.activations(_some(images, samples))
    weights, scale_in = [], 1.0
    for l, w in enumerate(network.weights[:-1], start=1):
        scale = _positive(np.quantile(activations[l], quantile))
        weights.append(_scaled(w, scale_in, scale, 0.0))
        scale_in = scale
    winners = activations[-1].max(axis=1)
    low, high = np.quantile(winners, [1 - quantile, quantile])
    # The weakest winner spikes at 0.95 T and not at T, where it would not count as a spike.
    room = 0.05 * _positive(high - low)
    low, scale = low - room, _positive(high - low + room)
    weights.append(_scaled(network.weights[-1], scale_in, scale, low))
    return Network(tuple(weights), 0.0)


def _some(images, n):
    return images[:: max(1, len(images) // n)][:n]


def _positive(scale):
    """A scale to divide by, also for a layer that is silent on all images."""
    return float(scale) if scale > 0 else 1.0


def _scaled(w, scale_in, scale, shift):
    bias = (w[-1:].astype(np.float64) - shift) / scale
    return np.vstack([w[:-1].astype(np.float64) * (scale_in / scale), bias]).astype(np.float32)


def rescaled(network, v_syn, images, *, samples=2000, threads=None):
    """A conventional network on the RC-Spike circuit, positive and negative weights rescaled.

    Layer after layer, two factors for each neuron minimise the squared distance between its
    membrane potential on the circuit, driven by the spikes that the layers before it send there,
    and the potential it has in ``network``. A distance beyond the firing window does not count:
    silent is silent.

    Parameters
    ----------
    network : Network
        From `normalised`; its beta is 0.
    v_syn : float
        Drive voltage of the circuit in units of V_th.
    images : (n, n_in) uint8 array
        Training images; ``samples`` of them, spread evenly, are used.
    samples : int
    threads : int, optional

    Returns
    -------
    Network
    """
    images = _some(images, samples)
    wanted = network.potentials(images, all_layers=True, threads=threads)
    circuit = network.on_circuit(v_syn)
    times = 1 - images.astype(np.float64) / 255
    weights = []
    for w, target in zip(network.weights, wanted, strict=True):
        layer = _Layer(times, w.astype(np.float64), circuit.beta, threads)
        weights.append(layer.with_factors(_best_factors(layer, np.asarray(target, np.float64))))
        times = np.clip(1 - layer.potential(weights[-1]), 0, 1)
    return Network(tuple(w.astype(np.float32) for w in weights), circuit.beta)


class _Layer:
    """One layer on the circuit with fixed input spikes."""

    def __init__(self, times, weights, beta, threads):
        self._times = np.hstack([times, np.zeros((len(times), 1))])  # the bias line spikes at 0
        self._positive = np.maximum(weights, 0)
        self._negative = np.minimum(weights, 0)
        self._beta = beta
        self._threads = threads

    def with_factors(self, factors):
        """Weights with (2, n_out) factors on the positive and the negative ones."""
        return factors[0] * self._positive + factors[1] * self._negative

    def potential(self, weights):
        """v(1), shape (n, n_out)."""
        return membrane_potential(self._times, weights, self._beta, threads=self._threads)


def _residual(v, target):
    """Distance to the target, zero where both are silent or both saturated; 0 to 1 is the window.

    Outside the window the distance is counted from its edge, so that a wrongly silent neuron still
    feels how far it is from firing.
    """
    clipped = np.clip(target, 0, 1)
    same_side = ((v <= 0) & (target <= 0)) | ((v >= 1) & (target >= 1))
    return np.where(same_side, 0.0, v - clipped)


def _best_factors(layer, target):
    """Levenberg-Marquardt on two factors per neuron, all neurons of the layer at once."""
    factors = np.ones((2, target.shape[1]))
    v = layer.potential(layer.with_factors(factors))
    residual = _residual(v, target)
    cost = np.sum(residual**2, axis=0)
    damping = np.full(target.shape[1], _DAMPING)
    for _ in range(_STEPS):
        slopes = [_slope(layer, factors, v, sign) * (residual != 0) for sign in (0, 1)]
        step = _damped_step(slopes, residual, damping)
        trial = np.clip(factors + step, 1 / _LARGEST_FACTOR, _LARGEST_FACTOR)
        v_trial = layer.potential(layer.with_factors(trial))
        trial_residual = _residual(v_trial, target)
        trial_cost = np.sum(trial_residual**2, axis=0)
        better = trial_cost < cost
        factors = np.where(better, trial, factors)
        v = np.where(better, v_trial, v)
        residual = np.where(better, trial_residual, residual)
        cost = np.where(better, trial_cost, cost)
        damping = np.where(better, damping / 5, damping * 5)
    return factors


def _slope(layer, factors, v, sign):
    """dv/dfactor of every neuron; a neuron's potential depends on its own factors only."""
    shifted = factors.copy()
    shifted[sign] *= 1 + _DIFFERENCE
    moved = layer.potential(layer.with_factors(shifted))
    return (moved - v) / (_DIFFERENCE * factors[sign])


def _damped_step(slopes, residual, damping):
    """Solve the damped 2 x 2 normal equations of each neuron."""
    a, b = slopes
    aa, ab, bb = np.sum(a * a, 0), np.sum(a * b, 0), np.sum(b * b, 0)
    tiny = np.finfo(float).tiny
    aa, bb = aa * (1 + damping) + tiny, bb * (1 + damping) + tiny
    ga, gb = np.sum(a * residual, 0), np.sum(b * residual, 0)
    determinant = aa * bb - ab * ab
    determinant = np.where(determinant > 0, determinant, np.inf)
    return -np.array([bb * ga - ab * gb, aa * gb - ab * ga]) / determinant
