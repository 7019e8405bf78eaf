"""Fill the tables of README and documents with the numbers of the files in results/.

    python tools/fill_tables.py [--check]

A comment above a table says which of the `FILLERS` knows its numbers:

    <!-- numbers: accuracy -->

What the first column says stays, in any language; the other cells are written. With ``--check``
nothing is written, and it is an error if anything would be.
"""

import argparse
import json
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from rcspike_brian.analysis import accuracy_table
from rcspike_brian.data.catalog import title_of
from rcspike_brian.figures import named_models
from rcspike_brian.spice import Design, at_current
from rcspike_brian.storage import atomic_write

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "results"
PAGES = [ROOT / "README.md", ROOT / "README.ja.md", *sorted(ROOT.glob("docs/*.md"))]
_TABLE = re.compile(r"(<!-- numbers: (.+?) -->\n\n?)((?:\|.*\|\n){2,})")
_DATASETS = ("mnist", "fashion-mnist")
_MODELS = {
    "RC-Spike": "RC-Spike",
    "conventional": "conventional circuit",
    "ReLU": "ReLU MLP",
    "CNN": "ReLU CNN",
    "usual": "ANN on RC-Spike circuit",
    "fitted": "ANN on RC-Spike circuit, rescaled",
    "unchanged": "conventional network on RC-Spike circuit",
}


def _results(*files):
    tables = (pd.read_csv(RESULTS / file) for file in files or ("figure3/results.csv",))
    return named_models(pd.concat(tables, ignore_index=True))


def _mean(frame, column):
    """Mean and standard deviation over the seeds, as text; a dash where nothing was measured."""
    values = frame[column].dropna()
    spread = f" ± {values.std():.4f}" if len(values) > 1 else ""
    return f"{values.mean():.4f}{spread}" if len(values) else "–"


def _number(value, digits):
    """A number as text; a dash where nothing was measured."""
    return f"{value:.{digits}f}" if np.isfinite(value) else "–"


def accuracy(argument, rows):
    """Models in rows: accuracy without noise, and with comparators that jitter.

    The argument names the model and V_syn of each row.
    """
    return _of_models(_results(), argument, rows, ("accuracy", "jitter_0.01", "jitter_0.03"))


def with_maps(argument, rows):
    """The same of networks with convolutions, without noise and with 0.02 on every spike."""
    files = ("seeds/results.csv", *(f"relu-cnn-{name}.csv" for name in _DATASETS))
    frame = _results(*(f"convolution/{file}" for file in files))
    return _of_models(frame, argument, rows, ("accuracy", "noise_0.02"))


def maps_over_drives(argument, rows):
    """The same of one network for each V_syn, trained for a third of the epochs."""
    columns = ("accuracy", "noise_0.02")
    return _of_models(_results("convolution/drives/results.csv"), argument, rows, columns)


def _of_models(frame, argument, rows, columns):
    """A row for each model and V_syn in the argument, columns for both data sets."""
    for place, (label, *_) in zip(argument.split(), rows, strict=True):
        model, _, v_syn = place.partition("@")
        part = frame[(frame["model"] == _MODELS[model]) & (frame["v_syn"] == float(v_syn or "inf"))]
        by_data = [part[part["dataset"] == name] for name in _DATASETS]
        yield label, *(_mean(one, column) for one in by_data for column in columns)


def noise(argument, rows):
    """V_syn in rows, levels of noise on every spike in columns, of the data set that is named."""
    frame = _results()
    frame = frame[(frame["dataset"] == argument) & (frame["model"] == "RC-Spike")]
    columns = ["accuracy", *(name for name in frame if name.startswith("noise_"))]
    for label, *_ in rows:
        part = frame[frame["v_syn"] == float(label)]
        yield label, *(_number(part[name].mean(), 4) for name in columns)


def table3(argument, rows):
    """784-400-400-10 beside arXiv:2412.09010, which is in the row of the paper and stays.

    Rows are named "sharp, V_syn/V_th = 1, hidden spikes"; sharp is trained without noise.
    """
    frame = pd.read_csv(RESULTS / "table3" / "noise.csv")
    recipe = np.where(frame["trained_with"] == 0, "sharp", "robust")
    for label, *cells in rows:
        named = re.fullmatch(r"(robust|sharp), V_syn/V_th = ([\d.]+), (.+)", label)
        if named:
            chosen = (recipe == named[1]) & (frame["where"] == named[3])
            part = frame[chosen & (frame["v_syn"] == float(named[2]))]
            levels = 100 * part.groupby("noise")["accuracy"].agg(["mean", "std"])
            cells = [f"{mean:.2f} ± {std:.2f}" for mean, std in levels.to_numpy()]
        yield label, *cells


