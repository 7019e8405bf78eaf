"""The folder of a sweep: its grid, a run folder for each cell, and the tables made from them.

====================  ==========================================================================
``sweep.json``        the grid and the names of its cells
``cells/NAME/``       run folder of a cell as `rcspike_brian.train` writes it, and ``result.json``
                      once the cell is finished, ``timing.json``, ``error.txt`` after an error
``results.csv``       one row for each accuracy; the same numbers whenever the sweep is run again
``timings.csv``       what differs from run to run: seconds, memory, machines
====================  ==========================================================================

Only the process that runs the sweep writes here.
"""

import json
import os
import traceback
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import pandas as pd

from rcspike_brian.core.checks import positive_integer
from rcspike_brian.errors import DataError, InvalidInput, RunFolderError
from rcspike_brian.storage import (
    atomic_write,
    exists,
    locked,
    make_folder,
    read_json,
    readable_file,
    usable,
    user_path,
    versions,
    write_json,
)
from rcspike_brian.sweeps.cell import MODELS, Cell
from rcspike_brian.sweeps.grid import Grid
from rcspike_brian.sweeps.options import option_names
from rcspike_brian.sweeps.work import RESULT, Step
from rcspike_brian.training.run import CHECKPOINT, CONFIG

SWEEP, RESULTS, TIMINGS, CELLS = "sweep.json", "results.csv", "timings.csv", "cells"
_TIMING, _ERROR = "timing.json", "error.txt"
_FORMAT = 1
_FULL = Path(__file__).parents[1] / "results" / "figure3" / RESULTS
_FIRST_COLUMNS = ("dataset", "model", "v_syn", "seed")
# What every table of results has; the figures need no more.
RESULT_COLUMNS = (*_FIRST_COLUMNS, "accuracy", "epochs", "train_images", "data")
_COUNTS = ("seed", "epochs", "train_images")
_VERSIONS = ("rcspike-brian", "python", "numpy", "numba", "scipy")


