"""Convolutions and pools, held against their dense equivalents and 50-digit numbers."""

import json
import math
import tracemalloc
from dataclasses import replace
from types import SimpleNamespace

import mpmath
import numpy as np
import pytest
from brian2 import joule, volt
from hypothesis import given, settings
from hypothesis import strategies as st

import rcspike_brian as rb
from rcspike_brian.core.membrane import membrane_potential
from rcspike_brian.data import Dataset
from rcspike_brian.devices import DeviceEffects, chip_accuracies, make_chip
from rcspike_brian.energy import EnergyCosts, energy_budget, line_energy, ramp_savings
from rcspike_brian.errors import InvalidInput
from rcspike_brian.layers import Conv, Dense, Pool
from rcspike_brian.layers.notation import layer_names, layer_shapes
from rcspike_brian.training import ReluNetwork, mapping, recipe
from rcspike_brian.training.objective import SpikeTimeObjective
from rcspike_brian.training.trainer import Trainer

# Odd sizes, one channel and several, strides, paddings, kernels as large as the image, all orders.
NETWORKS = [
    ((2, 6, 6), "3C3", "P2", 5, 2),
    ((1, 7, 5), "4C3s2", "3C2p1", 3),
    ((1, 8, 8), "17C3", "33C3p0", "P3", 4, 2),
    ((1, 4, 4), "2C4p0", 2),
    ((3, 5, 4), "2C1", "P1", "2C3", 2),
    ((1, 9, 9), "2C5s3p2", "2C3p2", "P5", 3),
]
BETAS = [0.0, 1.0, 2.0, (1.3, 0.4)]


def random_network(sizes, v_syn=1.0, dtype=np.float64, scale=3.0):
    return rb.Network.random(sizes, v_syn, seed=1, scale=scale, dtype=dtype)


def spikes(n, n_in, seed=0):
    """Spike times with silent, immediate and equal ones among them."""
    t = np.random.default_rng(seed).random((n, n_in))
    t[t > 0.8] = 1
    t[t < 0.05] = 0
    return np.where(t < 0.3, np.round(t, 1), t)


def as_dense(network):
    """The same network with a matrix of all synapses for each convolution."""
    layers = [Dense(layer.weights, layer.pool) for layer in network.layers]
    return rb.Network(layers, network.circuit)


def v_syn_of(beta):
    return tuple(1 / b if b else math.inf for b in np.broadcast_to(beta, 2))


@pytest.mark.parametrize("sizes", NETWORKS, ids=str)
@pytest.mark.parametrize("beta", BETAS)
def test_potentials_are_those_of_dense_layers_with_tied_weights(sizes, beta):
    network = random_network(sizes, v_syn_of(beta))
    x = spikes(5, network.sizes[0])
    dense = as_dense(network)
    assert dense.sizes == network.sizes
    for fast, tied in zip(network.potentials(x, all_layers=True), dense.walk(x), strict=True):
        np.testing.assert_allclose(fast, tied.v, rtol=0, atol=1e-12)


@pytest.mark.parametrize("sizes", NETWORKS, ids=str)
@pytest.mark.parametrize("beta", BETAS)
def test_gradients_are_those_of_dense_layers_with_tied_weights(sizes, beta):
    network = random_network(sizes, v_syn_of(beta))
    x, labels = spikes(6, network.sizes[0]), [0, 1, 0, 1, 1, 0]
    objective = SpikeTimeObjective(network, x, labels, noise=0.02)
    loss, gradient = objective(objective.start)
    dense = as_dense(network)
    tied = SpikeTimeObjective(dense, x, labels, noise=0.02)
    tied_loss, by_synapse = tied(tied.start)
    collected, begin = [], 0
    for layer, full in zip(network.layers, dense.layers, strict=True):
        size = full.parameters.size
        part = by_synapse[begin : begin + size].reshape(full.parameters.shape)
        collected.append(layer.collect(part).ravel())
        begin += size
    assert loss == pytest.approx(tied_loss, abs=1e-12)
    expected = np.concatenate(collected)
    assert np.abs(expected).max() > 1e-3
    np.testing.assert_allclose(gradient, expected, rtol=0, atol=1e-9 * np.abs(expected).max())
    np.testing.assert_array_equal(
        objective.statistics_at(objective.start)[1:], tied.statistics_at(tied.start)[1:]
    )


