"""Recipes: settings by name that train a good network, for any data set.

``RECIPES`` has a function for each name that ``rcspike train --recipe`` takes: from a data set, or
its description, to what differs from the defaults of `TrainingConfig`. docs/recipe.md has the
trials that they were chosen by.
"""

from collections.abc import Callable
from typing import Any

from rcspike_brian.data import Dataset
from rcspike_brian.data.catalog import DatasetDescription
from rcspike_brian.errors import InvalidInput, shown
from rcspike_brian.registry import look_up
from rcspike_brian.training.config import TrainingConfig

_SMALL_WEIGHTS = {"init_scale": 0.25, "weight_decay": 0.3}


def plain(dataset: Dataset | DatasetDescription) -> dict[str, Any]:
    """The defaults, for first trials."""
    return {}


def figure3(dataset: Dataset | DatasetDescription) -> dict[str, Any]:
    """Accurate with comparators that do not jitter: spikes a hundredth of a phase apart decide."""
    sharp = {"temperature": 0.01, "label_smoothing": 0.1, "learning_rate": 3e-4}
    epochs = 40 if dataset.mirroring_keeps_labels else 20
    return {**_SMALL_WEIGHTS, **sharp, "epochs": epochs, **_distorted(dataset)}


def robust(dataset: Dataset | DatasetDescription) -> dict[str, Any]:
    """Accurate with comparators that jitter too: it has met noise, and decides by a margin."""
    wide = {"noise": 0.02, "window": 0.1, "averaging": 1.0, "learning_rate": 5e-4}
    if dataset.mirroring_keeps_labels:
        rest = {"epochs": 80, "temperature": 0.06, "label_smoothing": 0.1, "weight_decay": 0.05}
    else:
        rest = {"epochs": 30, "temperature": 0.05}
    return {**_SMALL_WEIGHTS, **wide, **rest, **_distorted(dataset)}


def _distorted(dataset):
    """Mirror the images if they keep their labels then; if they do not, move them."""
    if dataset.mirroring_keeps_labels:
        return {"flip": True}
    return {"shift": int(dataset.moving_keeps_labels)}


RECIPES: dict[str, Callable[[Any], dict[str, Any]]] = {
    recipe.__name__: recipe for recipe in (plain, figure3, robust)
}


def recipe(name: str, dataset: Dataset | DatasetDescription, **settings: Any) -> TrainingConfig:
    """Settings of a recipe for a data set.

    Parameters
    ----------
    name : {"plain", "figure3", "robust"}
        "figure3" is for comparators that do not jitter, "robust" for those that may; "plain" are
        the defaults of `TrainingConfig`.
    dataset : Dataset or DatasetDescription
        Says whether its images can be mirrored or moved.
    **settings
        Of `TrainingConfig`, in place of those of the recipe.

    Examples
    --------
    >>> from rcspike_brian import load_dataset
    >>> config = recipe("robust", load_dataset("fashion-mnist", subset="bundled"), epochs=5)
    >>> config.flip, config.shift, config.noise, config.epochs
    (True, 0, 0.02, 5)
    """
    make = look_up("recipe", name, RECIPES)
    if not isinstance(dataset, (Dataset, DatasetDescription)):
        raise InvalidInput(f"dataset must be a Dataset or its description, got {shown(dataset)}")
    return TrainingConfig(**{**make(dataset), **settings})
