"""Distributions of spike times on samples whose distribution is known."""

import numpy as np
import pytest

from rcspike_brian import InvalidInput, spike_time
from rcspike_brian.analysis import activity, spike_time_frame, spike_time_histogram


@pytest.fixture(scope="module")
def spikes():
    """Two layers: v uniform in [-0.5, 1.5], and v = 0.25, with one silent and one early neuron."""
    v = np.linspace(-0.5, 1.5, 4000).reshape(400, 10)
    constant = np.tile([0.25, 0.25, -1.0, 2.0], (7, 1))
    return spike_time_frame([spike_time(v), spike_time(constant)])


def test_frame_keeps_every_spike_time():
    times = np.random.default_rng(0).random((3, 4))
    frame = spike_time_frame([times], first_layer=2)
    found = frame.pivot(index="image", columns="neuron", values="t_out").to_numpy()
    np.testing.assert_array_equal(found, times)
    assert set(frame["layer"]) == {2}


def test_fractions(spikes):
    shares = activity(spikes).set_index("layer")
    np.testing.assert_allclose(shares[["silent", "saturated", "active"]].sum(axis=1), 1)
    assert shares.loc[1, "silent"] == pytest.approx(0.25, abs=1e-3)
    assert shares.loc[1, "saturated"] == pytest.approx(0.25, abs=1e-3)
    assert shares.loc[1, "median_t_out"] == pytest.approx(0.5, abs=1e-3)
    assert shares.loc[2, ["silent", "saturated", "never"]].tolist() == [0.25, 0.25, 0.25]
    assert shares.loc[2, "median_t_out"] == 0.75


def test_densities_integrate_to_the_active_fraction(spikes):
    bins = 25
    integral = spike_time_histogram(spikes, bins).groupby("layer")["density"].sum() / bins
    np.testing.assert_allclose(integral, activity(spikes)["active"])


def test_uniform_potentials_have_a_uniform_density(spikes):
    density = spike_time_histogram(spikes, bins=10).query("layer == 1")["density"]
    np.testing.assert_allclose(density, 0.5, atol=5e-3)


def test_histogram_puts_a_spike_into_its_bin(spikes):
    histogram = spike_time_histogram(spikes, bins=10).query("layer == 2 and density > 0")
    assert histogram["t_out"].tolist() == pytest.approx([0.75])
    assert histogram["density"].tolist() == pytest.approx([5.0])


def test_impossible_arguments(spikes):
    with pytest.raises(InvalidInput, match=r"lacks the columns \['layer'\]"):
        activity(spikes.drop(columns="layer"))
    with pytest.raises(InvalidInput, match="no rows"):
        spike_time_histogram(spikes.iloc[:0])
    with pytest.raises(InvalidInput, match="bins must be"):
        spike_time_histogram(spikes, bins=0)