@pytest.mark.parametrize("v_syn", [math.inf, 1.0, (1.4, 0.7)])
def test_the_gradient_is_that_of_finite_differences(v_syn):
    network = random_network(((2, 5, 5), "3C3", "P5", 4, 3), v_syn, scale=2.0)
    x, labels = spikes(4, 50, seed=3), [0, 1, 2, 1]
    objective = SpikeTimeObjective(network, x, labels)
    theta = objective.start + 0.01
    gradient = objective.gradient(theta)
    for i in np.random.default_rng(0).choice(len(theta), 40, replace=False):
        step = np.zeros_like(theta)
        step[i] = 1e-6
        slope = (objective.loss(theta + step) - objective.loss(theta - step)) / 2e-6
        assert gradient[i] == pytest.approx(slope, abs=1e-7)


def potential_50(times, weights, beta):
    """v(1) of one neuron in 50 digits, segment by segment."""
    with mpmath.workdps(50):
        events = sorted((mpmath.mpf(t), mpmath.mpf(w)) for t, w in zip(times, weights, strict=True))
        v = g = f = mpmath.mpf(0)
        ends = [t for t, _ in events[1:]] + [mpmath.mpf(1)]
        for (t, w), end in zip(events, ends, strict=True):
            if t >= 1:
                break
            g, f = g + w, f + abs(w) * beta
            length = min(end, 1) - t
            decay = mpmath.exp(-f * length)
            v = v * decay + (g / f * (1 - decay) if f else g * length)
        return v


def test_a_network_of_all_kinds_in_50_digits():
    """Written out neuron by neuron: patches, the OR of spikes, the dense layer behind."""
    beta, rng = 1.0, np.random.default_rng(5)
    first, last = rng.normal(0, 1, (2 * 9 + 1, 2)), rng.normal(0, 1, (2 * 4 + 1, 2))
    layers = [Conv(first, (2, 4, 4)), Pool((2, 4, 4), 2), Dense(last)]
    network = rb.Network(layers, rb.Circuit.normalised(1 / beta))
    x = spikes(1, 32, seed=7)
    image = np.pad(x.reshape(2, 4, 4), ((0, 0), (1, 1), (1, 1)), constant_values=1)
    pooled = np.ones((2, 2, 2))
    with mpmath.workdps(50):
        pooled = pooled.astype(object)
        for c in range(2):
            for row in range(4):
                for column in range(4):
                    patch = [*image[:, row : row + 3, column : column + 3].ravel(), 0]
                    v = potential_50(patch, first[:, c], beta)
                    t = min(max(1 - v, 0), 1)
                    place = c, row // 2, column // 2
                    pooled[place] = min(pooled[place], t)
        lines = [*pooled.ravel(), 0]
        expected = [float(potential_50(lines, last[:, i], beta)) for i in range(2)]
    np.testing.assert_allclose(network.potentials(x)[0], expected, rtol=0, atol=1e-12)


def test_a_convolution_is_a_crossbar_that_sees_one_patch_after_another():
    layer = Conv(np.random.default_rng(0).normal(size=(19, 5)), (2, 6, 5), stride=2)
    lines = np.hstack([spikes(3, 60), np.zeros((3, 1))])
    by_place = membrane_potential(layer.patches(lines), layer.matrix, 1.0)
    np.testing.assert_array_equal(layer.by_neuron(by_place), layer.potential(lines, (1.0, 1.0)))


