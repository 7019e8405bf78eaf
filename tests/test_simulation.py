"""simulate and compare: physics against the exact solution, frames, refusals, the user's Brian2."""

import doctest
import gc
import os
import stat
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from threading import Event
from time import sleep

import numpy as np
import pandas as pd
import pytest
from brian2.devices import reset_device
from brian2.only import (
    Clock,
    NeuronGroup,
    StateMonitor,
    defaultclock,
    get_device,
    magic_network,
    prefs,
    seed,
    set_device,
)
from brian2.only import run as brian_run
from brian2.units import mV, nS, second, us, volt
from brian2.units.allunits import nsecond as ns
from brian2.utils.logger import catch_logs
from matplotlib.figure import Figure
from scipy.integrate import solve_ivp

from rcspike_brian import Circuit, CompilerError, InvalidInput, membrane_potential, simulate
from rcspike_brian.core.reference import trajectory
from rcspike_brian.diodes import Diode
from rcspike_brian.equations import neuron_equations, redefine
from rcspike_brian.example import SPIKE_TIMES, WEIGHTS
from rcspike_brian.ramps import Ramp
from rcspike_brian.simulation import compare

devices = import_module("brian2.devices.device")

COARSE = Circuit().T / 100
CIRCUITS = {
    "unit": Circuit(),
    "conventional": Circuit(kind="conventional"),
    "conventional, unequal rails": Circuit(V_syn=(1 * volt, 2 * volt), kind="conventional"),
    "unequal rails and diode drop": Circuit(V_syn=(2 * volt, 1 * volt), V_d=0.2 * volt),
    "resistive ramp": Circuit.normalised(1.5, V_th=0.8 * volt, ramp="rc"),
    "conventional with resistive ramp": Circuit.normalised(2, kind="conventional", ramp="rc"),
    "sky130": Circuit.sky130(),
}


pytestmark = pytest.mark.usefixtures("numpy_codegen")


def random_layer(seed=0, n_in=12, n_out=6, scale=0.5):
    rng = np.random.default_rng(seed)
    return rng.random(n_in), rng.normal(scale / 4, scale, (n_in, n_out))


def exact(circuit, spike_times, weights):
    v = membrane_potential(np.asarray(spike_times)[None], weights, circuit.beta)[0]
    return v, circuit.spike_time(v)


@pytest.mark.parametrize("circuit", CIRCUITS.values(), ids=CIRCUITS)
def test_agrees_with_the_exact_solution_up_to_the_time_step(circuit):
    spike_times, weights = random_layer()
    result = simulate(circuit, spike_times, weights)
    v, t_out = exact(circuit, spike_times, weights)
    # Each input is at most one step late, and Euler's error is of the same order.
    np.testing.assert_allclose(result.v_end, v, atol=2e-3)
    np.testing.assert_allclose(result.t_out, t_out, atol=5e-3)


@pytest.mark.parametrize("circuit", CIRCUITS.values(), ids=CIRCUITS)
def test_trace_follows_the_exact_trajectory_while_charging(circuit):
    spike_times, weights = random_layer(1)
    traces = simulate(circuit, spike_times, weights).traces
    charging = traces[traces.phase == "charging"].pivot(index="t", columns="neuron", values="v")
    reference = trajectory(spike_times, weights, circuit.beta, charging.index)
    np.testing.assert_allclose(charging, reference, atol=4e-3)


@pytest.mark.parametrize("ramp", ["linear", "rc"])
def test_trace_follows_the_ramp_while_firing(ramp):
    circuit = Circuit.normalised(2.0, ramp=ramp)
    result = simulate(circuit, [0.0], [[0.4, 0.0, -0.6]])
    traces = result.traces.pivot(index="t", columns="neuron", values="v")
    firing = traces.loc[1.0:]
    since = firing.index.to_numpy() - 1
    for neuron, v in enumerate(result.v_end):
        lifted = v + since if ramp == "linear" else 2 - (2 - v) * 0.5**since
        before = since < result.t_out[neuron] - 1e-9
        np.testing.assert_allclose(firing[neuron][before], lifted[before], atol=1e-3)
    # After its spike neuron 0 rests; the one at v = 0 reaches the threshold only at the very end.
    after = since > result.t_out[0] + 1e-9
    assert (firing[0][after] == 0).all()
    assert result.spikes.neuron.tolist() == [0]


def test_spikes_on_the_time_grid_are_exact_in_the_conventional_circuit():
    circuit = Circuit(kind="conventional")
    spike_times = np.array([0.0, 0.07, 0.31, 0.99, 1.0])
    weights = np.array([[0.5], [0.7], [-1.1], [2.0], [5.0]])
    result = simulate(circuit, spike_times, weights, dt=COARSE)
    assert result.v_end[0] == pytest.approx(((1 - spike_times) @ weights)[0], abs=1e-12)


def test_membrane_starts_at_rest_without_nan_before_the_first_spike():
    result = simulate(Circuit(), [0.8, 0.9], [[1.0], [-2.0]])
    v = result.traces.v.to_numpy()
    assert not result.traces.isna().any().any()
    assert (v[result.traces.t < 0.8] == 0).all()
    assert v[801] > 0


