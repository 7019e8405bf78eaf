"""Where a complete data set is looked for, and in which order.

A folder the user names (argument or ``RCSPIKE_DATA``) is the only place looked at: silently using
other data than those named would be wrong. Otherwise: the user's cache, folders filled by packages
of the operating system, a download into the cache.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rcspike_brian.data.advice import how_to_get
from rcspike_brian.data.cache import cache_folder
from rcspike_brian.data.catalog import DatasetEntry
from rcspike_brian.data.content import read_verified
from rcspike_brian.errors import DataError

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class SourceFolder:
    """A folder to look into, and what to call it."""

    path: Path
    label: str

    def __str__(self) -> str:
        return f"{self.path} ({self.label})"


def given_folder(entry: DatasetEntry, data_dir=None) -> SourceFolder | None:
    """Return the folder the user names, if any: the argument before ``RCSPIKE_DATA``."""
    if data_dir is not None:
        return SourceFolder(_dataset_folder(entry, data_dir, "data_dir"), "given folder")
    if os.environ.get("RCSPIKE_DATA"):
        folder = _dataset_folder(entry, os.environ["RCSPIKE_DATA"], "RCSPIKE_DATA")
        return SourceFolder(folder, "RCSPIKE_DATA")
    return None


def standing_folders(entry: DatasetEntry) -> list[SourceFolder]:
    """Return the folders looked into when the user names none, in order."""
    cache = SourceFolder(cache_folder(entry), "user cache")
    system = [SourceFolder(Path(place.path), place.package) for place in entry.system_folders]
    return [cache, *system]


def holds_any(entry: DatasetEntry, folder: Path) -> bool:
    """Whether at least one file of the data set is in `folder`, going by the names."""
    return any(file.find_in(folder) for file in entry.files)


def read_folder(entry: DatasetEntry, folder: Path) -> Arrays:
    """Read and verify the four files of a data set.

    Returns
    -------
    dict
        The keys of the catalogue's files to uint8 arrays, images as (n, 28, 28), labels as (n,).

    Raises
    ------
    DataError
        If a file is missing, cannot be read or is not what it should be.
    """
    paths = {file: file.find_in(folder) for file in entry.files}
    missing = [file.name for file, path in paths.items() if path is None]
    if missing:
        raise DataError(f"{folder} lacks {', '.join(missing)} of {entry.title} (plain or .gz)")
    return {file.key: read_verified(path, entry, file) for file, path in paths.items()}


def find_complete(entry: DatasetEntry, data_dir=None, download=True) -> tuple[Arrays, str]:
    """Return the complete data set and where it came from; see the order at the top."""
    given = given_folder(entry, data_dir)
    if given is not None:
        return _read_given(entry, given), str(given)
    problems = []
    for source in standing_folders(entry):
        if holds_any(entry, source.path):
            try:
                return read_folder(entry, source.path), str(source)
            except DataError as error:
                # Not fatal: the next source may be sound. The user hears of it if none is.
                problems.append(f"{source.label}: {error}")
    if not download:
        problem = f"{entry.title} is not on this machine, and downloading is switched off."
        raise DataError(how_to_get(entry, problem, problems))
    # Imported late: everything else works without the network libraries.
    from rcspike_brian.data.download import fetch

    folder = fetch(entry, problems)
    return read_folder(entry, folder), str(SourceFolder(folder, "downloaded to the user cache"))


def _read_given(entry: DatasetEntry, given: SourceFolder) -> Arrays:
    try:
        return read_folder(entry, given.path)
    except DataError as error:
        raise DataError(
            f"{error}.\n`rcspike data import PATH` recognises the right files by their content, "
            f"`rcspike data fetch {entry.name}` downloads them; both go to the cache, which is "
            "used when no folder is named"
        ) from None


def _dataset_folder(entry: DatasetEntry, root, origin: str) -> Path:
    """Return the folder under the user's folder that holds the files of this data set.

    That is a subfolder called like the data set (also with a ``raw`` folder in it, as torchvision
    makes it), or the user's folder itself.
    """
    root = Path(root).expanduser()
    if not os.path.isdir(root):
        state = "is not a folder" if os.path.exists(root) else "does not exist"
        raise DataError(
            f"{origin} {root} {state}; give a folder that holds {entry.files[0].name} and the "
            f"other three files of {entry.title}, plain or .gz"
        )
    folder = _subfolder(entry, root) or root
    if not os.access(folder, os.X_OK):
        raise DataError(f"{origin} {folder} cannot be read: no permission")
    return folder


def _subfolder(entry: DatasetEntry, root: Path) -> Path | None:
    # A folder that may be entered but not listed can still hold the files themselves.
    with suppress(PermissionError):
        for child in sorted(root.iterdir()):
            if _bare(child.name) == _bare(entry.name) and child.is_dir():
                return child / "raw" if os.path.isdir(child / "raw") else child
    return None


def _bare(name: str) -> str:
    return name.casefold().replace("-", "").replace("_", "")
