"""The command ``rcspike``: what it writes, what it refuses, how quickly it answers."""

import errno
import json
import os
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import rcspike_brian.data
from rcspike_brian.analysis.palette import MODEL_COLOURS
from rcspike_brian.commands import main
from rcspike_brian.storage import results_folder
from rcspike_brian.training import TrainingConfig

TRAIN = ["train", "--subset", "bundled", "--hidden", "10", "--epochs", "1", "--quiet", "--out"]


@pytest.fixture
def command():
    runner = CliRunner()
    return lambda *words: runner.invoke(main, [str(w) for w in words])


@pytest.fixture
def run_folder(command, tmp_path):
    folder = tmp_path / "run"
    result = command(*TRAIN, folder)
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture(scope="module")
def iris_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("iris") / "run"
    options = "--dataset iris --hidden 5 --epochs 1 --quiet --out"
    result = CliRunner().invoke(main, ["train", *options.split(), str(folder)])
    assert result.exit_code == 0, result.output
    return folder


def test_every_training_setting_is_an_option_of_train_with_its_default():
    options = main.get_command(None, "train").make_context("train", ["--out", "run"]).params
    # How a batch is cut up for the threads is nothing that a user would choose.
    settings = {field.name for field in fields(TrainingConfig)} - {"shards"}
    assert settings <= set(options)
    assert TrainingConfig(**{name: options[name] for name in settings}) == TrainingConfig()


def test_train_writes_a_run_folder_and_says_what_it_used(command, tmp_path):
    folder = tmp_path / "deep" / "run"
    result = command(*TRAIN, folder, "--dataset", "fashion-mnist", "--v-syn", "inf")
    assert result.exit_code == 0, result.output
    assert "Fashion-MNIST, bundled subset: 5,000 training and 1,000 test images" in result.output
    assert {p.name for p in folder.iterdir()} == {
        "checkpoint.npz",
        "config.json",
        "metrics.csv",
        "network.npz",
    }
    config = json.loads((folder / "config.json").read_text())
    assert config["config"]["v_syn"] == "inf"
    assert config["dataset"]["is_subset"]
    metrics = pd.read_csv(folder / "metrics.csv")
    assert 0.2 < metrics["test_accuracy"].iloc[0] < 1


def test_resume_takes_the_settings_of_the_run(command, run_folder):
    before = (run_folder / "metrics.csv").read_text()
    result = command("train", "--resume", "--quiet", "--out", run_folder)
    assert result.exit_code == 0, result.output
    assert (run_folder / "metrics.csv").read_text() == before
    result = command("train", "--resume", "--quiet", "--out", run_folder, "--seed", 7)
    assert result.exit_code == 1
    assert "made with seed = 0, not 7" in result.output


def test_evaluate_agrees_with_the_metrics_and_maps_to_other_circuits(command, run_folder):
    result = command("evaluate", run_folder)
    assert result.exit_code == 0, result.output
    accuracy = float(result.output.split("accuracy")[1].split()[0])
    expected = pd.read_csv(run_folder / "metrics.csv")["test_accuracy"].iloc[-1]
    assert accuracy == pytest.approx(expected, abs=1e-4)
    other = command("evaluate", run_folder, "--v-syn", "0.1")
    assert other.output != result.output