def energy(argument, rows):
    """V_syn in rows: accuracy and picojoules per inference, of all, synapses and ramp."""
    frame = pd.read_csv(RESULTS / "circuit" / "energy.csv")
    frame["synapses"] = frame["positive synapses"] + frame["negative synapses"]
    accuracies = accuracy_table(_results()).set_index(["dataset", "model", "v_syn"])["mean"]
    for label, *_ in rows:
        v_syn = np.inf if label == "conventional" else float(label)
        model = _MODELS["conventional" if label == "conventional" else "RC-Spike"]
        cells = []
        for name in _DATASETS:
            part = frame[(frame["dataset"] == name) & (frame["v_syn"] == v_syn)]
            parts = part[["energy", "synapses", "firing ramp"]].mean() * 1e12
            cells.append(_number(accuracies.get((name, model, v_syn), np.nan), 4))
            cells += [_number(joules, 0) for joules in parts]
        yield label, *cells


def front(argument, rows):
    """All settings on a Pareto front of the data set that is named."""
    frame = pd.read_csv(RESULTS / "circuit" / "front.csv")
    frame = frame[(frame["dataset"] == argument) & (frame["front"] | frame["front_jitter"])]
    for row in frame.to_dict("records"):
        on = " and ".join(n for n, f in (("ideal", "front"), ("jitter", "front_jitter")) if row[f])
        settings = (f"{row[name]:g}" for name in ("v_syn", "weight_decay", "temperature", "seeds"))
        accuracies = (f"{row[name]:.4f}" for name in ("accuracy", "accuracy_jitter"))
        yield *settings, *accuracies, f"{1e12 * row['energy']:.1f}", on


def equal_accuracy(argument, rows):
    """Networks at V_syn = V_th and at 8 V_th that are equally accurate, in pairs."""
    frame = pd.read_csv(RESULTS / "circuit" / "energy_ratio.csv")
    for label, name in zip((row[0] for row in rows), _DATASETS, strict=True):
        part = frame[frame["dataset"] == name]
        low, high = (part[f"accuracy_{end}"].mean() for end in ("low", "high"))
        energies = [_interval(1e12 * part[f"energy_{end}"], 0) for end in ("low", "high")]
        ratio = _interval(part["ratio"], 2)
        means = [_number(value, 4) for value in (low, high)]
        yield label, str(len(part)), means[0], energies[0], means[1], energies[1], ratio


def _interval(values, digits):
    """Mean and half of the interval in which it lies with 95 %, by Student's t."""
    if len(values) < 2:
        return _number(values.mean(), digits)
    half = stats.t.ppf(0.975, len(values) - 1) * values.sem()
    return f"{values.mean():.{digits}f} ± {half:.{max(digits, 1)}f}"


def ramps(argument, rows):
    """Ramps in rows: picojoules of the ramp and in all, of both data sets, at V_syn = V_th."""
    frame = pd.read_csv(RESULTS / "circuit" / "energy_ramps.csv")
    frame = frame[frame["v_syn"] == 1]
    for label, *_ in rows:
        name, _, stop = label.strip("`").partition("`, stop")
        part = frame[
            (frame["ramp"] == name) & frame["stop"].str.startswith("first" if stop else "end")
        ]
        means = part.groupby("dataset")[["firing ramp", "energy"]].mean() * 1e12
        cells = (means.loc[d, c] for d in _DATASETS for c in ("firing ramp", "energy"))
        yield label, *(f"{value:.1f}" for value in cells)


def chips(argument, rows):
    """Networks in rows, spreads of the conductances in columns."""
    frame = pd.read_csv(RESULTS / "circuit" / "chips_summary.csv").set_index(["model", "spread"])
    frame = 100 * frame[["mean", "std", "min"]]
    for label, *_ in rows:
        spreads = (frame.loc[(label, spread)] for spread in (0.05, 0.1, 0.2))
        cells = (f"{row['mean']:.2f} ± {row['std']:.2f}" for row in spreads)
        ideal, worst = frame.loc[(label, 0.0), "mean"], frame.loc[(label, 0.2), "min"]
        yield label, f"{ideal:.2f}", *cells, f"{worst:.2f}"


def trials(argument, rows):
    """Trials on held-out images at V_syn = V_th that were measured with jitter."""
    frame = pd.read_csv(RESULTS / "recipe" / "trials.csv").dropna(subset="jitter_0.01")
    frame = frame[frame["v_syn"] == 1]
    columns = ["epochs", "learning_rate", "weight_decay", "temperature", "noise", "output_noise"]
    frame = frame.sort_values(["dataset", "epochs", *columns[1:]], ascending=[False] + 6 * [True])
    for row in frame.to_dict("records"):
        settings = (f"{row[name]:g}" for name in [*columns, "label_smoothing", "averaging"])
        accuracies = (row[name] for name in ("validation_accuracy", "jitter_0.01", "jitter_0.03"))
        yield title_of(row["dataset"]), *settings, *(f"{value:.4f}" for value in accuracies)


