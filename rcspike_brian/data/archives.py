"""Look through folders, zip and tar archives for files that may be IDX files.

Nothing is ever unpacked to disk, so names inside an archive (absolute, with '..', links) cannot
lead anywhere; they only appear in messages.
"""

import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rcspike_brian.data.idx import packed_limit, read_content, unpacked
from rcspike_brian.errors import DataError

# Larger archives met inside a folder are some other matter; reading through them takes minutes.
_LARGEST_IN_FOLDER = 1 << 30

# Name of a file in an archive, and what reads it.
Member = tuple[str, Callable[[], bytes]]
Members = Callable[[Path], Iterator[Member]]

_ARCHIVE_ERRORS = (
    OSError,
    EOFError,
    RuntimeError,  # zip with a password or an unusual compression
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
)


@dataclass(frozen=True)
class Item:
    """A file that was met: its uncompressed content, or the reason why there is none."""

    name: str
    where: str
    content: bytes = b""
    problem: str = ""
    is_archive: bool = False


def items(path: Path) -> Iterator[Item]:
    """Go through a folder (with all subfolders), an archive or a single file."""
    if not path.is_dir():
        yield from _file_items(path)
        return
    for child in sorted(path.rglob("*")):
        # os.path functions are quiet about folders that may not be entered.
        if os.path.isfile(child) and os.path.getsize(child) <= _LARGEST_IN_FOLDER:
            yield from _file_items(child)


def _file_items(path: Path) -> Iterator[Item]:
    if zipfile.is_zipfile(path):
        yield from _archive_items(path, _zip_members)
    elif _is_tar(path):
        yield from _archive_items(path, _tar_members)
    else:
        yield _item(path.name, str(path), lambda: read_content(path))


def _is_tar(path: Path) -> bool:
    try:
        return tarfile.is_tarfile(path)
    # A short, truncated .gz makes tarfile stumble instead of saying no.
    except (OSError, EOFError, zlib.error, lzma.LZMAError):
        return False


def _archive_items(path: Path, members: Members) -> Iterator[Item]:
    try:
        for name, read in members(path):
            where = f"{name!r} in {path}"
            yield _item(name, where, lambda read=read, where=where: unpacked(read(), where))
    except _ARCHIVE_ERRORS as error:
        problem = f"{path} is truncated or damaged: {error}"
        yield Item(path.name, str(path), problem=problem, is_archive=True)


def _zip_members(path: Path) -> Iterator[Member]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            # zipfile never yields more than the size promised here, so it may be trusted.
            if not info.is_dir() and info.file_size <= packed_limit():
                yield info.filename, lambda info=info: archive.read(info)


def _tar_members(path: Path) -> Iterator[Member]:
    with tarfile.open(path, "r:*") as archive:
        for info in archive:
            # Links and devices are not followed: what they name is not in the archive.
            if info.isreg() and info.size <= packed_limit():
                yield info.name, lambda info=info: archive.extractfile(info).read()


def _item(name: str, where: str, read: Callable[[], bytes]) -> Item:
    try:
        return Item(name, where, content=read())
    except DataError as error:
        return Item(name, where, problem=str(error))
