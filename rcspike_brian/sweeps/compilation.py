"""Compile what the cells of a sweep need, before any of them is trained.

Compiling takes far more memory than training, and a process keeps it. In processes of its own it is
given back, it is not done by every worker, and the workers read the kernels from numba's cache.
"""

from collections.abc import Iterable

import numpy as np

from rcspike_brian.data.catalog import get_entry
from rcspike_brian.sweeps.cell import Cell
from rcspike_brian.sweeps.measurement import rows
from rcspike_brian.training import TrainingConfig, train

_N_IMAGES = 20


def kinds_of(cells: Iterable[Cell]) -> list[Cell]:
    """One cell for every kind of network: others of its kind need the same compiled code."""
    kinds = {}
    for cell in cells:
        dtype = np.dtype(get_entry(cell.dataset).dtype)
        code = (cell.config["optimizer"], cell.config["ramp"], bool(cell.config["weight_spread"]))
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