def test_the_same_image_elsewhere_spikes_elsewhere():
    """Away from the edge a convolution commutes with a translation."""
    layer = Conv(np.random.default_rng(2).normal(size=(10, 4)), (1, 9, 9))
    image = np.ones((9, 9))
    image[2:5, 2:5] = spikes(1, 9).reshape(3, 3)
    moved = np.roll(image, (2, 1), axis=(0, 1))
    lines = np.hstack([[image.ravel(), moved.ravel()], np.zeros((2, 1))])
    v = layer.potential(lines, (1.0, 1.0)).reshape(2, 4, 9, 9)
    np.testing.assert_allclose(v[1, :, 3:8, 2:7], v[0, :, 1:6, 1:6], rtol=0, atol=1e-14)


def test_a_pool_is_the_earliest_spike_and_its_gradient_goes_there():
    pool = Pool((2, 4, 6), 2)
    t = spikes(5, 48)
    maps = t.reshape(5, 2, 2, 2, 3, 2)
    np.testing.assert_array_equal(pool.earliest(t), maps.min(axis=(3, 5)).reshape(5, -1))
    by_line = np.random.default_rng(1).normal(size=(5, 12))
    by_time = pool.back(t, by_line)
    np.testing.assert_allclose(by_time.sum(axis=1), by_line.sum(axis=1), atol=1e-12)
    moved = np.count_nonzero(by_time, axis=1)
    assert (moved == 12).all()
    np.testing.assert_array_equal(np.take_along_axis(t, pool.driver(t), axis=1), pool.earliest(t))


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 3), st.integers(1, 7), st.integers(1, 7), st.integers(1, 4), st.integers(1, 3),
    st.data(),
)  # fmt: skip
def test_expand_and_collect_are_transposes(channels, height, width, size, stride, data):
    padding = data.draw(st.integers(0, size - 1))
    if size > min(height, width) + 2 * padding:
        with pytest.raises(InvalidInput, match="larger than its map"):
            Conv(np.zeros((channels * size**2 + 1, 2)), (channels, height, width), stride, padding)
        return
    rng = np.random.default_rng(0)
    layer = Conv(
        rng.normal(size=(channels * size**2 + 1, 2)), (channels, height, width), stride, padding
    )
    other = rng.normal(size=layer.weights.shape)
    left, right = np.sum(layer.weights * other), np.sum(layer.parameters * layer.collect(other))
    assert left == pytest.approx(right, rel=1e-12, abs=1e-12)


def test_a_network_is_saved_and_loaded(tmp_path):
    network = random_network(((1, 6, 6), "3C3", "P2", "2C3s2", 4, 2), dtype=np.float32)
    network.save(tmp_path / "network.npz")
    loaded = rb.Network.load(tmp_path / "network.npz")
    x = spikes(3, 36)
    np.testing.assert_array_equal(loaded.potentials(x), network.potentials(x))
    assert [layer.kind for layer in loaded.layers] == ["conv", "conv", "dense", "dense"]


def test_single_precision_is_that_of_dense_layers():
    network = random_network(NETWORKS[0], dtype=np.float32)
    x = spikes(5, network.sizes[0])
    exact = [state.v for state in network.walk(x)]
    for fast, v in zip(network.potentials(x, all_layers=True), exact, strict=True):
        np.testing.assert_allclose(fast, v, rtol=0, atol=5e-6)


@pytest.fixture(scope="module")
def small():
    images = (255 * np.random.default_rng(0).random((60, 8, 8)) ** 3).astype(np.uint8)
    labels = (images.reshape(60, -1)[:, :32].mean(1) > images.mean()).astype(int)
    return Dataset("halves", images, labels, images[:20], labels[:20])


SETTINGS = {"hidden": ("5C3", "P2", "4C3", 6), "batch_size": 16, "epochs": 3, "init_scale": 1.0}


