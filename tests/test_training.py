"""Training: learning, reproducibility, resuming, interruption, run folders."""

import math
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

import rcspike_brian as rb
from rcspike_brian.core.firing import first_spike_is
from rcspike_brian.data.catalog import get_entry
from rcspike_brian.network import Network
from rcspike_brian.optimizers import Adam
from rcspike_brian.training import ReluNetwork, Trainer, earliest_spike, recipe, run_settings
from rcspike_brian.training.run import CHECKPOINT
from rcspike_brian.training.schedule import learning_rate

FILES = {"checkpoint.npz", "config.json", "metrics.csv", "network.npz"}

SMALL = {"hidden": (8, 7), "batch_size": 7, "epochs": 3, "learning_rate": 1e-2, "noise": 0.01}


def small(**changes):
    return recipe("plain", get_entry("mnist"), **{**SMALL, **changes})


def files(folder):
    """What must be equal in two runs of the same settings: all but the seconds."""
    metrics = pd.read_csv(folder / "metrics.csv").drop(columns="train_seconds")
    with np.load(folder / CHECKPOINT) as archive:
        vectors = [archive[n] for n in ("theta", "first_moment", "second_moment", "steps")]
    return metrics, vectors


def assert_same(folder, other):
    metrics, vectors = files(folder)
    other_metrics, other_vectors = files(other)
    pd.testing.assert_frame_equal(metrics, other_metrics, check_exact=True)
    for a, b in zip(vectors, other_vectors, strict=True):
        np.testing.assert_array_equal(a, b)


def run(config, dataset, **options):
    return rb.train(dataset, config, progress=False, **options)


@pytest.mark.parametrize("v_syn", [1.0, math.inf, (2.0, 0.7)], ids=str)
def test_both_circuits_learn_a_simple_task(tiny_dataset, v_syn):
    result = run(small(v_syn=v_syn, epochs=40, noise=0.0), tiny_dataset)
    assert result.metrics["train_loss"].iloc[-1] < 0.2 * result.metrics["train_loss"].iloc[0]
    assert result.metrics["test_accuracy"].iloc[-1] == 1
    assert rb.evaluate(result.network, tiny_dataset)["accuracy"] == 1


def test_relu_reference_learns_the_same_task(tiny_dataset):
    result = run(small(epochs=40), tiny_dataset, model="relu-mlp")
    assert result.metrics["test_accuracy"].iloc[-1] == 1 == result.network.accuracy(tiny_dataset)
    assert result.metrics["train_loss"].iloc[-1] < 0.2 * result.metrics["train_loss"].iloc[0]


def test_relu_network_takes_the_intensity_of_a_spike_time():
    """x = p/255 of a grey level, and x = 1 - t of the spike time that stands for it."""
    levels = np.array([[0, 51, 255], [255, 102, 0], [204, 0, 255]], np.uint8)
    times, labels = 1 - levels / 255, [0, 1, 1]
    config = small(epochs=2, hidden=(4,))
    grey, spikes = (
        run(config, rb.data.Dataset("x", x, labels, x, labels, **kind), model="relu-mlp").network
        for x, kind in ((levels, {}), (times, {"spike_times": True}))
    )
    for w, same in zip(grey.weights, spikes.weights, strict=True):
        np.testing.assert_allclose(w, same, atol=1e-5)
    one = ReluNetwork([np.vstack([np.eye(3), np.zeros(3)])])
    for x in (levels, times, times.astype(np.float32)):
        np.testing.assert_allclose(one.logits(x), levels / 255, atol=1e-7)


