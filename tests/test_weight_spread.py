"""Training with the spread of devices in the loop."""

import numpy as np
import pytest

from rcspike_brian import InvalidInput, TrainingConfig, load_dataset, train
from rcspike_brian.core.devices import log_normal_factors
from rcspike_brian.optimizers import Adam
from rcspike_brian.training import Trainer
from rcspike_brian.training.distortion import device_spread
from rcspike_brian.training.run import restore_checkpoint, save_checkpoint


def test_factors_have_mean_one_and_the_spread_asked_for():
    factors = log_normal_factors(np.random.default_rng(1), 0.3, 400_000, np.float64)
    assert factors.mean() == pytest.approx(1, abs=4 * 0.31 / np.sqrt(400_000))
    assert np.log(factors).std() == pytest.approx(0.3, rel=0.01)


def test_gradient_follows_the_chain_rule():
    """Of a loss sum w_eff^3/3, with respect to the programmed weights."""
    adam = Adam(np.linspace(-1, 1, 32), 2)
    programmed = adam.theta.copy()
    with device_spread(adam, 0.2, np.random.default_rng(0)):
        effective = adam.theta.copy()
        adam.gradients[1] = effective**2
    factors = log_normal_factors(np.random.default_rng(0), 0.2, 32, np.float64)
    np.testing.assert_allclose(effective, programmed * factors)
    np.testing.assert_array_equal(adam.theta, programmed)
    np.testing.assert_allclose(adam.gradients[1], programmed**2 * factors**3)


def test_no_spread_changes_nothing_and_spread_is_reproducible(tmp_path):
    data = load_dataset("mnist", subset="bundled")
    settings = {"hidden": (12,), "epochs": 1}
    plain = train(data, TrainingConfig(**settings), progress=False)
    runs = [
        train(data, TrainingConfig(**settings, weight_spread=s), progress=False, threads=n)
        for s, n in ((0.0, 1), (0.2, 1), (0.2, 2))
    ]
    np.testing.assert_array_equal(plain.network.weights[0], runs[0].network.weights[0])
    np.testing.assert_array_equal(runs[1].network.weights[0], runs[2].network.weights[0])
    assert not np.array_equal(plain.network.weights[0], runs[1].network.weights[0])


def test_training_goes_on_where_it_stopped(tmp_path):
    """Each epoch draws its own chips, so a resumed run has the same bits."""
    data = load_dataset("mnist", subset="bundled")
    config = TrainingConfig(hidden=(10,), epochs=2, weight_spread=0.1)
    whole = Trainer(data, config)
    whole.run_epoch(), whole.run_epoch()
    first, second = Trainer(data, config), Trainer(data, config)
    first.run_epoch()
    save_checkpoint(tmp_path / "c.npz", first)
    restore_checkpoint(tmp_path / "c.npz", second)
    second.run_epoch()
    np.testing.assert_array_equal(whole.optimizer.theta, second.optimizer.theta)


def test_a_negative_spread_is_refused():
    with pytest.raises(InvalidInput, match=r"weight_spread must be .* >= 0"):
        TrainingConfig(weight_spread=-0.1)