class SweepFolder:
    """A folder for the cells of a grid.

    Parameters
    ----------
    path : str or Path
        Created if it is missing.
    grid : Grid, optional
        Default: the grid of the sweep that is there.
    extend : bool
        Allow a grid that has all the cells of the one that is there, and more.

    Raises `RunFolderError` if the files are damaged, or there is no grid or another one.

    Examples
    --------
    >>> folder = SweepFolder("sweep", Grid(v_syn=[1, 4], subset="bundled"))
    >>> [folder.is_finished(cell) for cell in folder.cells]
    [False, False, False]
    """

    def __init__(self, path: str | Path, grid: Grid | None = None, extend: bool = False):
        self.path = user_path(path)
        if grid is None or (not extend and exists(self.path / SWEEP)):
            self._open(grid, extend)
            return
        make_folder(self.path)
        with self.locked():  # what a running sweep has written stays
            self._open(grid, extend)
            content = {"grid": self.grid.to_dict(), "cells": [cell.name for cell in self.cells]}
            write_json(self.path / SWEEP, {"format": _FORMAT, **content, "versions": versions()})

    def _open(self, grid, extend):
        """Take the grid if it goes with the sweep in the folder, or that of the sweep."""
        there, names = self._read_sweep()
        grid = grid or there
        if grid is None:
            raise RunFolderError(
                f"{self.path} holds no sweep to continue ({SWEEP} is missing); give a grid: "
                "--preset, or --dataset, --v-syn, --seeds"
            )
        if there is None and exists(self.path / RESULTS) and not exists(self.path / CELLS):
            raise RunFolderError(
                f"{self.path / RESULTS} is all that is there of a sweep and would be replaced; "
                "choose another folder"
            )
        self.grid, self.cells = grid, grid.cells()
        mine = [cell.name for cell in self.cells]
        if there and mine != names and not (extend and set(names) <= set(mine)):
            raise RunFolderError(self._difference(there))

    def _read_sweep(self) -> tuple[Grid | None, list[str]]:
        """Grid and names of cells of the sweep in the folder; None if there is no sweep."""
        file = self.path / SWEEP
        if not exists(file):
            return None, []
        content = read_json(file)
        with usable(file, "the grid of a sweep of this version"):
            if (found := content["format"]) != _FORMAT:
                raise RunFolderError(f"{file} has format {found}, and this version reads {_FORMAT}")
            return Grid.from_dict(content["grid"]), [str(name) for name in content["cells"]]

    def _difference(self, there):
        """What is different in the grid of the sweep in the folder, as a message."""
        old, new = there.to_dict(), self.grid.to_dict()
        different = [name for name in new if old[name] != new[name]]
        if not different:
            return (
                f"{self.path} holds a sweep by a version of this package with other training "
                "options; continue it with that version, or choose another folder"
            )
        name = different[0]
        return (
            f"{self.path} holds a sweep with {name} = {old[name]!r}, not {new[name]!r}; continue "
            "it without a grid, choose another folder, or add cells to it (--extend) if the new "
            "grid has all of its cells"
        )

    def locked(self) -> AbstractContextManager[None]:
        """Keep other processes from running the same sweep at the same time."""
        return locked(self.path, "the sweep")

    def folder(self, cell: Cell) -> Path:
        """Run folder of a cell."""
        return self.path / CELLS / cell.name

    def is_finished(self, cell: Cell) -> bool:
        """Whether the cell has its result."""
        return self._result(cell) is not None

    def _result(self, cell):
        """Content of the result file; None if it is missing or not whole, to be made again."""
        path = self.folder(cell) / RESULT
        with suppress(RunFolderError), usable(path, "the result of a cell"):
            content = read_json(path)
            same = Cell.from_dict(content["cell"]) == cell
            used = {name: str(content["versions"][name]) for name in _VERSIONS}
            rows = [_checked_row(row) for row in content["rows"]]
            return {"versions": used, "rows": rows} if same and rows else None
        return None

    def epochs(self, cell: Cell) -> int:
        """Completed epochs of a cell."""
        path = self.folder(cell) / CONFIG
        with suppress(RunFolderError), usable(path, "the epochs of a run"):
            completed = positive_integer(read_json(path)["epochs_completed"], "epochs", least=0)
            return min(completed, cell.epochs)
        return 0

    def checkpoint(self, cell: Cell) -> bytes | None:
        """The cell's checkpoint file as bytes, or None."""
        file = self.folder(cell) / CHECKPOINT
        try:
            return readable_file(file).read_bytes() if exists(file) else None
        except OSError as error:
            raise RunFolderError(f"cannot read {file}: {error.strerror}") from None

    def _timing(self, cell):
        """Content of the file of timings; None if it is missing or damaged."""
        path = self.folder(cell) / _TIMING
        with suppress(RunFolderError), usable(path, "timings"):
            content = read_json(path)
            numbers = {name: float(content[name]) for name in ("seconds", "peak_mib")}
            return numbers | {"hosts": [str(host) for host in content["hosts"]]}
        return None

    def store(self, cell: Cell, step: Step) -> None:
        """Write what came of a step; what is missing after a crash is made again from the rest."""
        self._check_presence()
        folder = make_folder(self.folder(cell))
        # The checkpoint first, the result last.
        for name in sorted(step.files, key=lambda name: (name != CHECKPOINT, name == RESULT)):
            with atomic_write(folder / name) as temporary:
                temporary.write_bytes(step.files[name])
        old = self._timing(cell) or {"seconds": 0.0, "peak_mib": 0.0, "hosts": []}
        timing = {
            "seconds": old["seconds"] + step.seconds,
            "peak_mib": max(step.peak_mib, old["peak_mib"]),
            "hosts": sorted({*old["hosts"], step.host}),
        }
        write_json(folder / _TIMING, timing)
        (folder / _ERROR).unlink(missing_ok=True)

    def store_error(self, cell: Cell, error: BaseException) -> None:
        """Keep the traceback of a cell's error beside the cell."""
        self._check_presence()
        text = "".join(traceback.format_exception(error))
        with atomic_write(make_folder(self.folder(cell)) / _ERROR) as temporary:
            temporary.write_text(text, encoding="utf-8", errors="backslashreplace")

    def _check_presence(self):
        """`RunFolderError` if somebody has removed the sweep: half of one would be left."""
        if not exists(self.path / SWEEP):
            raise RunFolderError(
                f"{self.path / SWEEP} was removed while the sweep ran, so it has stopped; the same "
                "command begins again"
            )

    def results(self) -> pd.DataFrame:
        """One row for each accuracy of the finished cells, in the order of the grid."""
        rows = []
        for cell in self.cells:
            if result := self._result(cell):
                more = {name: _text(cell.config[name]) for name in self.grid.vary}
                more |= {name.replace("-", "_"): result["versions"][name] for name in _VERSIONS}
                rows += [row | more for row in result["rows"]]
        frame = pd.DataFrame(rows, columns=None if rows else RESULT_COLUMNS)
        # JSON has no infinity: it stands there as a string.
        frame["v_syn"] = frame["v_syn"].astype(float)
        first = [name for name in (*_FIRST_COLUMNS, *self.grid.vary) if name in frame]
        return frame[[*first, *(name for name in frame if name not in first)]]

    def timings(self) -> pd.DataFrame:
        """Seconds, peak memory beyond the data set, and machines of each cell."""
        columns = ["cell", "epochs", "seconds", "peak_mib", "hosts"]
        rows = []
        for cell in self.cells:
            if timing := self._timing(cell):
                timing["hosts"] = " ".join(timing["hosts"])
                rows.append({"cell": cell.name, "epochs": self.epochs(cell), **timing})
        return pd.DataFrame(rows, columns=columns)

    def write_tables(self) -> None:
        """Bring ``results.csv`` and ``timings.csv`` up to date."""
        for name, frame in ((RESULTS, self.results()), (TIMINGS, self.timings())):
            with atomic_write(self.path / name) as temporary:
                frame.to_csv(temporary, index=False)


