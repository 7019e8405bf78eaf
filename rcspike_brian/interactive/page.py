"""The explorer: one page with everything in it, and what it shows that is not computed on it.

The page is made of the files beside this one, in ``explorer_page/``: ``neuron.js``, the exact
solution, and ``explorer.js``, what is seen of it, are ES modules; ``texts.json`` has every word in
two languages; ``networks.npz`` is made by ``tools/make_explorer_networks.py``.
"""

import base64
import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rcspike_brian.analysis import accuracy_table
from rcspike_brian.data import load_dataset
from rcspike_brian.example import SPIKE_TIMES, WEIGHTS
from rcspike_brian.figures import named_models
from rcspike_brian.storage import read_arrays

_FOLDER = Path(__file__).parent / "explorer_page"
_RESULTS = Path(__file__).parents[1] / "results"
NETWORKS = _FOLDER / "networks.npz"
NETWORKS_KIND = "explorer networks"
_PER_CLASS = 2
# Models of Figure 3 by curve of the page; at infinite V_syn both are the conventional circuit.
_CURVES = {
    "trained": ("RC-Spike", "conventional circuit"),
    "mapped": ("conventional network on RC-Spike circuit", "conventional circuit"),
}


def module_source() -> str:
    """The two modules as one, without a reference to another file."""
    neuron, view = (_text(name) for name in ("neuron.js", "explorer.js"))
    return neuron + re.sub(r"^import .*?;\n", "", view, flags=re.MULTILINE | re.DOTALL)


def style_source() -> str:
    """The style sheet."""
    return _text("explorer.css")


def explorer_data() -> dict[str, Any]:
    """What the page shows that it does not compute, ready for JSON.

    Returns
    -------
    dict
        example (the inputs of Figure 2), figure3 (curves of mean accuracy, energy in picojoules, by
        data set; infinity is written "inf"), networks (whole weights in Base64), images (the first
        two of each digit among the bundled test images), texts.

    Examples
    --------
    >>> data = explorer_data()
    >>> len(data["images"]["labels"]), data["networks"]["about"]["layers"]
    (20, '784-32-32-10')
    """
    example = [{"t": t, "w": w} for t, w in zip(SPIKE_TIMES, WEIGHTS, strict=True)]
    return {
        "example": example,
        "figure3": _figure3(),
        "networks": _networks(),
        "images": _images(),
        "texts": json.loads(_text("texts.json")),
    }


def explorer_page() -> str:
    """The explorer as one HTML page that asks for nothing from anywhere.

    Examples
    --------
    >>> page = explorer_page()
    >>> len(page.encode()) < 1e6, page.startswith("<!doctype html>")
    (True, True)
    """
    # No "<" of the data can end the element that they are in.
    data = json.dumps(explorer_data(), ensure_ascii=False).replace("<", "\\u003c")
    parts = {"style": style_source(), "module": module_source(), "data": data}
    return re.sub(r"{{(\w+)}}", lambda match: parts[match[1]], _text("explorer.html"))


def _text(name):
    return (_FOLDER / name).read_text(encoding="utf-8")


def _base64(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")


def _figure3():
    """Mean accuracy of each curve, and mean energy, against V_syn, by data set."""
    results = pd.read_csv(_RESULTS / "figure3" / "results.csv")
    table = accuracy_table(named_models(results))
    energy = pd.read_csv(_RESULTS / "circuit" / "energy.csv")
    found: dict[str, Any] = {}
    for dataset, rows in table.groupby("dataset"):
        chosen = {name: rows[rows["model"].isin(models)] for name, models in _CURVES.items()}
        curves = {
            name: _points(part["v_syn"], part["mean"].round(5)) for name, part in chosen.items()
        }
        spent = energy[energy["dataset"] == dataset].groupby("v_syn")["energy"].mean() * 1e12
        networks = int(chosen["trained"]["n"].max())
        found[str(dataset)] = {
            **curves,
            "energy": _points(spent.index, spent.round(1)),
            "networks": networks,
        }
    return found


def _points(v_syn, values):
    return [
        ["inf" if math.isinf(v) else v, y]
        for v, y in zip(v_syn.tolist(), values.tolist(), strict=True)
    ]


def _networks():
    arrays = read_arrays(NETWORKS, NETWORKS_KIND, 1)
    about = arrays["about"]
    n_layers = about["layers"].count("-")
    layers = {
        v: [
            {
                "weights": _base64(arrays[f"weights_{v}_{number}"]),
                "scales": [float(f"{s:.7g}") for s in arrays[f"scales_{v}_{number}"]],
                "nOut": arrays[f"weights_{v}_{number}"].shape[1],
            }
            for number in range(n_layers)
        ]
        for v in about["v_syn"]
    }
    return {"about": about, "layers": layers}


def _images():
    data = load_dataset("mnist", subset="bundled")
    chosen = [np.flatnonzero(data.test_labels == digit)[:_PER_CLASS] for digit in range(10)]
    numbers = np.concatenate(chosen)
    pixels = data.test_images[numbers].reshape(len(numbers), -1)
    return {"pixels": _base64(pixels), "labels": data.test_labels[numbers].tolist()}