def test_spikes_happen_at_most_once_and_by_the_rule_of_the_phase():
    # v(T): 1.5, exactly 1, 0.25, 0, without input, negative, and 0 after going up and down.
    weights = [[1.5, 1.0, 0.25, 0.0, 0.0, -0.5, 1.0], [0, 0, 0, 0, 0, 0, -2.0]]
    result = simulate(Circuit(kind="conventional"), [0.0, 0.5], weights, dt=COARSE)
    assert result.spikes.neuron.tolist() == [0, 1, 2]
    np.testing.assert_allclose(result.spikes.t_out[[0, 2]], [0, 0.75], atol=1e-12)
    assert result.spikes.t_out[1] <= 0.01 + 1e-12  # 1 minus rounding may take one more step
    np.testing.assert_allclose(result.t_out[3:], 1.0)


def test_input_at_the_end_of_the_window_is_none():
    with_silent = simulate(Circuit(), [0.2, 1.0], [[0.7], [50.0]], dt=COARSE)
    alone = simulate(Circuit(), [0.2], [[0.7]], dt=COARSE)
    pd.testing.assert_frame_equal(with_silent.traces, alone.traces)


@pytest.mark.parametrize("V_0", [None, [0.9, -0.4, 1.7, -1.3, 0.0, 3.0]])
@pytest.mark.parametrize(
    "name", ["unit", "unequal rails and diode drop", "resistive ramp", "sky130"]
)
def test_single_diodes_and_summed_conductances_agree(name, V_0):
    spike_times, weights = random_layer(2)
    single, summed = (
        simulate(CIRCUITS[name], spike_times, weights, synapses=form, V_0=V_0, dt=COARSE)
        for form in ("individual", "summed")
    )
    np.testing.assert_allclose(single.traces.v, summed.traces.v, atol=1e-12)
    pd.testing.assert_frame_equal(single.spikes, summed.spikes)


@pytest.mark.parametrize("synapses", ["summed", "individual"])
def test_diodes_keep_a_pre_charged_capacitor_from_discharging_into_its_lines(synapses):
    circuit = Circuit(V_syn=(1 * volt, 0.5 * volt))
    weights = [[3.0, 0.0, 3.0], [0.0, -3.0, -0.5]]
    result = simulate(circuit, [0.0, 0.0], weights, V_0=[1.4, -0.7, 1.4], synapses=synapses)
    # Blocked: above the positive rail, and below the negative one.
    np.testing.assert_array_equal(result.v_end[:2], [1.4, -0.7])
    # Both lines on: only the negative one pulls (w- = 0.5, beta- = 2) until V = 1; then both.
    crossing = np.log((1.4 + 0.5) / (1 + 0.5)) / 1.0
    balance = (3 - 0.5) / (3 + 1)
    end = balance + (1 - balance) * np.exp(-4 * (1 - crossing))
    assert result.v_end[2] == pytest.approx(end, abs=2e-3)


@pytest.mark.parametrize("synapses", ["summed", "individual"])
def test_exchanging_the_signs_mirrors_the_membrane_potential(synapses):
    spike_times, weights = random_layer(3)
    circuit = Circuit(V_syn=1.3 * volt, V_d=0.2 * volt)
    one, other = (
        simulate(circuit, spike_times, sign * weights, V_0=sign * 0.3, synapses=synapses, dt=COARSE)
        for sign in (1, -1)
    )
    np.testing.assert_allclose(one.v_end, -other.v_end, atol=1e-12)


def test_large_drive_voltage_approaches_the_conventional_circuit():
    spike_times, weights = random_layer(4)
    ends = [
        simulate(Circuit.normalised(v_syn), spike_times, weights, dt=COARSE, record=None).v_end
        for v_syn in (1e2, 1e3, np.inf)
    ]
    first, second_ = (np.abs(end - ends[-1]).max() for end in ends[:-1])
    assert second_ < first / 5
    assert second_ < 5e-3


@pytest.mark.parametrize("method", ["rk2", "rk4"])
def test_methods_of_higher_order_integrate_better_between_spikes(method):
    # Spikes on the grid leave the integration error alone.
    spike_times, weights = np.array([0.0, 0.3, 0.5]), np.array([[2.0], [3.0], [-4.0]])
    v, _ = exact(Circuit(), spike_times, weights)
    errors = {
        name: abs(simulate(Circuit(), spike_times, weights, dt=COARSE, method=name).v_end - v)[0]
        for name in ("euler", method)
    }
    assert errors[method] < errors["euler"] / 20


def test_units_and_normalised_numbers_are_the_same_input():
    circuit = Circuit(T=2 * us, V_th=0.7 * volt, V_syn=1.1 * volt)
    spike_times, weights = random_layer(5)
    normalised = simulate(circuit, spike_times, weights, V_0=0.5, dt=20 * ns)
    physical = simulate(
        circuit,
        circuit.seconds(spike_times),
        circuit.conductances(weights),
        V_0=350 * mV,
        dt=0.02 * us,
    )
    np.testing.assert_allclose(physical.traces.v, normalised.traces.v, rtol=1e-9, atol=1e-12)
    listed = simulate(
        circuit,
        [t * circuit.T for t in spike_times],
        [list(row) for row in circuit.conductances(weights)],
        V_0=0.5,
        dt=0.02 * us,
    )
    pd.testing.assert_frame_equal(listed.spikes, normalised.spikes)
    pd.testing.assert_frame_equal(physical.spikes, normalised.spikes)


