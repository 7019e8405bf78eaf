"""The rows that a trained network adds to the results."""

import math

import numpy as np

from rcspike_brian.data import Dataset
from rcspike_brian.sweeps.cell import MAPPED, MAPPED_RESCALED, RELU, Cell
from rcspike_brian.training import Run, evaluate
from rcspike_brian.training.mapping import normalised, rescaled


def rows(cell: Cell, run: Run, dataset: Dataset, threads: int | None = None) -> list[dict]:
    """Measure a finished cell.

    Parameters
    ----------
    cell : Cell
    run : Run
    dataset : Dataset
        Accuracies are those on its test images.
    threads : int, optional

    Returns
    -------
    list of dict
        One for the trained network; for a ReLU network two more for each drive voltage that it is
        mapped to.
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
    if cell.trainer != RELU:
        return [_plain(common | _on_circuit(run.network, dataset, threads))]
    found = [common | _in_software(run.network, dataset)]
    for model, v_syn, network in _mapped(cell, run.network, dataset, threads):
        row = common | {"model": model, "v_syn": v_syn}
        found.append(row | _on_circuit(network, dataset, threads))
    return [_plain(row) for row in found]


def _on_circuit(network, dataset, threads):
    return evaluate(network, dataset, threads=threads)


def _in_software(network, dataset):
    """Accuracy and silence of a ReLU network; its class is the largest output, spike or not."""
    accuracy = network.accuracy(dataset)
    return {"accuracy": accuracy, "accuracy_potential": accuracy, "undecided": 0.0}


def _mapped(cell, network, dataset, threads):
    if not cell.mapped_to:
        return
    circuit = normalised(network, dataset.train_images)
    for v_syn in cell.mapped_to:
        yield MAPPED, v_syn, circuit.on_circuit(v_syn)
        yield (
            MAPPED_RESCALED,
            v_syn,
            rescaled(circuit, v_syn, dataset.train_images, threads=threads),
        )


def _plain(row):
    """Numbers as JSON has them; infinity as text."""
    plain = {}
    for name, value in row.items():
        if isinstance(value, (float, np.floating)):
            value = float(value) if math.isfinite(value) else str(value)
        plain[name] = value
    return plain
