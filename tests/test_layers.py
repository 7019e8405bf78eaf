"""Layers that are not dense, ramps that are not linear, optimisers: exact wherever they are."""

import itertools

import mpmath
import numpy as np
import pytest

import rcspike_brian as rb
from rcspike_brian import Circuit, Network, TrainingConfig
from rcspike_brian.layers import LAYERS, Dense, Layer
from rcspike_brian.training import Trainer
from rcspike_brian.training.layers import LayerTrainer
from tests.exact import exact_loss


class Shared(Layer):
    """Every neuron has the same weights, on inputs that are shifted by one: a tiny convolution."""

    kind = "shared"

    def __init__(self, parameters, width=4):
        self.width = width
        super().__init__(parameters)

    def settings(self):
        return {"width": self.width}

    def expand(self, parameters):
        kernel, bias = parameters[:-1], parameters[-1]
        weights = np.zeros((self.width + 1, self.width - len(kernel) + 1), parameters.dtype)
        for i in range(weights.shape[1]):
            weights[i : i + len(kernel), i] = kernel
        weights[-1] = bias
        return weights

    def collect(self, gradient):
        n = len(self.parameters) - 1
        columns = range(gradient.shape[1])
        kernel = [sum(gradient[i + j, i] for i in columns) for j in range(n)]
        return np.array([*kernel, gradient[-1].sum()])


def shared_network(circuit, seed=0):
    rng = np.random.default_rng(seed)
    return Network([Shared(rng.normal(0.5, 1, 3)), rng.normal(0.3, 1, (4, 3))], circuit)


@pytest.mark.parametrize("ramp", ["linear", "rc"])
def test_a_layer_with_shared_weights_is_the_dense_one_with_equal_weights(ramp):
    network = shared_network(Circuit.normalised((2.8, 1.53), ramp=ramp))
    dense = Network(network.weights, network.circuit)
    times = np.random.default_rng(1).random((9, 4))
    for mine, theirs in zip(
        network.potentials(times, all_layers=True), dense.potentials(times, all_layers=True),
        strict=True,
    ):  # fmt: skip
        np.testing.assert_allclose(mine, theirs, atol=1e-13)
    noisy, same = (n.potentials(times, noise=0.02, seed=3) for n in (network, dense))
    np.testing.assert_allclose(noisy, same, atol=1e-12)


def test_file_keeps_kinds_of_layers(tmp_path, monkeypatch):
    network = shared_network(Circuit.sky130())
    network.save(tmp_path / "network.npz")
    with pytest.raises(
        rb.RunFolderError, match="kind of layer must be 'dense' or 'conv', got 'shared'"
    ):
        Network.load(tmp_path / "network.npz")
    monkeypatch.setitem(LAYERS, "shared", Shared)
    copy = Network.load(tmp_path / "network.npz")
    assert [type(layer) for layer in copy.layers] == [Shared, Dense]
    assert copy.circuit == Circuit.sky130()
    np.testing.assert_array_equal(copy.weights[0], network.weights[0])


@pytest.mark.parametrize("ramp", ["linear", "rc"])
@pytest.mark.parametrize("kind", ["shared", "dense"])
def test_gradient_of_any_layer_and_ramp_in_fifty_digits(tiny_dataset, kind, ramp):
    """One step of plain descent shows the gradient that training takes."""
    config = TrainingConfig(
        v_syn=(2.8, 1.53), ramp=ramp, batch_size=2, epochs=1, optimizer="sgd", learning_rate=1.0,
        schedule="constant", window=0.7, noise=0.0, weight_decay=0.0, averaging=0.0,
    )  # fmt: skip
    start = shared_network(config.circuit)
    if kind == "dense":
        start = Network([w.copy() for w in start.weights], start.circuit)
    times = np.array([[0.1, 0.7, 0.33, 1.0], [0.25, 0.25, 0.9, 0.0]])
    labels = np.array([0, 2])
    data = rb.data.Dataset("mine", times, labels, times, labels, "made up", spike_times=True)
    trainer = LayerTrainer(data, config, start=start)
    trainer.run_epoch()
    for l, layer in enumerate(start.layers):
        step = layer.parameters - trainer.network.layers[l].parameters
        for index in itertools.islice(np.ndindex(layer.parameters.shape), 0, None, 3):
            if layer.parameters[index] == 0:
                continue  # |w| has a kink there
            sides = []
            with mpmath.workdps(50):
                for shift in (mpmath.mpf("1e-15"), -mpmath.mpf("1e-15")):
                    moved = np.array(layer.parameters, dtype=object)
                    moved[index] = mpmath.mpf(float(layer.parameters[index])) + shift
                    layers = list(start.layers)
                    layers[l] = _Plain(layer, moved)
                    changed = _Weights(layers, start.circuit)
                    sides.append(
                        sum(
                            exact_loss(changed, t, k, config.loss)
                            for t, k in zip(times, labels, strict=True)
                        )
                    )
                slope = float((sides[0] - sides[1]) / mpmath.mpf("2e-15")) / 2
            assert step[index] == pytest.approx(slope, rel=1e-9, abs=1e-12)


