"""Layers as what an .npz file holds of them: their kinds, settings and parameters."""

from collections.abc import Iterable
from typing import Any

from rcspike_brian.layers.base import Layer
from rcspike_brian.registry import look_up


def as_content(layers: Iterable[Layer]) -> dict[str, Any]:
    """Arguments for `rcspike_brian.storage.write_arrays`."""
    layers = tuple(layers)
    kinds = [{"kind": layer.kind, "settings": layer.settings()} for layer in layers]
    arrays = {f"layer_{l}": layer.parameters for l, layer in enumerate(layers, start=1)}
    return {"layers": kinds, **arrays}


def from_content(content: dict[str, Any]) -> list[Layer]:
    """The layers of a file; one of format 1 says no kinds and has dense layers."""
    from rcspike_brian.layers import LAYERS

    n = sum(name.startswith("layer_") for name in content)
    kinds = content.get("layers", [{"kind": "dense", "settings": {}}] * n)
    return [
        look_up("kind of layer", entry["kind"], LAYERS)(content[f"layer_{l}"], **entry["settings"])
        for l, entry in enumerate(kinds, start=1)
    ]
