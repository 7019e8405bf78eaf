"""The benchmarks: what is measured is the right thing, and the numbers are put together rightly."""

import itertools
import json
import math
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import rcspike_brian as rb
from rcspike_brian.core import fused
from rcspike_brian.training import Trainer

ROOT = Path(__file__).resolve().parents[1]
if not (ROOT / "benchmarks").is_dir():
    pytest.skip("the benchmarks are in the repository only", allow_module_level=True)
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))

from benchmarks import memory  # noqa: E402
from benchmarks.barrier import nanoseconds_at_barrier  # noqa: E402
from benchmarks.commands import main  # noqa: E402
from benchmarks.data import load, store_random  # noqa: E402
from benchmarks.epoch import summary  # noqa: E402
from benchmarks.machine import circumstances, command_line  # noqa: E402
from benchmarks.processes import WorkerError, run_worker  # noqa: E402
from benchmarks.profile import BACKWARD, StageClock, measure_stages  # noqa: E402
from benchmarks.ratios import exponent, pairwise_ratios  # noqa: E402
from benchmarks.report import digits, table  # noqa: E402
from benchmarks.scaling import exponents, layer_sweep  # noqa: E402
from benchmarks.startup import batches_shown  # noqa: E402
from rcspike_brian.figures import named_models  # noqa: E402
from rcspike_brian.sweeps import read_results  # noqa: E402

BETA = 0.7


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="the peers need PyTorch: extra 'bench'")


def layer_problem(dtype, n_in=40, n_out=7, batch=5, seed=3):
    """Random spikes with ties, inputs that do not spike, a weight of zero and a bias line."""
    rng = np.random.default_rng(seed)
    times = rng.random((batch, n_in))
    times[:, 3] = times[:, 4]
    times[:, 30:] = 1
    times[0, 5:] = 1
    times[:, 0] = 0
    weights = rng.normal(0, 2 / np.sqrt(n_in), (n_in, n_out))
    weights[0] = 0
    upstream = rng.normal(size=(batch, n_out))
    return [a.astype(dtype) for a in (times, weights, upstream)]


def by_autograd(torch, layer, times, weights, upstream):
    """v(1), dL/dw and dL/dt of a layer in PyTorch."""
    t, w = (torch.tensor(a, requires_grad=True) for a in (times, weights))
    v = layer(t, w)
    v.backward(torch.tensor(upstream))
    return v.detach().numpy(), w.grad.numpy(), t.grad.numpy()


def smooth(times, weights):
    """Where the gradients are defined: not at w = 0, not at the edge of the phase, no ties."""
    inside = (times > 0) & (times < 1)
    inside[:, 3:5] = False
    return weights != 0, inside


@pytest.mark.parametrize("only_spiking", [False, True])
@pytest.mark.parametrize("form", ["sums", "steps"])
def test_closed_form_is_the_exact_solution(torch, form, only_spiking):
    from benchmarks.torch_layers import CLOSED_FORMS

    def layer(t, w):
        return CLOSED_FORMS[form](t, w, BETA, only_spiking)

    times, weights, upstream = layer_problem(np.float64)
    v, dw, dt = by_autograd(torch, layer, times, weights, upstream)
    expected_dw, expected_dt = rb.membrane_gradients(times, weights, BETA, upstream)
    where_w, where_t = smooth(times, weights)
    np.testing.assert_allclose(v, rb.membrane_potential(times, weights, BETA), atol=1e-13)
    np.testing.assert_allclose(dw[where_w], expected_dw[where_w], atol=1e-9)
    np.testing.assert_allclose(dt[where_t], expected_dt[where_t], atol=1e-9)
    # Simultaneous inputs have one-sided derivatives; only their sum is defined.
    np.testing.assert_allclose(dt[1:, 3:5].sum(1), expected_dt[1:, 3:5].sum(1), atol=1e-9)

    single = layer_problem(np.float32)
    v, dw, dt = by_autograd(torch, layer, *single)
    exact = rb.membrane_potential(single[0].astype(float), single[1].astype(float), BETA)
    assert np.abs(v - exact).max() < 1e-6
    assert np.abs(dw[where_w] - expected_dw[where_w]).max() < 1e-5
    assert np.abs(dt[where_t] - expected_dt[where_t]).max() < 1e-5