def test_relu_run_resumes_and_is_no_circuit(tiny_dataset, tmp_path):
    model = {"model": "relu-mlp"}
    run(small(shards=3), tiny_dataset, out=tmp_path / "whole", **model, threads=2)
    run(small(shards=3), tiny_dataset, out=tmp_path / "parts", **model, pause=lambda: True)
    assert len(pd.read_csv(tmp_path / "parts" / "metrics.csv")) == 1
    with pytest.raises(rb.RunFolderError, match=r"made with name = 'relu-mlp', not 'rc-spike'"):
        run(small(shards=3), tiny_dataset, out=tmp_path / "parts", resume=True)
    run(small(shards=3), tiny_dataset, out=tmp_path / "parts", resume=True, **model, threads=1)
    assert_same(tmp_path / "whole", tmp_path / "parts")
    saved = ReluNetwork.load(tmp_path / "parts" / "network.npz")
    last = pd.read_csv(tmp_path / "parts" / "metrics.csv")["test_accuracy"].iloc[-1]
    assert saved.accuracy(tiny_dataset) == last
    with pytest.raises(rb.RunFolderError, match="not a network file"):
        Network.load(tmp_path / "parts" / "network.npz")


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_relu_gradient_equals_finite_differences(smoothing):
    from rcspike_brian.training import mlp

    rng = np.random.default_rng(0)
    weights = [rng.normal(size=(7, 5)), rng.normal(size=(6, 3))]
    x, labels = rng.random((9, 6)), np.arange(9) % 3
    gradients = [np.empty_like(w) for w in weights]

    def loss():
        activations = [x.copy(), np.empty((9, 5)), np.empty((9, 3))]
        mlp._forward(weights, activations)
        return mlp._cross_entropy(activations[-1], labels, smoothing), activations

    mlp._backward(weights, loss()[1], gradients)
    for l, j, i in [(0, 2, 1), (0, 6, 3), (1, 4, 2), (1, 5, 0)]:
        losses = []
        for step in (1e-6, -1e-6):
            weights[l][j, i] += step
            losses.append(loss()[0])
            weights[l][j, i] -= step
        assert gradients[l][j, i] == pytest.approx((losses[0] - losses[1]) / 2e-6, rel=1e-6)


@pytest.mark.parametrize("threads", [1, 3])
def test_same_seed_same_bits_whatever_the_threads(tiny_dataset, tmp_path, threads):
    run(small(shards=3), tiny_dataset, out=tmp_path / "a", threads=2)
    run(small(shards=3), tiny_dataset, out=tmp_path / "b", threads=threads)
    assert_same(tmp_path / "a", tmp_path / "b")


def test_another_seed_gives_another_run(tiny_dataset):
    a, b = (run(small(seed=s), tiny_dataset).network.weights[0] for s in (0, 1))
    assert not np.array_equal(a, b)


