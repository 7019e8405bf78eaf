"""Data sets in IDX files: where the files are looked for, and in which order.

A folder the user names (argument or ``RCSPIKE_DATA``) is the only place looked at: silently using
other data than those named would be wrong. Otherwise: the user's cache, which has a folder with
verified, uncompressed files for each data set; folders filled by packages of the operating system;
a download into the cache.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from rcspike_brian.data.bundled import load_bundled
from rcspike_brian.data.catalog import ArchiveFile, DatasetDescription, IdxFile, PathLike
from rcspike_brian.data.dataset import Dataset
from rcspike_brian.data.download import download as download_file
from rcspike_brian.data.idx import read_content, verify
from rcspike_brian.errors import DataError, RunFolderError
from rcspike_brian.storage import atomic_write, cache_dir, make_folder, user_path


class SourceFolder(NamedTuple):
    """A folder to look into, and what to call it."""

    path: Path
    label: str

    def __str__(self) -> str:
        return f"{self.path} ({self.label})"


def mnist_files(
    *sha256: str,
    train: int = 60_000,
    test: int = 10_000,
    image_shape: tuple[int, ...] = (28, 28),
    packed: bool = False,
) -> tuple[IdxFile, ...]:
    """Return the four files of a data set that names them as MNIST does.

    Parameters
    ----------
    *sha256 : str
        Of the uncompressed training images, training labels, test images, test labels.
    train, test : int
        Numbers of images.
    image_shape : tuple of int
    packed : bool
        Whether the checksums are those of the gzipped files, as for `IdxFile`.

    Examples
    --------
    >>> mnist_files(*"abcd")[0].name
    'train-images-idx3-ubyte'
    """
    images = f"images-idx{1 + len(image_shape)}-ubyte"
    parts = (
        ("train_images", f"train-{images}", (train, *image_shape)),
        ("train_labels", "train-labels-idx1-ubyte", (train,)),
        ("test_images", f"t10k-{images}", (test, *image_shape)),
        ("test_labels", "t10k-labels-idx1-ubyte", (test,)),
    )
    checked = zip(parts, sha256, strict=True)
    return tuple(IdxFile(*part[:2], digest, part[2], packed) for part, digest in checked)


@dataclass(frozen=True, kw_only=True)
class IdxDescription(DatasetDescription):
    """A data set in four IDX files that are found, verified, imported and downloaded.

    Parameters
    ----------
    mirrors : tuple of str
        Addresses that end with a slash; a file is there under its name and ``.gz``.
    system_folders : tuple of (str, str)
        Folders that a package of an operating system fills, and the name of the package.
    offline_ways : tuple of str
        Sentences on how else to get the data, for the message when they are not there.
    bundled_sha256 : str
        Checksum of the subset in the package; empty if there is none.
    name, title, image_shape, class_names, dtype, licence, attribution, mirroring_keeps_labels, \
