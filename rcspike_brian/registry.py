"""Variants of one concept by name: ramps, diodes, encodings, optimisers.

Each is a dictionary from a name to an object, open to objects of one's own:
``RAMPS["mine"] = MyRamp()``.
"""

from collections.abc import Mapping
from typing import Any

from rcspike_brian.errors import InvalidInput


def look_up(concept: str, given: Any, registry: Mapping[str, Any], kind: type) -> Any:
    """Return an object as it is, or the registered one of that name.

    Parameters
    ----------
    concept : str
        What it is, for the message.
    given : object or str
    registry : dict of str to object
    kind : type
        Class of the objects.

    Returns
    -------
    object

    Raises
    ------
    InvalidInput
        An unknown name, or something else.

    Examples
    --------
    >>> look_up("number", "one", {"one": 1}, int), look_up("number", 2, {"one": 1}, int)
    (1, 2)
    """
    if isinstance(given, kind):
        return given
    if not isinstance(given, str) or given not in registry:
        names = " or ".join(map(repr, registry))
        raise InvalidInput(f"{concept} must be {names}, got {given!r}.")
    return registry[given]