def test_energies_and_chips_of_many_images_are_found_in_blocks(small, monkeypatch):
    """The same, with memory that does not grow with the number of images."""
    network = rb.Network.random(((1, 8, 8), "8C3", "P2", 2), scale=2.0)
    images = np.tile(small.train_images, (20, 1))
    costs = EnergyCosts(V_dd=1.8 * volt, comparator=0 * joule, static_power=None)
    circuit, off = rb.Circuit.normalised(1.0), DeviceEffects(leak=0.1, comparator_offset=0.1)
    spread = DeviceEffects(conductance_spread=0.1)

    def found(n):
        test = SimpleNamespace(test_images=images[:n], test_labels=np.arange(n) % 2)
        return [
            energy_budget(network, images[:n], circuit, costs).supply,
            [row["energy"] for row in ramp_savings(network, images[:n], circuit, costs)],
            line_energy(network, images[:n]),
            *(chip_accuracies(network, test, effects, chips=2) for effects in (off, spread)),
        ]

    whole = found(100)
    monkeypatch.setattr("rcspike_brian.network._NUMBERS", 10 * sum(network.sizes[1:]))
    for one, other in zip(found(100), whole, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=0)
    peaks = []
    for n in (200, 1200):
        tracemalloc.start()
        found(n)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 1000 * 8 * 2 * sum(network.sizes)


def test_training_has_the_same_bits_with_any_number_of_threads(small):
    config = rb.TrainingConfig(**SETTINGS)
    one, two = (rb.train(small, config, threads=n, progress=False) for n in (1, 2))
    for a, b in zip(one.network.layers, two.network.layers, strict=True):
        np.testing.assert_array_equal(a.parameters, b.parameters)
    loss = one.metrics["train_loss"]
    assert loss.iloc[-1] < loss.iloc[0]


def test_training_by_kernels_is_training_by_layers(small):
    """One step of plain gradient descent: kernels against each layer's own exact gradient."""
    shared = {"optimizer": "sgd", "learning_rate": 0.1, "averaging": 0.0, "weight_decay": 0.0}
    settings = {**SETTINGS, **shared, "epochs": 1, "batch_size": 60, "noise": 0.02}
    config = rb.TrainingConfig(**settings)
    fast = rb.train(small, config, progress=False).network
    start = Trainer(small, config).network
    start = rb.Network(
        [layer.with_parameters(layer.parameters.astype(float)) for layer in start.layers],
        start.circuit,
    )
    slow = rb.train(small, config, start=start, progress=False).network
    for a, b in zip(fast.layers, slow.layers, strict=True):
        np.testing.assert_allclose(a.parameters, b.parameters, rtol=0, atol=2e-6)


def test_maps_of_another_shape_do_not_fit_even_if_as_many_lines_do():
    conv = Conv(np.ones((10, 4)), (1, 8, 6))
    dense = Dense(np.ones((49, 2)))
    circuit = rb.Circuit.normalised(1.0)
    message = r"layer 1 has a map \(4, 8, 6\) of neurons, and "
    with pytest.raises(InvalidInput, match=message + r"layer 2 is for \(4, 6, 8\)"):
        rb.Network([conv, Conv(np.ones((37, 2)), (4, 6, 8)), np.ones((97, 2))], circuit)
    with pytest.raises(InvalidInput, match=message + r"the pool in front of layer 2 is for"):
        rb.Network([conv, Pool((4, 6, 8), 2), dense], circuit)
    with pytest.raises(InvalidInput, match=r"gives a map \(4, 4, 3\), and the convolution 2C3"):
        rb.Network([conv, Pool((4, 8, 6), 2), Conv(np.ones((37, 2)), (4, 3, 4)), dense], circuit)
    with pytest.raises(InvalidInput, match=r"192 neurons, and layer 2 is for a map \(1, 8, 6\)"):
        rb.Network([Dense(np.ones((5, 192))), conv, dense], circuit)


