"""The explorer in Chromium: from something that is moved to the finished layout."""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))

# Script, style and layout, all that a moved thing causes but for the painting.
_MEASURE = """
const layout = () => document.querySelector("main").getBoundingClientRect();
return JSON.parse(arguments[0]).map((change) => {
    const start = performance.now();
    rcspike.explorer.set(change);
    layout();
    const neuron = performance.now();
    rcspike.explorer.showRest();
    layout();
    return [neuron - start, performance.now() - neuron];
});
"""


def measure_explorer(moves=300, inputs=8, seed=0):
    """Move everything that can be moved at random; milliseconds of each update.

    The neuron is drawn at once, the cloud, Figure 3 and the network in the next frame.

    Returns
    -------
    pandas.DataFrame
        Columns moved, neuron, rest, both.
    """
    import pandas as pd
    from chromium import CHROMEDRIVER, CHROMIUM, HOW, start_chromium

    from rcspike_brian.errors import MissingExtra
    from rcspike_brian.interactive import explorer_page

    if not (CHROMIUM and CHROMEDRIVER):
        raise MissingExtra(f"no Chromium with ChromeDriver: {HOW}")

    rng = np.random.default_rng(seed)
    spikes = [{"t": t, "w": w} for t, w in rng.uniform([0, -2], [1, 2], (inputs, 2)).tolist()]
    changes = [_change(number, spikes, rng) for number in range(moves)]
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "explorer.html")
        page.write_text(explorer_page(), encoding="utf-8")
        driver = start_chromium(Path(folder, "profile"))
        try:
            driver.get(page.as_uri())
            # What is compiled once is not measured.
            driver.execute_script(_MEASURE, json.dumps([change for _, change in changes[:60]]))
            found = driver.execute_script(_MEASURE, json.dumps([change for _, change in changes]))
        finally:
            driver.quit()
    frame = pd.DataFrame(found, columns=["neuron", "rest"], dtype=float)
    frame.insert(0, "moved", [name for name, _ in changes])
    return frame.assign(both=frame["neuron"] + frame["rest"])


def _change(number, spikes, rng):
    """The next thing in turn, moved at random."""
    name = ("V_syn", "V_d", "spike", "time", "off level", "image")[number % 6]
    if name == "V_syn":
        return name, {"v": float(2 ** rng.uniform(-2, 4))}
    if name == "V_d":
        return name, {"d": float(rng.uniform(0, 0.4)), "diode": str(rng.choice(["drop", "leaky"]))}
    if name == "time":
        return name, {"now": float(rng.uniform(0, 2))}
    if name == "off level":
        return name, {"off": str(rng.choice(["float", "far", "zero"]))}
    if name == "image":
        return name, {"image": int(rng.integers(20))}
    spikes[rng.integers(len(spikes))] = {"t": float(rng.random()), "w": float(rng.uniform(-2, 2))}
    return name, {"inputs": [dict(spike) for spike in spikes]}
