"""The transfer curve turns into a multiply-accumulate as V_syn grows."""

import numpy as np
import pandas as pd
import pytest

from rcspike_brian import InvalidInput
from rcspike_brian.analysis import (
    inhibition_curve,
    random_layer,
    transfer_curve,
    transfer_error,
    weight_sensitivity,
)


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


def test_one_sample_and_one_neuron_may_have_one_axis():
    one, both = (
        transfer_curve([0.2, 0.6], [1.5, -1], 2.0),
        transfer_curve([[0.2, 0.6]], [[1.5], [-1]], 2.0),
    )
    pd.testing.assert_frame_equal(one, both)


@pytest.mark.parametrize("v_syn", [0.8, np.inf])
def test_sensitivity_is_the_slope_of_the_end_potential(v_syn):
    times, weights, step = np.array([0.1, 0.4, 0.8]), np.array([1.5, -0.7, 0.9]), 1e-5
    found = weight_sensitivity(times, weights, v_syn)["sensitivity"]
    for j, slope in enumerate(found):
        moved = [weights + sign * step * (np.arange(3) == j) for sign in (1, -1)]
        up, down = (transfer_curve(times, w, v_syn)["v"].item() for w in moved)
        assert slope == pytest.approx((up - down) / (2 * step), rel=1e-7)


def test_inhibition_is_the_closed_form_of_two_conductances():
    excitation, inhibition, e_minus, e_plus = np.array([0.5, 2.0]), [0.5, 3.0], [0.01, 2.0], 1.5
    curve = inhibition_curve(excitation, inhibition, e_minus, e_plus)
    total = curve["excitation"] + curve["inhibition"]
    rest = curve["excitation"] * e_plus - curve["inhibition"] * curve["e_minus"]
    np.testing.assert_allclose(curve["v"], -np.expm1(-total) * rest / total, rtol=1e-12)
    assert len(curve) == 8


def test_impossible_arguments():
    with pytest.raises(InvalidInput, match="inhibition must be numbers >= 0"):
        inhibition_curve([1.0], -1.0, 1.0)
    with pytest.raises(InvalidInput, match="e_minus and e_plus must be > 0"):
        inhibition_curve([1.0], 1.0, 0.0)
    with pytest.raises(InvalidInput, match="v_syn must be"):
        transfer_curve([[0.5]], [[1.0]], 0)
    with pytest.raises(InvalidInput, match="samples must be"):
        random_layer(samples=0)
    with pytest.raises(InvalidInput, match=r"lacks the columns \['mac'\]"):
        transfer_error(transfer_curve([[0.5]], [[1.0]], 1.0).drop(columns="mac"))
