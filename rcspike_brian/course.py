"""The course: the notebooks that come with the package, and copies of them."""

from dataclasses import dataclass, field
from pathlib import Path

from rcspike_brian.errors import DataError
from rcspike_brian.storage import atomic_write, make_folder

_NOTEBOOKS = Path(__file__).parent / "notebooks"


@dataclass(frozen=True)
class CopiedCourse:
    """What `copy_course` did.

    Attributes
    ----------
    folder : Path
    written, unchanged, kept : list of str
        Names of notebooks: copied; there already and the same; there already, different, and left
        alone.
    backups : dict of str to str
        Replaced notebook -> name under which the one that was there is kept.
    """

    folder: Path
    written: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    backups: dict[str, str] = field(default_factory=dict)


def course_notebooks() -> list[Path]:
    """List the notebooks of the course.

    Returns
    -------
    list of Path
        In the order of the course.

    Raises
    ------
    DataError
        They are not there: the package was not installed completely.

    Examples
    --------
    >>> course_notebooks()[0].name
    '01_membrane_dynamics.ipynb'
    """
    if found := sorted(_NOTEBOOKS.glob("[0-9][0-9]_*.ipynb")):
        return found
    raise DataError(
        f"the notebooks are missing, they should be in {_NOTEBOOKS}; install the package again: "
        "python -m pip install --force-reinstall --no-deps rcspike-brian"
    )


def copy_course(folder: str | Path, replace: bool = False) -> CopiedCourse:
    """Copy the course into a folder; nothing that is there is lost.

    Parameters
    ----------
    folder : str or Path
        Created if it is missing.
    replace : bool
        Whether a notebook that is there and differs is replaced. It is kept under another name.
        Otherwise it is left alone.

    Returns
    -------
    CopiedCourse

    Raises
    ------
    RunFolderError
        The folder cannot be written.
    DataError
        The package has no notebooks.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     first, second = copy_course(folder), copy_course(folder)
    >>> first.written == second.unchanged, second.kept
    (True, [])
    """
    sources = course_notebooks()
    result = CopiedCourse(make_folder(folder))
    for source in sources:
        _copy(source.read_bytes(), result, source.name, replace)
    return result


def _copy(content, result, name, replace):
    target = result.folder / name
    if target.exists() and _read(target) == content:
        result.unchanged.append(name)
        return
    if target.exists() and not replace:
        result.kept.append(name)
        return
    if target.exists():
        result.backups[name] = _back_up(target)
    with atomic_write(target) as temporary:
        temporary.write_bytes(content)
    result.written.append(name)


def _read(path):
    """Content of a file; of a folder or an unreadable file, nothing that equals a notebook."""
    try:
        return path.read_bytes()
    except OSError:
        return None


def _back_up(path):
    """Copy a file beside itself under a name that is free; returns the name."""
    number = 1
    while (copy := path.with_name(f"{path.stem}.yours-{number}{path.suffix}")).exists():
        number += 1
    with atomic_write(copy) as temporary:
        temporary.write_bytes(path.read_bytes())
    return copy.name
