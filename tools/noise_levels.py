"""Accuracy of the networks of sweeps under noise on hidden spikes, and on every spike.

    python tools/noise_levels.py SWEEP... --out results/table3
    python tools/noise_levels.py RUNS... --out results/convolution

Folders are sweeps, with run folders in ``cells``, or hold run folders themselves.

The table of arXiv:2412.09010 does not say which spikes its noise is on: a hidden spike is used as
the input of a neuron, an output spike to decide.
"""

import argparse
from pathlib import Path

import pandas as pd

from rcspike_brian import Network, evaluate, load_dataset
from rcspike_brian.storage import atomic_write
from rcspike_brian.training import run_settings

LEVELS = (0.0, 0.005, 0.01, 0.02, 0.04)
WHERE = {"hidden spikes": (0, 1, 0), "every spike": (1, 1, 1)}


def rows_of(folder, data_dir):
    """A row for each level of noise and kind of spike of the network in a run folder."""
    config, trained_on = run_settings(folder)
    subset = "bundled" if trained_on["is_subset"] else None
    dataset = load_dataset(trained_on["name"], data_dir=data_dir, subset=subset)
    network = Network.load(folder / "network.npz")
    known = {"dataset": dataset.name, "v_syn": config.v_syn, "seed": config.seed}
    known |= {"epochs": config.epochs, "temperature": config.temperature}
    known |= {"trained_with": config.noise}
    for where, share in WHERE.items():
        for level in LEVELS:
            noise = tuple(level * part for part in share)
            accuracy = evaluate(network, dataset, noise=noise)["accuracy"]
            yield {**known, "where": where, "noise": level, "accuracy": accuracy}


def main():
    """Write ``noise.csv``."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sweeps", nargs="+", type=Path)
    parser.add_argument("--data-dir")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    networks = [path for sweep in options.sweeps for path in sorted(sweep.rglob("network.npz"))]
    folders = [path.parent for path in networks]
    rows = [row for folder in folders for row in rows_of(folder, options.data_dir)]
    with atomic_write(options.out / "noise.csv") as temporary:
        pd.DataFrame(rows).to_csv(temporary, index=False)


if __name__ == "__main__":
    main()
