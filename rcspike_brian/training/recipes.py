"""Recipes: settings by name that train a good network, for any data set.

``RECIPES`` has a function for each name that ``rcspike train --recipe`` takes: from a data set, or
its description, and the lower V_syn/V_th to what differs from the defaults of `TrainingConfig`.
docs/recipe.md has the trials that they were chosen by.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from rcspike_brian.data import Dataset
from rcspike_brian.data.catalog import DatasetDescription
from rcspike_brian.errors import InvalidInput, shown
from rcspike_brian.registry import look_up
from rcspike_brian.training.config import TrainingConfig

# Methods of SciPy minimise one loss on all samples, which is the same in every step.
_ONE_LOSS = {"flip": False, "shift": 0, "noise": 0.0, "weight_decay": 0.0, "averaging": 0.0}
# Deep networks need larger weights at first, or nothing reaches their end.
_WITH_MAPS = {"init_scale": 1.4, "learning_rate": 1e-3}
# More than that, and they are best with noise and worse without (docs/convolution.md).
_NOISE_WITH_MAPS = 0.01
_NEITHER = {"noise": 0.0, "averaging": 0.0, "window": 1.0}


def robust(dataset: Dataset | DatasetDescription, v_syn: float) -> dict[str, Any]:
    """Accurate, with comparators that jitter too: it has met noise, and decides by a margin."""
    if not dataset.mirroring_keeps_labels:
        return _distorted(dataset)
    harder = {"epochs": 100, "noise": 0.03}
    if v_syn < 1:
        # Neurons that cannot reach the threshold while they charge have less of the phase: they
        # learn more slowly, and need a wider margin.
        harder |= {"epochs": 200, "temperature": 0.06}
    return {**harder, **_distorted(dataset)}


def sharp(dataset: Dataset | DatasetDescription, v_syn: float) -> dict[str, Any]:
    """For comparators that do not jitter: spikes a hundredth of a phase apart decide."""
    epochs = 40 if dataset.mirroring_keeps_labels else 20
    settings = {"temperature": 0.01, "learning_rate": 3e-4, "weight_decay": 0.3, "epochs": epochs}
    return {**_NEITHER, **settings, **_distorted(dataset)}


def plain(dataset: Dataset | DatasetDescription, v_syn: float) -> dict[str, Any]:
    """The loss and Adam alone, for comparisons."""
    settings = {"temperature": 0.1, "learning_rate": 1e-3, "weight_decay": 0.0, "epochs": 10}
    return {**_NEITHER, **settings, "label_smoothing": 0.0, "init_scale": 1.0}


def _distorted(dataset):
    """Mirror the images if they keep their labels then; if they do not, move them."""
    if dataset.mirroring_keeps_labels:
        return {"flip": True}
    return {"shift": int(dataset.moving_keeps_labels)}


RECIPES: dict[str, Callable[[Any, float], dict[str, Any]]] = {
    recipe.__name__: recipe for recipe in (robust, sharp, plain)
}


def recipe(name: str, dataset: Dataset | DatasetDescription, **settings: Any) -> TrainingConfig:
    """Settings of a recipe for a data set.

    Parameters
    ----------
    name : {"robust", "sharp", "plain"}
        "robust" is the default everywhere: accurate, with comparators that jitter too. "sharp" was
        that of version 0.1 for Figure 3, for comparators that do not. "plain" has no more than the
        loss and Adam, for comparisons.
    dataset : Dataset or DatasetDescription
        Says whether its images can be mirrored or moved. With images that can be mirrored, "robust"
        takes twice as many epochs below V_syn = V_th, and a wider softmax.
    **settings
        Of `TrainingConfig`, in place of those of the recipe. With convolutions among the hidden
        layers, the recipe has larger initial weights, another learning rate, and no more epochs
        and noise than do good there.

    Examples
    --------
    >>> from rcspike_brian import load_dataset
    >>> config = recipe("robust", load_dataset("fashion-mnist", subset="bundled"), epochs=5)
    >>> config.flip, config.shift, config.noise, config.epochs
    (True, 0, 0.03, 5)
    """
    make = look_up("recipe", name, RECIPES)
    if not isinstance(dataset, (Dataset, DatasetDescription)):
        raise InvalidInput(f"dataset must be a Dataset or its description, got {shown(dataset)}")
    lower = float(np.min(TrainingConfig(**settings).v_syn))
    config = TrainingConfig(**{**make(dataset, lower), **settings})
    if config.has_maps:
        epochs = min(config.epochs, 12 if dataset.mirroring_keeps_labels else 6)
        fewer = {"epochs": epochs, "noise": min(config.noise, _NOISE_WITH_MAPS)}
        config = replace(config, **{**_WITH_MAPS, **fewer, **settings})
    return replace(config, **{**_ONE_LOSS, **settings}) if config.on_all_samples else config
