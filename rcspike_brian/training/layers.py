"""Training of layers of any kind, or in double precision, by their own exact gradients."""

from collections.abc import Sequence

import numpy as np

from rcspike_brian.core import fused
from rcspike_brian.core.loss import Loss, batch_loss
from rcspike_brian.core.vectors import LANES
from rcspike_brian.layers import Layer
from rcspike_brian.network import Network
from rcspike_brian.readout import first_to_spike
from rcspike_brian.training.trainer import Trainer


class LayerTrainer(Trainer):
    """A `Trainer` that asks each layer for its gradient, in double precision.

    Slower than the compiled kernels, which know dense layers, convolutions and the pools behind
    them only, and exact for any layers.
    """

    kernels = False

    def _parameters(self):
        self._layers = self._beginning.layers
        flat = flat_parameters(self._layers)
        return np.pad(flat, (0, -len(flat) % LANES)), (0, 1)

    def _new_scratch(self):
        return None

    def network_of(self, theta):
        """The network with these parameters, one layer after another."""
        layers = with_parameters(self._layers, theta)
        return Network(layers, self.circuit, self.encoding)

    def _inputs(self, images):
        return self.encoding.spike_times(images)

    def _gradients(self, pool, batch, totals):
        """Write the gradient of a batch to the optimiser's."""
        self._check_finite(totals)
        gradients = by_layer(self.optimizer.gradients[0], self._layers)
        samples = batch.inputs, batch.labels, batch.noise
        settings = self.config.loss, gradients, totals[0]
        network = self.network_of(self.optimizer.theta)
        add_gradients(network, *samples, *settings, threads=self.threads)


def flat_parameters(layers: Sequence[Layer]) -> np.ndarray:
    """Parameters of all layers, one after another, in double precision."""
    return np.concatenate([layer.parameters.ravel() for layer in layers]).astype(np.float64)


def by_layer(vector: np.ndarray, layers: Sequence[Layer]) -> list[np.ndarray]:
    """Views of a flat vector, which may be padded, in the shapes of the layers' parameters."""
    ends = np.cumsum([layer.parameters.size for layer in layers])
    parts = zip(np.split(vector[: ends[-1]], ends[:-1]), layers, strict=True)
    return [part.reshape(layer.parameters.shape) for part, layer in parts]


def with_parameters(layers: Sequence[Layer], vector: np.ndarray) -> list[Layer]:
    """The same layers with the parameters in a flat vector."""
    parts = zip(layers, by_layer(vector, layers), strict=True)
    return [layer.with_parameters(parameters) for layer, parameters in parts]


def add_gradients(
    network: Network, inputs: np.ndarray, labels: np.ndarray, noise: np.ndarray, loss: Loss,
    gradients: list[np.ndarray], totals: np.ndarray, *, threads: int | None = None,
) -> None:  # fmt: skip
    """Add the gradient of the loss, summed over samples, to one array per layer of any kind.

    Samples and ``totals`` as for `rcspike_brian.core.fused.gradient_shard`; the arrays have the
    shapes of the layers' parameters.
    """
    circuit = network.circuit
    states = list(network.walk(inputs, noise, threads=threads))
    losses, upstream = batch_loss(states[-1].v, labels, loss)
    _count(totals, states, labels, losses)
    for l in range(len(network.layers) - 1, -1, -1):
        by_parameter, by_time = network.layers[l].gradients(
            states[l].lines, circuit.beta, upstream, threads=threads
        )
        gradients[l] += by_parameter
        if l:
            times = states[l - 1].times
            by_time = network.layers[l].by_neuron_in_front(times, by_time)
            # Clipped spikes, silent or at once, do not move with v.
            inside = (times > 0) & (times < 1)
            slope = circuit.ramp.slope(states[l - 1].v, circuit)
            upstream = np.where(inside, by_time * slope, 0.0)


def _count(totals, states, labels, losses):
    """Add to the statistics of the epoch."""
    totals[fused.LOSS] += losses.sum()
    totals[fused.CORRECT] += np.sum(first_to_spike(states[-1].times) == labels)
    for l, state in enumerate(states):
        column = fused.FIRST_LAYER + 2 * l
        totals[column + fused.SILENT] += np.sum(state.v <= 0)
        totals[column + fused.SATURATED] += np.sum(state.v >= 1)
