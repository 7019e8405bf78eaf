"""The state of a run after an epoch, in one file that is either whole or not there."""

import numpy as np

from rcspike_brian.errors import InvalidInput, RunFolderError
from rcspike_brian.storage import read_arrays, versions, write_arrays
from rcspike_brian.training.config import TrainingConfig

_FORMAT = 2


def save_checkpoint(path, trainer):
    """Write all that `restore_checkpoint` needs to continue with the same bits.

    Parameters
    ----------
    path : str or Path
    trainer : Trainer
    """
    write_arrays(
        path,
        "checkpoint",
        _FORMAT,
        **trainer.optimizer.vectors,
        steps=np.array(trainer.optimizer.steps),
        epoch=np.array(trainer.epoch),
        metrics=trainer.metrics,
        model={"name": trainer.model},
        config=trainer.config.to_dict(),
        dataset=describe(trainer.dataset),
        sizes=np.array(trainer.sizes),
        versions=versions(),
    )


def describe(dataset):
    """What a run must find again to be continued: which data, and how much of it."""
    return {
        "name": dataset.name,
        "is_subset": bool(dataset.is_subset),
        "train_images": len(dataset.train_labels),
        "test_images": len(dataset.test_labels),
    }


def checkpoint_settings(path):
    """(TrainingConfig, data set description) of a checkpoint, or `RunFolderError`."""
    content = read_arrays(path, "checkpoint", _FORMAT)
    try:
        return TrainingConfig.from_dict(content["config"]), content["dataset"]
    except (KeyError, TypeError, InvalidInput) as error:
        raise RunFolderError(f"{path} holds no usable configuration: {error}") from None


def restore_checkpoint(path, trainer):
    """Put a trainer into the state of a checkpoint.

    Raises
    ------
    RunFolderError
        Unreadable file, other settings, other data or another shape than the trainer's.
    """
    content = read_arrays(path, "checkpoint", _FORMAT)
    content.setdefault("model", {"name": "rc-spike"})  # files from before there were others
    expected = {
        "model": {"name": trainer.model},
        "config": trainer.config.to_dict(),
        "dataset": describe(trainer.dataset),
    }
    for part, want in expected.items():
        found = _as_now(part, content.get(part) or {})
        other = [name for name in want if found.get(name) != want[name]]
        if other:
            name = other[0]
            raise RunFolderError(
                f"{path} was made with {name} = {found.get(name)!r}, not {want[name]!r}; "
                "continue it with its own settings, or start a new run in another folder"
            )
    sizes = tuple(int(n) for n in np.atleast_1d(content.get("sizes", ())))
    own = trainer.optimizer.vectors
    found = {name: content.get(name) for name in own}
    if sizes != trainer.sizes or any(
        v is None or v.shape != trainer.optimizer.theta.shape for v in found.values()
    ):
        raise RunFolderError(
            f"{path} holds a network of sizes {sizes}, and {trainer.sizes} is needed"
        )
    for name, vector in own.items():
        vector[:] = found[name]
    trainer.optimizer.steps = int(content["steps"])
    trainer.epoch = int(content["epoch"])
    trainer.metrics = list(content["metrics"])


def _as_now(part, content):
    """A configuration with what later versions have added; anything else as it is."""
    if part != "config":
        return content
    try:
        return TrainingConfig.from_dict(content).to_dict()
    except (InvalidInput, TypeError, ValueError):
        return content