def _checked_row(row):
    """A row of results as it is, or an error: it is none."""
    if not (0 <= row["accuracy"] <= 1 and float(row["v_syn"]) > 0 and row["model"] in MODELS):
        raise ValueError("accuracy, v_syn or model is none")
    for name in _COUNTS:
        float(positive_integer(row[name], name, least=0))  # nor too large for one
    if not all(isinstance(row[name], str) for name in ("dataset", "data")):
        raise TypeError("the names of the data are no texts")
    return row


def _text(value):
    """A value of a varied option in a table: lists as JSON."""
    return json.dumps(value) if isinstance(value, list) else value


def read_results(path: str | Path) -> pd.DataFrame:
    """The table of results of a sweep: a row for each accuracy, with its settings.

    Parameters
    ----------
    path : str or Path
        Folder of a sweep, or the file ``results.csv`` alone.

    Examples
    --------
    >>> row = "mnist,rc-spike,1.0,0,0.98,10,60000,full"
    >>> _ = Path("results.csv").write_text(",".join(RESULT_COLUMNS) + "\\n" + row)
    >>> read_results(".")["accuracy"].tolist()
    [0.98]
    """
    path = user_path(path)
    file = path / RESULTS if os.path.isdir(path) else path
    try:
        texts = dict.fromkeys(("dataset", "model", "data"), str)
        frame = pd.read_csv(readable_file(file), dtype=texts)
    except (OSError, RunFolderError) as error:
        why = getattr(error, "strerror", None) or error
        raise DataError(
            f"cannot read the results {file}: {why}; `rcspike sweep` makes them"
        ) from None
    except Exception as error:  # what a damaged table makes pandas raise is of many kinds
        raise DataError(f"{file} is damaged, not a table: {error}") from None
    missing = [name for name in RESULT_COLUMNS if name not in frame]
    if missing:
        raise DataError(f"{file} is not the results of a sweep, or damaged: it lacks {missing}")
    if frame.empty:
        remedy = "`rcspike sweep` on its folder goes on with it"
        raise DataError(f"{file} has no rows: no network of the sweep is finished; {remedy}")
    if what := _damage(frame):
        remedy = "`rcspike sweep` on its folder makes it again"
        raise DataError(f"{file} is damaged: it has {what}; {remedy}")
    return frame


