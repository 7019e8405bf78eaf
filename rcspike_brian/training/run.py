"""A training run in a folder: configuration, checkpoint, metrics and the trained network."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rcspike_brian import storage
from rcspike_brian.core.checks import float_array, positive_integer
from rcspike_brian.data import Dataset
from rcspike_brian.errors import InvalidInput, RunFolderError, expect
from rcspike_brian.layers.notation import layer_names
from rcspike_brian.network import Network
from rcspike_brian.progress import Progress, progress_bar
from rcspike_brian.training import recipes
from rcspike_brian.training.config import TrainingConfig
from rcspike_brian.training.full_batch import FullBatchTrainer
from rcspike_brian.training.layers import LayerTrainer
from rcspike_brian.training.mlp import ReluTrainer
from rcspike_brian.training.trainer import Trainer, check_order

if TYPE_CHECKING:
    import pandas as pd
    from scipy.optimize import OptimizeResult

_FORMAT = 2
CHECKPOINT, NETWORK, CONFIG, METRICS = "checkpoint.npz", "network.npz", "config.json", "metrics.csv"
_COLUMNS = (
    "epoch", "train_loss", "train_accuracy", "train_seconds", "test_accuracy",
    "test_accuracy_potential",
)  # fmt: skip
TRAINERS = {trainer.model: trainer for trainer in (Trainer, ReluTrainer)}


@dataclass(frozen=True, eq=False)
class Run:
    """A finished (or stopped) training run.

    Attributes
    ----------
    network : Network
        After the last completed epoch; of the model "relu-mlp", a `ReluNetwork`.
    metrics : pandas.DataFrame
        One row per epoch: epoch, train_loss, train_accuracy, train_seconds, test_accuracy
        (earliest spike), test_accuracy_potential (largest v), and per layer l the fractions
        silent_l and saturated_l.
    config : TrainingConfig
    solution : scipy.optimize.OptimizeResult, optional
        Of an optimiser of SciPy: how often it took gradients, and why it stopped.

    Examples
    --------
    >>> from rcspike_brian import TrainingConfig, load_dataset
    >>> run = train(load_dataset("iris"), TrainingConfig(hidden=(5,), epochs=2), progress=False)
    >>> run.network.sizes, run.metrics["epoch"].tolist()
    ((4, 5, 3), [1, 2])
    """

    network: Network
    metrics: pd.DataFrame
    config: TrainingConfig
    solution: OptimizeResult | None = None

    def __repr__(self):
        sizes = "-".join(map(str, self.network.sizes))
        accuracy = f"{self.metrics['test_accuracy'].iloc[-1]:.4f}" if len(self.metrics) else "none"
        return f"<Run of {sizes}: {len(self.metrics)} epochs, test accuracy {accuracy}>"

    def _repr_html_(self):
        return html.escape(repr(self)) + self.metrics.to_html(index=False, float_format="%.4g")


def train(
    dataset: Dataset, config: TrainingConfig | None = None, *,
    recipe: str | None = None, model: str = "rc-spike", start: Network | None = None,
    out: str | Path | None = None, resume: bool = False,
    progress: Progress = True, threads: int | None = None,
    pause: Callable[[], bool] | None = None, **settings: Any,
) -> Run:  # fmt: skip
    """Train a network, by default showing a progress bar.

    `RunFolderError`: ``out`` cannot be written, holds another run, or has nothing to resume.

    Parameters
    ----------
    dataset : Dataset
        From `rcspike_brian.load_dataset`, or one of one's own.
    config : TrainingConfig, optional
        Default: those of the recipe.
    recipe : {"robust", "sharp", "plain"}, optional
        Settings for the data set and the layers, see `rcspike_brian.training.recipe`, in place of a
        config. Default: "robust".
    model : {"rc-spike", "relu-mlp"}
        "relu-mlp" trains an ordinary network of the same shape with the same settings.
    start : Network, optional
        Where to begin, with layers of any kind (dense ones in single precision are the fast ones).
        Default: random weights. Its layers take the place of the setting ``hidden``.
    out : str or Path, optional
        Folder for ``config.json``, ``metrics.csv``, ``network.npz`` and ``checkpoint.npz``, all
        brought up to date after each epoch.
    resume : bool
        Continue the run in ``out``; the result has the same bits as an uninterrupted run.
    progress : bool or function
        Whether to show a bar, or ``progress(done, total)``, called after each batch.
    threads : int, optional
        Does not change the result.
    pause : callable, optional
        Asked after each saved epoch: ``pause()`` true stops there, to be resumed later.
    **settings
        Settings of `TrainingConfig`, in place of those of ``config`` or the recipe.

    Examples
    --------
    >>> from rcspike_brian import load_dataset
    >>> iris = load_dataset("iris")
    >>> run = train(iris, hidden=(5,), epochs=2, progress=False)
    >>> len(run.metrics)
    2
    >>> run = train(iris, hidden=(5,), epochs=30, optimizer="L-BFGS-B", progress=False)
    >>> run.solution.nit, bool(run.metrics["train_accuracy"].iloc[-1] > 0.9)
    (30, True)
    """
    check_order(dataset, TrainingConfig() if config is None else config)
    if start is not None:
        expect("start", start, Network)
        if "hidden" in settings:
            raise InvalidInput("the network to begin with says the layers: leave hidden out")
        settings["hidden"] = layer_names(start.layers)[:-1]
    if config is None:
        config = recipes.recipe("robust" if recipe is None else recipe, dataset, **settings)
    elif recipe is not None:
        raise InvalidInput(f"a config is given, and the recipe {recipe!r}: leave one out")
    else:
        config = replace(config, **settings)
    trainer_class = _trainer_class(model, start, config)
    trainer = trainer_class(dataset, config, start=start, threads=threads)
    with _run_folder(out, trainer, resume) as folder:
        total, done = (n * trainer.n_batches for n in (config.epochs, trainer.epoch))
        description = f"{dataset.name}, V_syn/V_th = {trainer.circuit.drive}"
        with progress_bar(progress, total, "batch", description, done) as update:

            def after(row):
                update(0, f"test accuracy {row['test_accuracy']:.4f}")
                if folder:
                    _save(folder, trainer)
                return pause is not None and pause()

            trainer.run(update, after)
    return Run(trainer.network, _metrics_frame(trainer), trainer.config, trainer.solution)


def _trainer_class(model, start, config):
    if model not in TRAINERS:
        raise InvalidInput(f"model must be one of {tuple(TRAINERS)}, got {model!r}")
    if config.on_all_samples:
        if model != Trainer.model:
            raise InvalidInput(
                f"{config.optimizer} trains RC-Spike networks only, not {model!r}: use adam"
            )
        return FullBatchTrainer
    if start is None:
        fast = not config.pools_inputs
    else:
        fast = start.is_compiled and start.dtype == np.float32
    return TRAINERS[model] if fast or model != Trainer.model else LayerTrainer


@contextmanager
def _run_folder(out, trainer, resume) -> Iterator[Path | None]:
    """Keep a run folder for a training; a new run leaves a checkpoint of epoch 0 at once."""
    if out is None:
        if resume:
            raise RunFolderError("resume needs the folder of the run to continue")
        yield None
        return
    folder = storage.user_path(out)
    _check_content(folder, resume)
    storage.make_folder(folder)
    with storage.locked(folder, "a training"):
        _check_content(folder, resume)  # another process may have come and gone
        if resume:
            restore_checkpoint(folder / CHECKPOINT, trainer)
        _save(folder, trainer)
        yield folder


def _check_content(folder, resume):
    """`RunFolderError`: nothing to resume, or something that a new run would replace."""
    found = [n for n in (CHECKPOINT, NETWORK, CONFIG, METRICS) if storage.exists(folder / n)]
    if resume and CHECKPOINT not in found:
        raise RunFolderError(f"nothing to resume: {folder / CHECKPOINT} does not exist")
    if found and not resume:
        raise RunFolderError(
            f"{folder} already holds a run ({found[0]}); resume it, remove it, or choose another "
            "folder"
        )


def _save(folder, trainer):
    """Bring all files up to date, the checkpoint first: the others can be made from it."""
    save_checkpoint(folder / CHECKPOINT, trainer)
    config, data, used = trainer.config.to_dict(), _described(trainer.dataset), storage.versions()
    content = {
        "model": trainer.model,
        "config": config,
        "dataset": {**data, "source": trainer.dataset.source},
        "sizes": list(trainer.sizes),
        "epochs_completed": trainer.epoch,
        "versions": used,
    }
    storage.write_json(folder / CONFIG, content)
    path = folder / NETWORK
    trainer.network.save(path, config=config, dataset=data, epochs=trainer.epoch, versions=used)
    with storage.atomic_write(folder / METRICS) as temporary:
        _metrics_frame(trainer).to_csv(temporary, index=False)


def _metrics_frame(trainer):
    import pandas as pd

    return pd.DataFrame(trainer.metrics, columns=None if trainer.metrics else _COLUMNS)


def run_settings(folder: str | Path) -> tuple[TrainingConfig, dict]:
    """Settings and data of the run in a folder, or `RunFolderError`.

    Parameters
    ----------
    folder : str or Path

    Returns
    -------
    (TrainingConfig, dict)
        The dictionary has the keys name, is_subset, train_images and test_images.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from rcspike_brian import load_dataset
    >>> with TemporaryDirectory() as folder:
    ...     _ = train(load_dataset("iris"), TrainingConfig(epochs=1), out=folder, progress=False)
    ...     config, trained_on = run_settings(folder)
    >>> config.hidden, trained_on["name"]
    ((200, 200), 'iris')
    """
    folder = storage.user_path(folder)
    if storage.exists(path := folder / CHECKPOINT):
        content = storage.read_arrays(path, "checkpoint", _FORMAT)
    elif storage.exists(path := folder / CONFIG):
        content = storage.read_json(path)
    else:
        raise RunFolderError(f"{folder} holds no training run: neither {CHECKPOINT} nor {CONFIG}")
    with storage.usable(path, "a usable configuration"):
        names = ("name", "is_subset", "train_images", "test_images")
        dataset = {name: content["dataset"][name] for name in names}
        return TrainingConfig.from_dict(content["config"]), dataset


def save_checkpoint(path, trainer):
    """Write all that `restore_checkpoint` needs to continue with the same bits."""
    counts = {"steps": trainer.optimizer.steps, "epoch": trainer.epoch, "sizes": trainer.sizes}
    arrays = {name: np.array(value) for name, value in counts.items()}
    rest = {**_identity(trainer), "metrics": trainer.metrics, "versions": storage.versions()}
    rest["layers"] = trainer.layer_kinds
    vectors = trainer.vectors
    storage.write_arrays(path, "checkpoint", _FORMAT, **vectors, **arrays, **rest)


def _identity(trainer):
    """What a run must have in common with the one that it continues."""
    return {
        "model": {"name": trainer.model},
        "config": trainer.config.to_dict(),
        "dataset": _described(trainer.dataset),
    }


def _described(dataset):
    """Which data, and how much of it."""
    return {
        "name": dataset.name,
        "is_subset": bool(dataset.is_subset),
        "train_images": len(dataset.train_labels),
        "test_images": len(dataset.test_labels),
    }


def restore_checkpoint(path, trainer):
    """Put a trainer into the state of a checkpoint, or `RunFolderError`: it is of another run."""
    content = storage.read_arrays(path, "checkpoint", _FORMAT)
    content.setdefault("model", {"name": Trainer.model})  # files from before there were others
    with storage.usable(path, "a usable checkpoint"):
        _check_identity(path, trainer, content)
        epoch, steps = (positive_integer(content[name], name, 0) for name in ("epoch", "steps"))
        metrics = [
            {name: float(value) for name, value in row.items()} for row in content["metrics"]
        ]
        vectors = {name: float_array(content[name], name, 1) for name in trainer.vectors}
        if epoch > trainer.config.epochs or steps != epoch * trainer.n_batches:
            raise ValueError(f"{steps} steps cannot be {epoch} epochs")
        if [row["epoch"] for row in metrics] != list(range(1, epoch + 1)):
            raise ValueError(f"its metrics are not those of {epoch} epochs")
        if not all(row.keys() >= set(_COLUMNS) for row in metrics):
            raise ValueError(f"its metrics lack one of {', '.join(_COLUMNS)}")
    for name, vector in trainer.vectors.items():
        vector[:] = vectors[name]
    trainer.optimizer.steps, trainer.epoch = steps, epoch
    trainer.metrics = [{**row, "epoch": int(row["epoch"])} for row in metrics]


def _check_identity(path, trainer, content):
    """`RunFolderError` if a checkpoint is of another run than the trainer's."""
    for part, want in _identity(trainer).items():
        found = _as_now(part, content.get(part) or {})
        for name in want:
            if found.get(name) != want[name]:
                raise RunFolderError(
                    f"{path} was made with {name} = {found.get(name)!r}, not {want[name]!r}; "
                    "continue it with its own settings, or start a new run in another folder"
                )
    layers = content.get("layers", trainer.layer_kinds)  # not in files of version 0.2
    if layers != trainer.layer_kinds:
        raise RunFolderError(
            f"{path} holds a network of the layers {layers}, and {trainer.layer_kinds} are needed"
        )
    sizes = tuple(np.atleast_1d(content.get("sizes", ())).tolist())
    own = trainer.vectors
    fits = all(np.shape(content[name]) == vector.shape for name, vector in own.items())
    if sizes != trainer.sizes or not fits:
        raise RunFolderError(
            f"{path} holds a network of sizes {sizes}, and {trainer.sizes} is needed"
        )


def _as_now(part, content):
    """A configuration with what later versions have added; anything else as it is."""
    try:
        return TrainingConfig.from_dict(content).to_dict() if part == "config" else content
    except (InvalidInput, TypeError, ValueError):
        return content
