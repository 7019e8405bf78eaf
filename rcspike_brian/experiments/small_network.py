"""Training of a network that is small enough for full batches in double precision.

The trainer of large networks works in single precision on images. Here every step takes all
samples at once through `rcspike_brian.membrane_gradients`, layer by layer.
"""

import numpy as np

from rcspike_brian.core.membrane import membrane_gradients, membrane_potential
from rcspike_brian.errors import InvalidInput
from rcspike_brian.network import Network

TEMPERATURE = 0.1
TARGET_TIME = 0.9


def train_full_batch(
    spike_times, labels, sizes, v_syn, *, seed=0, steps=1000, rate=0.02, window=1.0, scale=2.0
):
    """Train a small network by Adam on full batches.

    Parameters
    ----------
    spike_times : (n, n_in) array
        In units of T.
    labels : (n,) array of int
    sizes : sequence of int
        Neurons per layer, inputs first.
    v_syn : float or (float, float)
        (V_syn - V_d)/V_th; infinity is the conventional circuit.
    seed : int
        Of the initial weights.
    steps : int
    rate : float
        Learning rate at the start; it falls to 0 as a cosine.
    window : float
        Weight of the penalty that keeps output spikes inside the firing phase.
    scale : float
        Initial weights have the standard deviation scale/sqrt(n_in).

    Returns
    -------
    Network
        In double precision.

    Examples
    --------
    >>> network = train_full_batch([[0.0], [1.0]], [0, 1], (1, 2), 1.0, steps=200)
    >>> network.potentials([[0.0], [1.0]]).argmax(axis=1)
    array([0, 1])
    """
    times = np.asarray(spike_times, float)
    labels = np.asarray(labels)
    if labels.max() >= sizes[-1]:
        raise InvalidInput(f"label {labels.max()} needs more than {sizes[-1]} output neurons")
    start = Network.random(sizes, v_syn, seed, scale, np.float64)
    theta = [w.copy() for w in start.weights]
    first = [np.zeros_like(w) for w in theta]
    second = [np.zeros_like(w) for w in theta]
    for step in range(1, steps + 1):
        gradients = _gradients(times, labels, theta, start.beta, window)
        size = rate * (1 + np.cos(np.pi * step / steps)) / 2
        for w, m, u, g in zip(theta, first, second, gradients, strict=True):
            m += 0.1 * (g - m)
            u += 0.001 * (g * g - u)
            w -= size * (m / (1 - 0.9**step)) / (np.sqrt(u / (1 - 0.999**step)) + 1e-8)
    return Network(tuple(theta), start.circuit)


def _gradients(times, labels, weights, beta, window):
    """Gradient of the mean loss with respect to the weights of every layer."""
    bias = np.zeros((len(times), 1))
    inputs = [np.hstack([times, bias])]
    for w in weights:
        v = membrane_potential(inputs[-1], w, beta, threads=1)
        inputs.append(np.hstack([np.clip(1 - v, 0, 1), bias]))
    upstream = _loss_gradient(v, labels, window) / len(labels)
    gradients = []
    for l in range(len(weights) - 1, -1, -1):
        dw, dt = membrane_gradients(inputs[l], weights[l], beta, upstream, threads=1)
        gradients.insert(0, dw)
        t = inputs[l][:, :-1]
        # Clipped spikes, silent or at once, do not move with v.
        upstream = np.where((t > 0) & (t < 1), -dt[:, :-1], 0.0)
    return gradients


def _loss_gradient(v, labels, window):
    """dL/dv(1) of the cross-entropy over output times and of the window penalty."""
    shifted = (v - v.max(axis=1, keepdims=True)) / TEMPERATURE
    share = np.exp(shifted)
    share /= share.sum(axis=1, keepdims=True)
    share[np.arange(len(labels)), labels] -= 1
    return share / TEMPERATURE + 2 * window * (v - (1 - TARGET_TIME))
