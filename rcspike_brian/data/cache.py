"""The user's cache: one folder per data set, holding verified, uncompressed files."""

import os
from contextlib import contextmanager
from pathlib import Path

from rcspike_brian.data.catalog import DatasetEntry, IdxFile
from rcspike_brian.data.content import read_verified
from rcspike_brian.errors import DataError, RunFolderError
from rcspike_brian.storage import atomic_write, cache_dir, make_folder


def cache_folder(entry: DatasetEntry) -> Path:
    """Return the folder of one data set in the cache; it need not exist yet."""
    return cache_dir() / entry.name


def make_cache_folder(entry: DatasetEntry) -> Path:
    """Return the folder of one data set in the cache, which exists and can be written to."""
    with _cache_errors():
        folder = make_folder(cache_folder(entry))
        # Found out now and not after a download of many megabytes.
        if not os.access(folder, os.W_OK):
            raise RunFolderError(f"cannot write {folder}: no permission")
    return folder


def in_cache(entry: DatasetEntry, file: IdxFile) -> bool:
    """Whether the cache holds this file, undamaged."""
    path = file.find_in(cache_folder(entry))
    if path is None:
        return False
    try:
        read_verified(path, entry, file)
    except DataError:
        return False
    return True


def store(entry: DatasetEntry, file: IdxFile, content: bytes) -> Path:
    """Write verified content to the cache: the file appears whole or not at all."""
    path = make_cache_folder(entry) / file.name
    with _cache_errors(), atomic_write(path) as part:
        part.write_bytes(content)
    return path


@contextmanager
def _cache_errors():
    """Say how to move the cache when it cannot be written."""
    try:
        yield
    except RunFolderError as error:
        raise DataError(
            f"{error}. The environment variable RCSPIKE_CACHE chooses the folder of the data sets"
        ) from None