def test_a_relu_network_has_layers_that_fit():
    conv = Conv(np.ones((10, 4)), (1, 8, 6))
    with pytest.raises(InvalidInput, match=r"layer\.behind\(pool\)"):
        ReluNetwork([conv, Pool((4, 8, 6), 2), np.ones((49, 2))])
    with pytest.raises(InvalidInput, match="needs 193 rows of weights"):
        ReluNetwork([conv, np.ones((49, 2))])


def test_scipy_trains_a_pool_of_the_image(small):
    run = rb.train(small, hidden=("P2", 4), optimizer="L-BFGS-B", epochs=3, progress=False)
    loss = run.metrics["train_loss"]
    assert loss.iloc[-1] < loss.iloc[0]


@pytest.mark.parametrize("sizes", NETWORKS)
def test_names_of_layers_make_the_same_layers_again(sizes):
    network = random_network(sizes)
    again = rb.Network.random((sizes[0], *layer_names(network.layers)))
    assert [layer.settings() for layer in again.layers] == [
        layer.settings() for layer in network.layers
    ]
    assert again.sizes == network.sizes


def test_training_begins_with_a_network_for_images_of_that_shape(small):
    start = rb.Network.random(((1, 4, 16), "4C3", "P2", 2))
    with pytest.raises(InvalidInput, match=r"for images \(1, 4, 16\), and .* are \(1, 8, 8\)"):
        rb.train(small, rb.TrainingConfig(hidden=(3,), epochs=1), start=start, progress=False)


def test_a_network_to_begin_with_says_the_layers_and_the_recipe(small, tmp_path):
    names = "2C3p0", "P2", "3C2s2p0", 5
    start = rb.Network.random(((1, 8, 8), *names, 2), dtype=np.float32)
    run = rb.train(small, start=start, epochs=1, out=tmp_path, progress=False)
    assert run.config == rb.training.recipe("robust", small, hidden=names, epochs=1)
    assert json.loads((tmp_path / "config.json").read_text())["config"]["hidden"] == [*names]
    dense = rb.TrainingConfig(hidden=(200,), epochs=1)
    assert rb.train(small, dense, start=start, progress=False).config.hidden == names
    with pytest.raises(InvalidInput, match="says the layers: leave hidden out"):
        rb.train(small, start=start, hidden=names)
    with pytest.raises(InvalidInput, match=r"start must be an rcspike_brian\.Network"):
        rb.train(small, start=start.layers)


class Other(Dense):
    kind = "other"


def test_a_run_does_not_go_on_with_other_layers_of_the_same_sizes(small, tmp_path):
    config = rb.TrainingConfig(hidden=("2C3s2p1",), epochs=2, batch_size=30)
    one, same, other = (
        rb.Network.random(((1, 8, 8), name, 2)) for name in ("2C3s2p1", "2C3s2", "2C3s3p2")
    )
    assert one.sizes == other.sizes
    rb.train(small, config, start=one, out=tmp_path, progress=False, pause=lambda: True)
    with pytest.raises(rb.RunFolderError, match=r"hidden = \['2C3s2'\], not \['2C3s3p2'\]"):
        rb.train(small, config, start=other, out=tmp_path, resume=True, progress=False)
    last = Other(one.layers[-1].parameters)  # in words it is dense too
    like = replace(one, layers=(*one.layers[:-1], last))
    with pytest.raises(rb.RunFolderError, match=r"holds a network of the layers .*'dense'"):
        rb.train(small, config, start=like, out=tmp_path, resume=True, progress=False)
    rb.train(small, config, start=same, out=tmp_path, resume=True, progress=False)


