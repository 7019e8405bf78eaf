"""A data set in memory, and the one function that gets it there."""

from dataclasses import dataclass

import numpy as np

from rcspike_brian.data.bundled import load_bundled
from rcspike_brian.data.catalog import DatasetEntry, get_entry
from rcspike_brian.data.sources import find_complete
from rcspike_brian.errors import InvalidInput


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Images and labels of a data set, and where they came from.

    A pixel p from 0 to 255 is the input x = p/255; its spike time is t = 1 - x, so that a pixel
    of 0 never spikes within the charging phase. All arrays are read-only.

    Attributes
    ----------
    name : str
        "mnist" or "fashion-mnist".
    train_images, test_images : (n, 784) numpy.ndarray
        uint8, row by row from the upper left.
    train_labels, test_labels : (n,) numpy.ndarray
        uint8, classes 0 to 9.
    source : str
        Where the data came from.
    is_subset : bool
        Whether this is the bundled subset and not the complete data set.

    Examples
    --------
    >>> digits = load_dataset("mnist", subset="bundled")
    >>> digits.test_images.shape, digits.test_labels.shape
    ((1000, 784), (1000,))
    """

    name: str
    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    source: str
    is_subset: bool

    def label(self) -> str:
        """Return a text for captions that says which data these are, and how many.

        Examples
        --------
        >>> load_dataset("mnist", subset="bundled").label()
        'MNIST, bundled subset: 5,000 training and 1,000 test images'
        """
        part = ", bundled subset" if self.is_subset else ""
        return (
            f"{get_entry(self.name).title}{part}: {len(self.train_images):,} training and "
            f"{len(self.test_images):,} test images"
        )

    def __repr__(self) -> str:
        return f"<Dataset {self.label()}, from {self.source}>"


def load_dataset(name, data_dir=None, subset=None, download=True) -> Dataset:
    """Load MNIST or Fashion-MNIST, complete or as the bundled subset.

    The complete data are looked for in `data_dir`; in the folder that the environment variable
    ``RCSPIKE_DATA`` names; in the user's cache; in the folder of Debian's package
    ``dataset-fashion-mnist``; then they are downloaded to the cache. A folder that the user
    names is the only place looked at. Every file is verified by the SHA-256 of its uncompressed
    content.

    Parameters
    ----------
    name : {"mnist", "fashion-mnist"}
    data_dir : str or path-like, optional
        Folder with the four IDX files, plain or gzipped, or with a subfolder called like the
        data set that holds them.
    subset : {None, "bundled"}
        "bundled" loads the balanced subset in the package: 5,000 training and 1,000 test images.
    download : bool
        Whether a download is allowed.

    Returns
    -------
    Dataset

    Raises
    ------
    InvalidInput
        If `name` or `subset` is unknown, or `data_dir` is given together with a subset.
    DataError
        If the data are missing, damaged or not what they should be.

    Examples
    --------
    >>> digits = load_dataset("mnist", subset="bundled")
    >>> digits.train_images.shape, digits.train_images.dtype
    ((5000, 784), dtype('uint8'))
    >>> digits.is_subset
    True
    """
    entry = get_entry(name)
    if subset is None:
        arrays, source = find_complete(entry, data_dir, download)
    elif subset == "bundled":
        if data_dir is not None:
            raise InvalidInput(
                "give either a folder (data_dir, --data-dir) or the bundled subset, not both"
            )
        arrays, source = load_bundled(entry), "bundled subset"
    else:
        raise InvalidInput(f'subset is {subset!r}; allowed: None (complete) or "bundled"')
    return _dataset(entry, arrays, source, is_subset=subset is not None)


def _dataset(entry: DatasetEntry, arrays, source: str, is_subset: bool) -> Dataset:
    fields = {}
    for part in ("train", "test"):
        images = arrays[f"{part}_images"]
        fields[f"{part}_images"] = _frozen(images.reshape(len(images), -1))
        fields[f"{part}_labels"] = _frozen(arrays[f"{part}_labels"])
    return Dataset(name=entry.name, source=source, is_subset=is_subset, **fields)


def _frozen(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array
