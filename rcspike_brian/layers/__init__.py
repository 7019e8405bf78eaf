"""Layers of synapses: one file each.

``LAYERS`` has the classes by the name that network files use; put one of your own there.
"""

from rcspike_brian.layers.base import Layer
from rcspike_brian.layers.dense import Dense

LAYERS: dict[str, type[Layer]] = {kind.kind: kind for kind in (Dense,)}

__all__ = ["LAYERS", "Dense", "Layer"]
