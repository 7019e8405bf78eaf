"""The data sets that are known by name: what is known about each, and the register of them."""

import math
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from rcspike_brian.data.dataset import Dataset
from rcspike_brian.errors import InvalidInput, RCSpikeError
from rcspike_brian.registry import load_plugins

PathLike = str | os.PathLike
_FACTS = ("title", "image_shape", "class_names", "mirroring_keeps_labels", "moving_keeps_labels")


@dataclass(frozen=True)
class IdxFile:
    """One IDX file of a data set.

    Parameters
    ----------
    key : {"train_images", "train_labels", "test_images", "test_labels"}
    name : str
    sha256 : str
        Of the *uncompressed* content: mirrors and packages compress the same file differently.
    shape : tuple of int
    packed : bool
        Whether `sha256` is that of the gzipped file instead, as it is published, where no other is
        known. Then nothing else is read: what somebody unpacked or packed anew cannot be verified.

    Examples
    --------
    >>> IdxFile("test_labels", "t10k-labels-idx1-ubyte", "0" * 64, (10_000,)).size
    10008
    """

    key: str
    name: str
    sha256: str
    shape: tuple[int, ...]
    packed: bool = False

    @property
    def packed_name(self) -> str:
        """Name of the gzipped file on a mirror."""
        return self.name + ".gz"

    @property
    def stored_name(self) -> str:
        """Name of the file in the cache, which keeps what the checksum belongs to."""
        return self.packed_name if self.packed else self.name

    @property
    def size(self) -> int:
        """Length in bytes of the uncompressed file: header and one byte per element."""
        return 4 + 4 * len(self.shape) + math.prod(self.shape)

    def find_in(self, folder: Path) -> Path | None:
        """Return the path of this file in `folder`, plain or gzipped; None if it is not there."""
        dotted = self.name.replace("-idx", ".idx")  # as some unpackers spell it
        suffixes = (".gz",) if self.packed else ("", ".gz")
        names = (stem + suffix for stem in (self.name, dotted) for suffix in suffixes)
        # os.path.isfile is False, and no error, in a folder that may not be entered.
        return next((folder / name for name in names if os.path.isfile(folder / name)), None)


@dataclass(frozen=True)
class ArchiveFile:
    """A packed archive that is a data set as a whole; it is never unpacked to disk.

    Parameters
    ----------
    name : str
    sha256 : str
        Of the archive as it is published.
    size : int
        Its length in bytes.

    Examples
    --------
    >>> ArchiveFile("images.tar.gz", "0" * 64, 1_000).stored_name
    'images.tar.gz'
    """

    name: str
    sha256: str
    size: int
    packed = True

    @property
    def packed_name(self) -> str:
        """Name of the file on a mirror."""
        return self.name

    @property
    def stored_name(self) -> str:
        """Name of the file in the cache."""
        return self.name

    def find_in(self, folder: Path) -> Path | None:
        """Return the path of this file in `folder`; None if it is not there."""
        return folder / self.name if os.path.isfile(folder / self.name) else None


@dataclass(frozen=True, kw_only=True)
class DatasetDescription:
    """What is known about a data set before it is loaded. A subclass says how to `load` it.

    Parameters
    ----------
    name : str
        Short, of letters, digits, ``-``, ``_`` and ``.``.
    title, image_shape, class_names, mirroring_keeps_labels, moving_keeps_labels
        As for `Dataset`.
    dtype : dtype
        uint8 if inputs are grey levels, floating if they are spike times.
    licence, attribution : str
        Under which licence, and by whom.
    files : tuple of IdxFile or ArchiveFile
        Files with checksums, where `IdxDescription` looks for them.
    data : Dataset, optional
        The data set itself, if it is in memory already.

    Examples
    --------
    >>> class Noise(DatasetDescription):
    ...     def load(self, data_dir=None, download=True):
    ...         images = np.random.default_rng(0).integers(0, 256, (2, 8, 8), dtype=np.uint8)
    ...         return self.dataset(images, [0, 1], images, [0, 1], source="random numbers")
    >>> Noise(name="noise", title="Noise", image_shape=(8, 8), class_names=("a", "b")).load()
    <Dataset Noise: 2 training and 2 test images, from random numbers>
    """

    name: str
    title: str
    image_shape: tuple[int, ...]
    class_names: tuple[str, ...]
    dtype: DTypeLike = np.uint8
    licence: str = ""
    attribution: str = ""
    mirroring_keeps_labels: bool = False
    moving_keeps_labels: bool = False
    files: tuple[Any, ...] = ()
    data: Dataset | None = None

    @property
    def n_in(self) -> int:
        """Number of inputs."""
        return math.prod(self.image_shape)

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    def load(self, data_dir: PathLike | None = None, download: bool = True) -> Dataset:
        """Return the complete data set; the arguments are those of `load_dataset`."""
        if self.data is None:
            raise NotImplementedError(f"{type(self).__name__} must have a method load")
        return self.data

    def bundled(self) -> Dataset:
        """Return the subset that comes with the package, or `InvalidInput`."""
        raise InvalidInput(f"{self.title} has no bundled subset; load the complete data set")

    def survey(self, data_dir: PathLike | None = None) -> list[tuple[str, str]]:
        """Return every source with its state: "complete", "not there", or what is wrong."""
        try:
            return [(self.load(download=False).source, "complete")]
        except RCSpikeError as error:
            return [("source", str(error))]

    def fetch(self, progress: bool = True) -> Path | None:
        """Download what is not there yet; None if nothing ever has to be."""

    def dataset(self, *arrays: Any, **more: Any) -> Dataset:
        """Return a `Dataset` with what this description says; the rest is as for `Dataset`."""
        make: Any = Dataset  # "arrays" are the four of it, in order
        times = np.dtype(self.dtype) != np.uint8
        return make(self.name, *arrays, **{"spike_times": times, **_facts(self), **more})