def test_a_run_goes_on_with_the_same_bits(small, tmp_path):
    config = rb.TrainingConfig(**SETTINGS)
    whole = rb.train(small, config, progress=False)
    rb.train(small, config, out=tmp_path / "run", progress=False, pause=lambda: True)
    rest = rb.train(small, config, out=tmp_path / "run", resume=True, progress=False)
    for a, b in zip(whole.network.layers, rest.network.layers, strict=True):
        np.testing.assert_array_equal(a.parameters, b.parameters)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        (
            ((1, 4, 4), "3C7p0", 2),
            "layer 1, 3C7p0 has a window of 7 x 7, larger than its map of 4 x 4",
        ),
        (((1, 5, 4), "3C3", "P2", 2), "layer 2, P2: .* does not divide its map of 5 x 4"),
        (((1, 4, 4), "P0", 2), "layer 1, P0: size must be a whole number >= 1"),
        (((1, 4, 4), "3C3", 0), "layer 2 must be a whole number >= 1, got 0"),
        (((1, 4, 4), "3K3", 2), "layer 1 must be a number of neurons.*3K3"),
        (((1, 4, 4), "3C3p3", 2), "layer 1, 3C3p3 has padding 3.*at most 2"),
        (((1, 4, 4), 5, "3C3", 2), "layer 2, 3C3, needs a map"),
        ((16, "3C3", 2), "layer 1, 3C3, needs a map.*images"),
        (((16,), "3C3", 2), "layer 1, 3C3, needs a map.*16 inputs.*images"),
        (((1, 4, 4), "3C3", "P2"), "a pool needs a layer behind it"),
        (((1, 4, 4), "0C3", 2), "whole number >= 1"),
        (((1, 4, 4), "P2", "P2", 2), "behind another pool"),
        (((2, 1, 4, 4), "3C3", 2), r"\(channels, height, width\)"),
        (((1, 1000, 1000), "900000000C3", 2), "layer 1 of synapses.*choose fewer neurons"),
        (((1, 9000, 9000), "99C3", "P2", 2), "layer 1 of synapses.*choose fewer neurons"),
        (((1, 40000, 40000), "P2", "8C3", 2), "choose a smaller one"),
    ],
)
def test_impossible_shapes_are_one_clear_error(sizes, message):
    with pytest.raises(InvalidInput, match=message):
        rb.Network.random(sizes)


@pytest.mark.parametrize("hidden", [("P2",), ("P2", "3C3", 8)], ids=str)
def test_a_pool_of_the_image_itself_is_trained_as_it_is_evaluated(hidden):
    data = rb.load_dataset("mnist", subset="bundled")
    config = recipe("plain", data, hidden=hidden, epochs=2, batch_size=32)
    run = rb.train(data, config, progress=False)
    row = run.metrics.iloc[-1]
    assert row["test_accuracy"] > 0.6
    assert row["test_accuracy"] == pytest.approx(row["train_accuracy"], abs=0.2)
    with pytest.raises(InvalidInput, match=r"rb\.train"):
        Trainer(data, rb.TrainingConfig(hidden=hidden))


def test_channels_that_do_not_fit_are_an_error_that_names_the_layer():
    with pytest.raises(InvalidInput, match=r"3C2 has 10 rows.*2 channels"):
        Conv(np.zeros((10, 3)), (2, 5, 5))
    with pytest.raises(InvalidInput, match=r"the pool P2 gives 4 lines.*has 9"):
        Dense(np.zeros((10, 2)), Pool((1, 4, 4), 2))
    first = Conv(np.zeros((10, 3)), (1, 4, 4))
    with pytest.raises(InvalidInput, match=r"layer 1 has 48 neurons.*layer 2 needs 49 rows"):
        rb.Network([first, np.zeros((10, 2))], rb.Circuit.normalised(1.0))


def test_energy_is_that_of_dense_layers_with_tied_weights():
    costs = EnergyCosts(V_dd=1.8 * volt, comparator=0 * joule, static_power=None)
    network = random_network(NETWORKS[0])
    x = spikes(4, network.sizes[0])
    circuit = rb.Circuit.normalised(1.0)
    mine, tied = (energy_budget(net, x, circuit, costs) for net in (network, as_dense(network)))
    np.testing.assert_allclose(mine.total, tied.total, rtol=1e-12)
    assert (mine.total > 0).all()


