"""A training run in a folder: configuration, checkpoint, metrics and the trained network."""

from dataclasses import dataclass
from pathlib import Path

from rcspike_brian.errors import InvalidInput, RunFolderError
from rcspike_brian.network import Network
from rcspike_brian.storage import atomic_write, make_folder, read_json, versions, write_json
from rcspike_brian.training.checkpoint import (
    checkpoint_settings,
    describe,
    restore_checkpoint,
    save_checkpoint,
)
from rcspike_brian.training.config import TrainingConfig
from rcspike_brian.training.mlp import ReluTrainer
from rcspike_brian.training.trainer import Trainer

CHECKPOINT, NETWORK, CONFIG, METRICS = "checkpoint.npz", "network.npz", "config.json", "metrics.csv"
TRAINERS = {trainer.model: trainer for trainer in (Trainer, ReluTrainer)}


@dataclass(frozen=True, eq=False)
class Run:
    """A finished (or stopped) training run.

    Attributes
    ----------
    network : Network or ReluNetwork
        After the last completed epoch.
    metrics : pandas.DataFrame
        One row per epoch: epoch, train_loss, train_accuracy, train_seconds, test_accuracy
        (earliest spike), test_accuracy_potential (largest v), and per layer l the fractions
        silent_l and saturated_l.
    config : TrainingConfig

    Examples
    --------
    >>> from rcspike_brian import TrainingConfig, load_dataset, train
    >>> data = load_dataset("mnist", subset="bundled")
    >>> run = train(TrainingConfig(hidden=(20,), epochs=1), data, progress=False)
    >>> run.network.sizes, run.metrics["epoch"].tolist()
    ((784, 20, 10), [1])
    """

    network: Network
    metrics: object
    config: TrainingConfig


def train(
    config,
    dataset,
    *,
    model="rc-spike",
    out=None,
    resume=False,
    progress=True,
    threads=None,
    pause=None,
):
    """Train a network, by default showing a progress bar.

    Parameters
    ----------
    config : TrainingConfig
    dataset : Dataset
        From `rcspike_brian.load_dataset`.
    model : {"rc-spike", "relu-mlp"}
        "relu-mlp" trains an ordinary network of the same shape with the same settings.
    out : str or Path, optional
        Folder for ``config.json``, ``metrics.csv``, ``network.npz`` and ``checkpoint.npz``, all
        brought up to date after each epoch.
    resume : bool
        Continue the run in ``out``; the result has the same bits as an uninterrupted run.
    progress : bool
    threads : int, optional
        Does not change the result.
    pause : callable, optional
        Asked after each saved epoch: ``pause()`` true stops there, to be resumed later.

    Returns
    -------
    Run

    Raises
    ------
    RunFolderError
        ``out`` cannot be written, holds another run, or has nothing to resume.
    InvalidInput
        Invalid settings or data.

    Examples
    --------
    >>> from rcspike_brian import TrainingConfig, load_dataset, train
    >>> data = load_dataset("mnist", subset="bundled")
    >>> run = train(TrainingConfig(hidden=(20,), epochs=1), data, progress=False)
    >>> len(run.metrics)
    1
    """
    trainer = _trainer_class(model)(config, dataset, threads=threads)
    folder = _prepare(out, trainer, resume)
    with _progress_bar(trainer, progress) as bar:
        while trainer.epoch < config.epochs:
            row = trainer.run_epoch(bar.update)
            bar.set_postfix_str(f"test accuracy {row['test_accuracy']:.4f}")
            if folder:
                _save(folder, trainer)
            if pause and pause():
                break
    return _as_run(trainer)


def _trainer_class(model):
    if model not in TRAINERS:
        raise InvalidInput(f"model must be one of {tuple(TRAINERS)}, got {model!r}")
    return TRAINERS[model]


def _prepare(out, trainer, resume):
    """Open the run folder; a new run leaves a checkpoint of epoch 0 at once."""
    if out is None:
        if resume:
            raise RunFolderError("resume needs the folder of the run to continue")
        return None
    folder = Path(out)
    checkpoint = folder / CHECKPOINT
    if resume:
        if not checkpoint.exists():
            raise RunFolderError(f"nothing to resume: {checkpoint} does not exist")
        restore_checkpoint(checkpoint, trainer)
    elif checkpoint.exists():
        raise RunFolderError(
            f"{folder} already holds a run; resume it, remove it, or choose another folder"
        )
    make_folder(folder)
    _save(folder, trainer)
    return folder


def _save(folder, trainer):
    """Bring all files up to date, the checkpoint first: the others can be made from it."""
    save_checkpoint(folder / CHECKPOINT, trainer)
    write_json(
        folder / CONFIG,
        {
            "model": trainer.model,
            "config": trainer.config.to_dict(),
            "dataset": {**describe(trainer.dataset), "source": trainer.dataset.source},
            "sizes": list(trainer.layout.sizes),
            "epochs_completed": trainer.epoch,
            "versions": versions(),
        },
    )
    trainer.network.save(
        folder / NETWORK,
        config=trainer.config.to_dict(),
        dataset=describe(trainer.dataset),
        epochs=trainer.epoch,
        versions=versions(),
    )
    with atomic_write(folder / METRICS) as temporary:
        _metrics_frame(trainer).to_csv(temporary, index=False)


def _metrics_frame(trainer):
    import pandas as pd

    columns = ["epoch", "train_loss", "train_accuracy", "train_seconds", "test_accuracy"]
    return pd.DataFrame(trainer.metrics, columns=None if trainer.metrics else columns)


def _as_run(trainer):
    return Run(trainer.network, _metrics_frame(trainer), trainer.config)


def _progress_bar(trainer, show):
    from tqdm.auto import tqdm

    return tqdm(
        total=trainer.config.epochs * trainer.n_batches,
        initial=trainer.epoch * trainer.n_batches,
        unit="batch",
        desc=f"{trainer.dataset.name}, V_syn/V_th = {trainer.config.v_syn:g}"
        if not isinstance(trainer.config.v_syn, tuple)
        else f"{trainer.dataset.name}, V_syn/V_th = {trainer.config.v_syn}",
        disable=not show,
        dynamic_ncols=True,
    )


def run_settings(folder):
    """Settings and data of the run in a folder.

    Parameters
    ----------
    folder : str or Path

    Returns
    -------
    (TrainingConfig, dict)
        The dictionary has the keys name, is_subset, train_images and test_images.

    Raises
    ------
    RunFolderError
        No run there, or damaged.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from rcspike_brian import TrainingConfig, load_dataset, train
    >>> data = load_dataset("mnist", subset="bundled")
    >>> with TemporaryDirectory() as folder:
    ...     _ = train(TrainingConfig(hidden=(20,), epochs=1), data, out=folder, progress=False)
    ...     config, trained_on = run_settings(folder)
    >>> config.hidden, trained_on["name"]
    ((20,), 'mnist')
    """
    folder = Path(folder)
    if (folder / CHECKPOINT).exists():
        return checkpoint_settings(folder / CHECKPOINT)
    if not (folder / CONFIG).exists():
        raise RunFolderError(f"{folder} holds no training run: neither {CHECKPOINT} nor {CONFIG}")
    content = read_json(folder / CONFIG)
    try:
        return TrainingConfig.from_dict(content["config"]), content["dataset"]
    except (KeyError, TypeError) as error:
        raise RunFolderError(f"{folder / CONFIG} lacks {error}") from None
