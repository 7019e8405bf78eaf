"""Compare the outputs of two runs of a notebook: what they print, and what their pictures show.

Numbers may differ by rounding between processors and versions of libraries, so they are compared
with a tolerance; all other text must be the same. Cells with the tag ``training`` show what comes
of a training, which amplifies rounding, and have a wider one. Cells with the tag ``varies`` print
times of this machine; only the kind of their output counts.
"""

import base64
import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

NUMBER = re.compile(r"(?<![\w.])[-+−]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
# Relative and absolute tolerance of numbers, largest mean difference of pixels (of 255).
TOLERANCES = {"exact": (1e-5, 2e-4, 0.5), "training": (0.05, 0.02, 8.0)}


def text_of(output):
    """What an output prints; of a picture, a widget or what is said on the side, nothing."""
    if output.output_type == "stream":
        return "" if output.name == "stderr" else output.text
    return "" if "image/png" in output.data else output.data.get("text/plain", "")


def image_of(output):
    """Pixels of the picture of an output, or None."""
    png = output.get("data", {}).get("image/png")
    if png is None:
        return None
    return np.asarray(Image.open(BytesIO(base64.b64decode(png))).convert("RGB")).astype(float)


def printed(cell):
    """All text of a cell, however it was cut into outputs."""
    return "".join(text_of(output) for output in cell.outputs)


def pictures(cell):
    """All pictures of a cell."""
    return [image for output in cell.outputs if (image := image_of(output)) is not None]


def assert_same_text(one, other, rtol, atol):
    """Words alike, numbers within the tolerance."""
    # Columns of a table are as wide as their widest number.
    words = [" ".join(NUMBER.sub("#", text).split()) for text in (one, other)]
    assert words[0] == words[1]
    numbers = [
        [float(found.replace("−", "-")) for found in NUMBER.findall(text)] for text in (one, other)
    ]
    assert numbers[0] == pytest.approx(numbers[1], rel=rtol, abs=atol)


def assert_same_picture(one, other, largest):
    """Of the same size and, on average over all pixels, nearly the same colours."""
    assert one.shape == other.shape
    assert np.abs(one - other).mean() <= largest


def assert_same_outputs(cell, committed):
    """Raise `AssertionError` unless two runs of a cell show the same."""
    tags = committed.metadata.get("tags", [])
    shown, expected = pictures(cell), pictures(committed)
    assert len(shown) == len(expected)
    if "varies" in tags:
        assert bool(printed(cell)) == bool(printed(committed))
        return
    rtol, atol, largest = TOLERANCES["training" if "training" in tags else "exact"]
    assert_same_text(printed(cell), printed(committed), rtol, atol)
    for one, other in zip(shown, expected, strict=True):
        assert_same_picture(one, other, largest)
