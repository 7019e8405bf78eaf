"""Plot functions show what the frames say, on the axes they are given."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from rcspike_brian import Circuit, InvalidInput
from rcspike_brian.analysis import (
    MODEL_COLOURS,
    accuracy_table,
    activity,
    deviation_from_linear,
    effective_time_constant,
    exact_traces,
    gradient_check,
    inhibition_curve,
    model_colours,
    plot_accuracy,
    plot_activity,
    plot_convergence,
    plot_deviation,
    plot_gradient_check,
    plot_inhibition,
    plot_membrane_potential,
    plot_raster,
    plot_reversal_range,
    plot_sensitivity,
    plot_spike_times,
    plot_time_constant,
    plot_training,
    plot_transfer_curve,
    plot_transfer_error,
    random_layer,
    raster_frame,
    reversal_range_used,
    spike_time_frame,
    spike_time_histogram,
    transfer_curve,
    transfer_error,
    weight_sensitivity,
)
from rcspike_brian.analysis.palette import v_syn_colours

SPIKE_TIMES, WEIGHTS = [0.2, 0.6], [[1.5, 0.5], [-1.0, 2.0]]


def _traces():
    return exact_traces(SPIKE_TIMES, WEIGHTS, [0.5, 2.0, np.inf])


def _spikes():
    return spike_time_frame(np.random.default_rng(0).uniform(-0.2, 1.2, (2, 9, 5)).clip(0, 1))


def _results():
    rows = [("RC-Spike", v, s, 0.9 + 0.01 * s) for v in (0.5, 0.7, 4.0, np.inf) for s in (0, 1)]
    rows += [("ReLU MLP", np.inf, s, 0.95 + 0.01 * s) for s in (0, 1)]
    frame = pd.DataFrame(rows, columns=["model", "v_syn", "seed", "accuracy"])
    return accuracy_table(frame.assign(dataset="mnist"))


FRAMES = {
    plot_membrane_potential: _traces,
    plot_deviation: lambda: deviation_from_linear(_traces()),
    plot_time_constant: lambda: effective_time_constant(SPIKE_TIMES, WEIGHTS, 1.0),
    plot_reversal_range: lambda: reversal_range_used(_traces()),
    plot_transfer_curve: lambda: transfer_curve(*random_layer(10, 2, 20), [1.0, np.inf]),
    plot_transfer_error: lambda: transfer_error(
        transfer_curve(*random_layer(10, 2, 20), [1.0, 4.0, np.inf])
    ),
    plot_spike_times: lambda: spike_time_histogram(_spikes()),
    plot_activity: lambda: activity(_spikes()),
    plot_accuracy: _results,
    plot_raster: lambda: raster_frame([[0.2, 0.4]])[["t", "neuron"]],
    plot_sensitivity: lambda: weight_sensitivity(SPIKE_TIMES, [1.0, -1.0], [1.0, np.inf]),
    plot_inhibition: lambda: inhibition_curve([0.0, 1.0, 2.0], [0.0, 2.0], e_minus=0.01),
    plot_gradient_check: lambda: gradient_check(SPIKE_TIMES, WEIGHTS, 1.0, [1e-2, 1e-3]),
    plot_training: lambda: pd.DataFrame(
        {"epoch": [1, 2], "train_accuracy": [0.7, 0.9], "test_accuracy": [0.8, 0.88]}
    ),
    plot_convergence: lambda: pd.DataFrame({"layer": 1, "dt": [0.01, 0.005], "rmse": [0.02, 0.01]}),
}


@pytest.fixture
def axes():
    return Figure().subplots()


def _line(axes, label):
    return next(line for line in axes.lines if line.get_label() == label)


@pytest.mark.parametrize(("plot", "frame"), FRAMES.items(), ids=lambda f: f.__name__)
class TestEveryPlot:
    def test_draws_on_the_given_axes_and_names_them(self, plot, frame, axes):
        assert plot(frame(), axes) is axes
        assert axes.get_xlabel()
        assert axes.get_ylabel()
        assert axes.has_data()

    def test_draws_on_the_current_axes_by_default(self, plot, frame):
        plt = pytest.importorskip("matplotlib.pyplot")
        _, current = plt.subplots()
        try:
            assert plot(frame()) is current
        finally:
            plt.close("all")

    def test_leaves_the_frame_alone(self, plot, frame, axes):
        given, copy = frame(), frame()
        plot(given, axes)
        pd.testing.assert_frame_equal(given, copy)

    def test_names_missing_columns(self, plot, frame, axes):
        with pytest.raises(InvalidInput, match="lacks the columns"):
            plot(frame().iloc[:, :1], axes)


def test_traces_are_drawn_as_they_are(axes):
    traces = _traces()
    plot_membrane_potential(traces, axes)
    drawn = [line.get_xydata() for line in axes.lines if len(line.get_xdata()) > 2]
    assert len(drawn) == traces.groupby(["v_syn", "neuron"]).ngroups
    for _, trace in traces.groupby(["v_syn", "neuron"]):
        assert any(np.array_equal(line, trace[["t", "v"]]) for line in drawn)
    assert [text.get_text() for text in axes.get_legend().texts] == ["0.5", "2", "∞"]


def test_keywords_reach_the_library(axes):
    plot_deviation(deviation_from_linear(_traces()), axes, linewidth=3.25)
    assert 3.25 in {line.get_linewidth() for line in axes.lines}


def test_time_constant_in_seconds(axes):
    frame = effective_time_constant(SPIKE_TIMES, WEIGHTS, circuit=Circuit())
    plot_time_constant(frame, axes)
    axes.figure.draw_without_rendering()
    assert "200 ns" in {text.get_text() for text in axes.get_xticklabels()}
    assert "500 ns" in {text.get_text() for text in axes.get_yticklabels()}
    assert axes.get_yscale() == "log"
    last = [line.get_ydata()[-1] for line in axes.lines]
    np.testing.assert_allclose(sorted(last), [1e-6 / 2.5, 1e-6 / 2.5])


def test_transfer_error_is_a_line_of_slope_minus_one_and_leaves_infinity_out(axes):
    errors = transfer_error(transfer_curve(*random_layer(10, 2, 20), [1e3, 1e4, np.inf]))
    plot_transfer_error(errors, axes)
    x, y = axes.lines[0].get_data()
    assert (axes.get_xscale(), axes.get_yscale(), len(x)) == ("log", "log", 2)
    assert np.diff(np.log(y)) / np.diff(np.log(x)) == pytest.approx(-1, abs=0.01)


def test_activity_bars_are_as_high_as_the_fractions(axes):
    shares = activity(_spikes())
    plot_activity(shares, axes)
    heights = [[bar.get_height() for bar in container] for container in axes.containers]
    np.testing.assert_allclose(heights, shares[["silent", "active", "saturated"]].T)


def test_reference_line_and_band(axes):
    plot_accuracy(_results(), axes)
    line = _line(axes, "ReLU MLP")
    np.testing.assert_allclose(line.get_ydata(), 0.955)
    assert to_hex(line.get_color()) == MODEL_COLOURS["ReLU MLP"]
    band = next(patch for patch in axes.patches if to_hex(patch.get_facecolor()) == "#4d4d4d")
    low, high = band.get_extents().transformed(axes.transData.inverted()).intervaly
    std = 0.01 / np.sqrt(2)
    assert (low, high) == pytest.approx((0.955 - std, 0.955 + std))


def test_curve_has_error_bars_and_infinity_on_the_right(axes):
    plot_accuracy(_results(), axes)
    finite, infinite = axes.containers
    assert list(finite.lines[0].get_xdata()) == [0.5, 0.7, 4.0]
    assert list(infinite.lines[0].get_xdata()) == [8.0]
    segment = finite.lines[2][0].get_segments()[0]
    assert np.ptp(segment[:, 1]) == pytest.approx(2 * 0.01 / np.sqrt(2))
    axes.figure.draw_without_rendering()
    labels = [text.get_text() for text in axes.get_xticklabels()]
    assert labels == ["0.5", "4", "∞"]


def test_without_a_curve_to_infinity_there_is_no_such_tick(axes):
    table = _results().query("model == 'ReLU MLP' or v_syn < 10")
    plot_accuracy(table, axes)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0.5", "4"]


def test_single_seeds_have_no_bars(axes):
    table = _results().assign(std=np.nan)
    plot_accuracy(table, axes)
    assert not axes.patches
    segments = axes.containers[0].lines[2][0].get_segments()
    assert all(not np.isfinite(segment).all() or len(segment) < 2 for segment in segments)


def test_colours_differ_and_stay():
    colours = model_colours(["RC-Spike", "ReLU MLP", "mine", "yours"])
    assert len(set(colours.values())) == 4
    assert colours["RC-Spike"] == MODEL_COLOURS["RC-Spike"]
    drives = v_syn_colours([4.0, np.inf, 0.5, 4.0])
    assert list(drives) == [0.5, 4.0, np.inf]
    assert len(set(drives.values())) == 3


def test_many_series_have_a_colour_each_and_a_legend_beside():
    layers = range(1, 13)
    rows = [{"layer": k, "dt": dt, "rmse": k * dt} for k in layers for dt in (0.01, 0.005)]
    axes = plot_convergence(pd.DataFrame(rows), Figure(layout="constrained").subplots())
    lines = [line for line in axes.lines if len(line.get_xdata()) == 2 and line.get_label()]
    assert len({to_hex(line.get_color()) for line in lines[: len(layers)]}) == len(layers)
    axes.figure.draw_without_rendering()
    assert axes.get_legend().get_window_extent().x0 >= axes.bbox.x1


def test_dots_of_a_legend_can_be_told_apart():
    """Points of a cloud are small and faint; the ones that name it are not."""
    curve = transfer_curve(*random_layer(samples=5), [1, 8])
    axes = plot_transfer_curve(curve, Figure().subplots())
    for handle in axes.get_legend().legend_handles:
        assert handle.get_alpha() == 1
        assert handle.get_markersize() >= 6


def test_neurons_are_counted_in_whole_numbers():
    axes = plot_raster(raster_frame([[0.2, 0.4, 0.1]]), Figure().subplots())
    assert all(float(tick).is_integer() for tick in axes.get_yticks())
