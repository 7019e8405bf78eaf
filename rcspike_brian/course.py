"""The course: the notebooks that come with the package, and copies of them."""

import json
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from rcspike_brian.editions import make_edition, with_install
from rcspike_brian.errors import DataError
from rcspike_brian.storage import atomic_write, exists, make_folder
from rcspike_brian.translations import translated

_NOTEBOOKS = Path(__file__).parent / "notebooks"


@dataclass(frozen=True)
class CopiedCourse:
    """What `copy_course` did: names of notebooks."""

    folder: Path
    written: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)  # there already and the same
    kept: list[str] = field(default_factory=list)  # there already, different, and left alone
    backups: dict[str, str] = field(default_factory=dict)  # of those that were replaced


def course_notebooks() -> list[Path]:
    """List the notebooks, in the order of the course."""
    if found := sorted(_NOTEBOOKS.glob("[0-9][0-9]_*.ipynb")):
        return found
    raise DataError(
        f"the notebooks are missing, they should be in {_NOTEBOOKS}; install the package again: "
        "python -m pip install --force-reinstall --no-deps rcspike-brian"
    )


def copy_course(
    folder: str | Path,
    replace: bool = False,
    edition: str | None = None,
    install: str | None = None,
    language: str = "en",
) -> CopiedCourse:
    """Copy the course into a folder; nothing that is there is lost.

    Parameters
    ----------
    folder : str or Path
        Created if it is missing.
    replace : bool
        Whether a notebook that differs is replaced, and kept under another name.
    edition : {"student", "teacher"}, optional
        With blanks to fill in, or with solutions as cells; see `rcspike_brian.editions`. Default:
        the notebooks as they are, with solutions folded away.
    install : str, optional
        What a cell in front installs with pip where the package is missing, as on Colab.
    language : {"en", "ja"}
        Of the texts; code and pictures stay English.

    Examples
    --------
    >>> first, second = copy_course("course"), copy_course("course")
    >>> first.written == second.unchanged, second.kept
    (True, [])
    """
    # All of them before the first is written.
    contents = {
        path.name: _content(path, edition, install, language) for path in course_notebooks()
    }
    result = CopiedCourse(make_folder(folder))
    for name, content in contents.items():
        target = result.folder / name
        if exists(target) and _read(target) == content:
            result.unchanged.append(name)
        elif exists(target) and not replace:
            result.kept.append(name)
        else:
            if exists(target):
                result.backups[name] = _back_up(target)
            _write(target, content)
            result.written.append(name)
    return result


def _content(path, edition, install, language):
    """Bytes of a copy: of the whole notebook, those of its file."""
    if edition is None and install is None and language == "en":
        return path.read_bytes()
    notebook = translated(path, language)
    if edition is not None:
        notebook = make_edition(notebook, edition)
    if install is not None:
        notebook = with_install(notebook, install)
    return (json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()


def _read(path):
    """Content of a file; of a folder or an unreadable file, nothing that equals a notebook."""
    with suppress(OSError):
        return path.read_bytes()


def _write(path, content):
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)


def _back_up(path):
    """Copy a file beside itself under a name that is free; returns the name."""
    number = 1
    while exists(copy := path.with_name(f"{path.stem}.yours-{number}{path.suffix}")):
        number += 1
    _write(copy, path.read_bytes())
    return copy.name