def _damage(frame):
    """What cannot stand in a table of results, if there is such."""
    if unknown := sorted(set(frame["model"].astype(str)) - set(MODELS)):
        return f"the model {unknown[0]!r}"
    try:
        numbers = frame[["v_syn", "accuracy", *_COUNTS]].apply(pd.to_numeric, errors="coerce")
    except OverflowError:
        return "numbers that are too large"
    if numbers.isna().any(axis=None):
        return "entries that are no numbers"
    counts = numbers[list(_COUNTS)]
    if ((counts < 0) | (counts % 1 != 0)).any(axis=None):
        return "counts that are no whole numbers"
    if not (numbers["accuracy"].between(0, 1) & (numbers["v_syn"] > 0)).all():
        return "accuracies or drive voltages out of range"
    return "empty entries" if frame[["dataset", "data"]].isna().any(axis=None) else ""


def full_results() -> pd.DataFrame:
    """Return the table of results behind Figure 3, on the complete data, without training.

    As from `read_results`; a `DataError` says how to make it if this copy of the package lacks it.

    Examples
    --------
    >>> sorted(full_results()["dataset"].unique())  # doctest: +SKIP
    ['fashion-mnist', 'mnist']
    """
    if _FULL.is_file():
        return read_results(_FULL)
    raise DataError(
        "this copy of the package has no results of the complete data. "
        "`rcspike sweep --preset figure3 --out results/figure3` makes them, in some hours."
    )


def select(frame: pd.DataFrame, where: Sequence[str] = ()) -> pd.DataFrame:
    """Rows of a table of results with some values of the varied options.

    Parameters
    ----------
    frame : pandas.DataFrame
        From `read_results`.
    where : sequence of str
        ``"name=value"``, the value as it stands in the table.

    Raises `InvalidInput` if there are none, or an option still has several values, or one model at
    one V_syn several networks, or one seed several rows: means over them would mean nothing.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"noise": [0.0, 0.02], "accuracy": [0.98, 0.975]})
    >>> select(frame, ["noise=0.02"])["accuracy"].tolist()
    [0.975]
    """
    for condition in where:
        name, _, value = condition.partition("=")
        if name not in frame:
            raise InvalidInput(f"the results have no column {name!r}")
        texts = _as_text(frame[name])
        if not (texts == value).any():
            raise InvalidInput(f"no results with {name} = {value}; there are {_listed(texts)}")
        frame = frame[texts == value]
    for name in option_names():
        if name != "epochs" and name in frame and frame[name].nunique() > 1:
            raise InvalidInput(
                f"the results have several values of {name}; choose one: "
                f"--where {name}=VALUE with {_listed(_as_text(frame[name]))}"
            )
    if set(_FIRST_COLUMNS) <= set(frame):
        _check_alike(frame)
    return frame


def _check_alike(frame):
    """`InvalidInput` if rows differ that would be averaged over seeds, or one would count twice."""
    place = [name for name in _FIRST_COLUMNS if name != "seed"]
    for name in ("network", "evaluated_on"):
        if name not in frame:
            continue
        # A row that does not say it may be of another: a table with the column beside one without.
        counts = frame.groupby(place)[name].nunique(dropna=False)
        if (counts > 1).any():
            raise InvalidInput(
                f"the results of {_at(place, (counts > 1).idxmax())} have several values of "
                f"{name}; choose one: --where {name}=VALUE with {_listed(_as_text(frame[name]))}"
            )
    again = frame.duplicated([*place, "seed"])
    if again.any():
        row = frame[again].iloc[0]
        raise InvalidInput(
            f"the results of {_at(place, row[place])} have seed {row['seed']} twice: give each "
            "table once, or choose by --where, such as --where epochs=VALUE"
        )


def _at(names, values):
    return ", ".join(f"{name} = {value}" for name, value in zip(names, values, strict=True))


def _as_text(column):
    return column.map(lambda value: f"{value:g}" if isinstance(value, float) else str(value))


def _listed(texts):
    return ", ".join(texts.unique())
