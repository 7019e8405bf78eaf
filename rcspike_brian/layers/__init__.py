"""Layers of synapses: one file each.

``LAYERS`` has the classes by the name that network files use; put one of your own there.
"""

from rcspike_brian.layers.base import Layer
from rcspike_brian.layers.conv import Conv
from rcspike_brian.layers.dense import Dense
from rcspike_brian.layers.pool import Pool

LAYERS: dict[str, type[Layer]] = {kind.kind: kind for kind in (Dense, Conv)}

__all__ = ["LAYERS", "Conv", "Dense", "Layer", "Pool"]
