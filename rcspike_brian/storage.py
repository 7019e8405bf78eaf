"""Files that are either whole or not there, and arrays that load without running code."""

import json
import os
import platform
import secrets
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from rcspike_brian.errors import RunFolderError

_PACKAGES = ("rcspike-brian", "numpy", "numba", "scipy", "pandas", "brian2")


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
    path = Path(path)
    named = path.with_name(f".{path.stem}-{secrets.token_hex(4)}{path.suffix}")
    try:
        file, nameless = _open_nameless(named)
    except OSError as error:
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
    return RunFolderError(f"cannot write {path}: {error.strerror or error}; {remedy}")


def _not_readable(path, error):
    return RunFolderError(f"cannot read {path}: {error.strerror or error}")


def make_folder(path: str | Path) -> Path:
    """Create a folder with its parents, or raise `RunFolderError`."""
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _not_writable(path, error) from None
    return path


@contextmanager
def results_folder(path: str | Path) -> Iterator[Path]:
    """Create a folder for results; if the block fails before it has any, it is as it was before."""
    path = Path(path)
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
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


def read_json(path: str | Path) -> Any:
    """Content of a JSON file, or `RunFolderError`."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise _not_readable(path, error) from None
    except ValueError as error:
        raise RunFolderError(f"{path} is damaged, not JSON: {error}") from None


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
    not_one = f"{path} is not a {kind} file of this package"
    try:
        with np.load(path, allow_pickle=False) as archive:
            content = {name: archive[name] for name in archive.files}
    except OSError as error:
        raise _not_readable(path, error) from None
    except (ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise RunFolderError(f"{not_one}: {_why(error)}") from None
    header = _header(content)
    if header.get("kind") != kind:
        raise RunFolderError(f"{not_one}: no such header")
    if header.get("format") not in (format_version, *older):
        raise RunFolderError(
            f"{path} has format {header.get('format')}, and this version of rcspike_brian reads "
            f"format {format_version}; use the version that wrote it, or run it again"
        )
    del content["header"]
    return {n: json.loads(str(a)) if a.dtype.kind == "U" else a for n, a in content.items()}


def _why(error):
    if "allow_pickle" in str(error):
        return "it holds pickled objects, which could run code and are never loaded"
    return f"damaged or another format ({error})"


def _header(content):
    try:
        header = json.loads(str(content.get("header")))
    except ValueError:
        return {}
    return header if isinstance(header, dict) else {}


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that a result depends on."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