@pytest.mark.slow
def test_figure3_draws_from_the_folder_of_a_sweep_or_its_table_alone(command, tmp_path):
    options = ["--subset", "bundled", "--v-syn", "1,inf", "--epochs", "1", "--set", "hidden=10"]
    result = command("sweep", *options, "--quiet", "--out", tmp_path / "sweep")
    assert result.exit_code == 0, result.output
    result = command("figure3", tmp_path / "sweep")
    assert result.exit_code == 0, result.output
    assert "RC-Spike" in result.output
    (tmp_path / "alone").mkdir()
    shutil.copy(tmp_path / "sweep" / "results.csv", tmp_path / "alone")
    result = command("figure3", tmp_path / "alone" / "results.csv", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    for name in ("fig3.csv", "fig3.png"):
        one, other = tmp_path / "sweep" / name, tmp_path / "out" / name
        assert one.read_bytes() == other.read_bytes()
    models = set(pd.read_csv(tmp_path / "out" / "fig3.csv")["model"])
    assert models == set(MODEL_COLOURS) - {"conventional", "ReLU CNN"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("train --batch-size 0 --subset bundled", "batch_size must be a whole number >= 1, got 0"),
        ("train --dataset cifar --subset bundled", "cifar"),
        ("train --v-syn 0 --subset bundled", "v_syn must be a number > 0"),
        ("train --v-syn one --subset bundled", "neither a number, 'inf', nor a pair"),
        ("train --v-syn nan --subset bundled", "v_syn must be"),
        ("train --hidden 20,x --subset bundled", "layer must be a number of neurons"),
        ("train --hidden 0 --subset bundled", "each hidden layer must be"),
        ("train --layers 8C3,,8 --subset bundled", "'8C3,,8' has an empty place"),
        ("train --threads 0 --subset bundled", "threads must be"),
        ("train --resume", "nothing to resume|holds no training run"),
        ("train --data-dir nowhere", "nowhere"),
    ],
)
def test_bad_options_are_refused_and_leave_nothing(command, tmp_path, words, message):
    result = command(*words.split(), "--epochs", 1, "--quiet", "--out", tmp_path / "r")
    assert result.exit_code != 0
    assert "Traceback" not in result.output
    assert [m for m in message.split("|") if m in result.output], result.output
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("evaluate {} --noise nan", "noise must be finite, got nan"),
        ("evaluate {} --noise inf", "noise must be a finite number >= 0, got inf"),
        ("evaluate {} --noise -0.5", "noise must be a finite number >= 0, got -0.5"),
        ("evaluate {} --noise 0.1 --seed -1", "seed must be a whole number >= 0, got -1"),
        ("evaluate {} --v-syn 1e-50", "V_th/E = 1e+50 is too large"),
        ("chips {} --images 0", "'--images': 0"),
        ("chips {} --images -5", "'--images': -5"),
        ("chips {} --spread=", "at least one value is needed"),
        ("chips {} --spread nan", "spreads must be finite"),
        ("chips {} --chips 0", "chips must be a whole number >= 1, got 0"),
        ("chips {} --seed -1", "seed must be a whole number >= 0, got -1"),
        ("energy {} --comparator-energy 0 --images 0", "'--images': 0"),
        ("energy {} --comparator-energy 0 --images -1", "'--images': -1"),
        ("energy {} --comparator-energy nan", "comparator must be finite"),
        ("simulate {} --dt T/²", "'T/²' is not a share of T"),
        ("simulate {} --dt T/٣", "'T/٣' is not a share of T"),
        ("iris --samples -1", "'--samples': -1"),
        ("iris --samples 51", "'--samples': 51"),
        ("iris --seed -1", "seed must be a whole number >= 0, got -1"),
        ("iris --iterations 0", "iterations must be a whole number >= 1, got 0"),
        ("spice accuracy --neurons 0", "n must be a whole number >= 1, got 0"),
        ("spice accuracy --seed -1", "seed must be a whole number >= 0, got -1"),
        ("spice accuracy --tolerances=", "at least one value is needed"),
        ("train --dataset iris --seed -1", "seed must be a whole number >= 0, got -1"),
        ("train --dataset iris --hidden 1000000000000", "choose fewer neurons"),
        ("train --dataset iris --batch-size 100000000000000000000", "below 2**63"),
    ],
)
def test_nonsense_in_numbers_is_refused_by_name(command, iris_run, tmp_path, words, message):
    words = words.format(iris_run).split()
    result = command(*words, *([] if words[0] == "evaluate" else ["--out", tmp_path / "out"]))
    assert result.exit_code != 0
    assert isinstance(result.exception, SystemExit)
    assert message in result.output
    assert not (tmp_path / "out").exists()


def test_a_drive_beyond_single_precision_is_the_conventional_circuit(command, iris_run):
    """Not NaN, and not every sample undecided."""
    beyond, infinite = (
        command("evaluate", iris_run, "--v-syn", drive) for drive in ("1e50", "inf")
    )
    assert beyond.exit_code == infinite.exit_code == 0
    assert beyond.stdout == infinite.stdout


def test_unreadable_runs_and_results_are_refused(command, run_folder, tmp_path):
    assert "cannot read" in command("evaluate", tmp_path / "none").output
    np.savez(run_folder / "network.npz", header=np.array({}, dtype=object))
    result = command("evaluate", run_folder)
    assert result.exit_code == 1
    assert "pickled" in result.output
    result = command("figure3", tmp_path / "none.csv", "--out", tmp_path / "f")
    assert result.exit_code == 1
    assert "cannot read the results" in result.output


@pytest.mark.parametrize("path", ["n" * 300, "loop/x", "pipe"])
@pytest.mark.parametrize(
    "words",
    [
        "evaluate", "simulate --out o", "energy --comparator-energy 0 --out o", "chips --out o",
        "spice run --times 0.5 --out o", "figure3", "data import", "sweep --out o --preset",
        "train --resume --out", "train --dataset iris --out", "sweep --seeds 0 --out",
        "figure1 --out", "notebooks",
    ],
)  # fmt: skip
def test_paths_that_lead_to_no_file_or_folder(command, tmp_path, monkeypatch, words, path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "pipe")
    result = command(*words.split(), path)
    assert result.exit_code in (1, 2)
    assert isinstance(result.exception, SystemExit), result.exception  # and not another error
    assert path in result.output
    assert sorted(os.listdir(tmp_path)) == ["loop", "pipe"]