class _Plain:
    """A layer with parameters of 50 digits."""

    def __init__(self, layer, parameters):
        dense = isinstance(layer, Dense)
        self.weights = parameters if dense else _expanded(layer, parameters)


def _expanded(layer, parameters):
    weights = np.full(layer.weights.shape, mpmath.mpf(0), dtype=object)
    for i in range(weights.shape[1]):
        weights[i : i + len(parameters) - 1, i] = parameters[:-1]
    weights[-1] = parameters[-1]
    return weights


class _Weights:
    def __init__(self, layers, circuit):
        self.weights = [np.asarray(layer.weights) for layer in layers]
        self.circuit, self.beta = circuit, circuit.beta


@pytest.mark.parametrize("ramp", ["linear", "rc"])
@pytest.mark.parametrize(
    "noise", [{}, {"noise": 0.02}, {"output_noise": 0.1}, {"noise": 0.02, "output_noise": 0.1}]
)
def test_compiled_training_takes_the_same_step_as_layer_by_layer(tiny_dataset, ramp, noise):
    config = TrainingConfig(
        v_syn=1.7, ramp=ramp, hidden=(8, 7), batch_size=30, epochs=1, optimizer="sgd", **noise,
        learning_rate=0.1, label_smoothing=0.1, averaging=2.0,
    )  # fmt: skip
    start = Network.random((6, 8, 7, 3), config.circuit, 1, 2.0)
    fast = Trainer(tiny_dataset, config, start=start)
    slow = LayerTrainer(tiny_dataset, config, start=start)
    for row, other in zip(fast.run_epoch().items(), slow.run_epoch().items(), strict=True):
        if row[0] != "train_seconds":
            assert row[1] == pytest.approx(other[1], rel=1e-5), row[0]
    for mine, theirs, first in zip(
        fast.network.weights, slow.network.weights, start.weights, strict=True
    ):
        np.testing.assert_allclose(mine - first, theirs - first, atol=2e-6)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_every_optimiser_learns_and_resumes(tiny_dataset, tmp_path, optimizer):
    config = TrainingConfig(
        hidden=(8,), epochs=30, batch_size=6, optimizer=optimizer, learning_rate=0.01
    )
    whole = rb.train(tiny_dataset, config, out=tmp_path / "whole", progress=False)
    assert whole.metrics["test_accuracy"].iloc[-1] == 1
    pauses = iter([False, True])
    rb.train(
        tiny_dataset, config, out=tmp_path / "parts", progress=False, pause=lambda: next(pauses)
    )
    resumed = rb.train(tiny_dataset, config, out=tmp_path / "parts", resume=True, progress=False)
    for a, b in zip(whole.network.weights, resumed.network.weights, strict=True):
        np.testing.assert_array_equal(a, b)


def test_training_with_the_resistive_ramp_learns(tiny_dataset):
    config = TrainingConfig(
        v_syn=1.5, ramp="rc", hidden=(8,), batch_size=6, epochs=40, learning_rate=0.01
    )
    run = rb.train(tiny_dataset, config, progress=False)
    assert run.metrics["test_accuracy"].iloc[-1] == 1
    assert run.network.circuit.ramp.name == "rc"


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (lambda: Network.random((6, 3), 2.0), "use start.on_circuit"),
        (lambda: Network.random((5, 3), 1.0), "has 5 inputs and 3 outputs, and the data set needs"),
        (lambda: Network.random((6, 2), 1.0), "needs 6 and at least 3"),
    ],
)
def test_a_start_that_does_not_fit_is_refused(tiny_dataset, start, message):
    with pytest.raises(rb.InvalidInput, match=message):
        rb.train(tiny_dataset, TrainingConfig(), start=start(), progress=False)


def test_train_says_what_comes_first(tiny_dataset):
    with pytest.raises(rb.InvalidInput, match="the data set comes first"):
        rb.train(TrainingConfig(), tiny_dataset, progress=False)
