"""Fisher's Iris flowers, for a network that is small enough for SPICE."""

import csv
from importlib.resources import files

import numpy as np

from rcspike_brian.core.checks import positive_integer
from rcspike_brian.data.catalog import DatasetDescription, PathLike
from rcspike_brian.data.dataset import Dataset
from rcspike_brian.errors import InvalidInput

TEST_PER_SPECIES = (17, 17, 16)


class _Iris(DatasetDescription):
    def load(self, data_dir: PathLike | None = None, download: bool = True) -> Dataset:
        if data_dir is not None:
            raise InvalidInput(
                "Iris comes with the package and is looked for nowhere else: leave out data_dir, "
                "--data-dir (RCSPIKE_DATA can name the folder of other data sets)"
            )
        return load_iris()

    def bundled(self) -> Dataset:
        return load_iris()  # small enough to be there as a whole


IRIS = _Iris(
    name="iris", title="Iris", image_shape=(4,), class_names=("setosa", "versicolor", "virginica"),
    dtype=np.float64, licence="CC BY 4.0", attribution="R. A. Fisher",
)  # fmt: skip
"""Four lengths of 150 flowers of three species, as spike times."""


def read_iris() -> tuple[np.ndarray, np.ndarray]:
    """Return the measurements (150, 4) in centimetres and the labels (150,)."""
    text = (files(__package__) / "bundled" / "iris.csv").read_text(encoding="ascii")
    rows = list(csv.reader(text.splitlines()))[1:]
    labels = [IRIS.class_names.index(species) for *_, species in rows]
    return np.array([row[:4] for row in rows], dtype=float), np.array(labels)


def load_iris(seed: int = 0) -> Dataset:
    """Load Iris as input spike times in units of T.

    The largest value of a feature in the training set spikes at 0, the smallest at 1; those of the
    test set are clipped to [0, 1].

    Parameters
    ----------
    seed : int
        Of the choice of the 50 test flowers, 17, 17 and 16 of the three species.

    Examples
    --------
    >>> load_iris()
    <Dataset Iris: 100 training and 50 test samples, from the package>
    """
    lengths, labels = read_iris()
    rng = np.random.default_rng(positive_integer(seed, "seed", least=0))
    species = [np.flatnonzero(labels == label) for label in range(len(TEST_PER_SPECIES))]
    chosen = zip(species, TEST_PER_SPECIES, strict=True)
    test = np.concatenate([rng.choice(flowers, n, replace=False) for flowers, n in chosen])
    train = np.setdiff1d(np.arange(len(labels)), test)
    low, high = lengths[train].min(axis=0), lengths[train].max(axis=0)
    times = 1 - np.clip((lengths - low) / (high - low), 0, 1)
    arrays = times[train], labels[train], times[test], labels[test]
    return IRIS.dataset(*arrays, source="the package")
