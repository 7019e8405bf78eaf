"""A data set in memory: images or spike times, labels, and what is known about them."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from operator import index
from typing import Any, SupportsIndex

import numpy as np

from rcspike_brian.core.checks import network_inputs
from rcspike_brian.errors import InvalidInput
from rcspike_brian.quantities import as_list
from rcspike_brian.readout import class_labels


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Inputs and labels of a data set, and where they came from.

    Inputs of type uint8 are grey levels: a pixel p from 0 to 255 is the intensity x = p/255, and
    with the linear encoding its spike time is t = 1 - x, so that a pixel of 0 never spikes within
    the charging phase. Inputs of a floating type are spike times in units of T, from 0 to 1 (no
    spike), and ``spike_times`` must say so. The arrays become read-only views; they are copied only
    if they must be converted.

    Parameters
    ----------
    name : str
        Any name.
    train_images, test_images : (n, n_in) array_like
        uint8 grey levels, row by row from the upper left, or floating spike times. Images
        (n, height, width) or (n, channels, height, width) are flattened; `InvalidInput` if the
        channels seem to come last.
    train_labels, test_labels : (n,) array_like
        Classes 0, 1, 2, ...
    source : str
        Where the data came from.
    is_subset : bool
        Whether this is the bundled subset.
    title : str, optional
        For captions; default: the name.
    image_shape : tuple of int, optional
        Of one image; default: as the arrays are given.
    class_names : sequence of str, optional
        Default: "0", "1", ... up to the largest label.
    mirroring_keeps_labels, moving_keeps_labels : bool
        Whether an image mirrored left to right, or moved by a few pixels, is still of its class.
    spike_times : bool
        Must be said of floating inputs: an image from 0 (black) to 1 would be its own negative.

    Examples
    --------
    >>> images = np.array([[[0, 255]], [[255, 0]]], np.uint8)
    >>> sides = Dataset("sides", images, [0, 1], images, [0, 1], class_names=["right", "left"])
    >>> sides, sides.train_images.shape, sides.image_shape
    (<Dataset sides: 2 training and 2 test images, from memory>, (2, 2), (1, 2))
    """

    name: str
    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    source: str = "memory"
    is_subset: bool = False
    title: str = ""
    image_shape: tuple[int, ...] = ()
    class_names: tuple[str, ...] = ()
    mirroring_keeps_labels: bool = False
    moving_keeps_labels: bool = False
    spike_times: bool = False

    def __post_init__(self):
        """Check everything, and fill in what was not given."""
        if not (isinstance(self.name, str) and self.name.strip()):
            raise InvalidInput(f"the name of a data set must be a text, got {self.name!r}")
        set_field = partial(object.__setattr__, self)
        set_field("title", self.title or self.name)
        images = {part: _inputs(self, f"{part}_images") for part in ("train", "test")}
        if len({array.dtype == np.uint8 for array in images.values()}) == 2:
            kinds = " and ".join(f"{part}_images {a.dtype}" for part, a in images.items())
            raise InvalidInput(f"grey levels (uint8) and spike times cannot be mixed: {kinds}")
        if images["train"].dtype != np.uint8 and self.spike_times is not True:
            raise InvalidInput(
                f"the images are {images['train'].dtype}: say spike_times=True if they are spike "
                "times in units of T, 1 for no spike; images whose bright pixels are 1 must be "
                "grey levels, numpy.uint8(numpy.round(255 * images))"
            )
        shape = _shape(self.image_shape) or _shape_of(images["train"])
        set_field("image_shape", shape)
        top = 0
        for part, array in images.items():
            labels = class_labels(getattr(self, f"{part}_labels"), len(array), f"{part}_labels")
            set_field(f"{part}_images", _flat(array, shape, f"{part}_images"))
            set_field(f"{part}_labels", _frozen(labels))
            top = max(top, int(labels.max(initial=0)))
        set_field("class_names", _class_names(self.class_names, top))

    @property
    def n_in(self) -> int:
        """Number of inputs: pixels times channels."""
        return self.train_images.shape[1]

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    def label(self) -> str:
        """Return a text for captions that says which data these are, and how many."""
        part = ", bundled subset" if self.is_subset else ""
        kind = "images" if len(self.image_shape) > 1 else "samples"
        sizes = f"{len(self.train_labels):,} training and {len(self.test_labels):,} test"
        return f"{self.title}{part}: {sizes} {kind}"

    def held_out(self, n: int) -> "Dataset":
        """Return a data set whose test images are the last `n` training images; n = 0: itself."""
        if n == 0:
            return self
        if not 0 < n == int(n) < len(self.train_labels):
            raise InvalidInput(
                f"validation is {n}, and there are {len(self.train_labels)} training images; "
                "hold out fewer, 0 for none"
            )
        n = int(n)
        images, labels = self.train_images, self.train_labels
        rest: Any = {"train_images": images[:-n], "train_labels": labels[:-n]}
        return replace(self, **rest, test_images=images[-n:], test_labels=labels[-n:])

    def __repr__(self) -> str:
        return f"<Dataset {self.label()}, from {self.source}>"

    def __reduce__(self):
        # An array that is sent to another process is writeable there; made anew it is not.
        return partial(type(self), **vars(self)), ()


def _inputs(dataset: Dataset, name: str) -> np.ndarray:
    """Return grey levels or spike times, still in the shape in which they were given."""
    array = network_inputs(getattr(dataset, name), name)
    if array.ndim < 2:
        shapes = "(n, n_in), or (n, height, width)"
        raise InvalidInput(f"{name} must have shape {shapes}, got {array.shape}")
    return array


def _shape(given: Iterable[SupportsIndex] | None) -> tuple[int, ...]:
    try:
        return () if given is None else tuple(index(n) for n in given)
    except TypeError:
        rule = "image_shape must be whole numbers like (28, 28)"
        raise InvalidInput(f"{rule}, got {given!r}") from None


def _shape_of(images: np.ndarray) -> tuple[int, ...]:
    """Shape of one image, unless it is square with its channels last: they come first here."""
    shape = images.shape[1:]
    if len(shape) == 3 and 4 < shape[0] == shape[1] and shape[2] in (1, 3, 4):
        raise InvalidInput(
            f"images of shape {shape} seem to be (height, width, channels), and channels come "
            "first: give numpy.moveaxis(images, -1, 1), or say the image_shape"
        )
    return shape


def _flat(array: np.ndarray, shape: tuple[int, ...], name: str) -> np.ndarray:
    """Images in rows, as a read-only view if possible."""
    n_in = math.prod(shape)
    if array.shape[1:] not in (shape, (n_in,)):
        rule = f"{name} must hold images of shape {shape} or flat ones of {n_in} values"
        raise InvalidInput(f"{rule}, got {array.shape[1:]}")
    return _frozen(array.reshape(len(array), n_in))


def _frozen(array: np.ndarray) -> np.ndarray:
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


def _class_names(names: Any, top: int) -> tuple[str, ...]:
    given = as_list("class_names", () if names is None else names) or range(top + 1)
    if top >= len(given):
        raise InvalidInput(f"label {top} has no class name: {len(given)} names are given")
    return tuple(str(name) for name in given)
