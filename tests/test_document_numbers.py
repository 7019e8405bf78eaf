"""Numbers in README and documents are those of the tables that they come from."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rcspike_brian.figures import named_models

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "results"
CIRCUITS = {"conventional": np.inf, "conventional circuit": np.inf}


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def text(name):
    """A document as one line, so that a sentence is found wherever it is broken."""
    return " ".join(read(name).split())


def table(name, *header):
    """The rows, as lists of cells, of the table whose header holds these words."""
    found = []
    for block in re.findall(r"(?:^\|.*\|\n)+", read(name), re.MULTILINE):
        lines = [
            [c.strip() for c in line.strip("|").split("|")] for line in block.strip().split("\n")
        ]
        if all(any(word in cell for cell in lines[0]) for word in header):
            found.append(lines[2:])
    assert len(found) == 1, f"{name} has {len(found)} tables with {header}"
    return found[0]


def results(name):
    return pd.read_csv(RESULTS / name)


def accuracies(folder):
    """Mean and standard deviation as in the documents, by data set, model and V_syn."""
    frame = results(f"{folder}/fig3.csv")
    texts = [f"{mean:.4f} ± {std:.4f}" for mean, std in zip(frame["mean"], frame["std"])]  # noqa: B905
    return dict(zip(frame[["dataset", "model", "v_syn"]].itertuples(index=False), texts))  # noqa: B905


@pytest.mark.parametrize("name", ["README.md", "README.ja.md"])
def test_the_best_mapping(name):
    frame = results("figure3/best-mapping/results.csv")
    best = frame[(frame["model"] == "mapped-ann-rescaled") & (frame["v_syn"] == 0.5)]
    for accuracy in best["accuracy"]:
        assert f"{accuracy:.4f}" in text(name)


def v_syn_of(words):
    found = re.search(r"= ([\d.]+)$", words)
    return float(found[1]) if found else np.inf


# The rows of the accuracy tables, in each language.
ROWS = ["RC-Spike"] * 3 + ["conventional circuit", "ReLU MLP"]
ROWS += ["conventional network on RC-Spike circuit"] * 2
ROWS += ["ANN on RC-Spike circuit"] * 2 + ["ANN on RC-Spike circuit, rescaled"]


@pytest.mark.parametrize("name", ["README.md", "README.ja.md"])
def test_accuracies_of_the_readme(name):
    known = accuracies("figure3")
    rows = table(name, "784-200-200-10", "Fashion-MNIST")
    for model, (words, *cells) in zip(ROWS, rows, strict=True):
        place = model, v_syn_of(words)
        assert cells == [known[dataset, *place] for dataset in ("mnist", "fashion-mnist")], words


def test_how_well_figure_3_repeats():
    first, again = accuracies("figure3"), accuracies("figure3/repeated")
    rows = table("docs/results.md", "784-200-200-10", "again")
    for model, (words, *cells) in zip(ROWS, rows):  # noqa: B905 - without those that are mapped
        place = model, v_syn_of(words)
        expected = [
            t[dataset, *place] for dataset in ("mnist", "fashion-mnist") for t in (first, again)
        ]
        assert cells == expected, words
    change = results("figure3/fig3.csv").merge(
        results("figure3/repeated/fig3.csv"), on=["dataset", "model", "v_syn"]
    )
    change = change[change["model"] == "RC-Spike"]
    largest = (change["mean_x"] - change["mean_y"]).abs().groupby(change["dataset"]).max()
    sentence = f"more than {largest['mnist']:.4f} on MNIST and {largest['fashion-mnist']:.4f} on"
    assert sentence in text("docs/results.md")
    nine = accuracies("figure3/seeds")
    one = nine["fashion-mnist", "RC-Spike", 1.0], nine["fashion-mnist", "ReLU MLP", np.inf]
    assert f"V_syn = V_th {one[0]}, the ReLU MLP {one[1]}" in text("docs/results.md")


@pytest.mark.parametrize("name", ["figure3", "figure3/repeated", "figure3/seeds"])
def test_means_are_those_of_the_networks(name):
    each = named_models(results(f"{name}/results.csv"))
    means = each.groupby(["dataset", "model", "v_syn"])["accuracy"].mean()
    table_ = results(f"{name}/fig3.csv").set_index(["dataset", "model", "v_syn"])["mean"]
    pd.testing.assert_series_equal(means, table_.sort_index(), check_names=False)


def rmse(difference):
    return float(np.sqrt((difference**2).mean()))


def number(words):
    """A number as documents write it."""
    return float(words.replace(",", "").replace("−", "-"))


def test_agreement_with_ngspice():
    each = results("circuit/spice_accuracy.csv")
    network = results("circuit/iris_tolerances.csv").set_index("tolerance")["model_ngspice"]
    for words, neurons, iris in table("docs/circuit.md", "relative tolerance", "5-5-5"):
        tolerance = number(words.split()[0])
        ideal = each[(each["diode"] == "ideal") & (each["tolerance"] == tolerance)]
        assert f"{rmse(ideal['t_ideal'] - ideal['t_ngspice']):.1e}" == f"{number(neurons):.1e}"
        assert f"{network[tolerance]:.1e}" == f"{number(iris):.1e}"
    for diode, without, with_drop, drop in table("docs/circuit.md", "RMSE without V_d"):
        frame = each[(each["diode"] == diode) & (each["tolerance"] == 1e-6)]
        assert f"{rmse(frame['t_ideal'] - frame['t_ngspice']):.1e}" == f"{number(without):.1e}"
        assert f"{rmse(frame['t_drop'] - frame['t_ngspice']):.1e}" == f"{number(with_drop):.1e}"
        assert frame["V_d"].mean() == pytest.approx(number(drop.split()[0]), rel=0.1)


def test_iris():
    frame = results("circuit/iris_rmse.csv").query("layer == 'all'").set_index("network")
    rows = table("docs/circuit.md", "model against ngspice")
    for network, (_, *cells) in zip(("RC-Spike", "ANN on RC-Spike circuit"), rows, strict=False):
        values = 1000 * frame.loc[network, ["model_ngspice", "brian2_ngspice", "model_brian2"]]
        assert [float(f"{v:.{len(c.split('.')[1])}f}") for v, c in zip(values, cells)] == [  # noqa: B905
            float(c) for c in cells
        ]
    accuracy = results("circuit/iris_accuracy.csv").set_index("network")
    assert (accuracy["model"] == 0.98).all()
    low = accuracy.loc["ANN on RC-Spike circuit", ["brian2", "ngspice"]]
    assert (low == 0.66).all()
    assert "the mapped one falls to 66 %" in text("docs/circuit.md")


def energies(name):
    """Mean energies over the seeds, in picojoules, and accuracies."""
    frame = results(name)
    frame["synapses"] = frame["positive synapses"] + frame["negative synapses"]
    columns = ["energy", "synapses", "firing ramp"]
    frame[columns] *= 1e12
    return frame.groupby(["dataset", "v_syn"])[[*columns, "accuracy"]].mean()


def test_energy():
    known, accuracy = energies("circuit/energy.csv"), accuracies("figure3")
    for words, *cells in table("docs/circuit.md", "MNIST: accuracy", "firing ramp"):
        v_syn = np.inf if words == "conventional" else float(words)
        model = "conventional circuit" if words == "conventional" else "RC-Spike"
        for dataset, part in (("mnist", cells[:4]), ("fashion-mnist", cells[4:])):
            joules = known.loc[(dataset, v_syn), ["energy", "synapses", "firing ramp"]]
            assert part == [accuracy[dataset, model, v_syn][:6], *(f"{e:.0f}" for e in joules)]
    pairs = results("circuit/energy_ratio.csv")
    pairs = pairs.sort_values("dataset", ascending=False, kind="stable")
    rows = table("docs/circuit.md", "data set", "ratio")
    found = [[*map(float, cells)] for _, *cells in rows]
    picojoules = pairs[["energy_low", "energy_high"]] * 1e12
    expected = np.column_stack(
        [
            pairs["accuracy_low"], picojoules["energy_low"].round(),
            pairs["accuracy_high"], picojoules["energy_high"].round(), pairs["ratio"].round(2),
        ]
    )  # fmt: skip
    np.testing.assert_allclose(found, expected, atol=1e-9)


def ratios(known, column):
    """Between V_syn = 8 V_th and V_syn = V_th, on MNIST and on Fashion-MNIST."""
    return [known.loc[(d, 8.0), column] / known.loc[(d, 1.0), column] for d in DATASETS]


DATASETS = ("mnist", "fashion-mnist")


def test_energy_in_sentences():
    page = text("docs/circuit.md")
    known = energies("circuit/energy.csv")
    assert "synapses alone take {:.1f} and {:.1f} times".format(*ratios(known, "synapses")) in page
    figure = results("figure3/fig3.csv").set_index(["dataset", "model", "v_syn"])["mean"]
    apart = [100 * abs(figure[d, "RC-Spike", 8.0] - figure[d, "RC-Spike", 1.0]) for d in DATASETS]
    assert "differ by {:.1f} and {:.1f} points".format(*apart) in page

    larger = energies("circuit/temperature-0.1/energy.csv")
    at_1, at_8 = (
        [larger.loc[(d, v), "energy"] for d in DATASETS] for v in (1.0, 8.0)
    )  # fmt: skip
    assert "{:.0f} and {:.0f} pJ at V_th, {:.0f} and {:.0f} at 8".format(*at_1, *at_8) in page
    pairs = results("circuit/temperature-0.1/energy_ratio.csv").groupby("dataset")["ratio"]
    low, high = pairs.min(), pairs.max()
    for dataset in DATASETS:
        assert f"{low[dataset]:.2f} to {high[dataset]:.2f}" in page
    better = 100 * (
        larger.loc[("fashion-mnist", 8.0), "accuracy"]
        - larger.loc[("fashion-mnist", 1.0), "accuracy"]
    )
    assert f"those at 8 V_th are {better:.1f} points better" in page
    assert "over the seeds are {:.2f} and {:.2f}".format(*ratios(larger, "energy")) in page
    assert "synapses alone take {:.1f} and {:.1f} times as much, a little more".format(
        *ratios(larger, "synapses")
    ) in page  # fmt: skip


def test_chips():
    frame = results("circuit/chips_summary.csv").set_index(["model", "spread"])
    for model, ideal, *cells, worst in table("docs/circuit.md", "worst chip at 20 %"):
        expected = [f"{100 * frame.loc[(model, 0.0), 'mean']:.2f}"]
        for spread in (0.05, 0.1, 0.2):
            mean, std = 100 * frame.loc[(model, spread), ["mean", "std"]]
            expected.append(f"{mean:.2f} ± {std:.2f}")
        expected.append(f"{100 * frame.loc[(model, 0.2), 'min']:.2f}")
        assert [ideal, *cells, worst] == expected, model


@pytest.mark.parametrize("name", ["rc-spike", "conventional", "unequal-rails"])
def test_agreement_of_simulations(name):
    agreement = results(f"simulation/{name}/agreement.csv")
    order = results(f"simulation/{name}/order.csv")["order"]
    words = {"rc-spike": "RC-Spike", "unequal-rails": "unequal rails"}.get(name, name)
    (row,) = (r for r in table("docs/simulation.md", "slopes") if r[0].startswith(words))
    finest = agreement[agreement["steps"] == 1000]
    assert row[1:4] == [f"{value:.1e}".replace("e-0", "e-") for value in finest["rmse"]]
    assert row[4] == ", ".join(f"{value:.2f}" for value in order)
    labels = agreement.dropna(subset="labels_differ")["labels_differ"].astype(int)
    assert row[5].startswith(", ".join(map(str, labels)) + " of 1000")


TRIALS = [
    # Words of the header, conditions of all rows, columns that the first cells are.
    (("temperature", "weight decay"), "fashion", ("temperature", "weight_decay")),
    (("temperature", "learning rate"), "mnist", ("temperature", "learning_rate")),
    (("learning rate", "weight decay"), "relu", ("learning_rate", "weight_decay")),
    (("circuit", "silent in layer 1"), "rates", ("model", "learning_rate")),
]
CONDITIONS = {
    "fashion": "dataset == 'fashion-mnist' and model == 'rc-spike' and epochs == 12 and "
    "init_scale == 0.25 and learning_rate == 0.001 and label_smoothing == 0.1 and not flip",
    "mnist": "dataset == 'mnist' and epochs == 20 and shift == 1 and weight_decay == 0.3",
    "relu": "dataset == 'fashion-mnist' and model == 'relu-mlp' and epochs == 40",
    "rates": "dataset == 'fashion-mnist' and epochs == 40 and flip and init_scale == 0.25 and "
    "model != 'relu-mlp'",
}


@pytest.mark.parametrize(("header", "kind", "columns"), TRIALS, ids=[t[1] for t in TRIALS])
def test_trials_of_the_recipe(header, kind, columns):
    trials = results("recipe/trials.csv").query(CONDITIONS[kind])
    for cells in table("docs/recipe.md", *header, "validation"):
        rows = trials
        for column, words in zip(columns, cells):  # noqa: B905
            if column == "model":
                rows = rows[rows["model"] == ("rc-spike" if "RC" in words else "conventional")]
            else:
                rows = rows[np.isclose(rows[column], float(words))]
        expected = [f"{rows[c].item():.4f}" for c in ("train_accuracy", "validation_accuracy")]
        assert cells[2:4] == expected, cells
        if "silent in layer 1" in header:
            assert cells[4] == f"{rows['silent_1'].item():.0%}"


def benchmark(name):
    return json.loads((RESULTS / "benchmarks" / f"{name}.json").read_text(encoding="utf-8"))


def test_speed_of_the_parts():
    (digits, clothes) = (
        {s["stage"]: s["microseconds"] for s in benchmark(f"profile-{d}")["stages"]}
        for d in ("mnist", "fashion-mnist")
    )
    assert list(digits) == list(clothes)
    page = table("docs/speed.md", "stage", "MNIST")
    for stage, *cells in page:
        if stage in digits:
            assert cells == [f"{part[stage]:.1f}" for part in (digits, clothes)], stage
    assert {"sort the pixels", "loss"} <= {row[0] for row in page} & set(digits)


def test_error_of_dstd():
    rows = pd.DataFrame(benchmark("dstd-error")["rows"])
    page = text("docs/speed.md")

    def slope(frame, x):
        return np.polyfit(np.log(frame[x]), np.log(frame["rms"]), 1)[0]

    late = {e: slope(r[r["steps"] >= 16], "steps") for e, r in rows.groupby("reversal")}
    assert f"it is {late[1.0]:.2f} and at 0.5 {late[0.5]:.2f}" in page
    every = slope(rows[rows["reversal"] == 1], "steps")
    assert f"over all M it is {every:.2f} at |E| = 1" in page
    assert "from M = 16 on" in page


def test_comparators_of_the_recipe():
    """The same command has one accuracy, here and where devices are imperfect."""
    frame = results("recipe/comparators.csv")
    quiet = frame[frame["comparator_jitter"] == 0].set_index("spread")
    jitter = frame.set_index("comparator_jitter")["mean"]
    expected = [f"{quiet.loc[0.0, 'mean']:.4f}"]
    expected += ["{:.4f} ± {:.4f}".format(*quiet.loc[0.2, ["mean", "std"]])]
    expected += [f"{jitter[strength]:.4f}" for strength in (0.01, 0.03)]
    row = next(r for r in table("docs/recipe.md", "network", "comparator") if "defaults" in r[0])
    assert row[1:] == expected
    assert f"trained again, the first gives {100 * quiet.loc[0.0, 'mean']:.2f}" in text(
        "docs/circuit.md"
    )