moving_keeps_labels, files, data
        As in `DatasetDescription`.

    Examples
    --------
    >>> facts = {"title": "Letters", "image_shape": (28, 28), "class_names": tuple("ABCDEFGHIJ")}
    >>> IdxDescription(name="letters", files=mnist_files(*"abcd"), **facts).n_in
    784
    """

    mirrors: tuple[str, ...] = ()
    system_folders: tuple[tuple[str, str], ...] = ()
    offline_ways: tuple[str, ...] = ()
    bundled_sha256: str = ""

    @property
    def cache_folder(self) -> Path:
        """The folder of this data set in the cache; it need not exist yet."""
        return cache_dir() / self.name

    def load(self, data_dir: PathLike | None = None, download: bool = True) -> Dataset:
        """Return the complete data set from the first source; see the order at the top."""
        if given := self._given_folder(data_dir):
            try:
                return self._read(given)
            except DataError as error:
                raise DataError(
                    f"{error}.\n`rcspike data import PATH` recognises the right files by their "
                    f"content, `rcspike data fetch {self.name}` downloads them; both go to the "
                    "cache, which is used when no folder is named"
                ) from None
        problems = []
        for source in filter(self._any_in, self._standing_folders()):
            try:
                return self._read(source)
            except DataError as error:
                # Not fatal: the next source may be sound. The user hears of it if none is.
                problems.append(f"{source.label}: {error}")
        if not download:
            problem = f"{self.title} is not on this machine, and downloading is switched off."
            raise DataError(self._how_to_get(problem, problems))
        folder = self.fetch(problems=problems)
        return self._read(SourceFolder(folder, "downloaded to the user cache"))

    def bundled(self) -> Dataset:
        """Return the subset in the package."""
        if not self.bundled_sha256:
            return super().bundled()
        arrays = load_bundled(self.name, self.bundled_sha256)
        four = {file.key: arrays[file.key] for file in self.files}
        return self.dataset(**four, source="bundled subset", is_subset=True)

    def survey(self, data_dir: PathLike | None = None) -> list[tuple[str, str]]:
        """Return every source with its state; download nothing."""
        findings, folders = [], self._standing_folders()
        try:
            if given := self._given_folder(data_dir):
                folders = [given, *folders]
        except DataError as error:
            findings.append(("given folder", str(error)))
        try:
            self.cache_folder  # noqa: B018 (there may be no place for it)
        except RunFolderError as error:
            findings.append(("user cache", str(error)))
        for folder in folders:
            state = self._verdict(folder) if self._any_in(folder) else "not there"
            findings.append((str(folder), state))
        if self.bundled_sha256:
            findings.append(("bundled subset", _state(self.bundled)))
        return findings

    def fetch(self, progress: bool = True, problems: Iterable[str] = ()) -> Path:
        """Make sure the cache holds all files, download those it lacks, return its folder.

        If that fails a `DataError` has the reasons, `problems` of other sources, every way on.
        """
        folder = self._make_cache_folder()
        mirrors = list(self.mirrors)
        # One file after the other goes to the cache: an interruption loses only the last.
        for file in self.files:
            if not self.in_cache(file):
                content, failures = download_file(mirrors, file, self.title, folder, progress)
                if content is None:
                    lack = f"is not on this machine, and {file.name} could not be downloaded"
                    problems = [*problems, *failures]
                    raise DataError(self._how_to_get(f"{self.title} {lack}.", problems))
                self.store(file, content)
        return folder

    def in_cache(self, file: IdxFile | ArchiveFile) -> bool:
        """Whether the cache holds this file, undamaged."""
        path = file.find_in(self.cache_folder)
        return path is not None and _state(self.read_file, file, path) == "complete"

    def store(self, file: IdxFile | ArchiveFile, content: bytes) -> Path:
        """Write verified content to the cache: the file appears whole or not at all."""
        path = self._make_cache_folder() / file.stored_name
        with _cache_errors(), atomic_write(path) as part:
            part.write_bytes(content)
        return path

    def read_file(self, file: Any, path: Path) -> Any:
        """Read and verify one file."""
        return verify(read_content(path, packed=file.packed), file, self.title, str(path))

    def _verdict(self, folder: SourceFolder) -> str:
        """Return "complete", or what is wrong with the data in this folder."""
        return _state(self._read, folder)

    @property
    def _packing(self) -> str:
        """Which files are read."""
        if any(file.packed for file in self.files):
            return "packed as published, since only that has a known checksum"
        return "plain or .gz"

    def _wanted(self) -> str:
        """Return what a folder has to hold."""
        others = f"the other files of {self.title}"
        return f"{self.files[0].stored_name} and {others}, {self._packing}"

    def _read(self, folder: SourceFolder) -> Dataset:
        """Read and verify all files, or say what is wrong with the first bad one."""
        paths = {file: file.find_in(folder.path) for file in self.files}
        if missing := ", ".join(file.stored_name for file, path in paths.items() if path is None):
            raise DataError(f"{folder.path} lacks {missing} of {self.title} ({self._packing})")
        arrays = {file.key: self.read_file(file, path) for file, path in paths.items() if path}
        return self.dataset(**arrays, source=str(folder))

    def _given_folder(self, data_dir: PathLike | None) -> SourceFolder | None:
        """Return the folder the user names, if any: the argument before ``RCSPIKE_DATA``."""
        if data_dir is not None:
            return SourceFolder(self._folder_under(data_dir, "data_dir"), "given folder")
        named, name = os.environ.get("RCSPIKE_DATA"), "RCSPIKE_DATA"
        return SourceFolder(self._folder_under(named, name), name) if named else None

    def _standing_folders(self) -> list[SourceFolder]:
        """Return the folders looked into when the user names none, in order."""
        system = [SourceFolder(Path(path), package) for path, package in self.system_folders]
        with suppress(RunFolderError):  # a user without a home has no cache
            return [SourceFolder(self.cache_folder, "user cache"), *system]
        return system

    def _any_in(self, folder: SourceFolder) -> bool:
        """Whether at least one file of the data set is there, going by the names."""
        return any(file.find_in(folder.path) for file in self.files)

    def _make_cache_folder(self) -> Path:
        with _cache_errors():
            folder = make_folder(self.cache_folder)
            # Found out now and not after a download of many megabytes.
            if not os.access(folder, os.W_OK):
                raise RunFolderError(f"cannot write {folder}: no permission")
        return folder

    def _folder_under(self, root: PathLike, origin: str) -> Path:
        """Return the user's folder, or the subfolder of it that is called like the data set."""
        try:
            root = user_path(root)
        except RunFolderError as error:
            raise DataError(f"{origin}: {error}") from None
        if not os.path.isdir(root):
            state = "is not a folder" if os.path.exists(root) else "does not exist"
            raise DataError(f"{origin} {root} {state}; give a folder that holds {self._wanted()}")
        folder = self._subfolder(root) or root
        # torchvision makes a folder "raw" in it.
        if not self._any_in(SourceFolder(folder, origin)) and os.path.isdir(folder / "raw"):
            folder = folder / "raw"
        if not os.access(folder, os.X_OK):
            raise DataError(f"{origin} {folder} cannot be read: no permission")
        return folder

    def _subfolder(self, root: Path) -> Path | None:
        # A folder that may be entered but not listed can still hold the files themselves.
        with suppress(PermissionError):
            for child in sorted(root.iterdir()):
                if _bare(child.name) == _bare(self.name) and child.is_dir():
                    return child
        return None

    def _how_to_get(self, problem: str, details: Iterable[str] = ()) -> str:
        """Return a message with the files, their checksums, the folder and every way on."""
        files = "\n".join(f"      {file.stored_name}  {file.sha256}" for file in self.files)
        packed = any(file.packed for file in self.files)
        ways = [
            f"put these files ({self._packing}) into {self.cache_folder}, or into a folder named "
            f"by --data-dir or the environment variable RCSPIKE_DATA:\n{files}\n"
            f"      (SHA-256 of the {'packed files' if packed else 'uncompressed content'})",
            "`rcspike data import PATH` takes a folder, .gz, .zip or .tgz that contains them",
            *self.offline_ways,
            f"`rcspike data fetch {self.name}` downloads it where there is a network",
        ]
        if self.bundled_sha256:
            ways.append(
                "the bundled subset needs no download: `--subset bundled`, in Python "
                'load_dataset(..., subset="bundled")'
            )
        details = [f"  {detail}" for detail in details]
        return "\n".join([problem, *details, "What to do, one of:", *(f"  - {w}" for w in ways)])


def _state(read, *arguments) -> str:
    try:
        read(*arguments)
    except DataError as error:
        return str(error)
    return "complete"


def _bare(name: str) -> str:
    return name.casefold().replace("-", "").replace("_", "")


@contextmanager
def _cache_errors() -> Iterator[None]:
    """Say how to move the cache when it cannot be written."""
    try:
        yield
    except RunFolderError as error:
        raise DataError(
            f"{error}. The environment variable RCSPIKE_CACHE chooses the folder of the data sets"
        ) from None
