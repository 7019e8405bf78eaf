"""Files that are either whole or not there, and arrays that load without running code."""

import json
import os
import platform
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from rcspike_brian.errors import RunFolderError

_PACKAGES = ("rcspike-brian", "numpy", "numba", "scipy", "pandas", "brian2")
# What stands in a checkout without Git LFS instead of a file, and how to say so.
GIT_LFS = b"version https://git-lfs"
LFS_POINTER = "it is a Git LFS pointer and not the file; `git lfs pull` fetches that"
_PICKLED = "it holds pickled objects, which could run code and are never loaded"
_NO_HEADER = "it has no such header"


def cache_dir() -> Path:
    """Return the folder that keeps data sets and compiled programs.

    The environment variable ``RCSPIKE_CACHE`` overrides the operating system's usual place. The
    folder need not exist yet. `RunFolderError`: it is in a home that this user does not have.

    Examples
    --------
    >>> cache_dir().is_absolute()
    True
    """
    from platformdirs import user_cache_path

    override = os.environ.get("RCSPIKE_CACHE")
    try:
        folder = Path(override or user_cache_path("rcspike-brian", appauthor=False)).expanduser()
    except RuntimeError:  # a container, in which users have neither name nor home
        where = f"RCSPIKE_CACHE={override}" if override else "the cache folder"
        raise RunFolderError(
            f"{where} is in a home folder that does not exist; set the environment variable "
            "RCSPIKE_CACHE to another folder"
        ) from None
    return folder.absolute()


@contextmanager
def atomic_write(path: str | Path) -> Iterator[Path]:
    """Yield a temporary file, which becomes ``path`` if the block ends without error.

    It has no name until then, where the file system offers that: of a process that is killed
    nothing stays beside the results.
    """
    path = user_path(path)
    named = path.with_name(f".{path.stem}-{secrets.token_hex(4)}{path.suffix}")
    try:
        file, nameless = _open_nameless(named)
    except (OSError, ValueError) as error:
        raise _not_writable(path, error) from None
    try:
        yield Path(f"/proc/self/fd/{file}") if nameless else named
        if nameless:
            # A link takes no place that is taken, a rename does. Any src_dir_fd will do: with one,
            # Python follows the link in /proc.
            os.link(f"/proc/self/fd/{file}", named, src_dir_fd=file, follow_symlinks=True)
        os.replace(named, path)
    except OSError as error:
        raise _not_writable(path, error) from None
    finally:
        os.close(file)
        named.unlink(missing_ok=True)


def _open_nameless(named):
    """Open a new file, if possible without a name, and tell whether it was; else with this one."""
    if Path("/proc/self/fd").exists():
        with suppress(OSError):  # it says in many ways that it cannot, and why is said below
            return os.open(named.parent, os.O_TMPFILE | os.O_RDWR, 0o666), True
    return os.open(named, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666), False


def _not_writable(path, error):
    remedy = "choose another folder or make room and permission there"
    return RunFolderError(f"cannot write {path}: {_reason(error)}; {remedy}")


def _not_readable(path, error):
    return RunFolderError(f"cannot read {path}: {_reason(error)}")


def _reason(error):
    return getattr(error, "strerror", None) or error


def user_path(path: str | os.PathLike) -> Path:
    """A path as a user gives it, ``~`` being the home folder, or `RunFolderError`."""
    try:
        return Path(path).expanduser()
    except (TypeError, RuntimeError):
        raise RunFolderError(
            f"{str(path)!r} is no path, or of a home folder that is not known; give the whole path"
        ) from None


def exists(path: str | os.PathLike) -> bool:
    """Whether there is something at a path, or `RunFolderError`: that cannot be told."""
    path = user_path(path)
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError) as error:
        raise _not_readable(path, error) from None
    return True


def readable_file(path: str | os.PathLike) -> Path:
    """The path of a file or folder, or `RunFolderError`: it is missing, or may never end."""
    path = user_path(path)
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        raise _not_readable(path, error) from None
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise RunFolderError(f"cannot read {path}: it is a pipe or a device, not a file")
    return path


def make_folder(path: str | Path) -> Path:
    """Create a folder with its parents, or raise `RunFolderError`."""
    path = user_path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise _not_writable(path, error) from None
    return path


@contextmanager
def locked(folder: str | Path, work: str) -> Iterator[None]:
    """Keep other processes from the same work, such as "the training", in an existing folder."""
    from filelock import FileLock, Timeout

    file = user_path(folder) / ".lock"
    lock = FileLock(file, timeout=0)
    try:
        # Some file systems have no locks; there this is as without.
        with suppress(NotImplementedError):
            lock.acquire()
    except Timeout:
        raise RunFolderError(f"another process is busy with {work} in {folder}") from None
    except OSError as error:
        raise _not_writable(folder, error) from None
    try:
        yield
    finally:
        with suppress(OSError):  # before others may have it
            file.unlink()
        lock.release()


