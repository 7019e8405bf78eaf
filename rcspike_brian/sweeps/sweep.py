"""Run a sweep: hand out steps of cells, store what comes back, report what went wrong."""

import multiprocessing
import sys
from collections import Counter, deque
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, wait
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from rcspike_brian.data import load_dataset
from rcspike_brian.errors import RCSpikeError
from rcspike_brian.progress import Progress, progress_bar
from rcspike_brian.sweeps.folder import SweepFolder
from rcspike_brian.sweeps.grid import Grid
from rcspike_brian.sweeps.local import DaskWorkers, LocalWorkers
from rcspike_brian.sweeps.work import RESULT, Step, advance

_TRIES = 3  # a cell that kills its worker this often is given up


class Outcome(NamedTuple):
    """What came of a sweep.

    Attributes
    ----------
    results : pandas.DataFrame
        Rows of ``results.csv``.
    errors : dict of str to str
        Message for each cell that could not be finished.

    Examples
    --------
    >>> Outcome(results=None, errors={}).errors
    {}
    """

    results: pd.DataFrame
    errors: dict[str, str]


def run_sweep(
    grid: Grid | None,
    out: str | Path,
    *,
    workers: int | None = None,
    threads: int = 1,
    data_dir: str | Path | None = None,
    scheduler: str | None = None,
    extend: bool = False,
    progress: Progress = True,
) -> Outcome:
    """Run all cells of a grid, or what is missing of them.

    Parameters
    ----------
    grid : Grid or None
        None continues the sweep in ``out`` with its own grid.
    out : str or Path
        Folder of the sweep; see `SweepFolder`.
    workers : int, optional
        Processes on this machine; default: as many as keep every processor busy.
    threads : int
        Of each worker. Does not change results.
    data_dir : str or Path, optional
        As for `load_dataset`, on each worker.
    scheduler : str, optional
        Address of a Dask scheduler; its workers are used instead of processes on this machine.
    extend : bool
        Allow a grid that has all the cells of the sweep in ``out``, and more.
    progress : bool or function
        Whether to show a bar, or ``progress(done, total)``, called with epochs of all cells.

    Examples
    --------
    >>> grid = Grid(v_syn=[1, 4], subset="bundled", options={"epochs": 2})
    >>> run_sweep(grid, "sweep").results["accuracy"]  # doctest: +SKIP
    """
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        sys.exit(1)  # a worker is importing the script that calls this: `LocalWorkers` says so
    folder = SweepFolder(out, grid, extend)
    with folder.locked():
        errors = {}
        done = {cell.name: folder.epochs(cell) for cell in folder.cells}
        todo = [cell for cell in folder.cells if not folder.is_finished(cell)]
        if todo:
            if scheduler is None:  # say what is wrong with the data before anything is started
                for name in folder.grid.datasets:
                    load_dataset(name, data_dir=data_dir, subset=folder.grid.subset)
            total = sum(cell.epochs for cell in folder.cells)
            pool: LocalWorkers | DaskWorkers = (
                LocalWorkers(workers, threads)
                if scheduler is None
                else DaskWorkers(scheduler, threads)
            )
            bar = progress_bar(progress, total, "epoch", done=sum(done.values()))
            with pool, bar as update:
                pool.prepare(todo)
                data_dir = None if data_dir is None else str(data_dir)
                errors = _Scheduler(folder, pool, data_dir, update, done).run(todo)
        folder.write_tables()
        for cell in folder.cells:
            if cell.name not in errors and not folder.is_finished(cell):
                errors[cell.name] = "its result was removed or damaged while the sweep ran"
        return Outcome(folder.results(), errors)


class _Scheduler:
    """The loop that keeps the workers busy until every cell is finished or given up."""

    def __init__(self, folder, pool, data_dir, update, done):
        self._folder, self._pool, self._data_dir = folder, pool, data_dir
        self._update, self._done = update, done  # epochs of each cell
        self._running, self._losses, self._errors = {}, Counter(), {}
        self._finished = 0

    def run(self, cells):
        """Take all cells to their end; returns the messages of those that failed."""
        waiting = deque(cells)
        self._finished = len(self._folder.cells) - len(cells)
        self._report()
        try:
            while waiting or self._running:
                while waiting and len(self._running) < self._pool.capacity():
                    self._submit(waiting.popleft())
                # First those that are under way: finished cells are worth more than begun ones.
                waiting.extendleft(self._collect())
        except KeyboardInterrupt:
            how = "Stopping after the running steps; Ctrl-C again: at once."
            print(f"\n{how}", file=sys.stderr, flush=True)
            try:
                while self._running:
                    self._collect()
            except KeyboardInterrupt:
                self._pool.stop()
            self._folder.write_tables()
            raise
        return self._errors

    def _submit(self, cell):
        try:
            checkpoint = self._folder.checkpoint(cell)
        except RCSpikeError as error:
            self._give_up(cell, error)
            return
        arguments = cell.to_dict(), checkpoint, self._data_dir, self._pool.threads
        try:
            self._running[self._pool.submit(advance, *arguments)] = cell
        except BrokenExecutor:  # a worker died between two steps; what was running is lost too
            for again in (*self._replace_lost(), cell):
                self._submit(again)

    def _collect(self):
        """Wait for a step and store it; returns cells that need another one."""
        done, _ = wait(self._running, return_when=FIRST_COMPLETED)
        more, lost = [], False
        for future in done:
            cell = self._running.pop(future)
            try:
                step = Step(*future.result())
            except (BrokenExecutor, CancelledError) as error:
                lost = True
                self._losses[cell.name] += 1
                if self._losses[cell.name] < _TRIES:
                    more.append(cell)
                else:
                    self._give_up(cell, error)
            except Exception as error:
                self._give_up(cell, error)
            else:
                self._store(cell, step)
                if RESULT not in step.files:
                    more.append(cell)
        return more + self._replace_lost() if lost else more

    def _replace_lost(self):
        """All steps of a pool that lost a process fail; give them to new workers."""
        again = list(self._running.values())
        self._running.clear()
        self._pool.replace_lost()
        return again

    def _store(self, cell, step):
        self._losses.pop(cell.name, None)
        self._folder.store(cell, step)
        if RESULT in step.files:
            self._finished += 1
            self._folder.write_tables()
        self._report(step.epochs - self._done[cell.name])
        self._done[cell.name] = step.epochs

    def _give_up(self, cell, error):
        self._errors[cell.name] = f"{error}" or type(error).__name__
        self._report()
        self._folder.store_error(cell, error)

    def _report(self, epochs=0):
        failed = f", {len(self._errors)} failed" if self._errors else ""
        self._update(epochs, f"{self._finished} of {len(self._folder.cells)} networks{failed}")
