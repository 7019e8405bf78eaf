"""What a worker does: take a cell one step further.

A step is one epoch, or as many as fit into a second; after the last one the trained network is
measured. Each step starts from the checkpoint of the one before and returns files, so it can run
in any process on any machine, and again if that one is lost. One process, the one that was asked
for the sweep, writes them into the sweep's folder.

Before the first step processes of their own compile the code: compiling takes far more memory than
training, and a process keeps it. The workers then read the kernels from numba's cache.
"""

import math
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from rcspike_brian import memory
from rcspike_brian.data import Dataset, load_dataset
from rcspike_brian.data.catalog import get_entry
from rcspike_brian.layers.notation import network_name
from rcspike_brian.network import Network
from rcspike_brian.processes import Workshop
from rcspike_brian.storage import versions, write_json
from rcspike_brian.sweeps.cell import MAPPED, MAPPED_CONVENTIONAL, MAPPED_RESCALED, RELU, Cell
from rcspike_brian.training import Run, TrainingConfig, evaluate, train
from rcspike_brian.training.mapping import normalised, rescaled
from rcspike_brian.training.mlp import ReluNetwork
from rcspike_brian.training.run import CHECKPOINT

_SECONDS = 1.0
_N_IMAGES = 20  # to compile with
RESULT = "result.json"
DISTURBANCES = {
    **{f"noise_{noise}": (noise, noise, noise) for noise in (0.005, 0.01, 0.02, 0.04)},
    **{f"jitter_{jitter}": (0.0, jitter, jitter) for jitter in (0.01, 0.03)},
}
"""Columns of results with accuracies under noise (`Network.potentials`): of every spike, in units
of T, or of all comparators, in units of V_th."""


class Step(NamedTuple):
    """What came of a step."""

    files: dict[str, bytes]  # of the run folder; with `RESULT` among them the cell is finished
    epochs: int  # completed so far
    seconds: float
    peak_mib: float  # resident memory less the data set; NaN where the system does not tell
    host: str


def advance(
    cell: dict, checkpoint: bytes | None, data_dir: str | None = None, threads: int = 1
) -> tuple:
    """Take a cell (`Cell.to_dict`) one step further; returns a `Step` as a plain tuple."""
    start = time.perf_counter()
    task = Cell.from_dict(cell)
    complete = _complete(task.dataset, data_dir, task.subset)
    dataset = complete.held_out(task.validation)
    # Where the peak cannot be reset (not Linux, not allowed) it is the one since the start.
    with suppress(OSError):
        memory.reset_peak()
    with Workshop() as workshop, threadpool_limits(1, "blas"):
        folder = workshop.path
        if checkpoint is not None:
            (folder / CHECKPOINT).write_bytes(checkpoint)
        config, resume = TrainingConfig.from_dict(task.config), checkpoint is not None
        how: dict[str, Any] = {"model": task.trainer, "progress": False, "threads": threads}
        how["pause"] = lambda: time.perf_counter() - start > _SECONDS
        run = train(dataset, config, out=folder, resume=resume, **how)
        epochs = len(run.metrics)
        if epochs == task.epochs or run.solution is not None:  # SciPy may converge before
            result = {"cell": task.to_dict(), "rows": rows(task, run, dataset, threads)}
            write_json(folder / RESULT, {**result, "versions": versions()})
        files = {path.name: path.read_bytes() for path in folder.glob("[!.]*")}
    seconds = time.perf_counter() - start
    return tuple(Step(files, epochs, seconds, _peak_beyond(complete), socket.gethostname()))


@lru_cache(maxsize=2)
def _complete(name, data_dir, subset):
    """Both data sets of a sweep stay in memory: neighbouring steps may be of different cells."""
    return load_dataset(name, data_dir=data_dir, subset=subset)


def _peak_beyond(dataset):
    """Peak memory of this process less that of the data set, in MiB; NaN if it is not known."""
    data = sum(getattr(value, "nbytes", 0) for value in vars(dataset).values())
    try:
        return (memory.peak() - data) / 2**20
    except OSError:
        return float("nan")