@pytest.mark.parametrize("stop_after", [0, 1, 2])
def test_resumed_equals_uninterrupted(tiny_dataset, tmp_path, monkeypatch, stop_after):
    run(small(), tiny_dataset, out=tmp_path / "whole")
    epochs = iter(range(10))
    original = Trainer.run_epoch

    def interrupted(self, progress=None):
        if next(epochs) == stop_after:
            raise KeyboardInterrupt
        return original(self, progress)

    monkeypatch.setattr(Trainer, "run_epoch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(small(), tiny_dataset, out=tmp_path / "parts")
    monkeypatch.undo()
    assert len(pd.read_csv(tmp_path / "parts" / "metrics.csv")) == stop_after
    Network.load(tmp_path / "parts" / "network.npz")
    run(small(), tiny_dataset, out=tmp_path / "parts", resume=True)
    assert_same(tmp_path / "whole", tmp_path / "parts")


def test_interruption_inside_an_epoch_loses_only_that_epoch(tiny_dataset, tmp_path):
    trainer = Trainer(tiny_dataset, small())

    def stop():
        raise KeyboardInterrupt

    trainer.run_epoch()
    with pytest.raises(KeyboardInterrupt):
        trainer.run_epoch(progress=stop)
    assert trainer.epoch == 1 == len(trainer.metrics)


KILLED = """
import numpy as np, sys
from rcspike_brian import TrainingConfig, train
from rcspike_brian.data import load_dataset
config = TrainingConfig(hidden=(10,), epochs=400, batch_size=2500)
train(load_dataset("mnist", subset="bundled"), config, out=sys.argv[1], progress=False)
"""


@pytest.mark.slow
def test_sigkill_at_any_moment_leaves_a_loadable_run(tmp_path):
    rng = np.random.default_rng(0)
    for attempt in range(6):
        folder = tmp_path / str(attempt)
        process = subprocess.Popen([sys.executable, "-c", KILLED, str(folder)])
        deadline = time.monotonic() + 120
        while not (folder / "metrics.csv").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(rng.uniform(0, 0.5))
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        config, data = run_settings(folder)
        assert (config.epochs, data["name"]) == (400, "mnist")
        assert Network.load(folder / "network.npz").sizes == (784, 10, 10)
        pd.read_csv(folder / "metrics.csv")


def test_run_folder_describes_itself(tiny_dataset, tmp_path):
    run(small(v_syn=math.inf), tiny_dataset, out=tmp_path / "r")
    config, data = run_settings(tmp_path / "r")
    assert config == small(v_syn=math.inf)
    assert data["train_images"] == 30
    (tmp_path / "r" / CHECKPOINT).unlink()
    assert run_settings(tmp_path / "r")[0] == config
    text = (tmp_path / "r" / "config.json").read_text()
    assert '"numpy"' in text
    assert '"seed": 0' in text
    metrics = pd.read_csv(tmp_path / "r" / "metrics.csv")
    assert {"epoch", "train_loss", "train_seconds", "test_accuracy"} <= set(metrics.columns)
    assert metrics["epoch"].tolist() == [1, 2, 3]
    fractions = metrics.filter(regex="silent|saturated|accuracy")
    assert ((fractions >= 0) & (fractions <= 1)).all(axis=None)


def test_metrics_equal_an_evaluation_of_the_saved_network(tiny_dataset, tmp_path):
    result = run(small(noise=0.0, learning_rate=1e-9), tiny_dataset, out=tmp_path / "r")
    network = Network.load(tmp_path / "r" / "network.npz")
    measured = rb.evaluate(network, tiny_dataset)
    last = result.metrics.iloc[-1]
    assert measured["accuracy"] == last["test_accuracy"]
    # The learning rate is next to nothing, so training statistics are those of this network.
    activity = network.activity(tiny_dataset.train_images)
    np.testing.assert_allclose(activity[1], [last["silent_2"], last["saturated_2"]], atol=1e-9)


def test_refusals_around_run_folders(tiny_dataset, tmp_path):
    with pytest.raises(rb.RunFolderError, match="nothing to resume"):
        run(small(), tiny_dataset, out=tmp_path / "r", resume=True)
    assert not (tmp_path / "r").exists()
    run(small(epochs=1), tiny_dataset, out=tmp_path / "r")
    with pytest.raises(rb.RunFolderError, match="already holds a run"):
        run(small(epochs=1), tiny_dataset, out=tmp_path / "r")
    with pytest.raises(rb.RunFolderError, match="made with epochs = 1, not 3"):
        run(small(epochs=3), tiny_dataset, out=tmp_path / "r", resume=True)
    with pytest.raises(rb.RunFolderError, match="made with hidden"):
        run(small(epochs=1, hidden=(5,)), tiny_dataset, out=tmp_path / "r", resume=True)
    (tmp_path / "file").write_text("")
    with pytest.raises(rb.RunFolderError, match="cannot write"):
        run(small(), tiny_dataset, out=tmp_path / "file" / "r")
    (tmp_path / "r" / CHECKPOINT).write_bytes(b"PK damaged")
    with pytest.raises(rb.RunFolderError, match="not a checkpoint file"):
        run(small(epochs=1), tiny_dataset, out=tmp_path / "r", resume=True)


@pytest.mark.parametrize("name", ["network.npz", "config.json", "metrics.csv"])
def test_a_run_without_its_checkpoint_is_not_overwritten(tiny_dataset, tmp_path, name):
    (tmp_path / name).write_text("kept")
    with pytest.raises(rb.RunFolderError, match=f"already holds a run \\({name}\\)"):
        run(small(epochs=1), tiny_dataset, out=tmp_path)
    assert (tmp_path / name).read_text() == "kept"
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_second_training_in_the_same_folder_is_refused(tiny_dataset, tmp_path):
    refused = []

    def meanwhile(done, total):
        if done != total or refused:
            return
        for resume in (False, True):
            with pytest.raises(rb.RunFolderError, match=r"another process is busy|already holds"):
                run(small(epochs=1), tiny_dataset, out=tmp_path / "r", resume=resume)
            refused.append(resume)

    rb.train(tiny_dataset, small(epochs=1), out=tmp_path / "r", progress=meanwhile)
    assert refused == [False, True]
    assert {path.name for path in (tmp_path / "r").iterdir()} == FILES
    assert len(run(small(epochs=1), tiny_dataset, out=tmp_path / "r", resume=True).metrics) == 1


def test_the_home_folder_may_be_written_as_a_tilde(tiny_dataset, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    run(small(epochs=1), tiny_dataset, out="~/r")
    assert {path.name for path in (tmp_path / "r").iterdir()} == FILES
    assert Network.load("~/r/network.npz").sizes == Network.load(tmp_path / "r/network.npz").sizes
    assert run_settings("~/r")[0] == small(epochs=1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"batch_size": 0}, "batch_size must be a whole number >= 1, got 0"),
        ({"epochs": -1}, "epochs must be"),
        ({"hidden": (0,)}, "each hidden layer must be"),
        ({"v_syn": 0}, "v_syn must be"),
        ({"v_syn": -1.0}, "v_syn must be"),
        ({"v_syn": math.nan}, "v_syn must be"),
        ({"learning_rate": 0}, "learning_rate must be a finite number > 0"),
        ({"temperature": math.nan}, "temperature must be"),
        ({"noise": -0.1}, "noise must be a finite number >= 0"),
        ({"schedule": "linear"}, "schedule must be"),
        ({"seed": -1}, "seed must be"),
    ],
)
def test_bad_settings_are_refused_by_name(change, message):
    with pytest.raises(rb.InvalidInput, match=message):
        small(**change)


