"""Training data for the workers, as plain arrays in files.

Workers start from the same arrays, so that looking for, unpacking and verifying the data neither
takes part in a measurement nor leaves a peak of memory behind.
"""

import math
from pathlib import Path

import numpy as np

_ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")


def store(folder, dataset):
    """Write the arrays of a data set into a folder."""
    for name in _ARRAYS:
        np.save(Path(folder) / f"{name}.npy", getattr(dataset, name))


def store_random(folder, n_in, n_images, seed=0):
    """Write random images, all of whose pixels spike, with random labels of ten classes."""
    rng = np.random.default_rng(seed)
    for part in ("train", "test"):
        images = rng.integers(1, 256, (n_images, n_in), dtype=np.uint8)
        np.save(Path(folder) / f"{part}_images.npy", images)
        # Every class must be there, or the network would have fewer outputs.
        labels = rng.permutation(np.arange(n_images, dtype=np.uint8) % 10)
        np.save(Path(folder) / f"{part}_labels.npy", labels)


def load(folder, n_images=None):
    """The arrays of `store` as a `Dataset`, or its first training images only."""
    from rcspike_brian.data import Dataset

    arrays = {name: np.load(Path(folder) / f"{name}.npy") for name in _ARRAYS}
    for name in ("train_images", "train_labels"):
        arrays[name] = arrays[name][:n_images]
    for array in arrays.values():
        array.flags.writeable = False  # as `load_dataset` returns them: the same compiled kernel
    side = math.isqrt(arrays["train_images"].shape[1])
    if side**2 == arrays["train_images"].shape[1]:
        arrays["image_shape"] = side, side
    return Dataset(name="mnist", source="benchmark", is_subset=n_images is not None, **arrays)
