"""Numbers in README and documents are those of the tables that they come from."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rcspike_brian.figures import named_models

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "results"


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


def test_filled_tables_have_the_numbers_of_the_files():
    """tools/fill_tables.py would change nothing, and finds the tables that there are."""
    command = [sys.executable, "tools/fill_tables.py", "--check"]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0
    assert all("<!-- numbers:" in read(name) for name in ("README.md", "README.ja.md"))


def test_epochs_of_convolutions_are_those_measured():
    found = json.loads(read("results/benchmarks/convolution/epoch-fashion-mnist-batch-64.json"))
    rows = table("docs/convolution.md", "one epoch of", "seconds", "this package beside it")
    for result, (_, seconds, package, ratio, *memory) in zip(found["results"], rows, strict=True):
        peer, own = result["peer_runs"][0], result["package_runs"][0]
        times = peer["seconds_per_epoch"][0], own["seconds_per_epoch"][0]
        assert float(seconds) == pytest.approx(times[0], rel=0.005)
        assert float(package) == pytest.approx(times[1], rel=0.005)
        larger = max(times) / min(times)
        assert float(ratio.split()[0]) == pytest.approx(larger, rel=0.01)
        assert ("less" in ratio) == (times[1] < times[0])
        for text_, run in zip(memory, (peer, own), strict=True):
            assert int(text_) == round(run["peak_beyond_data"] / 2**20)


def results(name):
    return pd.read_csv(RESULTS / name)


def test_means_of_figure_3_are_those_of_the_networks():
    each = named_models(results("figure3/results.csv"))
    means = each.groupby(["dataset", "model", "v_syn"])["accuracy"].mean()
    table_ = results("figure3/fig3.csv").set_index(["dataset", "model", "v_syn"])["mean"]
    pd.testing.assert_series_equal(means, table_.sort_index(), check_names=False)


@pytest.mark.parametrize("name", ["README.md", "README.ja.md"])
def test_accuracies_of_convolutions_are_those_of_the_sweep(name):
    frame = results("convolution/seeds/results.csv")
    for dataset, part in frame.groupby("dataset"):
        assert sorted(part["seed"]) == [0, 1, 2]
        accuracy = part["accuracy"]
        assert f"{accuracy.mean():.4f} ± {accuracy.std():.4f}" in text(name), dataset


def test_settings_of_the_classifier_are_those_said():
    pytest.importorskip("sklearn")
    from rcspike_brian import RCSpikeClassifier

    own = RCSpikeClassifier()
    assert own.hidden == (100,)
    said = f"hidden layer of 100, {own.epochs} epochs, batches of {own.batch_size}, learning rate "
    assert f"{said}{own.learning_rate:g}." in text("docs/tools.md")


def test_presets_are_those_said():
    said = text("docs/sweeps.md")
    presets = sorted((ROOT / "rcspike_brian" / "sweeps" / "presets").glob("*.toml"))
    assert len(presets) > 3
    assert all(f"`{preset.stem}`" in said for preset in presets)


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
_QUIET = "noise == 0 and averaging == 0 and "
CONDITIONS = {
    "fashion": "dataset == 'fashion-mnist' and model == 'rc-spike' and epochs == 12 and "
    "init_scale == 0.25 and learning_rate == 0.001 and label_smoothing == 0.1 and not flip",
    "mnist": _QUIET + "dataset == 'mnist' and epochs == 20 and shift == 1 and weight_decay == 0.3",
    "relu": "dataset == 'fashion-mnist' and model == 'relu-mlp' and epochs == 40",
    "rates": _QUIET + "dataset == 'fashion-mnist' and epochs == 40 and flip and init_scale == 0.25 "
    "and model != 'relu-mlp'",
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


def test_digits_are_nearly_as_accurate_below_the_threshold_as_the_recipe_says():
    found = results("figure3/results.csv").query("dataset == 'mnist' and model == 'rc-spike'")
    mean = found.groupby("v_syn")[["accuracy", "jitter_0.01", "jitter_0.03"]].mean()
    assert (mean.loc[0.5] > mean.loc[1.0] - 0.003).all()


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


def median_epoch(runs):
    return np.median([np.median(run["seconds_per_epoch"]) for run in runs])


def median_mib(runs):
    return np.median([run["peak_beyond_data"] for run in runs]) / 2**20


def digits_of(value, like):
    """A number with as many decimals as another has in the text."""
    decimals = len(like.split(".")[1]) if "." in like else 0
    return f"{value:,.{decimals}f}"


def test_epochs_beside_the_ordinary_network():
    for where, mlp, own, ratio, mlp_memory, own_memory in table("docs/speed.md", "data, batch"):
        data, batch = where.split(", ")
        [peer] = benchmark(f"epoch-{data.lower()}-batch-{batch}")["results"]
        found = [median_epoch(peer[f"{who}_runs"]) for who in ("peer", "package")]
        assert [mlp, own] == [
            digits_of(value, cell.split()[0]) + " s"
            for value, cell in zip(found, (mlp, own), strict=True)
        ], where
        assert ratio == digits_of(peer["package_over_peer"]["median"], ratio)
        memory = [median_mib(peer[f"{who}_runs"]) for who in ("peer", "package")]
        assert [mlp_memory, own_memory] == [f"{value:.0f}" for value in memory]


def test_epochs_of_other_ways_to_train():
    others = {r["peer"]: r for r in benchmark("other-peers/epoch-mnist-batch-64")["results"]}
    rows = table("docs/speed.md", "seconds per epoch", "ratio")
    for (_, seconds, own, ratio, memory), name in zip(
        rows, ("closed-form", "dstd-15"), strict=True
    ):
        peer = others[name]
        assert seconds == digits_of(median_epoch(peer["peer_runs"]), seconds)
        assert own == digits_of(median_epoch(peer["package_runs"]), own.split()[0]) + " s"
        assert ratio == digits_of(1 / peer["package_over_peer"]["median"], ratio)
        assert memory == f"{median_mib(peer['peer_runs']):.0f}"
    page = text("docs/speed.md")
    assert f"gave {others['mlp']['package_over_peer']['median']:.2f} instead of 0.92" in page
    ends = []
    for data in ("mnist", "fashion-mnist"):
        [peer] = benchmark(f"epoch-{data}-batch-64")["results"]
        compiler = [run["resident_after_compiler"] for run in peer["package_runs"]]
        assert f"{np.median(compiler) / 2**20:.1f} are what numba takes" in page
        ends += [peer["package_over_peer"][end] for end in ("smallest", "largest")]
    assert "from {:.2f} to {:.2f} for MNIST and from {:.2f} to {:.2f}".format(*ends) in page


def test_how_time_and_memory_scale():
    page = text("docs/speed.md")

    def said(scaling, sweep, quantity):
        fits = {(f["sweep"], f["method"]): f for f in scaling["exponents"]}
        fit = fits[sweep, "this package"]
        return fit[quantity], fit[f"{quantity}_largest"]

    layer = benchmark("layer/scaling")
    time, memory = said(layer, "layer", "time"), said(layer, "layer", "memory")
    assert "exponent {:.2f} ({:.2f} over the three largest)".format(*time) in page
    assert "memory with {:.2f} ({:.2f})".format(*memory) in page
    points = {(r["method"], r["value"]): r for r in layer["rows"] if "bytes" in r}
    mib = {point: f"{row['bytes'] / 2**20:,.0f}" for point, row in points.items()}
    assert f"closed form takes {mib['autograd', 3000]} MiB" in page
    assert f"this package {mib['this package', 3000]};" in page
    assert f"package takes {mib['this package', 6000]}." in page
    for n_in, own, dstd, ratio, *memory in table("docs/speed.md", "n_in", "this package", "DSTD"):
        methods = [(method, int(n_in)) for method in ("this package", "DSTD, 15 steps")]
        seconds = [points[point]["seconds"] for point in methods]
        assert [own, dstd] == [f"{1000 * value:.1f} ms" for value in seconds]
        assert ratio == f"{seconds[0] / seconds[1]:.2f}"
        assert float(ratio) <= 0.8
        assert memory == [mib[point] for point in methods]
    training = benchmark("scaling")
    time, memory = said(training, "n_in", "time"), said(training, "n_in", "memory")
    assert "exponent {:.2f} ({:.2f} over the three largest) in time".format(*time) in page
    assert "and {:.2f} ({:.2f}) in memory".format(*memory) in page
    rows = {(r["sweep"], r["method"], r["value"]): r for r in training["rows"]}
    ends = [rows["batch_size", "this package", n]["bytes"] for n in (64, 1024)]
    assert f"memory grows by {100 * (ends[1] / ends[0] - 1):.1f} %" in page
    assert "({:.1f} to {:.1f} MiB)".format(*(end / 2**20 for end in ends)) in page


def test_layers_in_pytorch_beside_the_trainer():
    [peer] = benchmark("torch-layers/epoch-mnist-batch-64")["results"]
    theirs, own = (median_epoch(peer[f"{who}_runs"]) for who in ("peer", "package"))
    fastest = min(median_epoch([run]) for run in peer["peer_runs"])
    page = text("docs/speed.md")
    assert f"takes {theirs:.2f} s beside {own:.2f} s of `rb.train`" in page
    assert f"({fastest:.2f} s in the fastest)" in page


def test_full_batch_training():
    for dataset, *cells in table("docs/tools.md", "data", "L-BFGS"):
        frame = results(f"benchmarks/full-batch-{dataset.split(',')[0].lower()}.csv")
        seconds = float(dataset.split(",")[1].split()[0])
        reached = frame[frame["seconds"] <= seconds].groupby("method")["loss"].min()
        assert cells == [f"{reached[m]:.3f}" for m in ("sgd", "adam", "CG", "L-BFGS-B")], dataset
        assert reached.idxmin() == "L-BFGS-B"


def test_the_start():
    seconds = benchmark("startup")["seconds"]
    warm, cold = (np.median(seconds[kind]) for kind in ("warm", "cold"))
    assert f"first batch: {warm:.1f} s, and {cold:.1f} s when" in text("docs/speed.md")


def test_speed_of_simulations():
    measured = benchmark("presentations")
    rows = {row[0]: row[1] for row in table("docs/simulation.md", "what", "measured")}
    runs = pd.DataFrame(measured["rows"])
    assert rows["compiling, once"] == f"{runs['build'].max():.1f} s"
    rates = runs["images"] / runs["total"]
    said = rows["1,000 images after it"]
    assert f"{rates.min():.0f} to {rates.max():.0f} images per second" in said
    assert ", ".join(f"{rate:.0f}" for rate in rates) in said
    whole = runs["load"] + runs["run"] + runs["read"]
    for part, title in (
        ("run", "of the programs' time: time steps"),
        ("load", "starting a program, its weights and 200,000 synapses, writing results"),
        ("read", "reading results"),
    ):
        share = 100 * runs[part] / whole
        assert rows[title].startswith(f"{share.min():.0f} to {share.max():.0f} %"), title
    per_step = 1e6 * runs["run"] / runs["time_steps"]
    assert (
        f"{per_step.min():.1f} to {per_step.max():.1f} µs"
        in rows["of the programs' time: time steps"]
    )
    parent = runs.groupby("images")["peak_parent"].min() / 2**20
    assert rows["peak memory of this process, 250 and 1,000 images"].startswith(
        f"{parent[250]:.0f} and {parent[1000]:.0f} MiB"
    )
    assert rows["peak memory of a program"] == f"{runs['peak_program'].max() / 2**20:.0f} MiB"
    first, *later = (start["seconds"] for start in measured["later_starts"])
    assert rows["first `rcspike simulate`, to the first result"] == f"{first:.1f} s"
    assert rows["the next in a new process, another checkpoint and V_syn"].startswith(
        "{:.1f} and {:.1f} s".format(*sorted(later))
    )


def test_what_did_not_help():
    """Each row is a trial with these settings, all others as in the trial that begins the list."""
    trials = results("recipe/trials.csv")
    usual = {
        "dataset": "fashion-mnist", "model": "rc-spike", "v_syn": 1.0, "hidden": "200,200",
        "epochs": 12, "batch_size": 64, "learning_rate": 0.001, "schedule": "cosine",
        "weight_decay": 0.0, "temperature": 0.1, "window": 1.0, "noise": 0.0, "weight_spread": 0.0,
        "label_smoothing": 0.0, "shift": 0, "flip": False, "init_scale": 1.0, "init_bias": 0.0,
        "seed": 0,
    }  # fmt: skip

    def trial(changes):
        rows = trials
        for name, value in {**usual, **changes}.items():
            rows = rows[
                np.isclose(rows[name], value) if type(value) is float else rows[name] == value
            ]
        assert len(rows) == 1, changes
        return [f"{rows[c].item():.4f}" for c in ("train_accuracy", "validation_accuracy")]

    page = text("docs/recipe.md")
    assert f"{trial({})[1]} without any change" in page
    for what, *accuracies in table("docs/recipe.md", "what differs"):
        changes = {}
        for change in what.split(", "):
            name, _, value = change.strip("`").partition(" = ")
            if change.endswith(" epochs"):
                name, value = "epochs", change.split()[0]
            kind = type(usual[name])
            changes[name] = kind(value) if value else True
        assert accuracies == trial(changes), what


def test_how_quickly_the_explorer_follows():
    moves = pd.read_csv(RESULTS / "benchmarks" / "explorer.csv")
    names = ("V_syn", "V_d", "off level", "spike", "time", "image")
    times = [moves.loc[moves["moved"] == name, "both"] for name in names]
    times += [moves["both"], moves["neuron"], moves["rest"]]
    rows = table("docs/explorer.md", "what is moved", "median, ms", "95 % below", "longest")
    for (_, *numbers), measured in zip(rows, times, strict=True):
        expected = measured.median(), measured.quantile(0.95), measured.max()
        assert [float(number) for number in numbers] == pytest.approx(expected, abs=0.51)
        assert float(numbers[1]) == pytest.approx(expected[1], abs=0.051)


def test_what_follows_from_where_a_picojoule_goes():
    frame = pd.read_csv(RESULTS / "transistors" / "sky130" / "picojoule.csv")
    mnist = frame[frame["dataset"] == "mnist"]
    terms = mnist.groupby(["circuit", "term"])["energy"].mean().unstack()
    total, per_operation = terms.sum(axis=1), 2 * (785 * 200 + 201 * 200 + 201 * 10)
    numbers = {
        "conventional circuit would take (.*?) pJ": total["conventional"]
        - terms.loc["conventional", "op-amps"],
        r"would take \d+ pJ on MNIST against (.*?)\. ": total["rc-spike"],
    }
    own = terms.loc["rc-spike"]
    of_one = {
        "synapses and ramps alone are (.*?) fJ": own["synapses"] + own["firing ramp"],
        r"and all of the row (.*?) fJ": own.sum(),
    }
    page = text("docs/circuit.md")
    for words, energy in numbers.items():
        assert re.search(words, page)[1] == f"{energy * 1e12:.0f}"
    for words, energy in of_one.items():
        said = re.search(words, page)[1]
        digits = len(said.partition(".")[2])
        assert said == f"{energy / per_operation * 1e15:.{digits}f}"


def test_what_decay_and_temperature_do_to_the_front():
    frame = pd.read_csv(RESULTS / "circuit" / "front.csv")
    wide = frame[frame["temperature"] == 0.05].set_index(["dataset", "v_syn", "weight_decay"])
    more, less = (wide.xs(decay, level="weight_decay") for decay in (0.3, 0.05))
    less = less.loc[more.index]
    saved = 100 * (1 - more["energy"] / less["energy"])
    (said,) = re.findall(r"takes (\d+) to (\d+) % of the energy away", text("docs/circuit.md"))
    assert said == (f"{saved.min():.0f}", f"{saved.max():.0f}")
    lost = less["accuracy"] - more["accuracy"]
    assert (lost["mnist"] < 0).all()
    assert (lost["fashion-mnist"][[0.5, 1.0]] > 0).all()
    assert (more["accuracy_jitter"] < less["accuracy_jitter"]).all()
    best = frame[frame["temperature"] == 0.02].groupby("dataset")["accuracy_jitter"].max()
    assert best["mnist"] < 0.89
    assert best["fashion-mnist"] < 0.80
    assert len(frame) == 33


def test_rc_spike_takes_less_at_equal_accuracy_in_every_corner():
    """The claim of README and circuit.md."""
    for parts in ("sky130", "literature"):
        pairs = pd.read_csv(RESULTS / "transistors" / parts / "picojoule_ratio.csv")
        assert set(pairs["dataset"]) == {"mnist", "fashion-mnist"}
        assert (pairs["most_low"] < pairs["least_high"]).all()
    sky130 = pd.read_csv(RESULTS / "transistors" / "sky130" / "picojoule_ratio.csv")
    worst = sky130["least_high"] / sky130["most_low"]
    ratios = sky130["ratio"].groupby(sky130["dataset"]).mean()
    worst = worst.groupby(sky130["dataset"]).min()
    for name in ("README.md", "README.ja.md"):
        (words,) = re.findall(r"\*\*(?:Energy\.|エネルギー。)\*\*(?:.+\n)+", read(name))
        found = [float(n) for n in re.findall(r"\d\.\d", words)]
        means = ratios["mnist"], ratios["fashion-mnist"]
        assert found == pytest.approx([*means, worst["mnist"], worst["fashion-mnist"]], abs=0.0501)