@pytest.mark.parametrize(
    ("change", "remedy", "options"),
    [
        ({"learning_rate": 1e38}, "Lower learning_rate", {}),
        ({"learning_rate": 1e38, "optimizer": "sgd"}, "Lower learning_rate", {}),
        ({"learning_rate": 1e38}, "Lower learning_rate", {"model": "relu-mlp"}),
        ({"learning_rate": 1e308}, "Lower learning_rate", {"start": (6, 4, 3)}),
        ({"weight_decay": 1e4, "epochs": 12}, "Lower weight_decay", {}),
        ({"init_scale": 1e39}, "Lower init_scale", {}),
        ({"v_syn": 1e-38}, "Raise v_syn", {}),
        ({"v_syn": (1e-40, 1.0)}, "Raise v_syn", {}),
        ({"window": 1e39}, "Lower window", {}),
        ({"temperature": 1e-50}, "Raise temperature", {}),
    ],
    ids=str,
)
def test_training_that_diverges_stops_and_names_the_setting(
    tiny_dataset, tmp_path, change, remedy, options
):
    if "start" in options:
        options = {"start": Network.random(options["start"], dtype=np.float64)}
    said = rf"diverged in epoch (\d+): .*{remedy}, which is"
    with pytest.raises(rb.InvalidInput, match=said) as error:
        run(small(noise=0.0, **change), tiny_dataset, out=tmp_path / "r", **options)
    epoch = int(re.search(said, str(error.value))[1])
    if not (tmp_path / "r").exists():  # found before the first batch
        assert epoch == 1
        return
    with np.load(tmp_path / "r" / CHECKPOINT) as archive:
        assert archive["epoch"] == epoch - 1
        assert np.isfinite(archive["theta"]).all()


def test_settings_survive_their_dictionary():
    for config in (small(v_syn=math.inf), small(v_syn=(1.0, 0.7)), small()):
        assert rb.TrainingConfig.from_dict(config.to_dict()) == config
    with pytest.raises(rb.InvalidInput, match="unknown settings"):
        rb.TrainingConfig.from_dict({"colour": 1})


def test_readout_needs_a_single_first_spike():
    potentials = [[0.3, 0.4, -1], [0.4, 0.4, 0], [-0.1, -0.2, 0], [2.0, 0.9, 0], [2.0, 1.0, 0]]
    np.testing.assert_array_equal(earliest_spike(potentials), [1, -1, -1, 0, -1])