def test_neurons_of_a_channel_share_the_devices_of_its_column():
    network = random_network(NETWORKS[0])
    effects = DeviceEffects(conductance_spread=0.2, capacitor_spread=0.1, comparator_offset=0.05)
    chip = make_chip(network, effects, seed=3)
    assert [len(c) for c in chip.capacitances] == [3, 5, 2]
    x = spikes(4, network.sizes[0])
    first = chip.network.layers[0]
    tied = replace(
        chip,
        network=as_dense(chip.network),
        capacitances=tuple(
            layer.of_neurons(c)
            for layer, c in zip(chip.network.layers, chip.capacitances, strict=True)
        ),
        thresholds=tuple(
            layer.of_neurons(c)
            for layer, c in zip(chip.network.layers, chip.thresholds, strict=True)
        ),
    )
    assert len(tied.thresholds[0]) == first.n_out
    for mine, other in zip(chip.spike_times(x), tied.spike_times(x), strict=True):
        np.testing.assert_allclose(mine, other, rtol=0, atol=1e-12)
    jittered = make_chip(network, DeviceEffects(comparator_jitter=0.03))
    assert not np.array_equal(jittered.spike_times(x)[0], chip.spike_times(x)[0])


def test_layers_in_short():
    kinds = [kind for kind, _, _ in layer_shapes((3, 8, 8), ["4C3", "P2", "5C3", 7, 2])]
    assert kinds == [Conv, Conv, Dense, Dense]


def levels(n, n_in):
    return np.random.default_rng(3).integers(0, 256, (n, n_in)).astype(np.uint8)


@pytest.mark.parametrize("sizes", NETWORKS, ids=str)
def test_relu_networks_of_the_same_layers_are_those_of_matrices_and_maxima(sizes, tmp_path):
    relu = ReluNetwork(random_network(sizes).layers)
    images = levels(20, relu.sizes[0])
    x = images / 255
    for l, layer in enumerate(relu.layers, start=1):
        if layer.pool:
            channels, height, width = layer.pool.window.shape
            size = layer.pool.window.size
            blocks = x.reshape(-1, channels, height // size, size, width // size, size)
            x = blocks.max(axis=(3, 5)).reshape(len(x), -1)
        x = x @ layer.weights[:-1] + layer.weights[-1]
        x = np.maximum(x, 0) if l < len(relu.layers) else x
    np.testing.assert_allclose(relu.logits(images), x, rtol=1e-6, atol=1e-5 * np.abs(x).max())
    relu.save(tmp_path / "network.npz")
    again = ReluNetwork.load(tmp_path / "network.npz")
    np.testing.assert_array_equal(again.logits(images), relu.logits(images))


@pytest.mark.parametrize("sizes", NETWORKS[:3], ids=str)
def test_mapped_convolutions_are_the_relu_network_on_the_conventional_circuit(sizes):
    relu = ReluNetwork(random_network(sizes, scale=1.0, dtype=np.float32).layers)
    images = levels(200, relu.sizes[0])
    circuit = mapping.normalised(relu, images, quantile=1.0)
    assert [layer.kind for layer in circuit.layers] == [layer.kind for layer in relu.layers]
    v, logits = circuit.potentials(images), relu.logits(images)
    fit = np.polynomial.Polynomial.fit(logits.ravel(), v.ravel(), 1)
    np.testing.assert_allclose(fit(logits), v, atol=1e-4)
    factors = [[0.5, 2.0]] * len(circuit.layers)
    changed = mapping._with_factors(circuit.on_circuit(1.0), np.array(factors))
    for layer, before in zip(changed.layers, circuit.layers, strict=True):
        w = before.parameters
        np.testing.assert_allclose(layer.parameters, np.where(w > 0, 0.5, 2.0) * w, rtol=1e-6)