def _facts(known: Dataset | DatasetDescription) -> dict[str, Any]:
    return {name: getattr(known, name) for name in _FACTS}


DATASETS: dict[str, DatasetDescription] = {}
"""The data sets that `load_dataset` knows, by name."""

_OWN: set[str] = set()  # names that `register` may give to another data set


def register(dataset: Dataset | DatasetDescription) -> None:
    """Make a data set known by its name to `load_dataset`, to sweeps and to the command line.

    The worker processes of a sweep get a `Dataset` from this process. A `DatasetDescription` must
    be registered in them too: at the top of a script, or in a file that ``RCSPIKE_PLUGINS`` names
    (see `rcspike_brian.registry`); such files are run before a data set is looked up.

    Parameters
    ----------
    dataset : Dataset or DatasetDescription
        It replaces one of the same name that was registered before, but none of the package.

    Examples
    --------
    >>> images = np.array([[0, 255], [255, 0]], np.uint8)
    >>> register(Dataset("sides", images, [0, 1], images, [0, 1]))
    >>> load_dataset("sides")
    <Dataset sides: 2 training and 2 test samples, from memory>
    >>> del DATASETS["sides"]  # forgotten again
    """
    if isinstance(dataset, Dataset):
        data, dtype = dataset, dataset.train_images.dtype
        dataset = DatasetDescription(name=data.name, dtype=dtype, data=data, **_facts(data))
    name = dataset.name
    if not (isinstance(name, str) and re.fullmatch(r"\w[\w.-]*", name)):
        rule = "a data set that is registered needs a name of letters, digits, -, _ and ."
        raise InvalidInput(f"{rule}, got {name!r}")
    if name in DATASETS and name not in _OWN:
        raise InvalidInput(f"{name!r} is a data set of the package; choose another name")
    _OWN.add(name)
    DATASETS[name] = dataset


def in_memory() -> list[Dataset]:
    """Return the data sets that exist in this process only."""
    return [entry.data for entry in DATASETS.values() if entry.data is not None]


def entries() -> dict[str, DatasetDescription]:
    """Return `DATASETS`, with those of plug-ins."""
    load_plugins()
    return DATASETS


def get_entry(name: str) -> DatasetDescription:
    """Return the description called `name`; `InvalidInput` names the ones there are."""
    known = entries()
    if not isinstance(name, str) or name not in known:
        more = "(rcspike_brian.data.register adds one of your own)"
        raise InvalidInput(f"unknown data set {name!r}; allowed: {', '.join(known)} {more}")
    return known[name]


def title_of(name: str) -> str:
    """Return the title of a data set, or its name if it is not known here."""
    return DATASETS[name].title if name in DATASETS else name


def known_files() -> list[tuple[Any, Any]]:
    """Return every data set with each of its files."""
    return [(entry, file) for entry in entries().values() for file in entry.files]


def known_file(sha256: str) -> tuple[Any, Any] | None:
    """Return the data set and file with this SHA-256, of what `IdxFile` says."""
    return next((pair for pair in known_files() if pair[1].sha256 == sha256), None)


def largest_size() -> int:
    """Length in bytes of the largest known file, uncompressed; nothing larger is ever read."""
    return max((file.size for _, file in known_files()), default=0)


def load_dataset(
    name: str, data_dir: PathLike | None = None, subset: str | None = None, download: bool = True
) -> Dataset:
    """Load a data set by name, complete or as the bundled subset.

    All but Iris, which comes with the package, are looked for in `data_dir`; in the folder that the
    environment variable ``RCSPIKE_DATA`` names; in the user's cache; in the folder of Debian's
    package ``dataset-fashion-mnist``; then they are downloaded to the cache. A folder that the user
    names is the only place looked at. Every file is verified by SHA-256 (`DataError`): that of its
    uncompressed content for MNIST and Fashion-MNIST, of the packed file for KMNIST and CIFAR-10.
    Extracted files of CIFAR-10 are verified by their structure only, and `Dataset.source` says so.

    Parameters
    ----------
    name : str
        "mnist", "fashion-mnist", "kmnist", "cifar-10", "iris", or that of a data set that was given
        to `register`.
    data_dir : str or path-like, optional
        Folder with the four IDX files, plain or gzipped (KMNIST: gzipped), or with
        ``cifar-10-binary.tar.gz``; or with a subfolder called like the data set that holds them.
    subset : {None, "bundled"}
        "bundled" loads the balanced subset in the package: 5,000 training and 1,000 test images.
    download : bool
        Whether a download is allowed.

    Examples
    --------
    >>> digits = load_dataset("mnist", subset="bundled")
    >>> digits.train_images.shape, digits.train_images.dtype, digits.is_subset
    ((5000, 784), dtype('uint8'), True)
    """
    entry = get_entry(name)
    if subset is None:
        return entry.load(data_dir, download)
    if subset != "bundled":
        raise InvalidInput(f'subset is {subset!r}; allowed: None (complete) or "bundled"')
    if data_dir is not None:
        raise InvalidInput("give a folder (data_dir, --data-dir) or the bundled subset, not both")
    return entry.bundled()