def test_frames_are_tidy_and_on_a_clean_grid():
    circuit = Circuit(T=3 * us, V_th=0.5 * volt)
    result = simulate(circuit, [0.1, 0.6], [[0.9, -1.0], [0.4, 0.2]], dt=circuit.T / 30, V_0=0.25)
    traces, spikes = result.traces, result.spikes
    assert traces.columns.tolist() == [
        "model", "neuron", "phase", "time", "t", "membrane_potential", "v",
    ]  # fmt: skip
    assert spikes.columns.tolist() == ["model", "neuron", "time", "t_out"]
    assert traces.groupby("neuron").size().tolist() == [61, 61]
    for _, trace in traces.groupby("neuron"):
        np.testing.assert_array_equal(trace.t, np.arange(61) / 30)
        assert trace.phase.tolist() == ["charging"] * 31 + ["firing"] * 30
        assert trace.v.iloc[0] == 0.25
        assert trace.v.iloc[30] == result.v_end[trace.neuron.iloc[0]]
    np.testing.assert_allclose(traces.time, traces.t * 3e-6, rtol=1e-15)
    np.testing.assert_allclose(traces.membrane_potential, traces.v * 0.5, rtol=1e-15)
    np.testing.assert_allclose(spikes.time, (1 + spikes.t_out) * 3e-6, rtol=1e-12)
    assert set(traces.model) == set(spikes.model) == {"RC-Spike"}
    assert float(result.dt) == pytest.approx(1e-7, rel=1e-12)


def test_record_selects_neurons_and_none_records_nothing():
    spike_times, weights = random_layer(6)
    everything = simulate(Circuit(), spike_times, weights, dt=COARSE)
    some = simulate(Circuit(), spike_times, weights, dt=COARSE, record=[4, 1, 1])
    none = simulate(Circuit(), spike_times, weights, dt=COARSE, record=None)
    expected = everything.traces[everything.traces.neuron.isin([1, 4])].reset_index(drop=True)
    pd.testing.assert_frame_equal(some.traces, expected)
    assert none.traces.empty
    assert none.traces.columns.tolist() == everything.traces.columns.tolist()
    np.testing.assert_array_equal(none.v_end, everything.v_end)
    pd.testing.assert_frame_equal(none.spikes, everything.spikes)


def test_layer_in_which_nobody_spikes_gives_an_empty_frame():
    result = simulate(Circuit(), [0.0], [[-1.0, -2.0]], dt=COARSE)
    assert result.spikes.empty
    assert result.spikes.columns.tolist() == ["model", "neuron", "time", "t_out"]
    np.testing.assert_array_equal(result.t_out, [1, 1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"circuit": "unit"}, "circuit must be an rcspike_brian.Circuit"),
        ({"spike_times": [0.1, np.nan]}, "spike_times must be finite, got nan at index 1"),
        ({"spike_times": [-0.1, 0.2]}, "spike_times must lie in .0, 1."),
        ({"spike_times": [0.1, 1.0001]}, "spike_times must lie in .0, 1."),
        ({"spike_times": [0.1, 1.5] * us}, "spike_times must lie in .0, 1."),
        ({"spike_times": [0.1, 0.2] * volt}, "spike_times must be in seconds"),
        ({"spike_times": [0.1 * us, 0.2]}, "spike_times must be in seconds"),
        ({"spike_times": [0.1 * us, 0.2 * volt]}, "spike_times must be in seconds"),
        ({"spike_times": [[0.1, 0.2]]}, "spike_times must have 1 axes"),
        ({"spike_times": [0.1]}, "1 entries, but weights has 2 rows"),
        ({"spike_times": ["a", "b"]}, "spike_times must be an array of real numbers"),
        ({"spike_times": [1j, 0.5]}, "spike_times must be an array of real numbers"),
        ({"weights": [[[1.0], [2.0]]]}, "weights must have the shape"),
        ({"weights": [[[1.0], [2.0]]] * nS}, "weights must have the shape .n_in, n_out."),
        ({"weights": np.empty((2, 0))}, "at least .1, 1."),
        ({"weights": [[1.0], [np.inf]]}, "weights must be finite"),
        ({"weights": [[1.0], [2.0]] * volt}, "weights must be in siemens"),
        ({"dt": 0.003}, "dt must be a time"),
        ({"dt": 3 * volt}, "dt must be a time"),
        ({"dt": 0 * second}, "dt must be positive"),
        ({"dt": -1 * ns}, "dt must be positive"),
        ({"dt": np.nan * second}, "dt must be finite"),
        ({"dt": 3 * ns}, "does not divide T"),
        ({"dt": 0.5 * us}, "too large"),
        ({"dt": 2 * us}, "too large"),
        ({"weights": [[900.0], [101.0]]}, "neuron 0 relaxes with the time constant T/1001"),
        (
            {"target": "cuda"},
            "target must be one of 'auto', 'runtime', 'cpp_standalone', 'solve_ivp', got 'cuda'",
        ),
        ({"synapses": "memristor"}, "synapses must be one of 'summed', 'individual'"),
        ({"synapses": "diode"}, "'diode' is now called synapses='individual'"),
        ({"circuit": Circuit(diode="real")}, "real"),
        ({"circuit": Circuit.normalised(np.inf), "synapses": "individual"}, "has no diodes"),
        ({"method": "exponential_euler"}, "method must be one of 'euler', 'rk2', 'rk4'"),
        ({"record": [1]}, "record must be True, None or a list of neurons from 0 to 0"),
        ({"record": [-1]}, "record must be"),
        ({"record": [0.5]}, "record must be"),
        ({"record": "all"}, "record must be"),
        ({"V_0": [0.1, 0.2]}, "V_0 must be one value or one per neuron"),
        ({"V_0": np.nan}, "V_0 must be finite"),
        ({"V_0": 1 * nS}, "V_0 must be in volts"),
        ({"progress": "loud"}, "progress must be True, False or a function"),
    ],
)
def test_bad_input_is_refused_with_one_message(change, message):
    arguments = {"circuit": Circuit(), "spike_times": [0.1, 0.2], "weights": [[1.0], [2.0]]}
    with pytest.raises(InvalidInput, match=message):
        simulate(**(arguments | change))


