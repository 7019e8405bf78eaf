"""Training images moved and mirrored at random, and how batches of them are drawn."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rcspike_brian as rb
from rcspike_brian.training import Trainer, trainer
from rcspike_brian.training.distortion import Distortion, moved

MOVES = st.integers(-7, 7)


def images(n, channels=1, height=5, width=7):
    shape = n, channels, height, width
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def distort(pixels, shape, **settings):
    """Images distorted in place, as those of a data set with images of this shape."""
    some = pixels.reshape(len(pixels), *shape)
    data = rb.data.Dataset("mine", some, np.zeros(len(pixels)), some, np.zeros(len(pixels)))
    distortion = Distortion(rb.TrainingConfig(**settings), data)
    distortion(pixels, np.array([0, len(pixels)]), np.random.default_rng(0))


@settings(deadline=None)  # the first example compiles
@given(MOVES, MOVES)
def test_what_stays_in_the_frame_comes_back(down, right):
    original = images(1)
    there = moved(original, np.array([[down, right]]), np.array([False]))
    back = moved(there, np.array([[-down, -right]]), np.array([False]))
    rows, columns = np.arange(5) + down, np.arange(7) + right
    kept = np.outer((rows >= 0) & (rows < 5), (columns >= 0) & (columns < 7))
    np.testing.assert_array_equal(back[0, 0], np.where(kept, original[0, 0], 0))


def test_mirrored_is_left_to_right():
    original = images(2, channels=3)
    mirrored = moved(original, np.zeros((2, 2), int), np.array([True, False]))
    np.testing.assert_array_equal(mirrored[0], original[0, :, :, ::-1])
    np.testing.assert_array_equal(mirrored[1], original[1])


def test_what_comes_in_from_the_border_never_spikes():
    one_down, as_it_is = np.array([[1, 0]]), np.array([False])
    assert (moved(images(1), one_down, as_it_is)[0, 0, 0] == 0).all()
    assert (moved(images(1) / 256, one_down, as_it_is)[0, 0, 0] == 1).all()


def test_shift_reaches_all_its_moves_and_no_others():
    pixels = np.zeros((400, 2 * 5 * 6), np.uint8)
    pixels[:, 2 * 6 + 3] = pixels[:, 5 * 6 + 2 * 6 + 3] = 255
    distort(pixels, (2, 5, 6), shift=1)
    channels = pixels.reshape(400, 2, 30)
    np.testing.assert_array_equal(channels[:, 0], channels[:, 1])
    where = {divmod(int(k), 6) for k in channels[:, 0].argmax(axis=1)}
    assert where == {(row, column) for row in (1, 2, 3) for column in (2, 3, 4)}


def test_flip_mirrors_half_of_the_images():
    pixels = np.zeros((2000, 9), np.uint8)
    pixels[:, 3] = 255
    distort(pixels, (3, 3), flip=True)
    mirrored = np.count_nonzero(pixels[:, 5])
    assert np.count_nonzero(pixels[:, 3]) == 2000 - mirrored
    assert abs(mirrored - 1000) < 5 * np.sqrt(500)


@pytest.mark.parametrize("settings", [{"shift": 1}, {"flip": True}], ids=str)
def test_what_are_no_images_cannot_be_moved(settings):
    with pytest.raises(rb.InvalidInput, match=r"those of 'iris' have the shape \(4,\)"):
        Trainer(rb.load_dataset("iris"), rb.TrainingConfig(**settings))


def test_how_many_batches_are_drawn_at_once_changes_nothing(monkeypatch):
    data = rb.load_dataset("fashion-mnist", subset="bundled")
    some = slice(0, 210)
    data = dataclasses.replace(
        data, train_images=data.train_images[some], train_labels=data.train_labels[some]
    )
    config = rb.TrainingConfig(
        hidden=(20,), batch_size=40, epochs=2, shift=1, flip=True, noise=0.02
    )
    weights = []
    for together in (1, 80, 1000):
        monkeypatch.setattr(trainer, "_TOGETHER", together)
        network = Trainer(data, config, threads=1)
        # Neurons are arranged after so many calls, whose number differs here.
        monkeypatch.setattr(network, "arrange", lambda arrangement: None)
        for _ in range(2):
            network.run_epoch()
        weights.append(network.optimizer.theta)
    np.testing.assert_array_equal(weights[0], weights[1])
    np.testing.assert_array_equal(weights[0], weights[2])


def test_training_leaves_the_images_as_they_are():
    data = rb.load_dataset("mnist", subset="bundled")
    before = data.train_images.copy()
    Trainer(data, rb.TrainingConfig(hidden=(20,), epochs=1, shift=2)).run_epoch()
    np.testing.assert_array_equal(data.train_images, before)