@pytest.mark.parametrize("form", ["sums", "steps"])
@pytest.mark.parametrize("beta", [0.0, 30.0])
def test_closed_form_holds_without_and_with_strong_leak(torch, form, beta):
    from benchmarks.torch_layers import CLOSED_FORMS

    times, weights, _ = layer_problem(np.float64)
    v = CLOSED_FORMS[form](torch.tensor(times), torch.tensor(weights), beta).numpy()
    np.testing.assert_allclose(v, rb.membrane_potential(times, weights, beta), atol=1e-12)


def test_relaxation_has_the_right_derivative(torch):
    from benchmarks.torch_layers import relaxation

    x = torch.tensor([0.0, 1e-12, 1e-4, 0.02, 0.3, 4.0], dtype=torch.float64, requires_grad=True)
    relaxation(x).sum().backward()
    x, derivative = x.detach().numpy(), x.grad.numpy()
    with np.errstate(invalid="ignore"):
        closed = (x * np.exp(-x) + np.expm1(-x)) / x**2
    np.testing.assert_allclose(derivative[3:], closed[3:], rtol=1e-9)
    np.testing.assert_allclose(derivative[:3], -0.5 + x[:3] / 3, rtol=1e-8)


def dstd_errors(torch, steps, seeds=4):
    """RMS errors over M of v(1), dL/dw and dL/dt of DSTD."""
    from benchmarks.torch_layers import dstd

    errors = []
    for seed, m in itertools.product(range(seeds), steps):
        rng = np.random.default_rng(seed)
        times, weights = rng.random((4, 60)), rng.normal(0, 0.25, (60, 20))
        upstream = rng.normal(size=(4, 20))
        exact = (
            rb.membrane_potential(times, weights, BETA),
            *rb.membrane_gradients(times, weights, BETA, upstream),
        )
        found = by_autograd(torch, lambda t, w, m=m: dstd(t, w, BETA, m), times, weights, upstream)
        errors.append([np.mean((a - b) ** 2) for a, b in zip(found, exact, strict=True)])
    return np.sqrt(np.reshape(errors, (seeds, len(steps), 3)).mean(axis=0)).T


def test_dstd_converges_with_second_order(torch):
    steps = np.array([64, 128, 256, 512, 1024])
    v, dw, dt = dstd_errors(torch, steps)
    assert exponent(steps, v) == pytest.approx(-2, abs=0.2)
    assert exponent(steps, dw) == pytest.approx(-2, abs=0.3)
    # A spike time feels the mean of its step, not its own moment: first order.
    assert exponent(steps, dt) == pytest.approx(-1, abs=0.3)


def test_dstd_of_the_conventional_circuit_is_exact(torch):
    from benchmarks.torch_layers import dstd

    times, weights, _ = layer_problem(np.float64)
    v = dstd(torch.tensor(times), torch.tensor(weights), 0.0, 3).numpy()
    np.testing.assert_allclose(v, (1 - times) @ weights, atol=1e-13)


def test_error_of_dstd_falls_as_the_theory_says(torch):
    from benchmarks.dstd_error import measure_errors, slopes

    rows = measure_errors([16, 32, 64], [128.0, 512.0, 2048.0], n_in=200, n_out=20, batch=4)
    fits = {(fit["over"], fit["at"]): fit["slope"] for fit in slopes(rows)}
    assert len(fits) == 6
    for (over, _), slope in fits.items():
        assert slope == pytest.approx(-2 if over == "steps" else -1, abs=0.1)