def trials_below(argument, rows):
    """Trials on held-out images below V_th."""
    frame = pd.read_csv(RESULTS / "recipe" / "trials.csv")
    columns = ["epochs", "noise", "temperature", "learning_rate", "init_scale"]
    frame = frame[frame["v_syn"] < 1].sort_values(columns)
    measured = ("train_accuracy", "validation_accuracy", "jitter_0.01", "jitter_0.03")
    for row in frame.to_dict("records"):
        numbers = (f"{row[name]:.4f}" for name in measured)
        yield *(f"{row[name]:g}" for name in columns), *numbers


def modulation(argument, rows):
    """Corners in rows: channel-length modulation and reversal potentials, as the command says."""
    frame, design = pd.read_csv(RESULTS / "transistors" / "lambda.csv"), Design()
    for label, *cells in rows:
        part = frame[frame["corner"] == label]
        if len(part):
            at = {"n": design.I_unit, "p": design.I_unit, "discharge": design.I_full}
            found = [at_current(part, kind, "lambda", I) for kind, I in at.items()]
            cells = [f"{x:.3f}" for x in found]
            cells += [f"{1 / (x * design.V_th):.2f}" for x in found[:2]]
        yield label, *cells


def transistors(argument, rows):
    """How and where chips are made in rows: spike-time RMSE and accuracy."""
    frame, copied = (
        pd.read_csv(RESULTS / "transistors" / name) for name in ("iris_rmse.csv", "copiers.csv")
    )
    for label, *cells in rows:
        extracted, _, made = label.partition(", ")
        chips = "mismatch" in made
        part = copied if made.endswith("copiers") else frame
        part = part[part["extracted"] == extracted]
        part = part[(part["mismatch"] >= 0) if chips else (part["mismatch"] < 0)]
        part = part[part["corner"] == (extracted if chips else made)]
        if len(part) == 0:
            yield label, *cells
            continue
        networks = [part[part["network"].str.startswith(name)] for name in ("RC-Spike", "ANN")]
        errors, accuracies = [], []
        for one in networks:
            spread = f" ({one['model'].min():.0f} to {one['model'].max():.0f})" if chips else ""
            known = len(one) > 0
            digits = 0 if chips else 2
            errors.append(f"{one['model'].mean():.{digits}f}{spread}" if known else "")
            accuracies.append(f"{one['accuracy'].mean():.2f}" if known else "")
        yield label, *errors, ", ".join(filter(None, accuracies))


def judges(argument, rows):
    """RC-Spike in tt: the exact model, Brian2 and resistors against transistors."""
    frame = pd.read_csv(RESULTS / "transistors" / "iris_rmse.csv")
    row = frame.iloc[0]
    yield tuple(f"{row[name]:.2f}" for name in ("model", "brian2", "ngspice"))


def convolution(argument, rows):
    """Noise and epochs of the training in rows, noise on hidden spikes in columns."""
    frame = pd.read_csv(RESULTS / "convolution" / "noise.csv")
    frame = frame[frame["where"] == "hidden spikes"]
    for label, trained_with, epochs, *_ in rows:
        part = frame[
            (frame["trained_with"] == float(trained_with)) & (frame["epochs"] == int(epochs))
        ]
        levels = part.groupby("noise")["accuracy"].mean()
        yield label, trained_with, epochs, *(f"{value:.4f}" for value in levels)


def profile_of_maps(argument, rows):
    """Layers in rows, and both directions: microseconds of a sample by stage, neuron-events."""
    file = RESULTS / "benchmarks" / "convolution" / "profile-fashion-mnist.json"
    stages = {row["stage"]: row for row in json.loads(file.read_text())["stages"]}
    for label, *_ in rows:
        if label in stages:
            yield label, "", "", f"{stages[label]['microseconds']:.0f}", "", ""
            continue
        names = (f"layer {label}, {part}" for part in ("spikes of lines", "deal", "sweeps"))
        times = [stages[name]["microseconds"] for name in names]
        sweeps = stages[f"layer {label}, sweeps"]
        events, limit = sweeps["neuron_events"], 100 * sweeps["of_limit"]
        yield label, *(f"{us:.1f}" for us in times), f"{events:,.0f}", f"{limit:.0f} %"


