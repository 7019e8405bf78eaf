"""The moving average of the weights, and the noise of output comparators, in training."""

import numpy as np
import pandas as pd
import pytest

import rcspike_brian as rb
from rcspike_brian.core.loss import batch_loss
from rcspike_brian.network import Network
from rcspike_brian.training import Trainer
from rcspike_brian.training.averaging import MovingAverage
from rcspike_brian.training.run import CHECKPOINT

SETTINGS = {"hidden": (8, 7), "batch_size": 7, "epochs": 3, "learning_rate": 1e-2, "averaging": 0.7}


def train(dataset, **options):
    own = {
        name: options.pop(name) for name in ("model", "out", "pause", "resume") if name in options
    }
    own["threads"] = options.pop("threads", 1)
    return rb.train(dataset, rb.TrainingConfig(**{**SETTINGS, **options}), progress=False, **own)


def checkpoint(folder):
    with np.load(folder / CHECKPOINT) as archive:
        return {name: archive[name] for name in ("theta", "average", "first_moment")}


def test_average_in_closed_form():
    """Weights exp(-age/horizon), normalised, whenever the average takes them in."""
    rng, horizon, steps = np.random.default_rng(0), 3.0, np.array([1, 3, 4, 9])
    thetas = rng.normal(size=(4, 5))
    average, before = MovingAverage(rng.normal(size=5), horizon), 0
    for theta, after in zip(thetas, steps, strict=True):
        average.update(theta, before, after)
        before = after
    # The theta after some steps stands for all steps since the one before.
    ends = np.exp((steps - 9) / horizon)
    shares = ends - np.exp((np.append(0, steps[:-1]) - 9) / horizon)
    np.testing.assert_allclose(average.weights, shares @ thetas / shares.sum(), rtol=1e-13)


def test_average_of_a_straight_line_lags_by_the_horizon():
    """The mean age of exponential weights is the horizon."""
    average = MovingAverage(np.zeros(1), horizon := 20)
    for step in range(1000):
        average.update(np.array([step + 1.0]), step, step + 1)
    mean_age = 1 / np.expm1(1 / horizon)
    assert average.weights[0] == pytest.approx(1000 - mean_age, rel=1e-12)


@pytest.mark.parametrize("horizon", [1e-3, 1e9])
def test_short_average_is_the_last_network_and_long_average_the_mean(tiny_dataset, horizon):
    config = rb.TrainingConfig(**{**SETTINGS, "averaging": horizon})
    trainer, thetas = Trainer(tiny_dataset, config, threads=1), []
    for _ in range(3):
        trainer.run_epoch()
        thetas.append(trainer.optimizer.theta.copy())
    expected = thetas[-1] if horizon < 1 else np.mean(thetas, axis=0)  # an epoch is one call
    network = trainer.network_of(expected)
    for w, mean in zip(trainer.network.weights, network.weights, strict=True):
        np.testing.assert_allclose(w, mean, atol=1e-6)


def test_training_does_not_see_the_average(tiny_dataset, tmp_path):
    config = rb.TrainingConfig(**SETTINGS)
    plain = Trainer(tiny_dataset, rb.TrainingConfig(**{**SETTINGS, "averaging": 0}))
    averaged = Trainer(tiny_dataset, config)
    for _ in range(3):
        rows = plain.run_epoch(), averaged.run_epoch()
    np.testing.assert_array_equal(plain.optimizer.theta, averaged.optimizer.theta)
    assert rows[0]["train_loss"] == rows[1]["train_loss"]
    assert not np.array_equal(plain.network.weights[0], averaged.network.weights[0])


@pytest.mark.parametrize("model", ["rc-spike", "relu-mlp"])
def test_average_is_saved_and_resumes_with_the_same_bits(tiny_dataset, tmp_path, model):
    whole = train(tiny_dataset, model=model, out=tmp_path / "whole", shards=3, threads=2)
    train(tiny_dataset, model=model, out=tmp_path / "parts", shards=3, pause=lambda: True)
    assert len(pd.read_csv(tmp_path / "parts" / "metrics.csv")) == 1
    how = {"model": model, "resume": True, "out": tmp_path / "parts", "shards": 3}
    resumed = train(tiny_dataset, **how, threads=3)
    for name, vector in checkpoint(tmp_path / "whole").items():
        np.testing.assert_array_equal(vector, checkpoint(tmp_path / "parts")[name])
    for w, same in zip(whole.network.weights, resumed.network.weights, strict=True):
        np.testing.assert_array_equal(w, same)
    if model == "rc-spike":
        saved = Network.load(tmp_path / "parts" / "network.npz")
        np.testing.assert_array_equal(saved.weights[0], whole.network.weights[0])
        found = rb.evaluate(saved, tiny_dataset)["accuracy"]
        assert found == whole.metrics["test_accuracy"].iloc[-1]


def test_average_of_steps_that_jump_about_has_the_lower_loss():
    """At a high constant rate the last network is wherever the last batches put it."""
    iris = rb.load_dataset("iris")
    how = {"epochs": 40, "batch_size": 4, "learning_rate": 0.05, "schedule": "constant"}
    losses = []
    for averaging in (0.0, 5.0):
        network = train(iris, **how, averaging=averaging, noise=0.0).network
        v = network.potentials(iris.train_images).astype(float)
        labels = iris.train_labels.astype(np.int64)
        losses.append(batch_loss(v, labels, rb.TrainingConfig().loss)[0].mean())
    last, mean = losses
    assert mean < last


@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_output_noise_has_the_statistics_that_it_is_said_to_have(tiny_dataset, noise):
    config = rb.TrainingConfig(**SETTINGS, noise=noise, output_noise=0.03)
    trainer = Trainer(tiny_dataset, config)
    drawn = trainer._noise(np.random.default_rng(0), 20_000)
    assert drawn.shape == (20_000, 8 + 7 + 3)
    np.testing.assert_allclose(drawn[:, :15].std(axis=0), noise, rtol=0.03)
    np.testing.assert_allclose(drawn[:, 15:].std(axis=0), 0.03, rtol=0.03)
    np.testing.assert_allclose(drawn.mean(axis=0), 0, atol=0.001)


def test_output_noise_widens_the_margin(tiny_dataset):
    """What the first output spike is ahead of the second, against what the noise calls for."""
    margins = []
    for output_noise in (0.0, 0.1):
        how = {"epochs": 150, "averaging": 0, "temperature": 0.02, "window": 0.0}
        network = train(tiny_dataset, **how, output_noise=output_noise).network
        v = np.sort(network.potentials(tiny_dataset.train_images), axis=1)
        margins.append(np.median(v[:, -1] - v[:, -2]))
    quiet, noisy = margins
    assert noisy > 1.5 * quiet


def test_optimisers_of_scipy_refuse_both(tiny_dataset):
    for setting in ({"averaging": 2.0}, {"averaging": 0.0, "output_noise": 0.1}):
        with pytest.raises(rb.InvalidInput, match="would change it"):
            train(tiny_dataset, optimizer="l-bfgs", **setting)