def one_class_each(n_in, n=40, seed=1):
    """A data set whose training set is one batch."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (n, n_in)).astype(np.uint8)
    labels = (np.arange(n) % 10).astype(np.uint8)
    return rb.data.Dataset("mnist", images, labels, images, labels, "made by the tests", False)


@pytest.mark.parametrize(
    ("variant", "tolerance"),
    [
        ({"model": "closed-form", "form": "sums"}, 1e-4),
        ({"model": "closed-form", "form": "steps", "only_spiking": True}, 1e-4),
        ({"model": "dstd", "steps": 2000}, 1e-2),
    ],
)
def test_peers_train_the_same_network_on_the_same_loss(torch, variant, tolerance):
    from benchmarks.torch_networks import Training, build
    from rcspike_brian.training import Trainer, recipe

    dataset = one_class_each(40)
    shape = {"hidden": (30, 20), "epochs": 1, "batch_size": 40}
    config = recipe("plain", dataset, **shape, schedule="constant")
    trainer = Trainer(dataset, config, threads=1)
    start = trainer.network
    network, temperature = build(sizes=(40, 30, 20, 10), v_syn=1.0, **variant)
    with torch.no_grad():
        for mine, theirs in zip(network.weights, start.weights, strict=True):
            mine.copy_(torch.tensor(theirs))
        v = network(torch.tensor(dataset.train_images).float() / 255)
    np.testing.assert_allclose(v, start.potentials(dataset.train_images), atol=2e-6)

    trainer.run_epoch()  # one batch: one step, and the first moment is a tenth of the gradient
    gradients = trainer.layout.unpack(10 * trainer.optimizer.first_moment)
    training = Training(network, temperature, dataset.train_images, dataset.train_labels, 40)
    assert training.run()[1] == 1
    for weights, gradient in zip(network.weights, gradients, strict=True):
        found = weights.grad.numpy()
        assert np.mean(gradient != 0) > 0.5
        np.testing.assert_allclose(found, gradient, atol=tolerance * np.abs(gradient).max())


@pytest.mark.parametrize("inputs", ["float32", "uint8"])
def test_mlp_learns(torch, inputs):
    from benchmarks.torch_networks import Training, build

    torch.manual_seed(0)
    dataset = one_class_each(30)
    network, temperature = build("mlp", (30, 40, 10), 1.0)
    assert [type(part).__name__ for part in network] == ["Linear", "ReLU", "Linear"]
    arrays = dataset.train_images, dataset.train_labels
    training = Training(network, temperature, *arrays, 8, inputs)
    for _ in range(120):
        assert training.run()[1] == 5
    assert training.accuracy(*arrays) > 0.9
    assert training.run(batches=2)[1] == 2


def test_random_images_spike_everywhere_and_have_all_classes(tmp_path):
    store_random(tmp_path, 15, 50)
    dataset = load(tmp_path)
    assert dataset.train_images.shape == (50, 15)
    assert dataset.train_images.min() >= 1
    assert sorted(set(dataset.train_labels)) == list(range(10))
    assert len(load(tmp_path, 20).train_labels) == 20


def test_worker_measures_training_of_the_package(tmp_path):
    store_random(tmp_path, 15, 100)
    settings = {"data": str(tmp_path), "hidden": [6], "batch_size": 10, "v_syn": 1.0}
    result = run_worker("worker_rcspike", {**settings, "epochs": 2, "warm_up": 2}, threads=1)
    assert len(result["seconds_per_epoch"]) == 2
    assert result["batches_measured"] == result["batches_per_epoch"] == 10
    marks = result["resident_after_compiler"], result["resident_after_warm_up"]
    assert 0 < marks[0] <= marks[1] <= result["peak_beyond_data"] < result["peak_rss"]


def test_worker_scales_some_batches_to_an_epoch(torch, tmp_path):
    store_random(tmp_path, 15, 100)
    settings = {"data": str(tmp_path), "hidden": [6], "batch_size": 10, "v_syn": 1.0}
    settings |= {"epochs": 1, "warm_up": 1, "model": "dstd", "steps": 3, "batches": 4}
    result = run_worker("worker_torch", settings, threads=1)
    assert (result["batches_measured"], result["batches_per_epoch"]) == (4, 10)


def test_relu_network_with_convolutions_is_the_same_on_the_conventional_circuit(torch, tmp_path):
    words = ["relu-cnn", "--subset", "bundled", "--layers", "8C5s3p0,P2,16", "--epochs", "2"]
    words += ["--learning-rate", "0.01", "--seeds", "0", "--v-syn", "1,inf", "--out", str(tmp_path)]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    frame = named_models(read_results(tmp_path / "relu-cnn-mnist.csv"))  # as those of a sweep
    accuracy = frame.set_index(["model", "v_syn"])["accuracy"]
    assert accuracy["ReLU CNN", np.inf] > 0.5
    # The rare activations beyond the range are cut off.
    mapped = accuracy["ANN on RC-Spike circuit"]
    np.testing.assert_allclose(mapped[np.inf], accuracy["ReLU CNN", np.inf], atol=0.02)
    rescaled = accuracy["ANN on RC-Spike circuit, rescaled"]
    assert rescaled[1.0] > mapped[1.0]


def test_failing_worker_says_why():
    with pytest.raises(WorkerError, match="No such file"):
        run_worker("worker_simulation", {"network": "no", "images": "no", "method": "exact"}, 1)


def test_peak_memory_is_that_of_the_work_alone():
    # Blocks above 32 MiB always come from the system and go back to it; smaller ones may be reused.
    before = np.ones(120 * 2**20, np.uint8)
    del before
    meter = memory.Meter()
    meter.mark("warm_up")
    work = np.ones(80 * 2**20, np.uint8)
    del work
    result = meter.result()
    assert 79 * 2**20 < result["peak_beyond_data"] < 88 * 2**20
    assert result["peak_rss"] >= result["peak_beyond_data"] + 2**20


def test_ratios_are_taken_pair_by_pair():
    # Machine twice as slow in the second pair: no ratio changes.
    runs = [
        [
            {"seconds_per_epoch": [s, 9 * s, s], "peak_rss": 3, "peak_beyond_data": 2}
            for s in seconds
        ]
        for seconds in ((1, 2, 1), (4, 8, 5))
    ]
    result = summary(*runs)
    assert result["peer_over_package"] == {"median": 4, "smallest": 4, "largest": 5}
    assert result["package_over_peer"]["median"] == 0.25
    assert (result["package_seconds_per_epoch"], result["peer_seconds_per_epoch"]) == (1, 5)
    with pytest.raises(ValueError, match="zip"):
        pairwise_ratios([1, 2], [1])


def test_exponent_of_a_power_law():
    n = [100, 300, 1000]
    assert exponent(n, [3 * k**1.5 for k in n]) == pytest.approx(1.5)
    assert math.isnan(exponent([1], [1]))
    rows = [
        {"sweep": "layer", "method": "m", "value": k, "seconds": k, "bytes": 7} for k in (1, *n)
    ]
    rows.append({"sweep": "layer", "method": "m", "value": 9000, "note": "skipped"})
    (fit,) = exponents(rows)
    assert fit["time"] == pytest.approx(1)
    assert fit["memory_largest"] == pytest.approx(0)


def test_layer_that_does_not_fit_into_memory_is_skipped_and_named(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 2**20)
    monkeypatch.setattr("benchmarks.scaling.run_worker", lambda *args: None)
    (row,) = layer_sweep([6000], 1000, 100, 1.0, 1, methods=["autograd"])
    assert "seconds" not in row
    assert "skipped" in row["note"]
    assert "1 MiB are free" in row["note"]


def test_circumstances_name_the_machine_and_no_folder(monkeypatch):
    argv = ["benchmarks", "epoch", "--data-dir", "/home/me/data", "--out=/home/me", "--pairs", "2"]
    monkeypatch.setattr(sys, "argv", argv)
    found = circumstances()
    assert found["machine"]["cores"] >= 1
    assert {"torch", "numpy", "numba", "python"} <= set(found["versions"])
    assert "/home/me" not in json.dumps(found)
    expected = "python -m benchmarks epoch --data-dir DIR --out=DIR --pairs 2"
    assert command_line(argv[1:]) == expected


def test_tables_and_numbers():
    assert [digits(x) for x in (1234, 896.2, 2.4, 0.0912, math.nan)] == [
        "1,234",
        "896",
        "2.40",
        "0.0912",
        "-",
    ]
    assert table(("a", "b"), [("longer", 1)]).splitlines() == [
        "a       b",
        "---------",
        "longer  1",
    ]


def test_first_batch_is_seen_in_a_progress_bar():
    assert batches_shown(b"mnist:   0%|     | 0/790 [00:00<?, ?batch/s]") == 0
    assert batches_shown(b" 0/790 [00:00<?]\r  0%| | 1/790 [00:01<10:00]") == 1


def test_epoch_command_writes_what_it_measured(tmp_path):
    arguments = ["epoch", "--subset", "bundled", "--peers", "none", "--pairs", "1", "--epochs", "1"]
    arguments += ["--hidden", "10", "--threads", "1", "--warm-up", "2", "--out", str(tmp_path)]
    result = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    content = json.loads((tmp_path / "epoch-mnist-batch-64.json").read_text())
    (run,) = content["package_runs"]
    assert run["batches_measured"] == 79
    assert content["settings"]["data"].startswith("MNIST, bundled subset")


def test_unknown_peer_is_refused():
    result = CliRunner().invoke(main, ["epoch", "--peers", "mpl"])
    assert result.exit_code == 2
    assert "'mpl' is not one of: mlp" in result.output


def test_missing_torch_is_said_with_the_remedy(monkeypatch):
    monkeypatch.setattr("benchmarks.machine.torch_version", lambda: "not installed")
    result = CliRunner().invoke(main, ["epoch", "--peers", "mlp"])
    assert result.exit_code == 1
    assert ".[bench]" in result.output


@pytest.mark.slow
def test_brian_presents_the_same_network():
    from benchmarks.worker_simulation import brian_potentials

    network = rb.Network.random((5, 4, 3), v_syn=1.0, seed=2)
    times = np.array([0.1, 0.3, 0.5, 0.7, 1.0])
    exact = network.potentials(times[None])[0]
    errors = [np.abs(brian_potentials(network, times, m) - exact).max() for m in (50, 100, 200)]
    assert errors[2] < 0.02
    assert errors[2] < 0.6 * errors[0]


def test_plots_show_every_method_and_size():
    import pandas as pd

    from benchmarks import plots

    rows = [
        {"sweep": sweep, "method": method, "value": value, "seconds": value * 1e-4, "bytes": 2**25}
        for sweep, method, value in itertools.product(
            ("layer", "width", "n_in"), ("this package", "ReLU MLP"), (50, 100, 200)
        )
    ]
    frame = pd.DataFrame([*rows, {"sweep": "layer", "method": "autograd", "value": 200}])
    figure = plots.layer_figure(frame, "caption")
    lines = figure.axes[0].get_lines()
    assert [line.get_label() for line in lines] == ["this package", "ReLU MLP"]
    np.testing.assert_allclose(lines[0].get_ydata(), [5e-3, 1e-2, 2e-2])
    assert "inputs" in figure.axes[1].get_xlabel()
    figure = plots.training_figure(frame, "caption")
    assert len(figure.axes) == 4
    np.testing.assert_allclose(figure.axes[2].get_lines()[0].get_ydata(), 32)  # MiB


def test_presentations_table_gives_shares_of_busy_time():
    from benchmarks.presentations import presentations_table

    row = {
        "images": 100, "build": 20.0, "total": 2.0, "load": 1.0, "run": 2.5, "read": 0.5,
        "time_steps": 10000, "peak_parent": 200 * 2**20, "peak_program": 50 * 2**20,
    }  # fmt: skip
    cells = presentations_table([row]).splitlines()[-1].split()
    assert cells == ["100", "20.0", "50.0", "20.0", "25", "62", "12", "250", "200", "50"]


def test_stages_of_a_training_step_add_up():
    data = rb.load_dataset("mnist", subset="bundled")
    stages = measure_stages(data, hidden=(20, 20), n=200, repetitions=3)
    *parts, whole = (row["microseconds"] for row in stages)
    assert [row["stage"] for row in stages][:3] == [
        "sort the pixels",
        "layer 1 forward",
        "layer 2 forward",
    ]
    assert whole == pytest.approx(sum(parts))
    assert stages[1]["microseconds"] > 0


def test_timed_stages_are_those_of_training():
    """All stages together, layer by layer, give the gradient that the trainer would take."""
    data = rb.load_dataset("mnist", subset="bundled")
    trainer = Trainer(data, rb.TrainingConfig(hidden=(20, 20), epochs=1), threads=1)
    n = 30
    clock = StageClock(trainer, n, repetitions=1)
    clock.work(BACKWARD)
    expected = np.zeros_like(clock.gradient)
    touched = np.zeros(trainer.layout.sparse[1], bool)
    fused.gradient_shard(
        data.train_images,
        trainer.labels,
        0,
        n,
        trainer.optimizer.theta,
        *trainer.kernel_settings(),
        np.empty((n, 0), np.float32),
        expected,
        touched,
        np.zeros(2 + 2 * trainer.layout.n_layers),
        fused.scratch(trainer.layout, np.float32),
    )
    assert np.any(expected)
    np.testing.assert_array_equal(clock.gradient, expected)


def test_stage_leaves_out_the_backward_sweep_of_earlier_layers():
    data = rb.load_dataset("mnist", subset="bundled")
    trainer = Trainer(data, rb.TrainingConfig(hidden=(20, 20), epochs=1), threads=1)
    clock = StageClock(trainer, 30, repetitions=1)
    clock.work(BACKWARD, first_backward=2)
    first, second, last = trainer.layout.unpack(clock.gradient)
    assert not first.any()
    assert not second.any()
    assert last.any()


def test_threads_meet_at_a_cost_and_one_thread_at_none():
    assert nanoseconds_at_barrier(1) == 0
    start = time.perf_counter()
    cost = nanoseconds_at_barrier(2, generations=2000)
    elapsed = 1e9 * (time.perf_counter() - start)
    assert 0 < 3 * 2000 * cost <= elapsed  # the shortest of three trials, and they took this long