def parts(argument, rows):
    """Corners in rows: what comparator and amplifier take."""
    frame = pd.read_csv(RESULTS / "transistors" / "parts.csv").set_index("corner")
    for label, *_ in rows:
        row = frame.loc[label]
        least, most = (row[f"comparator_{end}"] * 1e15 for end in ("least", "most"))
        yield (
            label, f"{row['comparator'] * 1e15:.0f}", f"{least:.0f} to {most:.0f}",
            f"{row['comparator_static'] * 1e9:.2g}", f"{row['amplifier_static'] * 1e6:.2f}",
            f"{row['amplifier_settling'] * 1e9:.0f}",
        )  # fmt: skip


def picojoule(argument, rows):
    """Data set and circuit in rows: where the energy goes with both sets of parts."""
    names = ("sky130", "literature")
    frames = {n: pd.read_csv(RESULTS / "transistors" / n / "picojoule.csv") for n in names}
    places = [(d, c) for d in _DATASETS for c in ("rc-spike", "conventional")]
    for (label, *_), (dataset, circuit) in zip(rows, places, strict=True):
        found = [f[(f["dataset"] == dataset) & (f["circuit"] == circuit)] for f in frames.values()]
        means = (f.groupby("term")[["energy", "least", "most"]].mean() * 1e12 for f in found)
        sky, literature = means
        total, low, high = sky.sum()
        terms = ("synapses", "firing ramp", "lines", "comparators", "op-amps")
        cells = [f"{sky.loc[term, 'energy']:.0f}" for term in terms]
        cells += [f"{total:.0f} ({low:.0f} to {high:.0f})", f"{literature['energy'].sum():.0f}"]
        of_seeds = found[0].drop_duplicates("seed")["accuracy"]
        yield label, str(len(of_seeds)), f"{of_seeds.mean():.4f}", *cells


def equal_parts(argument, rows):
    """Data set and parts in rows: RC-Spike and the conventional circuit, equally accurate."""
    places = [(d, parts) for d in _DATASETS for parts in ("sky130", "literature")]
    for (label, *_), (dataset, parts) in zip(rows, places, strict=True):
        frame = pd.read_csv(RESULTS / "transistors" / parts / "picojoule_ratio.csv")
        pairs = frame[frame["dataset"] == dataset]
        cells = []
        for end in ("low", "high"):
            energy, least, most = (
                1e12 * pairs[f"{name}_{end}"].mean() for name in ("energy", "least", "most")
            )
            cells.append(f"{pairs[f'accuracy_{end}'].mean():.4f}")
            cells.append(f"{energy:.0f} ({least:.0f} to {most:.0f})")
        worst = (pairs["least_high"] / pairs["most_low"]).min()
        yield label, str(len(pairs)), *cells, _interval(pairs["ratio"], 2), f"{worst:.2f}"


def wires(argument, rows):
    """Resistances in rows: RMSE and largest error of both crossbars."""
    frame = pd.read_csv(RESULTS / "transistors" / "wires.csv")
    frame["error"] = (frame["t_ngspice"] - frame["t_exact"]).abs()
    for label, *_ in rows:
        cells = []
        for n in (16, 64):
            part = frame[(frame["n"] == n) & (frame["wire_resistance"] == float(label))]["error"]
            cells += [f"{(part**2).mean() ** 0.5:.1e}", f"{part.max():.1e}"]
        yield label, *cells


FILLERS = {
    f.__name__: f
    for f in (
        accuracy, with_maps, maps_over_drives, noise, table3, energy, front, equal_accuracy, ramps,
        chips, trials, trials_below, modulation, transistors, judges, parts, picojoule,
        equal_parts, wires, convolution, profile_of_maps,
    )
}  # fmt: skip


def filled(text: str) -> str:
    """A page with the numbers of the files in its tables."""

    def fill(match):
        mark, words, block = match.groups()
        name, _, argument = words.partition(" ")
        head, line, *rows = block.splitlines()
        cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
        rows = [f"| {' | '.join(row)} |" for row in FILLERS[name](argument, cells)]
        return mark + "\n".join([head, line, *rows]) + "\n"

    return _TABLE.sub(fill, text)


def main():
    """Fill all pages, or say which are not up to date."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    old = []
    for page in PAGES:
        before = page.read_text(encoding="utf-8")
        after = filled(before)
        if after != before:
            old.append(page.relative_to(ROOT))
            if not check:
                with atomic_write(page) as file:
                    file.write_text(after, encoding="utf-8")
    for page in old:
        print(f"{page} {'has old numbers' if check else 'is filled again'}")
    sys.exit(bool(old) and check)


if __name__ == "__main__":
    main()
