"""Bars: a bright row or column in a small, noisy image."""

import numpy as np

from rcspike_brian.data import DatasetDescription, register


class Bars(DatasetDescription):
    """Drawn at random, always the same."""

    def load(self, data_dir=None, download=True):
        """Return 500 training and 100 test images."""
        rng = np.random.default_rng(0)
        images = rng.integers(0, 60, (600, *self.image_shape), dtype=np.uint8)
        labels = rng.integers(0, 2, 600)
        for image, label, place in zip(images, labels, rng.integers(0, 8, 600), strict=True):
            (image.T if label else image)[place] = 255
        return self.dataset(
            images[:500], labels[:500], images[500:], labels[500:], source="random numbers"
        )


BARS = Bars(
    name="bars",
    title="Bars",
    image_shape=(8, 8),
    class_names=("row", "column"),
    mirroring_keeps_labels=True,
    moving_keeps_labels=True,
)
register(BARS)
