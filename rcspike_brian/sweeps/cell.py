"""One cell of a sweep: one trained network and its rows in the results."""

import math
from dataclasses import dataclass

from rcspike_brian.training import TrainingConfig, evaluate, train, train_relu

RC_SPIKE = "RC-Spike"
CONVENTIONAL = "conventional circuit"
RELU = "ReLU MLP"
MAPPED = "ANN on RC-Spike circuit"


@dataclass(frozen=True)
class Cell:
    """A data set, a model and the settings of its training.

    Parameters
    ----------
    dataset : str
    config : TrainingConfig
        An infinite v_syn makes it the conventional circuit.
    relu : bool
        Train an ordinary ReLU network with the same budget instead.
    mapped_to : tuple of float
        Drive voltages at which the trained weights are also tried unchanged.
    """

    dataset: str
    config: TrainingConfig
    relu: bool = False
    mapped_to: tuple = ()

    @property
    def model(self):
        """Name of the model in the results."""
        if self.relu:
            return RELU
        return CONVENTIONAL if math.isinf(self.config.v_syn) else RC_SPIKE


def run_cell(cell, dataset, *, threads=None):
    """Train a cell and return its rows.

    Parameters
    ----------
    cell : Cell
    dataset : Dataset
    threads : int, optional

    Returns
    -------
    list of dict
        Columns of Figure 3: dataset, model, v_syn, seed, accuracy, epochs, train_images, data.
    """
    if cell.relu:
        network, _ = train_relu(cell.config, dataset, threads=threads)
        return [_row(cell, dataset, RELU, math.inf, network.accuracy(dataset))]
    run = train(cell.config, dataset, progress=False, threads=threads)
    accuracy = float(run.metrics["test_accuracy"].iloc[-1])
    rows = [_row(cell, dataset, cell.model, cell.config.v_syn, accuracy)]
    for v_syn in cell.mapped_to:
        mapped = evaluate(run.network.on_circuit(v_syn), dataset, threads=threads)
        rows.append(_row(cell, dataset, MAPPED, v_syn, mapped["accuracy"]))
    return rows


def _row(cell, dataset, model, v_syn, accuracy):
    return {
        "dataset": cell.dataset,
        "model": model,
        "v_syn": v_syn,
        "seed": cell.config.seed,
        "accuracy": accuracy,
        "epochs": cell.config.epochs,
        "train_images": len(dataset.train_labels),
        "data": "bundled subset" if dataset.is_subset else "full",
    }
