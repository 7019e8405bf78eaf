"""Voltage dynamics against closed forms of the circuit."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rcspike_brian import Circuit, InvalidInput
from rcspike_brian.analysis import (
    both_phases,
    deviation_from_linear,
    effective_time_constant,
    exact_traces,
    reversal_range_used,
    time_grid,
)

BOTH = [1.0, np.inf]
SPIKE_TIMES = [0.1, 0.35, 0.35, 0.7]
WEIGHTS = np.array([[1.5, -0.5], [-2.0, 1.0], [0.8, 0.0], [2.5, -3.0]])
THREE, OF_THREE = [0.1, 0.4, 0.7], np.array([[1.5, -0.5], [-0.8, 1.0], [0.9, 0.3]])

v_syns = st.floats(0.1, 1e3)
weights = st.floats(-5, 5).filter(lambda w: abs(w) > 1e-3)


@given(t=st.floats(0, 1), w=weights, v_syn=v_syns)
@settings(max_examples=50, deadline=None)
def test_one_synapse_charges_the_capacitor_exponentially(t, w, v_syn):
    traces = exact_traces([t], [[w]], v_syn)
    elapsed = np.maximum(traces["t"] - t, 0)
    expected = np.sign(w) * v_syn * -np.expm1(-abs(w) * elapsed / v_syn)
    np.testing.assert_allclose(traces["v"], expected, rtol=1e-12, atol=1e-14)


def test_infinite_v_syn_is_the_linear_accumulation():
    traces = exact_traces(SPIKE_TIMES, WEIGHTS, np.inf)
    for neuron, trace in traces.groupby("neuron"):
        elapsed = np.maximum(trace["t"].to_numpy()[:, None] - SPIKE_TIMES, 0)
        np.testing.assert_allclose(trace["v"], elapsed @ WEIGHTS[:, neuron], atol=1e-15)
    assert set(traces["model"]) == {"conventional"}


@given(v_syn=v_syns)
@settings(max_examples=20, deadline=None)
def test_inverting_all_weights_inverts_the_potential(v_syn):
    plus = exact_traces(SPIKE_TIMES, WEIGHTS, v_syn)["v"]
    minus = exact_traces(SPIKE_TIMES, -WEIGHTS, v_syn)["v"]
    np.testing.assert_array_equal(plus, -minus)


@pytest.mark.parametrize("v_syn", [0.7, np.inf])
def test_weights_of_one_neuron_may_have_one_axis(v_syn):
    one, column = (exact_traces(SPIKE_TIMES, w, v_syn) for w in (WEIGHTS[:, 0], WEIGHTS[:, :1]))
    pd.testing.assert_frame_equal(one, column)


def test_traces_contain_every_kink():
    assert set(SPIKE_TIMES) <= set(exact_traces(SPIKE_TIMES, WEIGHTS, 1.0)["t"])
    assert np.all(np.diff(time_grid(SPIKE_TIMES)) > 0)


@pytest.mark.parametrize("v_syn", [0.0, -1.0, np.nan, [], [1.0, -2.0]])
def test_traces_refuse_impossible_drive_voltages(v_syn):
    with pytest.raises(InvalidInput, match="v_syn must be"):
        exact_traces([0.5], [[1.0]], v_syn)


def test_deviation_of_one_synapse():
    w, t = 2.0, 0.25
    deviation = deviation_from_linear(exact_traces([t], [[w]], BOTH))
    charge = w * np.maximum(deviation["t"] - t, 0)
    np.testing.assert_allclose(deviation["v_linear"], charge, atol=1e-15)
    np.testing.assert_allclose(deviation["deviation"], -np.expm1(-charge) - charge, atol=1e-14)


def test_deviation_vanishes_in_proportion_to_one_over_v_syn():
    values = [10.0, 100.0, 1000.0]
    deviation = deviation_from_linear(exact_traces(SPIKE_TIMES, WEIGHTS, [*values, np.inf]))
    largest = deviation.groupby("v_syn")["deviation"].agg(lambda d: d.abs().max())
    slopes = np.diff(np.log(largest)) / np.diff(np.log(values))
    assert np.all((slopes > -1.02) & (slopes < -0.9))
    assert slopes[1] == pytest.approx(-1, abs=0.02)


def test_deviation_does_not_need_the_grid_of_the_reference():
    coarse = exact_traces(SPIKE_TIMES, WEIGHTS, np.inf, times=time_grid(SPIKE_TIMES, n=2))
    fine = exact_traces(SPIKE_TIMES, WEIGHTS, 1.0)
    same_grid = deviation_from_linear(exact_traces(SPIKE_TIMES, WEIGHTS, BOTH))
    other_grid = deviation_from_linear(pd.concat([fine, coarse.sample(frac=1, random_state=0)]))
    np.testing.assert_allclose(other_grid["deviation"], same_grid["deviation"], atol=1e-14)


def test_deviation_refuses_traces_without_reference():
    traces = exact_traces([0.5], [[1.0, 1.0]], BOTH)
    incomplete = traces[(traces["model"] == "RC-Spike") | (traces["neuron"] == 0)]
    with pytest.raises(InvalidInput, match="no 'conventional' trace of neuron 1"):
        deviation_from_linear(incomplete)
    with pytest.raises(InvalidInput, match=r"lacks the columns \['phase'\]"):
        deviation_from_linear(traces.drop(columns="phase"))


@given(beta=st.floats(1e-3, 1e2))
@settings(max_examples=20, deadline=None)
def test_time_constant_at_the_end_is_that_of_all_conductances(beta):
    frame = effective_time_constant(SPIKE_TIMES, WEIGHTS, beta)
    last = frame[frame["t"] == 1].set_index("neuron")["time_constant"]
    np.testing.assert_allclose(last, 1 / (beta * np.abs(WEIGHTS).sum(axis=0)), rtol=1e-12)


def test_time_constant_only_shrinks_and_starts_infinite():
    frame = effective_time_constant(SPIKE_TIMES, WEIGHTS, (0.5, 2.0))
    for _, neuron in frame.groupby("neuron"):
        assert np.all(np.diff(neuron["conductance"]) >= 0)
        assert np.isinf(neuron["time_constant"].iloc[0])


def test_potential_relaxes_with_the_time_constant():
    """After the last input spike ln|v - v_inf| falls with slope -1/time constant."""
    times, v_syn = np.linspace(0.75, 1, 5), 0.8
    v = exact_traces(SPIKE_TIMES, WEIGHTS[:, :1], v_syn, times)["v"]
    tau = effective_time_constant(SPIKE_TIMES, WEIGHTS[:, :1], 1 / v_syn, times=times)
    v_inf = WEIGHTS[:, 0].sum() * tau["time_constant"].iloc[0]
    slopes = np.diff(np.log(np.abs(v - v_inf))) / np.diff(times)
    np.testing.assert_allclose(slopes, -tau["conductance"].iloc[0], rtol=1e-9)


def test_time_constant_in_seconds_is_that_of_resistors_and_capacitor():
    circuit = Circuit.normalised((2.0, 0.5))
    conductances = np.asarray(circuit.conductances(WEIGHTS))
    frame = effective_time_constant(SPIKE_TIMES, WEIGHTS, circuit=circuit)
    last = frame[frame["t"] == 1].set_index("neuron")
    expected = float(circuit.C) / np.abs(conductances).sum(axis=0)
    np.testing.assert_allclose(last["time_constant_seconds"], expected, rtol=1e-12)
    np.testing.assert_allclose(last["time"], float(circuit.T))


def test_time_constant_of_a_conventional_circuit_is_infinite():
    frame = effective_time_constant([0.0], [[1.0]], circuit=Circuit.normalised(np.inf))
    assert np.isinf(frame["time_constant"]).all()


def test_time_constant_needs_exactly_one_source_of_beta():
    with pytest.raises(InvalidInput, match="either beta or a circuit"):
        effective_time_constant([0.0], [[1.0]])
    with pytest.raises(InvalidInput, match="either beta or a circuit"):
        effective_time_constant([0.0], [[1.0]], 1.0, circuit=Circuit())


def test_reversal_range_of_one_synapse_each_way():
    used = reversal_range_used(exact_traces([0.0], [[3.0, -3.0]], 2.0))
    share = -np.expm1(-1.5)
    np.testing.assert_allclose(used["used_upper"], [share, 0])
    np.testing.assert_allclose(used["used_lower"], [0, share])
    assert used[["lower", "upper"]].to_numpy().tolist() == [[-2.0, 2.0]] * 2


@given(v_syn=st.floats(0.05, 20), scale=st.floats(0, 30))
@settings(max_examples=30, deadline=None)
def test_potential_never_leaves_the_reversal_range(v_syn, scale):
    used = reversal_range_used(exact_traces(SPIKE_TIMES, scale * WEIGHTS, v_syn))
    shares = used[["used_lower", "used_upper"]].to_numpy()
    # Far beyond the time constant the last digit may round up to the rail itself.
    assert np.all((shares >= 0) & (shares <= 1 + 1e-12))


def test_reversal_range_with_unequal_rails_and_without():
    traces = exact_traces(SPIKE_TIMES, WEIGHTS, BOTH)
    used = reversal_range_used(traces.drop(columns="v_syn"), beta=(0.5, 2.0))
    assert set(used["upper"]) == {2.0}
    assert set(used["lower"]) == {-0.5}
    conventional = reversal_range_used(traces).query("model == 'conventional'")
    assert (conventional[["used_lower", "used_upper"]] == 0).all(axis=None)
    with pytest.raises(InvalidInput, match="give beta"):
        reversal_range_used(traces.drop(columns="v_syn"))


@pytest.mark.parametrize("v_syn", [1.2, np.inf])
@pytest.mark.parametrize("ramp", ["linear", "rc"])
def test_potential_reaches_the_threshold_at_the_spike_time(v_syn, ramp):
    circuit = Circuit.normalised(v_syn) if np.isinf(v_syn) else Circuit.normalised(v_syn, ramp=ramp)
    weights = 0.8 * OF_THREE  # both neurons end between 0 and the threshold
    end = both_phases(THREE, weights, circuit, [1.0])[0]
    at_spikes = both_phases(THREE, weights, circuit, 1 + circuit.spike_time(end))
    np.testing.assert_allclose(np.diag(at_spikes), 1, rtol=1e-12)


def test_potential_has_no_jump_between_the_phases_and_ignores_the_order_of_times():
    circuit = Circuit.normalised(1.0)
    times = [1.5, 0.3, 1.0, np.nextafter(1.0, 2.0)]
    v = both_phases(THREE, OF_THREE, circuit, times)
    np.testing.assert_allclose(v[3], v[2], atol=1e-12)
    np.testing.assert_allclose(v[0], v[2] + 0.5)
    np.testing.assert_array_equal(v[1], both_phases(THREE, OF_THREE, circuit, [0.3])[0])
    np.testing.assert_array_equal(v[:, 0], both_phases(THREE, OF_THREE[:, 0], circuit, times))


def test_traces_name_the_phases():
    traces = exact_traces(THREE, OF_THREE[:, 0], 1.0, times=[0.5, 1.0, 1.5])
    assert traces["phase"].tolist() == ["charging", "charging", "firing"]


@pytest.mark.parametrize("time", [-0.1, 2.1, np.nan])
def test_refuses_times_outside_the_phases(time):
    with pytest.raises(InvalidInput, match=r"times .*must (lie in \[0, 2\]|be finite)"):
        both_phases(THREE, OF_THREE, Circuit(), [0.5, time])