def test_strong_weights_are_fine_in_a_conventional_circuit():
    result = simulate(Circuit.normalised(np.inf), [0.0, 0.0], [[900.0], [101.0]], dt=COARSE)
    assert result.v_end[0] == pytest.approx(1001, rel=1e-9)


def test_progress_is_told_in_time_steps(capsys):
    calls = []
    simulate(
        Circuit(), [0.1], [[1.0]], dt=COARSE, progress=lambda *arguments: calls.append(arguments)
    )
    assert (calls[0], calls[-1]) == ((0, 201), (201, 201))
    simulate(Circuit(), [0.1], [[1.0]], dt=COARSE, progress=True)
    assert "simulating: 100%" in capsys.readouterr().err


def test_one_neuron_needs_no_column():
    column, flat = (
        simulate(Circuit(), [0.1, 0.4], w, dt=COARSE) for w in ([[1.0], [0.5]], [1, 0.5])
    )
    np.testing.assert_array_equal(flat.v_end, column.v_end)
    physical = simulate(Circuit(), [0.1, 0.4], Circuit().conductances([1, 0.5]), dt=COARSE)
    np.testing.assert_allclose(physical.v_end, column.v_end)


class TestCompare:
    spike_times, weights = random_layer(7, n_in=5, n_out=2)

    def test_each_circuit_is_what_simulate_gives(self):
        circuits = {"ideal": Circuit.normalised(np.inf), "coupled": Circuit.normalised(1.2)}
        both = compare(circuits, self.spike_times, self.weights, dt=COARSE, record=[0])
        assert both.traces.columns[0] == both.spikes.columns[0] == "circuit"
        for name, circuit in circuits.items():
            alone = simulate(circuit, self.spike_times, self.weights, dt=COARSE, record=[0])
            for frame in ("traces", "spikes"):
                part = getattr(both, frame)
                part = part[part.circuit == name].drop(columns="circuit").reset_index(drop=True)
                pd.testing.assert_frame_equal(part, getattr(alone, frame))
            np.testing.assert_array_equal(both.results[name].v_end, alone.v_end)

    def test_circuits_of_a_list_are_named_after_what_distinguishes_them(self):
        circuits = [Circuit.normalised(v) for v in (1, (2.8, 1.53), np.inf)]
        both = compare(circuits, self.spike_times, self.weights, dt=COARSE, record=None)
        assert list(both.results) == [
            "RC-Spike, V_syn = 1 V_th",
            "RC-Spike, V_syn = +2.8/-1.53 V_th",
            "conventional",
        ]

    @pytest.mark.parametrize(
        ("circuits", "options", "message"),
        [
            ([Circuit(), Circuit()], {}, "give them names"),
            ([], {}, "no circuits"),
            ({}, {}, "no circuits"),
            ({"a": 1}, {}, "circuit must be an rcspike_brian.Circuit"),
            ("ab", {}, "circuit must be an rcspike_brian.Circuit"),
            ([Circuit()], {"target": "cuda"}, "target must be"),
            ([Circuit()], {"dt": 3 * ns}, "does not divide"),
        ],
    )
    def test_bad_input_is_refused(self, circuits, options, message):
        with pytest.raises(InvalidInput, match=message):
            compare(circuits, self.spike_times, self.weights, **options)

    def test_one_circuit_needs_no_list(self):
        both = compare(Circuit(), self.spike_times, self.weights, dt=COARSE)
        assert list(both.results) == ["RC-Spike, V_syn = 1 V_th"]


def brian_state():
    """Everything of the user's that a simulation could disturb."""
    device = get_device()
    return {
        "device": id(device),
        "build": (device.build_on_run, dict(device.build_options), device._maximum_run_time),
        "earlier devices": [entry[0] for entry in devices.previous_devices],
        "queue": list(getattr(device, "main_queue", [])),
        "clock": (id(device.defaultclock), float(defaultclock.dt)),
        "all clocks": [
            float(other.defaultclock.dt) if other.defaultclock else None
            for other in devices.all_devices.values()
        ],
        "preferences": prefs.as_file,
        "random": repr(np.random.get_state(legacy=True)),  # noqa: NPY002 - Brian2 uses it
        "environment": dict(os.environ),
        "folder": Path.cwd(),
        "magic": magic_network.t,
    }


