"""The rows that a trained network adds to the results."""

import math

import numpy as np

from rcspike_brian.data import Dataset
from rcspike_brian.sweeps.cell import MAPPED, MAPPED_RESCALED, RELU, Cell
from rcspike_brian.training import Run, evaluate
from rcspike_brian.training.mapping import normalised, rescaled


def rows(cell: Cell, run: Run, dataset: Dataset, threads: int | None = None) -> list[dict]:
    """Measure a finished cell on the test images of a data set.

    One row for the trained network; for a ReLU network two more for each circuit that it is mapped
    to.
    """
    last = run.metrics.iloc[-1]
    common = {
        "cell": cell.name,
        "dataset": cell.dataset,
        "model": cell.model,
        "v_syn": float(cell.config["v_syn"]),
        "seed": cell.config["seed"],
        "network": "-".join(map(str, run.network.sizes)),
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
    measured = _relu if cell.trainer == RELU else _spiking
    return [_plain(common | more) for more in measured(cell, run.network, dataset, threads)]


def _spiking(cell, network, dataset, threads):
    yield evaluate(network, dataset, threads=threads)


def _relu(cell, network, dataset, threads):
    """The ReLU network, whose class is the largest output, spike or not; and on each circuit."""
    accuracy = network.accuracy(dataset)
    yield {"accuracy": accuracy, "accuracy_potential": accuracy, "undecided": 0.0}
    if not cell.mapped_to:
        return
    images = dataset.train_images
    exact = normalised(network, images)
    for v_syn in cell.mapped_to:
        for model, circuit in (
            (MAPPED, exact.on_circuit(v_syn)),
            (MAPPED_RESCALED, rescaled(exact, v_syn, images, threads=threads)),
        ):
            found = evaluate(circuit, dataset, threads=threads)
            yield {"model": model, "v_syn": v_syn, **found}


def _plain(row):
    """Numbers as JSON has them; infinity as text."""
    for name, value in row.items():
        if isinstance(value, (float, np.floating)):
            row[name] = float(value) if math.isfinite(value) else str(value)
    return row
