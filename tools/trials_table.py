"""Put the trials of sweeps into one table: every training option that was tried, and accuracies.

    python tools/trials_table.py SWEEP [SWEEP ...] --out results/recipe/trials.csv

Rows that are in the table already stay, and those of the same trial are replaced. Networks
of an earlier version, whose sweeps have no accuracies under noise, are measured again.
"""

import argparse
import json
from pathlib import Path

import pandas as pd

from rcspike_brian import Network, load_dataset
from rcspike_brian.storage import atomic_write
from rcspike_brian.sweeps.cell import RELU
from rcspike_brian.sweeps.options import option_names
from rcspike_brian.sweeps.work import DISTURBANCES, RESULT, measured
from rcspike_brian.training import RECIPES, TrainingConfig
from rcspike_brian.training.run import NETWORK

_PLACE = ["dataset", "model", "v_syn"]
_OPTIONS = [*option_names(), "seed"]
_MEASURED = ["train_accuracy", "validation_accuracy", *DISTURBANCES, "silent_1", "silent_2"]


def trials(sweep, data_dir):
    """One row for each finished network of a sweep with held-out images."""
    for file in sorted(Path(sweep).glob(f"cells/*/{RESULT}")):
        content = json.loads(file.read_text(encoding="utf-8"))
        cell, row = content["cell"], content["rows"][0]
        if row["evaluated_on"] == "validation":
            config = TrainingConfig.from_dict(cell["config"]).to_dict()
            options = {name: _cell_of_table(config[name]) for name in _OPTIONS}
            place = {"dataset": cell["dataset"], "model": cell["model"], "v_syn": row["v_syn"]}
            found = {
                "train_accuracy": round(row["train_accuracy"], 4),
                "validation_accuracy": round(row["accuracy"], 4),
                **_under_noise(cell, row, file.parent / NETWORK, data_dir),
                **{n: round(row[n], 3) for n in ("silent_1", "silent_2") if row.get(n) is not None},
            }
            yield {**place, **options, **found}


def _under_noise(cell, row, file, data_dir):
    """Accuracy of a spiking network on the held-out images under each disturbance."""
    if cell["model"] == RELU:
        return {}
    if not row.keys() >= DISTURBANCES.keys():
        dataset = load_dataset(cell["dataset"], data_dir=data_dir, subset=cell["subset"])
        row = measured(Network.load(file), dataset.held_out(cell["validation"]))
    return {name: round(row[name], 4) for name in DISTURBANCES}


def _cell_of_table(value):
    return ",".join(map(str, value)) if isinstance(value, list) else value


def main():
    """Read the sweeps and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sweeps", nargs="+", help="folders written by rcspike sweep")
    parser.add_argument("--out", type=Path, default=Path("results/recipe/trials.csv"))
    parser.add_argument("--data-dir", help="folder with the IDX files; default: as for the sweep")
    arguments = parser.parse_args()
    old = pd.read_csv(arguments.out) if arguments.out.exists() else pd.DataFrame()
    # A table from before something was an option holds trials with what was done then.
    before = {**TrainingConfig().to_dict(), **RECIPES["plain"](None, 1.0), "model": "rc-spike"}
    for name in (*_PLACE, *_OPTIONS):
        if len(old) and name not in old:
            old[name] = _cell_of_table(before[name])
    sweeps, data_dir = arguments.sweeps, arguments.data_dir
    new = pd.DataFrame([row for sweep in sweeps for row in trials(sweep, data_dir)])
    table = pd.concat([old, new], ignore_index=True)
    table = table.reindex(columns=[*_PLACE, *_OPTIONS, *_MEASURED])
    table["v_syn"] = table["v_syn"].astype(float)
    table = table.drop_duplicates([*_PLACE, *_OPTIONS], keep="last")
    table = table.sort_values([*_PLACE, "epochs", "validation_accuracy"])
    with atomic_write(arguments.out) as file:
        table.to_csv(file, index=False)


if __name__ == "__main__":
    main()
