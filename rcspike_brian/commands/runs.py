"""Run folders that are given to commands."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rcspike_brian.data import Dataset
    from rcspike_brian.network import Network


def run_folders(paths: Iterable[Path]) -> list[Path]:
    """Run folders among the paths, and those directly inside other folders, sorted.

    A sweep also has ReLU networks, which have no circuit: inside a folder they are left out with a
    message.
    """
    from rcspike_brian.errors import RunFolderError

    found = []
    for path in paths:
        if (path / "network.npz").exists():
            found.append(path)
            continue
        inside = sorted(file.parent for file in path.glob("*/network.npz"))
        if not inside:
            raise RunFolderError(f"{path} is neither a run folder nor a folder of run folders")
        spiking = [run for run in inside if not _is_relu(run)]
        if len(spiking) < len(inside):
            click.echo(f"{path}: left out {len(inside) - len(spiking)} ReLU networks (no circuit)")
        if not spiking:
            raise RunFolderError(f"{path} has ReLU networks only; they are not on a circuit")
        found += spiking
    return found


def _is_relu(run):
    from rcspike_brian.storage import read_json

    config = run / "config.json"
    return config.exists() and read_json(config).get("model") == "relu-mlp"


def open_run(
    run: Path, data_dir: str | None, subset: str | None
) -> tuple["Network", "Dataset", dict]:
    """Network, data set and the columns that tell runs apart."""
    from rcspike_brian.data import load_dataset
    from rcspike_brian.errors import RunFolderError
    from rcspike_brian.network import Network
    from rcspike_brian.training import run_settings

    network = Network.load(run / "network.npz")
    config, trained_on = run_settings(run)
    if isinstance(config.v_syn, tuple):
        raise RunFolderError(f"{run} has unequal rails {config.v_syn}; only one V_syn is supported")
    subset = same_subset(subset, data_dir, trained_on)
    dataset = load_dataset(trained_on["name"], data_dir=data_dir, subset=subset)
    columns = {
        "dataset": dataset.name,
        "v_syn": config.v_syn,
        "seed": config.seed,
        "epochs": config.epochs,
        "data": "bundled subset" if dataset.is_subset else "full",
    }
    return network, dataset, columns


def same_subset(subset: str | None, data_dir: str | None, trained_on: dict) -> str | None:
    """The subset a run was trained on, unless the command line says which data to use."""
    return subset or ("bundled" if trained_on["is_subset"] and not data_dir else None)
