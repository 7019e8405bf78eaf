"""Layers in short: ``16C3`` is a convolution, ``P2`` a pool, a number a dense layer."""

import math
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from rcspike_brian.core.checks import positive_integer
from rcspike_brian.core.windows import MapShape, map_shape, window
from rcspike_brian.errors import InvalidInput, shown
from rcspike_brian.layers.base import Layer
from rcspike_brian.layers.conv import Conv
from rcspike_brian.layers.dense import Dense
from rcspike_brian.layers.pool import Pool
from rcspike_brian.quantities import as_list

_CONV = re.compile(r"(\d+)C(\d+)(?:s(\d+))?(?:p(\d+))?")
_POOL = re.compile(r"P(\d+)")
_ALLOWED = (
    "a number of neurons, such as 128; a convolution of so many channels, such as 16C3, or "
    "16C3s2p0 with stride and padding; or a pool, such as P2"
)


def layer_name(value: Any, name: str = "each hidden layer") -> int | str:
    """A layer in short as it is, or `InvalidInput`, which calls it ``name``.

    Examples
    --------
    >>> layer_name("16C3"), layer_name("P2"), layer_name(128)
    ('16C3', 'P2', 128)
    """
    if not isinstance(value, str):
        return positive_integer(value, name)
    if _CONV.fullmatch(value) or _POOL.fullmatch(value):
        return value
    raise InvalidInput(f"{name} must be {_ALLOWED}; got {shown(value)}")


def layer_names(layers: Sequence[Layer]) -> tuple[int | str, ...]:
    """Layers and the pools in front of them in short; those of other kinds as dense ones.

    Examples
    --------
    >>> layer_names([Conv(np.ones((10, 4)), (1, 6, 6), padding=0), Dense(np.ones((65, 3)))])
    ('4C3p0', 3)
    """
    names: list[int | str] = []
    for layer in layers:
        if layer.pool:
            names.append(f"P{layer.pool.window.size}")
        names.append(_conv_name(layer) if isinstance(layer, Conv) else layer.n_out)
    return tuple(names)


def _conv_name(layer):
    """The shortest name that `_conv_numbers` reads as this convolution."""
    _, size, stride, padding = layer.window
    name = f"{layer.n_channels}C{size}" + (f"s{stride}" if stride > 1 else "")
    return name if padding == size // 2 else f"{name}p{padding}"


def network_name(layers: Sequence[Layer]) -> str:
    """A network in short: 784-200-10 of dense layers, 28x28-16C3-P2-10 of maps.

    Examples
    --------
    >>> conv = Conv(np.ones((10, 4)), (1, 6, 6), padding=0)
    >>> network_name([conv, Dense(np.ones((65, 3)))]), network_name([Dense(np.ones((65, 3)))])
    ('6x6-4C3p0-3', '64-3')
    """
    channels, *size = layers[0].in_shape or (1, layers[0].n_in)
    first = "x".join(map(str, size if channels == 1 else (channels, *size)))
    return "-".join(map(str, (first, *layer_names(layers))))


def layer_shapes(
    inputs: int | Sequence[int], names: Sequence[int | str]
) -> Iterator[tuple[type[Layer], tuple[int, int], dict[str, Any]]]:
    """Class, shape of the parameters and settings of each layer, or `InvalidInput`.

    ``inputs`` is a number of inputs, or (channels, height, width) or (height, width) of a map.
    """
    shape = map_of(inputs)
    n_in = math.prod(shape) if shape else positive_integer(np.squeeze(inputs).tolist(), "inputs")
    pool: Pool | None = None
    for number, value in enumerate(as_list("layers", names), start=1):
        name = layer_name(value, f"layer {number}")
        called = f"layer {number}, {name},"
        if isinstance(name, int):
            yield Dense, ((pool.n_out if pool else n_in) + 1, name), _settings(pool)
            shape, n_in, pool = None, name, None
            continue
        if shape is None:
            raise InvalidInput(
                f"{called} needs a map (channels, height, width) in front, and there "
                f"are {n_in} {'inputs' if number == 1 else 'neurons of a dense layer'}: put it in "
                "front of dense layers, and choose a data set of images"
            )
        if found := _POOL.fullmatch(name):
            if pool:
                raise InvalidInput(f"{called} stands behind another pool: write one, of both sizes")
            try:
                pool = Pool(shape, int(found[1]))
            except InvalidInput as error:
                raise InvalidInput(f"{called[:-1]}: {error}") from None
            shape = pool.out_shape
            continue
        channels, size, stride, padding = map(int, _conv_numbers(name))
        channels = positive_integer(channels, f"the channels of {called[:-1]}")
        kernel = window(called[:-1], shape, size, stride, padding)
        rows = shape[0] * size**2 + 1
        settings = {"shape": list(shape), "stride": stride, "padding": padding}
        yield Conv, (rows, channels), {**settings, **_settings(pool)}
        shape, pool = (channels, *kernel.places), None
        n_in = channels * kernel.n_places
    if pool:
        raise InvalidInput("a pool needs a layer behind it: end with a dense layer")


def _conv_numbers(name):
    """Channels, size, stride and padding; by default a step of 1 that keeps the size of the map."""
    channels, size, stride, padding = re.findall(_CONV, name)[0]
    return channels, size, stride or 1, padding or int(size) // 2


def _settings(pool):
    return {"pool": pool.settings()} if pool else {}


def map_of(inputs: int | Sequence[int]) -> MapShape | None:
    """Channels, height and width of inputs that are a map; None of a plain number."""
    shape = tuple(as_list("inputs", inputs)) if np.ndim(inputs) else ()
    if len(shape) < 2:
        return None
    return map_shape("the shape of the inputs", (1, *shape)[-3:] if len(shape) < 3 else shape)
