"""Sweeps: grids, kill -9, Dask, errors, and the figure from their results."""

import errno
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import BrokenExecutor, Future
from contextlib import closing, suppress

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import rcspike_brian as rb
from rcspike_brian.commands import main
from rcspike_brian.data.catalog import get_entry
from rcspike_brian.sweeps import Grid, SweepFolder, read_results, run_sweep
from rcspike_brian.sweeps.local import LocalWorkers
from rcspike_brian.sweeps.options import parse_axis, parse_setting
from rcspike_brian.training import evaluate, mapping, recipe
from rcspike_brian.training.run import CHECKPOINT

# Epochs short enough for a test, and too many for a single step.
OPTIONS = {"hidden": [10], "epochs": 24, "batch_size": 50, "learning_rate": 0.003}
GRID = Grid(v_syn=[1, math.inf], subset="bundled", options=OPTIONS)
MAPS = Grid(
    v_syn=[1, 4, math.inf], subset="bundled", references=False,
    options={**OPTIONS, "hidden": ["8C5s3p0", "P2", 10]},
)  # fmt: skip
dense_and_convolution = pytest.mark.parametrize("grid", [GRID, MAPS], ids=["dense", "convolution"])


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The folder of a sweep of a grid that nothing disturbs."""
    folders = {}

    def folder_of(grid):
        if grid not in folders.values():
            folder, calls = tmp_path_factory.mktemp("sweep") / "reference", []
            outcome = run_sweep(grid, folder, workers=2, progress=lambda *done: calls.append(done))
            assert outcome.errors == {}
            assert (calls[0], calls[-1]) == ((0, 72), (72, 72))  # epochs of three networks
            folders[folder] = grid
        return next(folder for folder, of in folders.items() if of == grid)

    return folder_of


@pytest.fixture(scope="module")
def reference(undisturbed):
    return undisturbed(GRID)


@pytest.fixture
def command():
    runner = CliRunner()
    return lambda *words: runner.invoke(main, [str(w) for w in words])


def test_results_have_the_same_types_in_memory_as_from_the_file(reference):
    frame, read = SweepFolder(reference).results(), read_results(reference)
    assert np.isinf(read["v_syn"]).any()
    assert frame["v_syn"].dtype == read["v_syn"].dtype == float
    np.testing.assert_array_equal(frame["v_syn"], read["v_syn"])


def assert_same_sweep(folder, reference, grid):
    assert (folder / "results.csv").read_bytes() == (reference / "results.csv").read_bytes()
    for cell in grid.cells():
        one, other = folder / "cells" / cell.name, reference / "cells" / cell.name
        with np.load(one / CHECKPOINT) as a, np.load(other / CHECKPOINT) as b:
            for name in ("theta", "first_moment", "second_moment", "steps"):
                np.testing.assert_array_equal(a[name], b[name])
        assert (one / "network.npz").read_bytes() == (other / "network.npz").read_bytes()
        metrics = [pd.read_csv(f / "metrics.csv", index_col="epoch") for f in (one, other)]
        metrics = [frame.drop(columns="train_seconds") for frame in metrics]
        pd.testing.assert_frame_equal(*metrics, check_exact=True)


COMPILED = """
import json, sys
from numba.core.registry import CPUDispatcher
from rcspike_brian.sweeps.cell import Cell
from rcspike_brian.sweeps.work import advance, compile_kernels, kinds_of

def compiled():
    modules = [module for name, module in sys.modules.items() if name.startswith("rcspike_brian.")]
    found = [f for module in modules for f in vars(module).values() if isinstance(f, CPUDispatcher)]
    return {(f.__module__, f.__name__, str(signature)) for f in found for signature in f.signatures}

cells = [Cell.from_dict(cell) for cell in json.load(sys.stdin)]
kinds = kinds_of(cells)
for cell in kinds:
    compile_kernels(cell.to_dict())
before = compiled()
for cell in cells:
    advance(cell.to_dict(), None)
