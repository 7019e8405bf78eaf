"""The exact potential of both phases, against closed forms and the spike time."""

import numpy as np
import pytest

from rcspike_brian import Circuit, InvalidInput
from rcspike_brian.analysis import exact_traces
from rcspike_brian.trajectory import both_phases

SPIKE_TIMES, WEIGHTS = [0.1, 0.4, 0.7], np.array([[1.5, -0.5], [-0.8, 1.0], [0.9, 0.3]])


@pytest.mark.parametrize("v_syn", [1.2, np.inf])
@pytest.mark.parametrize("ramp", ["linear", "rc"])
def test_reaches_the_threshold_at_the_spike_time(v_syn, ramp):
    circuit = Circuit.normalised(v_syn) if np.isinf(v_syn) else Circuit.normalised(v_syn, ramp=ramp)
    weights = 0.8 * WEIGHTS  # both neurons end between 0 and the threshold
    end = both_phases(SPIKE_TIMES, weights, circuit, [1.0])[0]
    at_spikes = both_phases(SPIKE_TIMES, weights, circuit, 1 + circuit.spike_time(end))
    np.testing.assert_allclose(np.diag(at_spikes), 1, rtol=1e-12)


def test_has_no_jump_between_the_phases_and_ignores_the_order_of_times():
    circuit = Circuit.normalised(1.0)
    times = [1.5, 0.3, 1.0, np.nextafter(1.0, 2.0)]
    v = both_phases(SPIKE_TIMES, WEIGHTS, circuit, times)
    np.testing.assert_allclose(v[3], v[2], atol=1e-12)
    np.testing.assert_allclose(v[0], v[2] + 0.5)
    np.testing.assert_array_equal(v[1], both_phases(SPIKE_TIMES, WEIGHTS, circuit, [0.3])[0])
    np.testing.assert_array_equal(v[:, 0], both_phases(SPIKE_TIMES, WEIGHTS[:, 0], circuit, times))


def test_traces_name_the_phases():
    traces = exact_traces(SPIKE_TIMES, WEIGHTS[:, 0], 1.0, times=[0.5, 1.0, 1.5])
    assert traces["phase"].tolist() == ["charging", "charging", "firing"]


@pytest.mark.parametrize("time", [-0.1, 2.1, np.nan])
def test_refuses_times_outside_the_phases(time):
    with pytest.raises(InvalidInput, match=r"times must lie in \[0, 2\]"):
        both_phases(SPIKE_TIMES, WEIGHTS, Circuit(), [0.5, time])
