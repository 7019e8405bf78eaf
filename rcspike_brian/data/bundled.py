"""The subset that ships with the package: works at once and without a network."""

import hashlib
from importlib.resources import files

import numpy as np

from rcspike_brian.errors import DataError

TRAIN_PER_CLASS = 500
TEST_PER_CLASS = 100

# The order in which the arrays enter the checksum.
KEYS = (
    "train_images", "train_labels", "test_images", "test_labels", "train_indices", "test_indices",
)  # fmt: skip


def load_bundled(name: str, sha256: str) -> dict[str, np.ndarray]:
    """Return the arrays of a bundled subset whose content has the checksum of `content_sha256`.

    Images and labels are uint8; the rows of the complete sets that were chosen, ascending, uint16.
    """
    name = f"{name}.npz"
    path = files(__package__) / "bundled" / name
    remedy = "The installation is damaged: install rcspike-brian again"
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in KEYS}
    except Exception as error:  # damage makes NumPy raise anything; pickled objects are not loaded
        raise DataError(f"cannot read the bundled subset {name}: {error}. {remedy}") from None
    if content_sha256(arrays) != sha256:
        raise DataError(f"the bundled subset {name} has a wrong checksum. {remedy}")
    return arrays


def content_sha256(arrays: dict[str, np.ndarray]) -> str:
    """SHA-256 over types, shapes and elements of all arrays, independent of their packing."""
    digest = hashlib.sha256()
    for key in KEYS:
        array = np.ascontiguousarray(arrays[key])
        digest.update(f"{key} {array.dtype.str} {array.shape};".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