json.dump([len(kinds), sorted(before), sorted(compiled() - before)], sys.stdout)
"""


@pytest.mark.slow
def test_workers_have_nothing_left_to_compile():
    options = {"hidden": [10], "epochs": 1, "batch_size": 5000}
    grid = Grid(v_syn=[1, 4, math.inf], subset="bundled", options=options)
    spread = Grid(
        v_syn=[2], subset="bundled", options={**options, "weight_spread": 0.1}, references=False
    )
    cells = [cell.to_dict() for cell in (*grid.cells(), *spread.cells())]
    done = subprocess.run(
        [sys.executable, "-c", COMPILED],
        input=json.dumps(cells), capture_output=True, text=True, check=True,
    )  # fmt: skip
    kinds, before, more = json.loads(done.stdout)
    assert kinds == 4
    assert {"train_batches", "gradient_shard", "forward_shard"} <= {name for _, name, _ in before}
    assert more == []


@pytest.mark.slow
def test_a_cell_is_an_ordinary_run(reference, tmp_path):
    cell = GRID.cells()[0]
    data = rb.load_dataset("mnist", subset="bundled")
    config = rb.TrainingConfig.from_dict(cell.config)
    run = rb.train(data, config, out=tmp_path / "run", progress=False)
    folder = reference / "cells" / cell.name
    assert {p.name for p in (tmp_path / "run").iterdir()} < {p.name for p in folder.iterdir()}
    assert (folder / "network.npz").read_bytes() == (tmp_path / "run/network.npz").read_bytes()
    row = read_results(reference).query("model == 'rc-spike'").iloc[0]
    assert row["accuracy"] == evaluate(run.network, data)["accuracy"]
    assert (row["epochs"], row["train_images"], row["test_images"]) == (24, 5000, 1000)


@pytest.mark.slow
def test_results_are_tidy_and_memory_is_bounded(reference):
    frame = read_results(reference)
    counts = frame["model"].value_counts().to_dict()
    assert counts == {
        "rc-spike": 1,
        "conventional": 1,
        "relu-mlp": 1,
        "mapped-ann": 2,
        "mapped-ann-rescaled": 2,
        "mapped-conventional": 1,
    }
    assert frame["config_hash"].nunique() == 3
    timings = pd.read_csv(reference / "timings.csv")
    assert (timings["seconds"] > 0).all()
    assert timings["peak_mib"].between(20, 500).all()


SWEEP = [sys.executable, "-m", "rcspike_brian", "sweep", "--quiet", "--out"]


def write_grid(path, grid):
    drives = ", ".join(map(str, grid.v_syn))
    lines = [f"v_syn = [{drives}]", 'subset = "bundled"']
    lines += [f"references = {json.dumps(grid.references)}", "[options]"]
    lines += [f"{name} = {json.dumps(value)}" for name, value in grid.options.items()]
    path.write_text("\n".join(lines))
    assert Grid.read(path) == grid
    return path


@pytest.mark.slow
@dense_and_convolution
def test_sigkill_ten_times_changes_nothing(grid, undisturbed, tmp_path):
    rng = np.random.default_rng(0)
    out = tmp_path / "sweep"
    sweep = [*SWEEP, str(out), "--preset", str(write_grid(tmp_path / "grid.toml", grid))]
    reference, killed = undisturbed(grid), 0
    for _ in range(10):
        process = subprocess.Popen(sweep, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        time.sleep(rng.uniform(0.5, 4))
        process.kill()
        killed += process.wait() == -signal.SIGKILL
    assert killed >= 3  # a quick machine may have finished before the others
    subprocess.run(sweep, check=True, stdout=subprocess.DEVNULL)
    assert_same_sweep(out, reference, grid)


def until(condition, process=None, seconds=120):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "nothing happened"
        assert process is None or process.poll() is None, "the process has ended"
        time.sleep(0.05)


@pytest.fixture
def cluster(tmp_path):
    """Address of a Dask scheduler on loopback with two worker processes, and the workers."""
    pytest.importorskip("distributed")
    file = tmp_path / "scheduler.json"
    dask = [sys.executable, "-m", "dask"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    options += ["--scheduler-file", str(file)]
    processes = [subprocess.Popen([*dask, "scheduler", *options], **quiet)]
    try:
        until(file.exists, processes[0])
        address = json.loads(file.read_text())["address"]
        worker = [*dask, "worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
        processes += [subprocess.Popen(worker, **quiet) for _ in range(2)]
        yield address, processes[1:]
    finally:
        for process in processes:
            process.kill()
            process.wait()


@pytest.mark.slow
@dense_and_convolution
def test_dask_cluster_that_loses_a_worker(grid, undisturbed, cluster, tmp_path):
    address, workers = cluster
    out = tmp_path / "sweep"
    sweep = [*SWEEP, str(out), "--scheduler", address]
    sweep += ["--preset", str(write_grid(tmp_path / "grid.toml", grid))]
    reference = undisturbed(grid)
    process = subprocess.Popen(sweep, stdout=subprocess.DEVNULL)
    try:
        until(lambda: len(list(out.glob("cells/*/checkpoint.npz"))) == 2, process)
        assert process.poll() is None
        os.kill(workers[0].pid, signal.SIGKILL)
        assert process.wait(timeout=240) == 0
    finally:
        process.kill()
    assert_same_sweep(out, reference, grid)


UNGUARDED = """
from rcspike_brian.sweeps import Grid, run_sweep
options = {"hidden": [5], "epochs": 1}
run_sweep(Grid(datasets=["iris"], v_syn=[1], references=False, options=options), "sweep", workers=2)
"""


@pytest.mark.parametrize("from_file", [True, False], ids=["no main guard", "standard input"])
def test_script_that_its_workers_cannot_import_is_told_of_the_main_guard(tmp_path, from_file):
    (tmp_path / "script.py").write_text(UNGUARDED)
    done = subprocess.run(
        [sys.executable, "script.py" if from_file else "-"],
        input=UNGUARDED, capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1
    assert 'under `if __name__ == "__main__":`' in done.stderr.splitlines()[-1]
    assert done.stderr.count("Traceback") == (1 if from_file else 2)  # of the script's own error


def test_missing_shared_memory_is_said(tmp_path, monkeypatch):
    def read_only(*arguments, **options):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr("rcspike_brian.sweeps.local.ProcessPoolExecutor", read_only)
    with pytest.raises(rb.RCSpikeError, match=r"Read-only file system.*/dev/shm"):
        run_sweep(small_grid(), tmp_path / "sweep", progress=False)


def small_grid(**changes):
    settings = {"v_syn": [1], "seeds": [0, 1], "subset": "bundled", "references": False}
    options = {"hidden": [5], "epochs": 1, "batch_size": 500}
    return Grid(**{**settings, "options": options, **changes})


@pytest.mark.slow
def test_an_error_in_one_cell_is_reported_and_stops_no_other(command, tmp_path):
    grid = small_grid()
    bad, good = grid.cells()
    folder = SweepFolder(tmp_path / "s", grid)
    (folder.folder(bad)).mkdir(parents=True)
    (folder.folder(bad) / CHECKPOINT).write_bytes(b"PK damaged")
    result = command("sweep", "--out", tmp_path / "s", "--quiet")
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert f"{bad.name}: " in result.output
    assert "not a checkpoint file" in result.output
    assert "1 networks failed" in result.output
    assert "RunFolderError" in (folder.folder(bad) / "error.txt").read_text()
    assert read_results(tmp_path / "s")["seed"].tolist() == [1]
    assert folder.is_finished(good)
    (folder.folder(bad) / CHECKPOINT).unlink()
    (folder.folder(good) / "result.json").write_text("{")  # damaged: made again
    assert command("sweep", "--out", tmp_path / "s", "--quiet").exit_code == 0
    assert read_results(tmp_path / "s")["seed"].tolist() == [0, 1]
    assert not (folder.folder(bad) / "error.txt").exists()


@pytest.mark.slow
def test_validation_images_and_further_axes(command, tmp_path):
    grid = small_grid(seeds=[0], validation=1000, vary={"noise": [0, 0.02]})
    run_sweep(grid, tmp_path / "s", workers=1, progress=False)
    frame = read_results(tmp_path / "s")
    assert frame["noise"].tolist() == [0, 0.02]
    sizes = frame[["train_images", "validation_images", "test_images"]]
    assert sizes.drop_duplicates().to_numpy().tolist() == [[4000, 1000, 0]]
    assert set(frame["evaluated_on"]) == {"validation"}
    result = command("figure3", tmp_path / "s", "--out", tmp_path / "f")
    assert "several values of noise; choose one" in result.output
    result = command("figure3", tmp_path / "s", "--out", tmp_path / "f", "--where", "noise=0.02")
    assert result.exit_code == 0, result.output
    larger = small_grid(seeds=[0, 1], validation=1000, vary={"noise": [0, 0.02]})
    with pytest.raises(rb.RunFolderError, match=r"with seeds = \[0\], not \[0, 1\]"):
        run_sweep(larger, tmp_path / "s", progress=False)
    SweepFolder(tmp_path / "s", larger, extend=True)
    assert SweepFolder(tmp_path / "s").grid == larger


class InThisProcess:
    """Workers that do each step at once."""

    def __init__(self, workers, threads):
        self.threads = threads

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def capacity(self):
        return 1

    def prepare(self, cells):
        pass

    def submit(self, function, *arguments):
        future = Future()
        future.set_result(function(*arguments))
        return future

    def close(self):
        pass


@pytest.fixture
def in_this_process(monkeypatch):
    monkeypatch.setattr("rcspike_brian.sweeps.sweep.LocalWorkers", InThisProcess)


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize("what", ["", "cells"])
def test_a_sweep_that_is_removed_while_it_runs_does_not_end_well(command, tmp_path, what):
    out, grid = tmp_path / "s", small_grid()

    def remove(done, total):
        if done == 1:
            shutil.rmtree(out / what)

    if what:
        errors = run_sweep(grid, out, progress=remove).errors
        assert list(errors) == [grid.cells()[0].name]
        assert "removed or damaged while the sweep ran" in next(iter(errors.values()))
        result = command("sweep", "--out", out, "--quiet")  # makes it again
        assert result.exit_code == 0, result.output
        assert read_results(out)["seed"].tolist() == [0, 1]
    else:
        with pytest.raises(rb.RunFolderError, match="was removed while the sweep ran"):
            run_sweep(grid, out, progress=remove)
        assert not out.exists()


def test_a_refused_extension_leaves_the_running_sweep_alone(tmp_path):
    folder = SweepFolder(tmp_path, small_grid())
    before = (tmp_path / "sweep.json").read_bytes()
    with folder.locked():
        with pytest.raises(rb.RunFolderError, match="another process is busy with the sweep"):
            run_sweep(small_grid(seeds=[0, 1, 2]), tmp_path, extend=True, progress=False)
        assert (tmp_path / "sweep.json").read_bytes() == before
    assert SweepFolder(tmp_path).grid == small_grid()


def test_results_that_stand_alone_are_not_replaced(tmp_path):
    (tmp_path / "results.csv").write_text("kept")
    with pytest.raises(rb.RunFolderError, match="is all that is there of a sweep"):
        run_sweep(small_grid(), tmp_path, progress=False)
    assert [path.name for path in tmp_path.iterdir()] == ["results.csv"]
    assert (tmp_path / "results.csv").read_text() == "kept"


def test_workers_can_be_ended_in_the_middle_of_a_step():
    with closing(LocalWorkers(1)) as workers:
        step = workers.submit(time.sleep, 300)
        until(step.running)
        workers.stop()
        with pytest.raises(BrokenExecutor):
            step.result(timeout=60)


@pytest.mark.slow
def test_three_interrupts_end_a_sweep(tmp_path):
    sweep = [*SWEEP, str(tmp_path / "s"), "--seeds", "0,1", "--subset", "bundled"]
    sweep += ["--set", "epochs=1000", "--set", "hidden=2000", "--set", "batch_size=5000"]
    process = subprocess.Popen(sweep, start_new_session=True, stderr=subprocess.DEVNULL)
    try:
        until(lambda: list(tmp_path.glob("s/cells/*/checkpoint.npz")), process)
        for _ in range(3):
            os.killpg(process.pid, signal.SIGINT)
            time.sleep(0.5)
        assert process.wait(timeout=30) in (130, -signal.SIGINT)
        with pytest.raises(ProcessLookupError):  # no worker is left
            until(lambda: os.killpg(process.pid, 0), seconds=30)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert SweepFolder(tmp_path / "s").epochs(SweepFolder(tmp_path / "s").cells[0]) >= 0


@pytest.mark.parametrize(
    "address", ["foo", "", "inproc://x", "tls://127.0.0.1:1", "ucx://127.0.0.1:1", "http://x"]
)
def test_a_wrong_address_of_a_scheduler_is_refused_and_leaves_no_thread(tmp_path, address):
    pytest.importorskip("distributed")
    before = threading.active_count()
    with pytest.raises(rb.InvalidInput, match=f"no Dask scheduler answers at '{address}': "):
        run_sweep(small_grid(), tmp_path / "s", scheduler=address, progress=False)
    assert "IO loop" not in {thread.name for thread in threading.enumerate()}
    assert threading.active_count() <= before


def test_a_preset_may_begin_with_a_byte_order_mark(tmp_path):
    path = tmp_path / "grid.toml"
    path.write_text("seeds = [3]", encoding="utf-8-sig")
    assert Grid.read(path).seeds == (3,)


def test_values_of_options_are_read_by_their_type():
    assert parse_setting("learning_rate=1") == ("learning_rate", 1.0)
    assert parse_setting("hidden=400,400") == ("hidden", [400, 400])
    assert parse_setting("flip=true") == ("flip", True)
    assert parse_axis("noise=0,0.02") == ("noise", [0.0, 0.02])
    assert parse_axis("hidden=[200,200],[400]") == ("hidden", [[200, 200], [400]])
    assert parse_axis("optimizer=adam,sgd") == ("optimizer", ["adam", "sgd"])


def test_grid_takes_any_option_and_exceptions():
    grid = small_grid(
        datasets=["mnist", "fashion-mnist"],
        v_syn=[0.5, math.inf],
        references=True,
        options={"epochs": 3, "learning_rate": 1},
        exceptions=[
            {"when": {"model": "conventional"}, "options": {"init_scale": 2}},
            {"when": {"dataset": "fashion-mnist", "v_syn": 0.5}, "options": {"noise": 0.01}},
        ],
    )
    cells = grid.cells()
    assert len(cells) == 12
    assert len({cell.name for cell in cells}) == 12
    for cell in cells:
        assert cell.config["learning_rate"] == 1.0
        assert cell.config["init_scale"] == (2.0 if cell.model == "conventional" else 0.25)
        noisy = cell.dataset == "fashion-mnist" and cell.model == "rc-spike"
        usual = recipe("robust", get_entry(cell.dataset)).noise
        assert cell.config["noise"] == (0.01 if noisy else usual) != 0
        assert type(cell).from_dict(json.loads(json.dumps(cell.to_dict()))) == cell
    assert Grid.from_dict(json.loads(json.dumps(grid.to_dict()))) == grid
    for preset in ("figure3", "reproduce"):
        assert {cell.model for cell in Grid.read(preset).cells()} >= {"rc-spike", "relu-mlp"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--set colour=1", "unknown training option 'colour'; allowed: hidden, epochs"),
        ("--set noise", "'noise' is not of the form name=value"),
        ("--set noise=0,1", "set to several values"),
        ("--set seed=1", "seed is an axis of every sweep"),
        ("--set noise=-1", "noise must be a finite number >= 0"),
        ("--set noise=abc", "noise must be a number, got 'abc'"),
        ("--set noise=true", "noise must be a number, got True"),
        ("--set epochs=a", "epochs must be a number, got 'a'"),
        ("--set epochs=1.5", "epochs must be a whole number >= 1, got 1.5"),
        ("--vary epochs=1,x", "epochs must be a number, got 'x'"),
        ("--set hidden=10,x", "layer must be a number of neurons"),
        ("--vary noise=0.1,0.1", "noise has the value 0.1 twice"),
        ("--vary noise=0 --set noise=1", "noise is both set to one value and varied"),
        ("--v-syn 1,1.0", "v_syn has the value 1.0 twice"),
        ("--v-syn nan", "v_syn must be a number > 0, got nan"),
        ("--v-syn -1", "v_syn must be a number > 0"),
        ("--v-syn x", "'x' is not a comma-separated list"),
        ("--seeds 0,0", "seeds has the value 0 twice"),
        ("--seeds -1", "seed must be a whole number >= 0"),
        ("--dataset cifar", "cifar"),
        ("--dataset mnist,mnist", "datasets has the value 'mnist' twice"),
        ("--preset nothing", "no preset 'nothing'"),
        ("--workers 0 --seeds 0 --subset bundled", "workers must be"),
        ("--data-dir nowhere --seeds 0", "nowhere"),
        ("", "holds no sweep to continue"),
    ],
)
def test_bad_sweeps_are_refused_by_name(command, tmp_path, words, message):
    result = command("sweep", *words.split(), "--quiet", "--out", tmp_path / "s")
    assert result.exit_code != 0
    assert "Traceback" not in result.output
    assert message in result.output
    assert not (tmp_path / "s" / "cells").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("references = 3", "references must be true or false, got 3"),
        ("datasets = [1]", "unknown data set 1"),
        ('v_syn = ["a"]', "v_syn must be a number > 0, got 'a'"),
        ("v_syn = [true]", "v_syn must be a number > 0, got True"),
        ('seeds = ["0"]', "a seed must be a whole number >= 0, got '0'"),
        ("seeds = [true]", "a seed must be a whole number"),
        ('validation = "1"', "validation must be a whole number >= 0, got '1'"),
        ("options = 3", "options must be a table of names and values, got 3"),
        ("options = { noise = true }", "noise must be a number, got True"),
        ("options = { flip = 1 }", "flip must be True or False, got 1"),
        ("vary = [1]", "vary must be a table of names and values, got [1]"),
        ('exceptions = ["a"]', "an exception must be a table of names and values, got 'a'"),
        ("exceptions = 3", "exceptions must be a list, got 3"),
        ("[[exceptions]]\nwhen = 1\noptions = {}", "when must be a table"),
        (
            '[[exceptions]]\nwhen = { model = "rcspike" }\noptions = { noise = 0.1 }',
            "the model of an exception must be 'rc-spike', 'conventional' or 'relu-mlp', got",
        ),
        (
            '[[exceptions]]\nwhen = { seed = "0" }\noptions = { noise = 0.1 }',
            "a seed must be a whole number >= 0, got '0'",
        ),
        (
            '[[exceptions]]\nwhen = { dataset = "minst" }\noptions = { noise = 0.1 }',
            "unknown data set 'minst'",
        ),
        (
            '[[exceptions]]\nwhen = { v_syn = "1" }\noptions = { noise = 0.1 }',
            "v_syn must be a number > 0, got '1'",
        ),
    ],
)
def test_presets_with_values_of_another_type_are_refused(command, tmp_path, content, message):
    (tmp_path / "preset.toml").write_text(content)
    words = ("--preset", tmp_path / "preset.toml", "--quiet", "--out", tmp_path / "s")
    result = command("sweep", *words)
    assert isinstance(result.exception, SystemExit)
    assert result.exit_code != 0
    assert message in result.output
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot read the results"),
        ("", "damaged, not a table"),
        ("dataset,model\nmnist,rc-spike\n", "it lacks ['v_syn'"),
        ("{header}mnist,magic,1,0,0.9,1,1,full\n", "the model 'magic'"),
        ("{header}mnist,rc-spike,1,0,high,1,1,full\n", "entries that are no numbers"),
        ("{header}", "no network of the sweep is finished"),
    ],
)
def test_damaged_results_are_refused(command, tmp_path, content, message):
    if content is not None:
        header = "dataset,model,v_syn,seed,accuracy,epochs,train_images,data\n"
        (tmp_path / "results.csv").write_text(content.format(header=header))
    result = command("figure3", tmp_path)
    assert result.exit_code == 1
    assert message in result.output


@pytest.mark.parametrize(
    ("hidden", "datasets", "message"),
    [
        (["4C3", "P3", 8], ["mnist"], r"mnist and hidden = .*P3.* does not divide"),
        (["4C3", 8], ["mnist", "iris"], "iris and hidden"),
    ],
)
def test_layers_that_do_not_fit_the_images_are_refused_at_once(hidden, datasets, message):
    with pytest.raises(rb.InvalidInput, match=message):
        Grid(datasets=datasets, options={"hidden": hidden}, references=False)


def test_a_sweep_of_convolutions_has_no_references(command, tmp_path):
    words = ["sweep", "--set", "hidden=4C3,P2,8", "--out", tmp_path / "s"]
    result = command(*words)
    assert result.exit_code == 1
    assert "--no-references" in result.output
    assert not (tmp_path / "s").exists()
    grid = Grid(vary={"hidden": parse_axis("hidden=[4C3,P2,8],[20]")[1]}, references=False)
    assert [cell.config["hidden"] for cell in grid.cells()] == [["4C3", "P2", 8], [20]]


def results_table(path, *rows):
    """A table of results with the columns dataset, model, v_syn, seed, accuracy, noise, network."""
    header = "dataset,model,v_syn,seed,accuracy,noise_0.02,network,epochs,train_images,data"
    path.write_text("\n".join([header, *(f"{row},6,600,full" for row in rows)]))
    return path


def test_several_results_are_drawn_together(command, tmp_path):
    own = results_table(
        tmp_path / "own.csv", "mnist,rc-spike,1.0,0,0.98,0.97,", "mnist,rc-spike,2.0,0,0.97,0.96,"
    )
    other = results_table(
        tmp_path / "other.csv",
        "mnist,relu-cnn,inf,0,0.99,,",
        "mnist,mapped-ann,1.0,0,0.5,0.4,784-10",
    )
    result = command("figure3", own, other, "--out", tmp_path / "f")
    assert result.exit_code == 0, result.output
    found = pd.read_csv(tmp_path / "f" / "fig3.csv").set_index(["model", "v_syn"])["mean"]
    assert found.to_dict() == {
        ("RC-Spike", 1.0): 0.98, ("RC-Spike", 2.0): 0.97, ("ReLU CNN", np.inf): 0.99,
        ("ANN on RC-Spike circuit", 1.0): 0.5,
    }  # fmt: skip
    result = command("figure3", own, tmp_path / "none.csv")
    assert (result.exit_code, "none.csv" in result.output) == (1, True)
    result = command("figure3", other, "--out", tmp_path / "g")  # no network of its own
    assert result.exit_code == 0, result.output
    assert {path.name for path in (tmp_path / "g").iterdir()} == {
        "fig3.csv",
        "fig3.png",
        "fig3.pdf",
    }


def test_results_that_differ_are_not_averaged(command, tmp_path):
    dense = results_table(tmp_path / "dense.csv", "mnist,rc-spike,1.0,0,0.98,0.97,784-10")
    maps = results_table(tmp_path / "maps.csv", "mnist,rc-spike,1.0,1,0.99,0.97,28x28-2C3-10")
    result = command("figure3", dense, maps, "--out", tmp_path / "f")
    assert result.exit_code == 1
    assert "dataset = mnist, model = rc-spike, v_syn = 1.0 have several values of network" in (
        result.output
    )
    result = command("figure3", dense, maps, "--out", tmp_path / "f", "--where", "network=784-10")
    assert result.exit_code == 0, result.output
    result = command("figure3", dense, dense, "--out", tmp_path / "f")
    assert (result.exit_code, "have seed 0 twice" in result.output) == (1, True)
    # A table that does not say which network it is of may be of another one.
    table = pd.read_csv(maps)
    table.drop(columns="network").to_csv(tmp_path / "silent.csv", index=False)
    result = command("figure3", dense, tmp_path / "silent.csv", "--out", tmp_path / "f")
    assert (result.exit_code, "several values of network" in result.output) == (1, True)
    for name, where in (("test", dense), ("validation", maps)):
        pd.read_csv(where).assign(evaluated_on=name, network="784-10").to_csv(where, index=False)
    result = command("figure3", dense, maps, "--out", tmp_path / "f")
    assert (result.exit_code, "several values of evaluated_on" in result.output) == (1, True)


def test_sweep_without_a_finished_network_says_so(command, tmp_path):
    folder = SweepFolder(tmp_path, small_grid())
    folder.write_tables()
    result = command("figure3", tmp_path)
    assert result.exit_code == 1
    assert "no network of the sweep is finished" in result.output


def test_damaged_and_foreign_sweeps_are_refused(command, tmp_path):
    grid = small_grid()
    SweepFolder(tmp_path, grid)
    with pytest.raises(rb.RunFolderError, match=r"with v_syn = \[1\.0\], not \[2\.0\]"):
        SweepFolder(tmp_path, small_grid(v_syn=[2]))
    with (
        SweepFolder(tmp_path).locked(),
        pytest.raises(rb.RunFolderError, match="another process"),
        SweepFolder(tmp_path).locked(),
    ):
        pass
    (tmp_path / "sweep.json").write_text('{"format": 1}')
    assert "damaged" in command("sweep", "--out", tmp_path).output


def test_mapped_network_is_the_relu_network_without_leak(tiny_dataset):
    config = rb.TrainingConfig(hidden=(8, 7), batch_size=7, epochs=20, learning_rate=1e-2)
    run = rb.train(tiny_dataset, config, model="relu-mlp", progress=False)
    images = tiny_dataset.train_images
    logits = run.network.logits(images)
    circuit = mapping.normalised(run.network, images, quantile=1.0)
    v = circuit.potentials(images)
    # Outputs are the logits, shifted and scaled together; the winners are inside the window.
    fit = np.polynomial.Polynomial.fit(logits.ravel(), v.ravel(), 1)
    np.testing.assert_allclose(fit(logits), v, atol=1e-5)
    assert fit.deriv()(0.0) > 0
    winners = v.max(axis=1)
    assert 0 < winners.min() < winners.max() <= 1 + 1e-6
    hidden = circuit.potentials(images, all_layers=True)[0]
    assert hidden.max() == pytest.approx(1, abs=1e-6)


def test_rescaling_agrees_at_least_as_often_and_keeps_signs(tiny_dataset):
    config = rb.TrainingConfig(hidden=(8, 7), batch_size=7, epochs=20, learning_rate=1e-2)
    run = rb.train(tiny_dataset, config, model="relu-mlp", progress=False)
    images = tiny_dataset.train_images
    circuit = mapping.normalised(run.network, images)
    classes = circuit.potentials(images).argmax(axis=1)
    rescaled = mapping.rescaled([circuit], 0.5, images)
    mismatches = [
        mapping._disagreement(n.potentials(images, noise=0.01), classes)
        for n in (circuit.on_circuit(0.5), rescaled)
    ]
    assert mismatches[1] < mismatches[0]
    for w, before in zip(rescaled.weights, circuit.weights, strict=True):
        np.testing.assert_array_equal(np.sign(w), np.sign(before))
        ratios = (w / np.where(before == 0, 1, before))[before > 0]
        np.testing.assert_allclose(ratios, ratios[0], rtol=1e-5)
    assert mapping.rescaled([circuit], math.inf, images) is circuit
