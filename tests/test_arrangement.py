"""Neurons side by side that spike together: nothing but speed may depend on it."""

import itertools

import numpy as np
import pytest

import rcspike_brian as rb
from rcspike_brian.core.layout import Layout
from rcspike_brian.training import Trainer, recipe
from rcspike_brian.training.arrangement import Arrangement, reordered, spiking_together

SIZES = (12, 40, 20, 4)


def random_weights(rng):
    return [rng.normal(size=(n + 1, m)) for n, m in itertools.pairwise(SIZES)]


def test_groups_that_spike_together_are_found():
    rng = np.random.default_rng(0)
    group_of_neuron = rng.permutation(np.repeat(np.arange(5), 8))
    group_of_sample = rng.integers(0, 5, 300)
    active = group_of_sample[:, None] == group_of_neuron
    active &= rng.random(active.shape) < 0.8  # each misses some samples of its group
    order = spiking_together(active, 8)
    np.testing.assert_array_equal(np.sort(order), np.arange(40))
    for tile in group_of_neuron[order].reshape(5, 8):
        assert len(set(tile)) == 1


@pytest.mark.parametrize("active", [np.zeros((3, 10), bool), np.ones((3, 10), bool)])
def test_neurons_that_are_all_alike_keep_their_order(active):
    np.testing.assert_array_equal(spiking_together(active, 4), np.arange(10))


@pytest.mark.slow
def test_another_order_is_the_same_network():
    rng = np.random.default_rng(0)
    weights = random_weights(rng)
    orders = [rng.permutation(40), rng.permutation(20)]
    images = rng.random((7, 12))
    plain = rb.Network(weights, rb.Circuit.normalised(1.0)).potentials(images, all_layers=True)
    moved = rb.Network(reordered(weights, orders), rb.Circuit.normalised(1.0)).potentials(
        images, all_layers=True
    )
    for v, again, order in zip(plain, moved, (*orders, np.arange(4)), strict=True):
        np.testing.assert_allclose(again, v[:, order], atol=1e-12)


def test_undoing_gives_the_same_bits():
    rng = np.random.default_rng(0)
    layout = Layout(tuple(itertools.pairwise(SIZES)))
    vectors = [layout.pack(random_weights(rng)) for _ in range(3)]
    before = [vector.copy() for vector in vectors]
    arrangement = Arrangement(layout, vectors)
    arrangement.set([rng.random((30, n)) < 0.3 for n in SIZES[1:-1]])
    assert all((a != b).any() for a, b in zip(vectors, before, strict=True))
    arrangement.undo()
    arrangement.undo()
    for vector, original in zip(vectors, before, strict=True):
        np.testing.assert_array_equal(vector, original)


class Interrupted(Exception):
    """Raised in the second call of compiled code, with neurons in another order."""


def train(images, batches, **settings):
    """A trainer that has been interrupted after so many batches."""
    config = recipe("plain", images, hidden=(40, 40), epochs=1, **settings)
    trainer = Trainer(images, config, threads=1)
    left = iter(range(batches))

    def progress():
        if next(left, None) is None:
            raise Interrupted

    with pytest.raises(Interrupted):
        trainer.run_epoch(progress)
    return trainer


@pytest.mark.parametrize("settings", [{}, {"v_syn": (2.0, 1.0)}], ids=str)
def test_training_does_not_depend_on_it_even_when_interrupted(monkeypatch, settings):
    images = rb.load_dataset("mnist", subset="bundled")
    arranged = train(images, 20, **settings)
    calls = []
    monkeypatch.setattr(Trainer, "arrange", lambda *arguments: calls.append(arguments))
    plain = train(images, 20, **settings)
    assert calls
    for w, again in zip(plain.network.weights, arranged.network.weights, strict=True):
        np.testing.assert_allclose(again, w, atol=2e-4)
