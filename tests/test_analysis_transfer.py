"""The transfer curve turns into a multiply-accumulate as V_syn grows."""

import numpy as np
import pytest

from rcspike_brian import InvalidInput
from rcspike_brian.analysis import random_layer, transfer_curve, transfer_error


@pytest.fixture(scope="module")
def layer():
    return random_layer(n_in=40, n_out=5, samples=30, seed=3)


def test_random_layer_depends_on_the_seed_alone(layer):
    again = random_layer(n_in=40, n_out=5, samples=30, seed=3)
    for first, second in zip(layer, again, strict=True):
        np.testing.assert_array_equal(first, second)
    assert not np.array_equal(layer[1], random_layer(n_in=40, n_out=5, samples=30, seed=4)[1])


def test_infinite_v_syn_multiplies_and_accumulates(layer):
    times, weights = layer
    curve = transfer_curve(times, weights, np.inf)
    np.testing.assert_array_equal(curve["v"], curve["mac"])
    expected = (1 - times) @ weights
    found = curve.pivot(index="sample", columns="neuron", values="mac").to_numpy()
    np.testing.assert_allclose(found, expected, atol=1e-13)


def test_deviation_is_of_first_order_in_one_over_v_syn(layer):
    values = np.array([50.0, 200.0, 800.0, 3200.0])
    errors = transfer_error(transfer_curve(*layer, values))
    slopes = np.diff(np.log(errors["rms"])) / np.diff(np.log(values))
    assert np.all((slopes > -1.01) & (slopes < -0.9))
    assert slopes[-1] == pytest.approx(-1, abs=0.005)


def test_first_order_term_of_one_synapse():
    """v = (1 - exp(-b m))/b = m - b m^2/2 + O(b^2)."""
    curve = transfer_curve([[0.2], [0.6]], [[1.5]], 1e4)
    scaled = (curve["v"] - curve["mac"]) * curve["v_syn"]
    np.testing.assert_allclose(scaled, -(curve["mac"] ** 2) / 2, rtol=1e-3)


def test_error_of_known_points():
    curve = transfer_curve([[0.0], [0.5]], [[1.0]], 1.0)
    v, mac = -np.expm1([-1, -0.5]), np.array([1.0, 0.5])
    error = transfer_error(curve).iloc[0]
    assert error["rms"] == pytest.approx(np.sqrt(np.mean((v - mac) ** 2)))
    assert error["largest"] == pytest.approx(np.exp(-1))
    assert error["slope"] == pytest.approx(v @ mac / (mac @ mac))
    assert error["n"] == 2


def test_compression_grows_as_v_syn_falls(layer):
    errors = transfer_error(transfer_curve(*layer, [0.5, 1, 2, 4, 8, np.inf]))
    assert errors["slope"].is_monotonic_increasing
    assert errors["slope"].iloc[-1] == pytest.approx(1)
    assert errors["rms"].is_monotonic_decreasing


def test_impossible_arguments():
    with pytest.raises(InvalidInput, match="v_syn must be"):
        transfer_curve([[0.5]], [[1.0]], 0)
    with pytest.raises(InvalidInput, match="samples must be"):
        random_layer(samples=0)
    with pytest.raises(InvalidInput, match=r"lacks the columns \['mac'\]"):
        transfer_error(transfer_curve([[0.5]], [[1.0]], 1.0).drop(columns="mac"))
