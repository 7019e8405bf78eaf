"""Fisher's Iris flowers, for a network that is small enough for SPICE."""

import csv
import io
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

SPECIES = ("setosa", "versicolor", "virginica")
TEST_PER_SPECIES = (17, 17, 16)


@dataclass(frozen=True, eq=False)
class Iris:
    """Iris as spike times, cut into a training and a test set.

    Attributes
    ----------
    train_times : (100, 4) numpy.ndarray
        Input spike times in units of T: the largest value of a feature in the training set spikes
        at 0, the smallest at 1.
    train_labels : (100,) numpy.ndarray of int
        Index into `SPECIES`.
    test_times : (50, 4) numpy.ndarray
        Clipped to [0, 1].
    test_labels : (50,) numpy.ndarray of int
    """

    train_times: np.ndarray
    train_labels: np.ndarray
    test_times: np.ndarray
    test_labels: np.ndarray


def read_iris():
    """Return the measurements (150, 4) in centimetres and the labels (150,)."""
    text = (files(__package__) / "bundled" / "iris.csv").read_text(encoding="ascii")
    rows = list(csv.DictReader(io.StringIO(text)))
    lengths = np.array([[float(v) for k, v in row.items() if k != "species"] for row in rows])
    return lengths, np.array([SPECIES.index(row["species"]) for row in rows])


def load_iris(seed=0):
    """Load Iris as input spike times.

    Parameters
    ----------
    seed : int
        Of the choice of the 50 test flowers, 17, 17 and 16 of the three species.

    Returns
    -------
    Iris

    Examples
    --------
    >>> iris = load_iris()
    >>> iris.train_times.shape, iris.test_times.shape
    ((100, 4), (50, 4))
    """
    lengths, labels = read_iris()
    rng = np.random.default_rng(seed)
    test = np.concatenate(
        [
            rng.choice(np.flatnonzero(labels == label), n, replace=False)
            for label, n in enumerate(TEST_PER_SPECIES)
        ]
    )
    train = np.setdiff1d(np.arange(len(labels)), test)
    low, high = lengths[train].min(axis=0), lengths[train].max(axis=0)
    times = 1 - np.clip((lengths - low) / (high - low), 0, 1)
    return Iris(times[train], labels[train], times[test], labels[test])
