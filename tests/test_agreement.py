"""Agreement of spike times and labels, and the order in dt."""

import numpy as np
import pandas as pd
import pytest

from rcspike_brian import InvalidInput
from rcspike_brian.analysis import (
    combine_agreement,
    convergence_order,
    label_agreement,
    phase_frame,
    raster_frame,
    spike_time_agreement,
)


def random_layers(seed, images=7):
    rng = np.random.default_rng(seed)
    return [np.clip(rng.normal(0.7, 0.4, (images, n)), 0, 1) for n in (5, 3)]


def test_difference_is_taken_where_either_spikes():
    simulated = [np.array([[0.0, 0.5, 1.0, 1.0]])]
    exact = [np.array([[0.1, 0.5, 0.8, 1.0]])]
    row = spike_time_agreement(simulated, exact).iloc[0]
    assert (row.pairs, row.spiking, row.only_exact, row.only_simulated) == (4, 3, 1, 0)
    assert row.rmse == pytest.approx(np.sqrt((0.1**2 + 0.2**2) / 3))
    assert row.max_difference == pytest.approx(0.2)
    swapped = spike_time_agreement(exact, simulated).iloc[0]
    assert (swapped.only_simulated, swapped.rmse) == (1, row.rmse)


def test_parts_combine_to_the_whole():
    one, other = random_layers(0), random_layers(1)
    whole = spike_time_agreement(one, other)
    parts = [
        spike_time_agreement([a[rows] for a in one], [b[rows] for b in other])
        for rows in (slice(0, 2), slice(2, 6), slice(6, 7))
    ]
    pd.testing.assert_frame_equal(combine_agreement(parts), whole)


def test_layer_without_spikes_agrees_with_itself():
    silent = [np.ones((2, 3))]
    row = combine_agreement([spike_time_agreement(silent, silent)] * 2).iloc[0]
    assert (row.spiking, row.rmse, row.max_difference) == (0, 0, 0)


def test_labels_follow_the_first_spike_and_ties_are_no_label():
    exact = [[0.4, 0.3, 1.0], [1.0, 1.0, 1.0], [0.2, 0.2, 0.9]]
    simulated = [[0.3, 0.4, 1.0], [1.0, 1.0, 0.99], [0.2, 0.2, 0.9]]
    frame = label_agreement(simulated, exact, first=10)
    assert frame.image.tolist() == [10, 11, 12]
    assert frame.simulated.tolist() == [0, 2, -1]
    assert frame.exact.tolist() == [1, -1, -1]
    assert frame.agrees.tolist() == [False, False, True]
    np.testing.assert_allclose(frame.gap, [0.1, 0, 0])


def test_shapes_must_agree():
    with pytest.raises(InvalidInput, match=r"\(2, 3\).*\(2, 4\).*equal shapes"):
        spike_time_agreement([np.ones((2, 3))], [np.ones((2, 4))])
    with pytest.raises(InvalidInput, match="equal shapes"):
        spike_time_agreement([np.ones((2, 3))], [np.ones((2, 3))] * 2)


@pytest.mark.parametrize("order", [1.0, 2.0])
def test_order_is_the_slope_in_a_log_log_plot(order):
    dt = np.array([0.01, 0.005, 0.002])
    frames = [pd.DataFrame({"layer": l, "dt": dt, "rmse": l * dt**order}) for l in (1, 2)]
    found = convergence_order(pd.concat(frames))
    assert found.layer.tolist() == [1, 2]
    np.testing.assert_allclose(found.order, order)
    with pytest.raises(InvalidInput, match="at least two values of dt"):
        convergence_order(frames[0][:1])


def test_raster_places_layers_one_after_another():
    frame = raster_frame([[0.0, 1.0], [0.5], [1.0]])
    assert frame.columns.tolist() == ["layer", "neuron", "t"]
    assert frame.values.tolist() == [[0, 0, 0.0], [1, 0, 1.5]]


def test_raster_places_images_one_period_apart_and_every_spike_in_its_firing_phase():
    layers, period = random_layers(0), 2.5
    frame = raster_frame(layers, period)
    assert len(frame) == sum((times < 1).sum() for times in layers)
    alone = [raster_frame([times[k] for times in layers]).assign(image=k) for k in range(7)]
    moved = pd.concat([one.assign(t=one["t"] + period * one["image"]) for one in alone])
    order = ["image", "layer", "neuron"]
    pd.testing.assert_frame_equal(
        frame.sort_values(order, ignore_index=True),
        moved.sort_values(order, ignore_index=True)[frame.columns],
    )
    phases = phase_frame(1, images=7, period=period)
    firing = phases[phases["phase"] == "firing"].drop(columns="phase")
    inside = frame.merge(firing, on=["image", "layer"])
    assert len(inside) == (layers[1] < 1).sum()
    assert inside["t"].between(inside["start"], inside["end"]).all()


def test_raster_refuses_layers_of_different_images():
    with pytest.raises(InvalidInput, match=r"\(images, n_l\), got \[\(2, 3\), \(3,\)\]"):
        raster_frame([np.ones((2, 3)), np.ones(3)])
    with pytest.raises(InvalidInput, match="got \\[\\]"):
        raster_frame([])