def test_a_folder_that_may_not_be_entered(command, tmp_path, monkeypatch):
    def stat(self, **options):
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setenv("RCSPIKE_CACHE", str(tmp_path))
    monkeypatch.setattr(Path, "stat", stat)
    for words in ("evaluate", "train --resume --out", "sweep --out", "cache show"):
        result = command(*words.split(), *([] if words == "cache show" else [tmp_path]))
        assert result.exit_code == 1
        assert "Permission denied" in result.output
        assert isinstance(result.exception, SystemExit), words


@pytest.mark.parametrize("content", ["[]", "null", '"\\ud800"', "[" * 100_000, '{"config": 1}'])
def test_a_configuration_of_another_structure_is_refused(command, run_folder, content):
    (run_folder / "checkpoint.npz").unlink()
    (run_folder / "config.json").write_text(content)
    for words in (["evaluate", run_folder], ["chips", run_folder.parent, "--out", run_folder]):
        result = command(*words)
        assert result.exit_code == 1
        assert "config.json" in result.output
        assert isinstance(result.exception, SystemExit), result.exception


def test_closed_streams_cost_nothing(tmp_path):
    # Where standard error is closed, the next file would get its number.
    words = "train --dataset iris --hidden 5 --epochs 1 --out run <&- >&- 2>&-"
    command = f'"{sys.executable}" -m rcspike_brian {words}'
    assert subprocess.run(command, shell=True, cwd=tmp_path).returncode == 0
    assert pd.read_csv(tmp_path / "run" / "metrics.csv")["epoch"].tolist() == [1]


@pytest.mark.parametrize(
    "words",
    [
        ["energy", "nowhere", "--comparator-energy", "0"],
        ["chips", "nowhere", "--spread", "0.1"],
        ["spice", "run", "nowhere", "--times", "0.5"],
        ["simulate", "nowhere"],
    ],
)
def test_commands_that_fail_at_once_leave_no_folder(command, tmp_path, words):
    result = command(*words, "--out", tmp_path / "deep" / "out")
    assert result.exit_code == 1, result.output
    assert "nowhere" in result.output
    assert not any(tmp_path.iterdir())


def test_what_was_there_before_a_failure_stays(tmp_path):
    def fail_with(folder, file):
        with results_folder(folder):
            file.touch()
            raise KeyboardInterrupt

    kept = tmp_path / "a" / "file"
    with pytest.raises(KeyboardInterrupt):
        fail_with(tmp_path / "a" / "b", kept)
    assert list(tmp_path.rglob("*")) == [tmp_path / "a", kept]
    (tmp_path / "empty").mkdir()
    with pytest.raises(KeyboardInterrupt):
        fail_with(tmp_path / "empty", kept)
    assert (tmp_path / "empty").is_dir()


def test_unwritable_output_is_refused(command, tmp_path):
    (tmp_path / "file").write_text("in the way")
    result = command(*TRAIN, tmp_path / "file" / "run")
    assert result.exit_code == 1
    assert "cannot write" in result.output
    assert (tmp_path / "file").read_text() == "in the way"


def test_a_network_of_another_shape_is_refused(command, run_folder, monkeypatch):
    small = rcspike_brian.data.load_dataset("mnist", subset="bundled")
    from dataclasses import replace

    images = {
        f"{part}_images": getattr(small, f"{part}_images")[:, :100] for part in ("train", "test")
    }
    cropped = replace(small, image_shape=(10, 10), **images)
    monkeypatch.setattr(rcspike_brian.data, "load_dataset", lambda *a, **k: cropped)
    result = command("evaluate", run_folder)
    assert result.exit_code == 1
    assert "inputs must have shape (batch, 784)" in result.output


def python(code):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout


def test_import_and_help_load_nothing_heavy():
    heavy = ("brian2", "torch", "matplotlib", "seaborn", "pandas", "numba", "scipy", "requests")
    show = f"; import sys; print([m for m in {heavy!r} if m in sys.modules])"
    assert python("import rcspike_brian" + show).strip() == "[]"
    ask = "from rcspike_brian.commands import main; main(['train', '-h'], standalone_mode=False)"
    assert python(ask + show).endswith("[]\n")


def test_public_names_resolve_and_unknown_ones_do_not():
    import rcspike_brian

    for name in rcspike_brian.__all__:
        assert getattr(rcspike_brian, name) is not None
    assert "Circuit" in dir(rcspike_brian)
    with pytest.raises(AttributeError, match="nonsense"):
        _ = rcspike_brian.nonsense


def test_module_is_the_command():
    result = subprocess.run(
        [sys.executable, "-m", "rcspike_brian", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.startswith("rcspike, version")
