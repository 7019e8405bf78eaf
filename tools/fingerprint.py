"""Digests of results that a change of the code's shape must not change.

    python tools/fingerprint.py              # in this checkout
    python tools/fingerprint.py ../before    # in another one, by that one's own .venv

Trains small networks on the bundled images (equal and unequal rails, conventional, ReLU and its
mapping) and simulates one of them, through the command line alone, so that checkouts of any version
can be compared: the lines must be equal.
"""

import hashlib
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

TRAIN = "train --subset bundled --epochs 3 --hidden 50,50 --seed 0 --quiet --out"
RUNS = {
    "mnist": "",
    "unequal": "--v-syn 2.8,1.53 --noise 0.02 --weight-spread 0.05 --shift 1 "
    "--label-smoothing 0.1 --weight-decay 0.3",
    "conventional": "--v-syn inf",
}
SWEEP = "sweep --dataset mnist --v-syn 1 --seeds 0 --epochs 2 --subset bundled --quiet --out sweep"
SIMULATE = "simulate mnist --images 20 --dt T/200,T/400 --quiet --out simulate"
SPICE = "spice accuracy --neurons 10 --out spice"
# What differs from run to run, or names the version.
NOT_COMPARED = ["train_seconds", "cell", "config_hash", "rcspike_brian"]


def main(checkout):
    """Print a line for each result."""
    python = checkout / ".venv" / "bin" / "python"
    with TemporaryDirectory() as folder:

        def run(words):
            command = [python, "-m", "rcspike_brian", *words.split()]
            environment = {"PYTHONPATH": str(checkout), "PATH": "/usr/bin:/bin", "HOME": folder}
            subprocess.run(
                command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL
            )

        for name, options in RUNS.items():
            run(f"{TRAIN} {name} {options}")
        for words in (SWEEP, SIMULATE, SPICE):
            run(words)
        for path in sorted(Path(folder).glob("*/*")):
            if path.name == "network.npz" and path.parent.name in RUNS:
                print(digest_of_weights(path), path.parent.name, "weights")
            elif path.suffix == ".csv" and path.name != "timings.csv":
                print(digest_of_table(path), path.parent.name, path.name)


def digest_of_weights(path):
    """Digest of the weights of all layers."""
    with np.load(path) as archive:
        layers = sorted(name for name in archive.files if name.startswith("layer_"))
        return shortened(b"".join(archive[name].tobytes() for name in layers))


def digest_of_table(path):
    """Digest of the numbers of a table, as they are written."""
    frame = pd.read_csv(path, dtype=str).drop(columns=NOT_COMPARED, errors="ignore")
    return shortened(frame.to_csv(index=False).encode())


def shortened(content):
    """SHA-256 in 16 digits."""
    return hashlib.sha256(content).hexdigest()[:16]


if __name__ == "__main__":
    root = Path(__file__).resolve().parents[1]
    main(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else root)
