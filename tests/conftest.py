"""Fixtures for all tests."""

import numpy as np
import pytest
from brian2 import prefs

from rcspike_brian.data import Dataset


@pytest.fixture
def tiny_dataset():
    """60 noisy 6-pixel images of three classes, 30 for each purpose, from a fixed seed."""
    rng = np.random.default_rng(5)
    prototypes = rng.integers(0, 256, (3, 6))
    labels = np.tile([0, 1, 2], 20).astype(np.uint8)
    images = np.clip(prototypes[labels] + rng.integers(-20, 21, (60, 6)), 0, 255).astype(np.uint8)
    return Dataset(
        name="mnist",
        train_images=images[:30],
        train_labels=labels[:30],
        test_images=images[30:],
        test_labels=labels[30:],
        source="made by the tests",
        is_subset=False,
    )


@pytest.fixture
def numpy_codegen():
    """Brian2 in this process runs NumPy: for small runs compiling takes longer."""
    before = prefs.codegen.target
    prefs.codegen.target = "numpy"
    yield
    prefs.codegen.target = before
