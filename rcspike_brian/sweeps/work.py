"""What a worker does: take a cell one step further.

A step is one epoch, or as many as fit into a second; after the last one the trained network is
measured. Each step starts from the checkpoint of the one before and returns files, so it can run
in any process on any machine, and again if that one is lost. One process, the one that was asked
for the sweep, writes them into the sweep's folder.
"""

import socket
import time
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from threadpoolctl import threadpool_limits

from rcspike_brian import memory
from rcspike_brian.data import load_dataset
from rcspike_brian.storage import versions, write_json
from rcspike_brian.sweeps.cell import Cell
from rcspike_brian.sweeps.measurement import rows
from rcspike_brian.training import TrainingConfig, train
from rcspike_brian.training.run import CHECKPOINT

_SECONDS = 1.0
RESULT = "result.json"


class Step(NamedTuple):
    """What came of a step.

    Attributes
    ----------
    files : dict of str to bytes
        Files of the run folder, brought up to date; with `RESULT` among them the cell is finished.
    epochs : int
        Epochs completed so far.
    seconds : float
    peak_mib : float
        Largest resident memory of the process during the step, less the cell's data set; NaN
        where the system does not tell.
    host : str
    """

    files: dict[str, bytes]
    epochs: int
    seconds: float
    peak_mib: float
    host: str


def advance(
    cell: dict, checkpoint: bytes | None, data_dir: str | None = None, threads: int = 1
) -> tuple:
    """Take a cell one step further.

    Parameters
    ----------
    cell : dict
        From `Cell.to_dict`.
    checkpoint : bytes or None
        The run's checkpoint file, if there is one already.
    data_dir : str, optional
        As for `load_dataset`.
    threads : int

    Returns
    -------
    tuple
        A `Step` as a plain tuple, for any transport.
    """
    start = time.perf_counter()
    task = Cell.from_dict(cell)
    complete = _complete(task.dataset, data_dir, task.subset)
    dataset = complete.held_out(task.validation)
    meter = _Memory(complete)
    config = TrainingConfig.from_dict(task.config)
    with TemporaryDirectory(prefix="rcspike-") as temporary, threadpool_limits(1, "blas"):
        folder = Path(temporary)
        if checkpoint is not None:
            (folder / CHECKPOINT).write_bytes(checkpoint)
        run = train(
            dataset,
            config,
            model=task.trainer,
            out=folder,
            resume=checkpoint is not None,
            progress=False,
            threads=threads,
            pause=lambda: time.perf_counter() - start > _SECONDS,
        )
        epochs = len(run.metrics)
        if epochs == config.epochs:
            _measure(task, run, dataset, folder, threads)
        content = {path.name: path.read_bytes() for path in folder.iterdir()}
    seconds = time.perf_counter() - start
    return tuple(Step(content, epochs, seconds, meter.peak_mib(), socket.gethostname()))


def _measure(task, run, dataset, folder, threads):
    measured = rows(task, run, dataset, threads)
    write_json(folder / RESULT, {"cell": task.to_dict(), "rows": measured, "versions": versions()})


@lru_cache(maxsize=2)
def _complete(name, data_dir, subset):
    """Both data sets of a sweep stay in memory: neighbouring steps may be of different cells."""
    return load_dataset(name, data_dir=data_dir, subset=subset)


def _n_bytes(dataset):
    arrays = (v for v in vars(dataset).values() if hasattr(v, "nbytes"))
    return sum(array.nbytes for array in arrays)


class _Memory:
    """Peak memory of this process from now on, beyond the data set."""

    def __init__(self, dataset):
        self._data = _n_bytes(dataset)
        # Where the peak cannot be reset (not Linux, not allowed) it is the one since the start.
        with suppress(OSError):
            memory.reset_peak()

    def peak_mib(self):
        """In MiB; NaN where the system does not tell."""
        try:
            return (memory.peak() - self._data) / 2**20
        except OSError:
            return float("nan")
