"""Make the networks of the explorer, in rcspike_brian/interactive/explorer_page/, from runs.

Run from the repository root, after a training for each drive voltage:

    for v in 0.25 0.5 1 2 4 8 inf; do
        rcspike train --recipe robust --hidden 32,32 --epochs 10 --v-syn $v --out runs/$v
    done
    python -m tools.make_explorer_networks runs/*

Weights become whole numbers from -127 to 127, with a scale for each neuron. The accuracies in the
file are those of the networks with these weights, on the test images of the runs.
"""

import math
from dataclasses import replace

import click
import numpy as np

from rcspike_brian.commands import options
from rcspike_brian.commands.runs import open_run, run_folders
from rcspike_brian.errors import InvalidInput
from rcspike_brian.interactive.page import NETWORKS, NETWORKS_KIND
from rcspike_brian.storage import write_arrays
from rcspike_brian.training import evaluate

LARGEST = 127


def quantised(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return whole numbers (int8), and what one of them is worth in each column."""
    scales = np.maximum(np.abs(weights).max(axis=0), np.finfo(np.float32).tiny) / LARGEST
    return np.round(weights / scales).astype(np.int8), scales.astype(np.float32)


@click.command()
@options.runs
@options.data
def main(runs, data_dir, subset):
    """Quantise the networks of RUNS, trained alike at several V_syn, one of them at infinity."""
    arrays, networks = {}, {}
    for run in run_folders(runs):
        network, data, config = open_run(run, data_dir, subset)
        v_syn, _ = network.circuit.v_syn
        layers = []
        for number, weights in enumerate(network.weights):
            whole, scales = quantised(weights)
            arrays[f"weights_{v_syn:g}_{number}"] = whole
            arrays[f"scales_{v_syn:g}_{number}"] = scales
            layers.append(whole * scales)
        networks[v_syn] = replace(network, layers=tuple(layers))
    if math.inf not in networks:
        raise InvalidInput("one of RUNS must be of the conventional circuit (--v-syn inf)")
    drives = sorted(networks)
    accuracies = {
        "trained": [evaluate(networks[v], data)["accuracy"] for v in drives],
        "mapped": [evaluate(networks[math.inf].on_circuit(v), data)["accuracy"] for v in drives],
    }
    about = {
        "v_syn": [f"{v:g}" for v in drives],
        "accuracy": accuracies,
        "layers": "-".join(map(str, network.sizes)),
        "dataset": data.name,
        "test_images": len(data.test_images),
        "epochs": config.epochs,
    }
    write_arrays(NETWORKS, NETWORKS_KIND, 1, about=about, **arrays)
    click.echo(f"wrote {NETWORKS}")
    for v, trained, mapped in zip(drives, *accuracies.values(), strict=True):
        click.echo(
            f"V_syn = {v:g} V_th: accuracy {trained:.4f} trained for it, {mapped:.4f} mapped"
        )


if __name__ == "__main__":
    main()