@pytest.fixture
def users_brian():
    """A user who has a default clock, a preference and a seed of their own."""
    before = float(defaultclock.dt), prefs.core.default_float_dtype
    defaultclock.dt = 0.25 * 1e-3 * second
    np.random.seed(3)  # noqa: NPY002
    yield
    defaultclock.dt = before[0] * second
    prefs.core.default_float_dtype = before[1]


@pytest.mark.usefixtures("users_brian")
def test_runtime_leaves_the_users_brian_alone():
    before = brian_state()
    simulate(Circuit(), [0.1], [[1.0]], dt=COARSE)
    assert brian_state() == before
    with pytest.raises(InvalidInput):
        simulate(Circuit(), [0.1], [[1.0]], dt=COARSE, record=[7])
    assert brian_state() == before


@pytest.mark.usefixtures("users_brian")
def test_state_is_restored_when_the_run_itself_fails():
    before = brian_state()

    def fail(*arguments):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(Circuit(), [0.1], [[1.0]], dt=COARSE, progress=fail)
    assert brian_state() == before


@pytest.mark.usefixtures("users_brian")
def test_threads_simulate_one_after_another_and_leave_the_users_brian_alone():
    begun, met = Event(), Event()

    def end_potential(weight, meet):
        return simulate(Circuit(), [0.1], [[weight]], dt=COARSE, progress=meet).v_end

    def first(done, total):
        begun.set()
        met.wait(1)  # if the other thread simulates meanwhile, it outlasts this one

    def second():
        begun.wait()
        return end_potential(0.5, lambda done, total: (met.set(), sleep(0.5)))

    prefs.core.default_float_dtype = np.float32  # which no thread may restore too early
    before = brian_state()
    with ThreadPoolExecutor(2) as threads:
        together = [threads.submit(end_potential, 1.0, first), threads.submit(second)]
    assert brian_state() == before
    alone = [end_potential(weight, False) for weight in (1.0, 0.5)]
    np.testing.assert_array_equal([found.result() for found in together], alone)


IN_A_THREAD = """
import signal
from concurrent.futures import ThreadPoolExecutor
def simulated():
    from rcspike_brian import Circuit, simulate
    from rcspike_brian.brian import prefs
    prefs.codegen.target = "numpy"
    circuit = Circuit.normalised(1.0)
    return simulate(circuit, [0.0], [[1.5]], dt=circuit.T / 100).v_end
with ThreadPoolExecutor(1) as thread:
    print(thread.submit(simulated).result()[0])
assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
"""


