"""Variants of one concept by name: data sets, ramps, diodes, encodings, layers, optimisers.

Each is a dictionary from a name to an object or class, open to those of one's own:
``RAMPS["mine"] = MyRamp()``. The command line and the workers of sweeps know what is put there by
the .py files that the environment variable ``RCSPIKE_PLUGINS`` names (several as in ``PATH``).
"""

import importlib.util
import os
from collections.abc import Mapping
from pathlib import Path
from threading import RLock
from typing import Any

from rcspike_brian.errors import InvalidInput, shown

_LOADED: set[str] = set()  # plug-ins that have been run
_one_thread = RLock()


def look_up(concept: str, given: Any, registry: Mapping[str, Any], kind: Any = ()) -> Any:
    """Return an object of class ``kind`` as it is, or the registered one of that name.

    Without a kind only names are allowed. A name that is not known is looked for in plug-ins.

    Examples
    --------
    >>> look_up("number", "one", {"one": 1}, int), look_up("number", 2, {"one": 1}, int)
    (1, 2)
    """
    if isinstance(given, kind):
        return given
    if isinstance(given, str) and given not in registry:
        load_plugins()
    if not isinstance(given, str) or given not in registry:
        names = " or ".join(map(repr, registry))
        raise InvalidInput(f"{concept} must be {names}, got {shown(given)}.")
    return registry[given]


def load_plugins() -> None:
    """Run the files that ``RCSPIKE_PLUGINS`` names, each once."""
    with _one_thread:  # another one would find a file begun, and nothing of it registered
        for path in filter(None, os.environ.get("RCSPIKE_PLUGINS", "").split(os.pathsep)):
            if path not in _LOADED:
                _LOADED.add(path)  # before it runs: it may look up names itself
                try:
                    _run(Path(path).expanduser())
                except Exception as error:
                    _LOADED.discard(path)
                    raise InvalidInput(
                        f"RCSPIKE_PLUGINS names {path}, which cannot be run: {error!r}; it must be "
                        "a .py file that registers data sets, ramps or the like"
                    ) from error


def _run(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ValueError("not a .py file")
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