def kinds_of(cells: Iterable[Cell]) -> list[Cell]:
    """One cell for every kind of network: others of its kind need the same compiled code."""
    kinds = {}
    for cell in cells:
        dtype = np.dtype(get_entry(cell.dataset).dtype)
        config = TrainingConfig.from_dict(cell.config)
        code = config.optimizer, config.ramp, config.weight_spread > 0, config.has_maps
        kinds.setdefault((cell.model, *code, dtype), cell)
    return list(kinds.values())


def compile_kernels(cell: dict) -> None:
    """Train a network like that of a cell (`Cell.to_dict`) for a moment, and measure it."""
    like = Cell.from_dict(cell)
    dataset = _noise_for(like)
    config = TrainingConfig.from_dict({**like.config, "epochs": 1})
    rows(like, train(dataset, config, model=like.trainer, progress=False, threads=1), dataset)


def _noise_for(cell):
    """A data set of a few images of noise, of as many classes as they can be."""
    entry = get_entry(cell.dataset)
    images = np.random.default_rng(0).integers(0, 256, (_N_IMAGES, entry.n_in), dtype=np.uint8)
    if entry.dtype != np.uint8:
        images = (images / 255).astype(entry.dtype)
    labels = np.arange(_N_IMAGES) % entry.n_classes
    return entry.dataset(images, labels, images, labels, source="noise", is_subset=True)


def rows(cell: Cell, run: Run, dataset: Dataset, threads: int | None = None) -> list[dict]:
    """The rows that a trained network adds to the results, and its mappings to circuits."""
    last = run.metrics.iloc[-1]
    common = {
        "cell": cell.name,
        "dataset": cell.dataset,
        "model": cell.model,
        "v_syn": float(cell.config["v_syn"]),
        "seed": cell.config["seed"],
        "network": network_name(run.network.layers),
        "evaluated_on": "validation" if cell.validation else "test",
        "data": "bundled subset" if dataset.is_subset else "full",
        "train_images": len(dataset.train_labels),
        "validation_images": cell.validation,
        "test_images": 0 if cell.validation else len(dataset.test_labels),
        "epochs": len(run.metrics),
        "config_hash": cell.hash,
        "train_loss": last["train_loss"],
        "train_accuracy": last["train_accuracy"],
    }
    found = _relu if cell.trainer == RELU else _spiking
    return [_plain(common | more) for more in found(cell, run.network, dataset, threads)]


def measured(network: Network, dataset: Dataset, threads: int | None = None) -> dict[str, float]:
    """What `rcspike_brian.evaluate` finds, and the accuracy under each of the `DISTURBANCES`."""
    return evaluate(network, dataset, threads=threads) | {
        name: evaluate(network, dataset, noise=noise, threads=threads)["accuracy"]
        for name, noise in DISTURBANCES.items()
    }


def _spiking(cell, network, dataset, threads):
    """The network; and its weights on each circuit that it was not trained for."""
    yield measured(network, dataset, threads)
    for v_syn in cell.mapped_to:
        if math.isfinite(v_syn):
            found = measured(network.on_circuit(v_syn), dataset, threads)
            yield {"model": MAPPED_CONVENTIONAL, "v_syn": v_syn, **found}


def _relu(cell, network, dataset, threads):
    """The ReLU network, whose class is the largest output, spike or not; and on each circuit."""
    accuracy = network.accuracy(dataset)
    yield {"accuracy": accuracy, "accuracy_potential": accuracy, "undecided": 0.0}
    if cell.mapped_to:  # or ranges of activations would be found for nothing
        yield from on_circuits(network, dataset, cell.mapped_to, threads)


def on_circuits(
    network: ReluNetwork, dataset: Dataset, drives: Iterable[float], threads: int | None = None
) -> Iterator[dict[str, Any]]:
    """Rows of a ReLU network on the circuit of each V_syn/V_th: as it is, and rescaled."""
    images = dataset.train_images
    usual, widest = normalised(network, images), normalised(network, images, quantile=1.0)
    for v_syn in drives:
        for model, circuit in (
            (MAPPED, usual.on_circuit(v_syn)),
            (MAPPED_RESCALED, rescaled((usual, widest), v_syn, images, threads=threads)),
        ):
            found = measured(circuit, dataset, threads)
            yield {"model": model, "v_syn": v_syn, **found}


def _plain(row):
    """Numbers as JSON has them; infinity as text."""
    for name, value in row.items():
        if isinstance(value, (float, np.floating)):
            row[name] = float(value) if math.isfinite(value) else str(value)
    return row