def test_the_first_simulation_may_be_in_a_thread():
    done = subprocess.run([sys.executable, "-c", IN_A_THREAD], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    # Charging through one resistor: v = (1 - exp(-w beta))/beta.
    np.testing.assert_allclose(float(done.stdout), 1 - np.exp(-1.5), rtol=0.01)


def test_ctrl_c_that_was_ignored_stays_ignored():
    code = "from signal import *; signal(SIGINT, SIG_IGN); import rcspike_brian.brian"
    subprocess.run([sys.executable, "-c", f"{code}; raise_signal(SIGINT)"], check=True)


INTERRUPTED = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # who started this may have ignored it
from rcspike_brian import Circuit, simulate

def interrupt(done, total):  # at the start, and then every half second
    if done and not asked:
        asked.append(done)
        signal.raise_signal(signal.SIGINT)

asked = []
try:
    simulate(Circuit(), [0.1], [[1.0]], dt=Circuit().T / 20_000, progress=interrupt)
except KeyboardInterrupt:
    print("interrupted" if asked else "not asked")
"""


def test_ctrl_c_ends_a_simulation_and_not_only_brian2s_run():
    ended = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], check=True, capture_output=True, text=True
    )
    assert ended.stdout == "interrupted\n"


@pytest.mark.usefixtures("users_brian")
def test_users_simulation_goes_on_as_if_nothing_had_happened():
    def users_run(interrupt):
        group = NeuronGroup(1, "dx/dt = 1/second : 1", method="euler", name="users_group*")
        monitor = StateMonitor(group, "x", record=True)
        brian_run(1e-3 * second)
        if interrupt:
            simulate(Circuit(), [0.1], [[1.0]], dt=COARSE)
            gc.collect()
        brian_run(1e-3 * second)
        return group.name, np.array(monitor.t_), np.array(monitor.x[0])

    undisturbed, disturbed = users_run(False), users_run(True)
    np.testing.assert_array_equal(undisturbed[1], disturbed[1])
    np.testing.assert_array_equal(undisturbed[2], disturbed[2])


@pytest.mark.usefixtures("users_brian")
def test_users_half_built_standalone_project_is_left_alone():
    set_device("cpp_standalone", build_on_run=False, directory=None)
    try:
        group = NeuronGroup(1, "x : 1", name="users_group*")
        group.x = 3
        before = brian_state()
        simulate(Circuit(), [0.1], [[1.0]], dt=COARSE)
        assert brian_state() == before
    finally:
        get_device().reinit()
        reset_device()


def test_single_precision_is_not_used_and_the_preference_is_kept():
    spike_times, weights = random_layer(8)
    double = simulate(Circuit(), spike_times, weights, dt=COARSE)
    before = prefs.core.default_float_dtype
    prefs.core.default_float_dtype = np.float32
    try:
        single = simulate(Circuit(), spike_times, weights, dt=COARSE)
        assert prefs.core.default_float_dtype == np.float32
    finally:
        prefs.core.default_float_dtype = before
    np.testing.assert_array_equal(single.v_end, double.v_end)


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    """Temporary files and compiled programs in a folder of the test's own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("RCSPIKE_CACHE", str(tmp_path / "cache"))
    return tmp_path


def test_missing_compiler_is_said_clearly(monkeypatch, scratch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    before = brian_state()
    with pytest.raises(CompilerError, match=r"no-such-compiler.*apt install.*target='runtime'"):
        simulate(Circuit(), [0.1], [[1.0]], target="cpp_standalone")
    assert brian_state() == before
    assert list(scratch.glob("rcspike*")) == []


def test_missing_make_is_said_clearly(scratch):
    before = prefs.devices.cpp_standalone.make_cmd_unix
    prefs.devices.cpp_standalone.make_cmd_unix = "no-such-make"
    try:
        with pytest.raises(CompilerError, match="no-such-make"):
            simulate(Circuit(), [0.1], [[1.0]], target="cpp_standalone")
    finally:
        prefs.devices.cpp_standalone.make_cmd_unix = before
    assert list(scratch.glob("rcspike*")) == []


@pytest.mark.standalone
def test_failing_compiler_is_quoted_and_leaves_nothing_behind(monkeypatch, scratch):
    broken = scratch / "broken-compiler"
    broken.write_text("#!/bin/sh\necho 'fatal: out of cheese' >&2\nexit 1\n")
    broken.chmod(broken.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("CXX", str(broken))
    before = brian_state()
    with pytest.raises(CompilerError, match="fatal: out of cheese"):
        simulate(Circuit(), [0.1], [[1.0]], target="cpp_standalone")
    assert brian_state() == before
    assert list(scratch.glob("rcspike*")) == []


@pytest.mark.slow
@pytest.mark.standalone
@pytest.mark.usefixtures("users_brian")
def test_runtime_and_standalone_alternate_with_the_same_results(scratch):
    spike_times, weights = random_layer(9)
    # Circuits of one structure share one compiled program, also with shorter phases.
    circuits = {
        "unit": Circuit(),
        "unequal": CIRCUITS["unequal rails and diode drop"],
        "other capacitor": Circuit(C=2 * Circuit().C, V_th=0.6 * volt),
        "shorter phases": Circuit(T=0.5 * Circuit().T),
    }
    options = {"dt": COARSE, "V_0": [0.1, 0.0, -0.2, 1.2, 0.0, 0.3], "record": [0, 3, 5]}
    before = brian_state()
    runs = []
    for target in ("runtime", "cpp_standalone", "runtime"):
        runs.append(compare(circuits, spike_times, weights, target=target, **options))
        assert brian_state() == before
    assert list(scratch.glob("rcspike*")) == []
    for other in runs[1:]:
        np.testing.assert_allclose(other.traces.v, runs[0].traces.v, atol=1e-12)
        pd.testing.assert_frame_equal(other.spikes, runs[0].spikes)
    assert runs[1].results["unit"].target == "cpp_standalone"


@pytest.mark.slow
@pytest.mark.standalone
def test_standalone_diodes_with_a_resistive_ramp_and_a_report(scratch):
    spike_times, weights = random_layer(10, n_in=4, n_out=2)
    circuit = Circuit(V_syn=(2 * volt, 0.9 * volt), V_d=0.1 * volt, ramp="rc")
    options = {"synapses": "individual", "V_0": 0.2, "dt": COARSE}
    calls = []
    set_device("cpp_standalone", build_on_run=False, directory=None)
    try:
        before = brian_state()
        compiled = simulate(
            circuit,
            spike_times,
            weights,
            target="cpp_standalone",
            progress=lambda *arguments: calls.append(arguments),
            **options,
        )
        assert brian_state() == before
    finally:
        get_device().reinit()
        reset_device()
    interpreted = simulate(circuit, spike_times, weights, **options)
    np.testing.assert_allclose(compiled.traces.v, interpreted.traces.v, atol=1e-12)
    pd.testing.assert_frame_equal(compiled.spikes, interpreted.spikes)
    assert calls == [(0, 201), (201, 201)]
    assert list(scratch.glob("rcspike*")) == []


@pytest.mark.parametrize("synapses", ["summed", "individual"])
def test_lines_that_are_off_at_0_volt_conduct(synapses):
    """Figure 2's neuron: negative synapses take what it has got, and it never fires."""
    weights = np.array(WEIGHTS)
    lines = {None: None, -1.0: -1 * volt, 0.0: 0 * volt, 0.3: 0.3 * volt}
    found = {
        level: simulate(
            Circuit(off_level=off_level), SPIKE_TIMES, weights, dt=COARSE / 4, synapses=synapses
        )
        for level, off_level in lines.items()
    }
    half = {level: np.interp(0.5, run.traces.t, run.traces.v) for level, run in found.items()}
    assert half[None] == pytest.approx(0.259, abs=3e-3)
    assert half[0.0] == pytest.approx(0.185, abs=3e-3)
    assert found[None].t_out[0] == pytest.approx(0.81, abs=4e-3)
    assert found[0.0].t_out[0] == 1
    np.testing.assert_array_equal(found[-1.0].traces.v, found[None].traces.v)  # at the far rail
    for level in (0.0, 0.3):

        def slope(t, y, level=level):
            on = (np.array(SPIKE_TIMES) <= t) & (t < 1)
            forward = np.where(on, 1.0, level) - np.sign(weights) * y
            return np.sum(weights * np.maximum(forward, 0)) + (t > 1)

        edges, y = [0, *SPIKE_TIMES, 1, 2], np.zeros(1)
        for begin, end in pairwise(edges):
            part = solve_ivp(slope, (begin + 1e-12, end - 1e-12), y, rtol=1e-8, atol=1e-10)
            y = part.y[:, -1]
            if end == 1:
                assert found[level].v_end[0] == pytest.approx(y[0], abs=3e-3)
        assert found[level].traces.v.iloc[-1] == pytest.approx(y[0], abs=3e-3)


class TestNeuronsOfOnesOwn:
    """Terms added by a user, run by the package's builder, against closed forms."""

    circuit = Circuit()
    options = {"dt": Circuit().T / 1000, "record": None}  # noqa: RUF012
    per_T = Circuit().C / Circuit().T  # conductance of the time constant T

    def end(self, equations=None, weights=((1.5,),), **options):
        options = {**self.options, "equations": equations, **options}
        return float(simulate(self.circuit, [0.0], weights, **options).v_end[0])

    def test_leak_is_a_value(self):
        leaky = self.end(values={"G_leak": 0.7 * self.per_T})
        assert leaky == pytest.approx(1.5 / 2.2 * -np.expm1(-2.2), abs=2e-3)
        # Written out, it is the same.
        mine = redefine(neuron_equations(self.circuit), "I_other = -G_x*V : amp")
        mine = mine + "G_x : siemens (constant)"
        assert self.end(mine, values={"G_x": 0.7 * self.per_T}) == pytest.approx(leaky, abs=1e-12)

    def test_second_current(self):
        mine = neuron_equations("rc-spike") + "I_x : amp (constant)\n"
        mine = redefine(mine, "I_other = int(charging)*I_x : amp")
        I_x = 0.1 * self.per_T * volt
        found = self.end(mine, values={"I_x": I_x})
        assert found == pytest.approx(1.6 / 1.5 * -np.expm1(-1.5), abs=2e-3)
        two = simulate(
            self.circuit, [0.0], [[1.5, 1.5]], equations=mine, values={"I_x": [1, 2] * I_x},
            **self.options,
        ).v_end  # fmt: skip
        assert two[0] == pytest.approx(found, abs=1e-12)
        assert two[1] == pytest.approx(1.7 / 1.5 * -np.expm1(-1.5), abs=2e-3)

    def test_noise_needs_a_method_that_can(self):
        noise = """
        dI_n/dt = -I_n/tau + sigma*sqrt(2/tau)*xi : amp
        tau : second (constant)
        sigma : amp (constant)
        """
        mine = redefine(neuron_equations(self.circuit), "I_other = int(charging)*I_n : amp") + noise
        values = {"tau": 0.01 * self.circuit.T, "sigma": 0.5 * self.per_T * volt}
        seed(1)
        many = {"weights": [[1.5] * 400], "equations": mine, **self.options}
        v = simulate(self.circuit, [0.0], values=values, **many).v_end
        # White on the scale of T: variance 2 tau sigma^2 (1 - exp(-2 f))/(2 f) with f = 1.5.
        spread = 0.5 * np.sqrt(2 * 0.01 * -np.expm1(-3) / 3)
        assert v.std() == pytest.approx(spread, rel=0.15)
        assert v.mean() == pytest.approx(-np.expm1(-1.5), abs=5 * spread / 20)
        white = "dV/dt = (int(charging)*I_syn + int(ramping and not fired)*I_ramp)/C + s*xi : volt"
        white = redefine(neuron_equations(self.circuit), white) + "s : volt*second**-0.5 (constant)"
        values = {"s": 0.1 * volt / self.circuit.T**0.5}
        v = simulate(self.circuit, [0.0], **{**many, "equations": white}, values=values).v_end
        assert v.std() == pytest.approx(0.1 * np.sqrt(-np.expm1(-3) / 3), rel=0.15)
        with pytest.raises(InvalidInput, match="'rk4' cannot integrate noise"):
            self.end(white, values=values, method="rk4")

    def test_diode_as_an_expression_and_as_an_object(self):
        class SquareFoot(Diode):
            name = "square foot"

            def law(self, U):
                return f"clip({U}, 0*volt, inf*volt)**2/(abs({U}) + 0.2*volt)"

        by_hand = redefine(
            neuron_equations("rc-spike"),
            "U_plus = clip(1*volt - V, 0*volt, inf*volt)**2/(abs(1*volt - V) + 0.2*volt) : volt",
        )
        found = self.end(by_hand)
        solved = solve_ivp(lambda t, v: 1.5 * (1 - v) ** 2 / (1.2 - v), (0, 1), [0], rtol=1e-9)
        assert found == pytest.approx(solved.y[0, -1], abs=2e-3)
        circuit = Circuit(diode=SquareFoot())
        for synapses in ("summed", "individual"):
            result = simulate(circuit, [0.0], [[1.5]], synapses=synapses, **self.options)
            assert result.v_end[0] == pytest.approx(found, abs=1e-12)

    @pytest.mark.parametrize("synapses", ["summed", "individual"])
    def test_leaky_diodes_discharge_into_their_lines(self, synapses):
        circuit = Circuit(V_syn=(1 * volt, 1 * volt), diode="none")
        end = simulate(circuit, [0.0], [[2.0]], V_0=1.5, synapses=synapses, **self.options).v_end
        assert end[0] == pytest.approx(1 + 0.5 * np.exp(-2), abs=2e-3)

    def test_ramp_with_equations_of_its_own(self):
        class Quadratic(Ramp):
            name = "quadratic"
            equations = "I_ramp = I_0*(2 - slope*V) : amp\nslope : 1/volt (constant)"

            def drive(self, circuit):
                return 2.0, 1.0

            def values(self, circuit):
                return {**super().values(circuit), "I_0": 140e-9, "slope": 1.0}

        circuit = Circuit(ramp=Quadratic())
        found = simulate(circuit, [0.0], [[0.5]], **self.options)
        assert found.t_out[0] == pytest.approx(circuit.spike_time(found.v_end)[0], abs=2e-3)

    @pytest.mark.parametrize(
        ("add", "values", "message"),
        [
            ("", {"G_y": 1 * nS}, "values has 'G_y', but the neurons' parameters are .*G_leak"),
            ("G_x : siemens", {}, "parameters without a value.*'G_x': ..."),
            ("", {"G_leak": 1 * volt}, r"values\['G_leak'\] must be in siemens"),
            ("", {"G_leak": 1}, r"values\['G_leak'\] must be in siemens"),
            ("", {"G_leak": np.nan * nS}, r"values\['G_leak'\] must be finite"),
            ("", {"G_leak": [1, 2, 3] * nS}, "one value or one per neuron .1."),
            ("", {"G_leak": {2: 1 * nS}}, r"says nothing of layer 1"),
            ("x = y*V : volt", {}, "y"),
            ("x = V + C : volt", {}, "volt|V"),
            ("dV/dt = -V/T : volt", {}, "Brian2 cannot read"),
        ],
    )
    def test_what_cannot_be_is_refused_before_anything_runs(self, add, values, message):
        mine = neuron_equations(self.circuit) + add
        with pytest.raises(InvalidInput, match=message):
            self.end(mine, values=values)

    def test_brian2_warns_of_nothing(self):
        with catch_logs() as logs:
            self.end(neuron_equations(self.circuit), dt=self.circuit.T / 20)
            gc.collect()
        assert logs == []

    def test_needed_quantities_are_named(self):
        with pytest.raises(InvalidInput, match=r"lack .*G_minus, G_plus.*neuron_equations"):
            self.end("dV/dt = -V/tau : volt\ntau : second")


@pytest.mark.parametrize("module", ["circuit", "simulation.layer"])
def test_examples_in_the_docstrings(module):
    result = doctest.testmod(import_module(f"rcspike_brian.{module}"))
    assert result.attempted > 0
    assert result.failed == 0


def test_own_clock_has_the_step_that_was_asked_for():
    # Guards the claim that the user's default clock plays no part.
    defaultclock_dt = float(defaultclock.dt)
    result = simulate(Circuit(), [0.0], [[0.5]], dt=COARSE)
    assert float(result.dt) == pytest.approx(1e-8, rel=1e-12)
    assert float(Clock(COARSE).dt) != defaultclock_dt


class TestWhatAResultShows:
    @pytest.fixture
    def result(self):
        return simulate(Circuit.normalised(1.0), [0.1, 0.4, 0.6], [1.5, -0.8, 1.0])

    def test_one_line(self, result):
        assert repr(result).startswith("<SimulationResult of one RC-Spike neuron, v(T) = 0.46")
        assert len(repr(result)) < 120

    def test_times_that_can_be_read_in_a_notebook(self, result):
        assert "1.532 us" in result._repr_html_()
        assert "0.000001" not in result._repr_html_()

    def test_plot_in_a_unit_that_fits(self, result):
        axes = result.plot(Figure().subplots())
        assert axes.get_xlabel() == "time (µs)"
        assert axes.get_xlim() == (0, 2)
        curve = max(axes.lines, key=lambda line: len(line.get_xdata()))
        assert curve.get_xdata()[-1] == pytest.approx(1.532, abs=2e-3)
        at_end = np.interp(1.0, curve.get_xdata(), curve.get_ydata())
        assert at_end == pytest.approx(result.v_end[0], abs=2e-3)


def test_brian2_says_that_it_compiles_before_it_does(monkeypatch, tmp_path):
    said = []
    monkeypatch.setitem(prefs, "codegen.target", "cython")
    monkeypatch.setitem(prefs, "codegen.runtime.cython.cache_dir", str(tmp_path))

    def stop(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("rcspike_brian.simulation.runners.build_model", stop)
    with pytest.raises(KeyboardInterrupt):
        simulate(Circuit(), [0.5], [1.0], tell=said.append)
    assert "Cython" in said[0]