@contextmanager
def results_folder(path: str | Path) -> Iterator[Path]:
    """Create a folder for results; if the block fails before it has any, it is as it was before."""
    path = user_path(path)
    missing = [folder for folder in (path, *path.parents) if not exists(folder)]
    make_folder(path)
    try:
        yield path
    except BaseException:
        with suppress(OSError):  # one that is not empty stays, and so do those that hold it
            for folder in missing:
                folder.rmdir()
        raise


def write_json(path: str | Path, content: Any) -> None:
    """Write ``content`` as indented JSON, atomically."""
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def read_json(path: str | Path) -> dict[str, Any]:
    """The dictionary in a JSON file, or `RunFolderError`."""
    path = readable_file(path)
    try:
        content = _parsed(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise _not_readable(path, error) from None
    except ValueError as error:
        raise RunFolderError(f"{path} is damaged, not JSON: {error}") from None
    if not isinstance(content, dict):
        kind = type(content).__name__
        raise RunFolderError(f"{path} is damaged: it holds a {kind}, not names with values")
    return content


def _parsed(text):
    """What JSON says; `ValueError` if it cannot be written down again."""
    try:
        content = json.loads(text)
        json.dumps(content, ensure_ascii=False).encode()  # not half of a surrogate pair
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return content


def write_arrays(
    path: str | Path, kind: str, format_version: int, **arrays: np.ndarray | list | dict
) -> None:
    """Write arrays, and lists and dictionaries as JSON, in an .npz file of a kind, atomically."""
    content: dict[str, Any] = {
        name: np.array(json.dumps(value)) if isinstance(value, (dict, list)) else value
        for name, value in arrays.items()
    }
    header = np.array(json.dumps({"kind": kind, "format": format_version}))
    with atomic_write(path) as temporary, temporary.open("wb") as file:
        np.savez(file, header=header, **content)


def read_arrays(
    path: str | Path, kind: str, format_version: int, older: Iterable[int] = ()
) -> dict[str, Any]:
    """What `write_arrays` wrote, as a dictionary; ``older`` formats are accepted too."""
    path = readable_file(path)
    not_one = f"{path} is not a {kind} file of this package"
    try:
        with path.open("rb") as file:
            why = _no_archive(file.read(256))
            file.seek(0)
            content = {} if why else _read_archive(file)
    except OSError as error:
        raise _not_readable(path, error) from None
    except Exception as error:  # damaged zip files, arrays and JSON may raise anything
        why = _why(error)
    if why:
        raise RunFolderError(f"{not_one}: {why}")
    header = content.pop("header")
    if header.get("kind") != kind:
        raise RunFolderError(f"{not_one}: {_NO_HEADER}")
    if header.get("format") not in (format_version, *older):
        raise RunFolderError(
            f"{path} has format {header.get('format')}, and this version of rcspike_brian reads "
            f"format {format_version}; use the version that wrote it, or run it again"
        )
    return content


def _no_archive(head):
    """What a file is that begins like this, if it is no archive of arrays."""
    if head.startswith(b"PK"):
        return ""
    if head.startswith(GIT_LFS):
        return LFS_POINTER
    known = {b"\x1f\x8b": "it is packed with gzip; unpack it (gunzip)", b"\x80": _PICKLED}
    for magic, what in known.items():
        if head.startswith(magic):
            return what
    return "damaged or another format" if b"\0" in head else "it is text, or empty"


def _read_archive(file):
    with np.load(file, allow_pickle=False) as archive:
        # What is not compressed fits into memory if it fits on the disk.
        if any(member.compress_type for member in archive.zip.infolist()):
            raise ValueError("its arrays are compressed")
        if "header" not in archive.files:
            raise ValueError(_NO_HEADER)
        content = {name: _value(name, archive[name]) for name in archive.files}
    if not isinstance(content["header"], dict):
        raise ValueError(_NO_HEADER)
    return content


def _value(name, array):
    if not isinstance(array, np.ndarray):
        raise ValueError(f"{name} is no array")
    return _parsed(str(array)) if array.dtype.kind == "U" else array


def _why(error):
    if "allow_pickle" in str(error):
        return _PICKLED
    return f"damaged or another format ({str(error) or type(error).__name__})"


@contextmanager
def usable(path: str | Path, what: str) -> Iterator[None]:
    """What a block stumbles over in the content of a file, as a `RunFolderError` that names it."""
    try:
        yield
    except KeyError as error:
        raise RunFolderError(f"{path} does not hold {what}: {error} is missing") from None
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise RunFolderError(f"{path} does not hold {what}: {error}") from None


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that a result depends on."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
