"""Training options by name: any field of `TrainingConfig` can be set or varied."""

import json
import re
from numbers import Real
from typing import Any

from rcspike_brian.errors import InvalidInput
from rcspike_brian.layers.notation import layer_name
from rcspike_brian.training import TrainingConfig

_DEFAULTS = vars(TrainingConfig())
_OWN_AXES = ("v_syn", "seed")


def option_names() -> tuple[str, ...]:
    """Names of the training options that a sweep can set or vary."""
    return tuple(name for name in _DEFAULTS if name not in _OWN_AXES)


def checked_value(name: str, value: Any) -> Any:
    """A value in the type of the option: 1 becomes 1.0 where the default is a float."""
    # Equal settings must look equal, or a continued sweep would not find its cells.
    check_name(name)
    default = _DEFAULTS[name]
    if isinstance(default, tuple):
        values = list(value) if isinstance(value, (list, tuple)) else [value]
        return [layer_name(v) for v in values]
    if isinstance(default, bool) or not isinstance(default, Real):
        return value
    number = _number(name, value)
    return float(number) if isinstance(default, float) else number


def check_name(name: str) -> None:
    """Raise `InvalidInput` unless ``name`` is a training option that a sweep can set or vary."""
    if name in _OWN_AXES:
        raise InvalidInput(f"{name} is an axis of every sweep; give it as one (--v-syn, --seeds)")
    if name not in _DEFAULTS:
        known = ", ".join(option_names())
        raise InvalidInput(f"unknown training option {name!r}; allowed: {known}")


def _number(name, value):
    if isinstance(value, bool) or not isinstance(value, Real):
        raise InvalidInput(f"{name} must be a number, got {value!r}")
    return value


def parse_setting(text: str) -> tuple[str, Any]:
    """``"hidden=400,400"`` as ("hidden", [400, 400])."""
    name, values = _split(text)
    if isinstance(_DEFAULTS[name], tuple) and not values.startswith("["):
        values = f"[{values}]"
    parts = _pieces(values)
    if len(parts) != 1:
        raise InvalidInput(f"{name} is set to several values, {values!r}; vary it (--vary)")
    return name, checked_value(name, parts[0])


def parse_axis(text: str) -> tuple[str, list]:
    """``"noise=0,0.02"`` as ("noise", [0.0, 0.02]); lists among the values stand in brackets."""
    name, values = _split(text)
    return name, [checked_value(name, value) for value in _pieces(values)]


def _split(text):
    name, equals, values = text.partition("=")
    name = name.strip().replace("-", "_")
    if not equals or not values.strip():
        raise InvalidInput(f"{text!r} is not of the form name=value")
    check_name(name)
    return name, values.strip()


def _pieces(text):
    """Values between the commas that are outside brackets."""
    return [_value(piece.strip()) for piece in re.split(r",(?![^\[]*\])", text)]


def _value(text):
    """A number, list, true, false or null as in JSON; inf; else the text itself.

    Texts in a list need no quotes: [16C3,P2,128].
    """
    try:
        return json.loads(text)
    except ValueError:
        if text.startswith("[") and text.endswith("]"):
            return [_value(part.strip()) for part in text[1:-1].split(",")]
        return float(text) if text in ("inf", "Infinity") else text
