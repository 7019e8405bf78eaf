"""RC-Spike: in-memory computing without active parts, as a time-to-first-spike network.

The public names below are imported when they are first used, so that ``import rcspike_brian``
is quick and loads neither Brian2 nor matplotlib.
"""

from importlib import import_module

from rcspike_brian import _source_tree
from rcspike_brian._version import __version__

_source_tree.install()

# Public name -> module that defines it.
_PUBLIC = {
    "membrane_potential": "core.membrane",
    "membrane_gradients": "core.membrane",
    "spike_time": "circuit",
    "Circuit": "circuit",
    "simulate": "simulation",
    "simulate_network": "simulation",
    "build_network": "simulation",
    "NetworkSimulation": "simulation",
    "Network": "network",
    "TrainingConfig": "training",
    "train": "training",
    "evaluate": "training",
    "load_dataset": "data",
    "copy_course": "course",
    "RCSpikeError": "errors",
    "InvalidInput": "errors",
    "DataError": "errors",
    "RunFolderError": "errors",
    "CompilerError": "errors",
    "SpiceError": "errors",
}
_SUBPACKAGES = (
    "analysis",
    "core",
    "data",
    "devices",
    "diodes",
    "encodings",
    "energy",
    "equations",
    "experiments",
    "figures",
    "interactive",
    "layers",
    "optimizers",
    "ramps",
    "readout",
    "simulation",
    "spice",
    "sweeps",
    "training",
)

__all__ = [*sorted(_PUBLIC), "__version__"]


def __getattr__(name):
    if name in _PUBLIC:
        value = getattr(import_module(f"rcspike_brian.{_PUBLIC[name]}"), name)
        globals()[name] = value
        return value
    if name in _SUBPACKAGES:
        return import_module(f"rcspike_brian.{name}")
    raise AttributeError(f"module 'rcspike_brian' has no attribute {name!r}")


def __dir__():
    return sorted([*__all__, *_SUBPACKAGES])