@pytest.mark.parametrize("ramp", ["linear", "rc"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_potentials_and_spike_times_say_the_same_class(ramp, dtype):
    """Also where 1 - v rounds to 1, in single precision from v = 3e-8 on down."""
    rng = np.random.default_rng(0)
    v = 10.0 ** rng.uniform(-20, 0, (2000, 3)) * rng.choice([-1, 1], (2000, 3))
    v = np.vstack([v, [[1e-9, -1, -1], [0, 0, -1], [2, 3, 0]]]).astype(dtype)
    circuit = rb.Circuit.normalised(1.5, ramp=ramp)
    times = circuit.spike_time(v)
    found = rb.readout.first_to_spike(times)
    if ramp == "linear":
        np.testing.assert_array_equal(earliest_spike(v), found)
    assert found[-3:].tolist() == [0, -1, -1]
    assert (times[v <= 0] == 1).all()
    compiled = circuit.ramp.compiled(circuit, dtype)
    # The compiled resistive ramp is rounded like its precision.
    sure = v.max(axis=1) > (0 if ramp == "linear" else 1e-6)
    for row, k in zip(v[sure], found[sure], strict=True):
        own = [first_spike_is(row, label, compiled) for label in range(3)]
        assert own == [label == k for label in range(3)]


def test_a_network_with_a_tiny_potential_has_one_answer():
    """v = 1e-9 in single precision: a class, and the spike that goes with it."""
    w = np.array([[1e-9, -1.0], [0.0, 0.0]], np.float32)
    network = rb.Network([w], rb.Circuit.normalised(math.inf))
    data = rb.data.Dataset("one", [[0.0]], [0], [[0.0]], [0], spike_times=True)
    assert rb.readout.first_to_spike(network.spike_times([[0.0]])[0]).tolist() == [0]
    assert rb.evaluate(network, data)["accuracy"] == 1


class WeakRamp(rb.ramps.Ramp):
    """Half as strong as it should be: potentials below a half do not spike."""

    name = "weak"

    def drive(self, circuit):
        return 0.5, 0.0


def test_a_potential_that_the_ramp_does_not_lift_in_time_has_no_class():
    circuit = rb.Circuit(kind="conventional", ramp=WeakRamp())
    network = rb.Network([np.array([[0.25, 0.1], [0.0, 0.0]])], circuit)
    data = rb.data.Dataset("one", [[0.0]], [0], [[0.0]], [0], spike_times=True)
    found = rb.evaluate(network, data)
    assert (found["accuracy"], found["undecided"], found["accuracy_potential"]) == (0, 1, 1)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([[0], [1]], r"labels must have shape \(n,\)"),
        (["0", "1"], "labels must be whole numbers"),
        ([0], "2 images and 1 labels"),
        (1, r"labels must have shape \(n,\)"),
        ([0.5, 1], r"got 0\.5 at index 0"),
        (np.ma.masked_equal([0, 1], 0), "labels has masked entries"),
    ],
)
def test_labels_of_another_form_are_refused(labels, message):
    potentials = np.array([[0.2, 0.1], [0.3, 0.4]])
    assert rb.readout.accuracies(potentials, [0, 1]) == (1, 1)
    with pytest.raises(rb.InvalidInput, match=message):
        rb.readout.accuracies(potentials, labels)


@pytest.mark.parametrize("v_syn", [1e30, 1e40, 1e50, 1e300])
def test_drives_beyond_single_precision_train_the_conventional_circuit(tiny_dataset, v_syn):
    network = rb.Network.random((6, 5, 3), v_syn=v_syn, scale=2.0)
    conventional = network.on_circuit(math.inf)
    found = network.potentials(tiny_dataset.test_images)
    np.testing.assert_allclose(found, conventional.potentials(tiny_dataset.test_images), atol=1e-6)
    run = rb.train(
        tiny_dataset, small(v_syn=v_syn, hidden=(5,), epochs=1), progress=False, threads=1
    )
    assert np.isfinite(run.metrics["train_loss"]).all()
    v = rb.membrane_potential([[0.2, 0.4]], [[0.5], [0.7]], 5e-324)
    np.testing.assert_allclose(v, [[0.5 * 0.8 + 0.7 * 0.6]])


def test_cosine_schedule_falls_from_its_start_to_nothing():
    rates = [learning_rate("cosine", 0.1, k, 50) for k in range(51)]
    assert rates[0] == 0.1
    assert rates[50] == pytest.approx(0, abs=1e-17)
    assert np.all(np.diff(rates) < 0)
    assert learning_rate("constant", 0.1, 49, 50) == 0.1


@pytest.mark.parametrize("threads", [1, 2])
def test_batches_in_one_go_equal_batches_one_by_one(tiny_dataset, monkeypatch, threads):
    together = Trainer(tiny_dataset, small(), threads=threads)
    together.run_epoch()
    # The same numbers by another optimiser class, which compiled code does not know.
    monkeypatch.setattr(Adam, "fused", False)
    alone = Trainer(tiny_dataset, small(), threads=1)
    alone.run_epoch()
    np.testing.assert_array_equal(together.optimizer.theta, alone.optimizer.theta)
    assert together.optimizer.steps == alone.optimizer.steps == 5
