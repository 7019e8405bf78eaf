"""Whole networks in Brian2: physics against the exact solution, presentations, refusals."""

import doctest
import itertools
from importlib import import_module

import numpy as np
import pandas as pd
import pytest
from brian2.devices import reset_device, set_device
from brian2.devices.device import RuntimeDevice
from brian2.only import StateMonitor, prefs
from brian2.units import second, volt
from brian2.units.allunits import nsecond as ns
from test_simulation import brian_state, users_brian  # noqa: F401 - a fixture

from rcspike_brian import Circuit, InvalidInput, Network, build_network, simulate_network
from rcspike_brian.analysis import convergence_order, spike_time_agreement
from rcspike_brian.equations import neuron_equations, redefine
from rcspike_brian.simulation import (
    NetworkSimulation,
    crossing_time,
    exact_network_traces,
    exact_spike_times,
    read_result,
)
from rcspike_brian.simulation.engine import set_up
from rcspike_brian.simulation.runners import CompiledRunner

CIRCUITS = {
    "RC-Spike": Circuit(),
    "conventional": Circuit(kind="conventional"),
    "unequal rails and diode drop": Circuit(V_syn=(2.2 * volt, 1.2 * volt), V_d=0.2 * volt),
}
RC_RAMP = Circuit.normalised(1.6, ramp="rc")


pytestmark = pytest.mark.usefixtures("numpy_codegen")


def positive_network(sizes, seed=0):
    """A network in which most neurons spike inside the firing phase, also in deep layers."""
    rng = np.random.default_rng(seed)
    weights = [
        rng.normal(1.2 / n_in, 2 / n_in, (n_in + 1, n_out))
        for n_in, n_out in itertools.pairwise(sizes)
    ]
    return Network(weights, Circuit.normalised(1.0))


SMALL = positive_network((6, 5, 4))
TIMES = np.random.default_rng(4).random((5, 6))
TIMES[:, 2] = 1.0


def run(network=SMALL, inputs=TIMES, circuit=None, steps=40, **options):
    circuit = circuit or Circuit()
    options = {"target": "runtime", "progress": False, **options}
    return simulate_network(network, inputs, circuit, dt=circuit.T / steps, **options)


@pytest.mark.parametrize("circuit", CIRCUITS.values(), ids=CIRCUITS)
def test_spike_times_of_all_layers_approach_the_exact_ones_in_proportion_to_dt(circuit):
    network = positive_network((60, 50, 40), seed=2)
    inputs = np.random.default_rng(1).random((2, 60))
    exact = exact_spike_times(network, inputs, circuit)
    rows = []
    for steps in (40, 80, 160, 320):
        found = run(network, inputs, circuit, steps)
        rows.append(spike_time_agreement(found.t_out, exact).assign(dt=1 / steps))
    agreement = pd.concat(rows)
    assert (agreement.spiking > 30).all()
    assert (convergence_order(agreement).order > 0.9).all()
    assert (agreement.rmse < 2 * agreement.dt).all()


@pytest.mark.parametrize("circuit", [*CIRCUITS.values(), RC_RAMP], ids=[*CIRCUITS, "rc ramp"])
def test_traces_follow_the_exact_ones_in_both_phases(circuit):
    record = {1: [0, 3], 2: [1]}
    found = run(circuit=circuit, steps=200, inputs=TIMES[:2], record=record)
    exact = exact_network_traces(SMALL, TIMES[:2], circuit, record=record, samples=200)
    keys = ["image", "layer", "neuron", "phase", "t"]
    pd.testing.assert_frame_equal(found.traces[keys], exact[keys])
    # At a spike one of the two may already be back at rest.
    apart = np.abs(found.traces.v - exact.v) > 0.02
    assert apart.groupby([exact.image, exact.layer, exact.neuron]).sum().max() <= 3
    assert exact.v.max() > 0.9


def test_exact_times_of_the_circuit_are_those_of_the_network():
    network = positive_network((8, 6, 5))
    images = np.random.default_rng(0).integers(0, 256, (4, 8), dtype=np.uint8)
    for ours, theirs in zip(
        exact_spike_times(network, images), network.spike_times(images), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_a_presentation_does_not_depend_on_those_before_it():
    together = run(presentations=5)
    assert len(together.labels) == 5
    for image in range(5):
        alone = run(inputs=TIMES[image : image + 1])
        for l in range(2):
            np.testing.assert_allclose(together.t_out[l][image], alone.t_out[l][0], atol=1e-9)
            np.testing.assert_allclose(together.v_end[l][image], alone.v_end[l][0], atol=1e-12)
    backwards = run(inputs=TIMES[::-1], presentations=2)
    for one, other in zip(together.v_end, backwards.v_end, strict=True):
        np.testing.assert_allclose(one, other[::-1], atol=1e-12)


@pytest.mark.parametrize(
    "circuit",
    [CIRCUITS["unequal rails and diode drop"], RC_RAMP, Circuit()],
    ids=["unequal rails and diode drop", "rc ramp", "unit"],
)
def test_one_diode_per_synapse_gives_what_summed_conductances_give(circuit):
    summed, single = (
        run(circuit=circuit, inputs=TIMES[:3], synapses=form, record={1: True, 2: True})
        for form in ("summed", "individual")
    )
    np.testing.assert_allclose(single.traces.v, summed.traces.v, atol=1e-12)
    pd.testing.assert_frame_equal(single.spikes, summed.spikes)


def test_single_diodes_may_differ_where_summed_ones_cannot():
    model = build_network(SMALL, TIMES[:1], Circuit(), dt=Circuit().T / 40, synapses="individual")
    model.synapses[0].V_d["j == 2"] = 0.5 * volt
    model.run()
    changed, before = read_result(model), run(inputs=TIMES[:1], synapses="individual")
    differs = np.abs(changed.v_end[0] - before.v_end[0])[0] > 1e-6
    np.testing.assert_array_equal(differs, [False, False, True, False, False])
    # A diode that drops V_d acts like a lower drive voltage: beta w is kept, w shrinks.
    w = SMALL.weights[0] * 0.5
    expected = exact_spike_times(Network([w], Circuit.normalised(0.5)), TIMES[:1])[0]
    assert changed.t_out[0][0, 2] == pytest.approx(expected[0, 2], abs=0.03)


def test_silent_inputs_leave_the_bias_alone():
    network = Network([np.array([[5.0, 5.0], [0.5, -0.5]])], Circuit.normalised(1.0))
    found = run(network, np.ones((2, 1)), steps=500)
    np.testing.assert_allclose(
        found.v_end[0], [[1 - np.exp(-0.5), np.exp(-0.5) - 1]] * 2, atol=1e-3
    )
    assert found.spikes[["image", "neuron"]].values.tolist() == [[0, 0], [1, 0]]
    assert found.labels.predicted.tolist() == [0, 0]


def test_built_network_takes_monitors_and_gives_the_same_result():
    record = {2: [3, 0]}
    model = build_network(SMALL, TIMES, Circuit(), dt=Circuit().T / 40, record=record)
    conductance = StateMonitor(model.layers[1], "G_plus", record=[0], clock=model.clock)
    model.network.add(conductance)
    model.run()
    found, expected = read_result(model), run(record=record, presentations=5)
    pd.testing.assert_frame_equal(found.spikes, expected.spikes)
    pd.testing.assert_frame_equal(found.traces, expected.traces)
    G = conductance.G_plus_[0] / float(Circuit().conductances(1.0))
    starts = (40 + np.arange(5) * model.plan.period_steps)[:, None]
    for of_one in G[starts + np.arange(40)]:
        assert (np.diff(of_one) >= 0).all()
        assert of_one[-1] > 0
    # In the reset phase all lines go off.
    np.testing.assert_array_equal(G[starts[:, 0]], 0)


def test_spike_times_lie_between_time_steps():
    found = run(steps=100, circuit=Circuit(kind="conventional"))
    grid = found.spikes.t_grid * 100
    np.testing.assert_allclose(grid, np.round(grid), atol=1e-9)
    between = found.spikes[found.spikes.t_out > 0]
    late = (between.t_grid - between.t_out) * 100
    assert ((late > -1e-9) & (late < 1 + 1e-9)).all()
    assert late.std() > 0.1
    # The linear ramp is undone exactly: t_out = 1 - v(T).
    v = found.v_end[0][between.image[between.layer == 1], between.neuron[between.layer == 1]]
    np.testing.assert_allclose(between.t_out[between.layer == 1], 1 - v, atol=1e-9)


@pytest.mark.parametrize("circuit", [Circuit(V_th=0.7 * volt), RC_RAMP], ids=["linear", "rc"])
def test_crossing_time_undoes_the_ramp(circuit):
    v_end = np.linspace(0.05, 0.999, 40)
    t = circuit.spike_time(v_end)
    grid = np.ceil(t * 50) / 50
    b = circuit.b
    lifted = v_end + grid
    if circuit is RC_RAMP:
        lifted = 1 / b - (1 / b - v_end) * (1 - b) ** grid
    found = crossing_time(grid, lifted * float(circuit.V_th), circuit)
    np.testing.assert_allclose(found, t, atol=1e-12)
    assert crossing_time(0.0, 1.4 * float(circuit.V_th), circuit) == 0


def test_chunks_follow_one_another_and_only_a_few_are_under_way():
    class Session:
        def run(self, values):
            return values, {}

    class Recorder(CompiledRunner):
        def __init__(self, setup, workers):
            self.setup, self.workers = setup, workers

    circuit = Circuit()
    setup = set_up(circuit, [np.zeros((7, 5))], [()])
    taken = []

    def chunks():
        for k in range(20):
            taken.append(k)
            yield np.full((1, 6), k / 20)

    from concurrent.futures import ThreadPoolExecutor

    backend = Recorder(setup, workers=2)
    backend.session, backend.pool = Session(), ThreadPoolExecutor(2)
    for k, (values, _) in enumerate(backend.run(chunks())):
        assert values["rcspike_input_times.values"][0, 0] == pytest.approx(
            k / 20 * float(circuit.T)
        )
        assert len(taken) <= k + 3
    assert taken == list(range(20))
    backend.pool.shutdown()


@pytest.mark.usefixtures("users_brian")
def test_runtime_leaves_the_users_brian_alone():
    before = brian_state()
    run(record={1: [0]})
    assert brian_state() == before
    with pytest.raises(InvalidInput):
        run(record={1: [7]})
    assert brian_state() == before


@pytest.mark.usefixtures("users_brian")
def test_single_precision_is_not_used_and_the_preference_is_kept():
    double = run()
    prefs.core.default_float_dtype = np.float32
    before = brian_state()
    pd.testing.assert_frame_equal(run().spikes, double.spikes)
    assert brian_state() == before
    with pytest.raises(InvalidInput, match="default_float_dtype = float64"):
        build_network(SMALL, TIMES)


def test_standalone_project_of_the_user_can_hold_the_network():
    set_device("cpp_standalone", build_on_run=False, directory=None)
    try:
        model = build_network(SMALL, TIMES, dt=Circuit().T / 40)
        assert len(model.layers) == len(model.spikes) == 2
    finally:
        from brian2.only import get_device

        get_device().reinit()
        reset_device()
    assert isinstance(import_module("brian2.devices.device").get_device(), RuntimeDevice)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"circuit": "unit"}, "circuit must be an rcspike_brian.Circuit"),
        ({"inputs": TIMES[:0]}, "nothing to present"),
        ({"inputs": TIMES[:, :3]}, r"inputs must have shape \(batch, 6\)"),
        ({"inputs": TIMES + 1}, "must be spike times from 0 to 1"),
        ({"dt": 3 * ns}, "does not divide T"),
        ({"dt": 0.005}, "dt must be a time"),
        ({"reset": 1 * ns}, "at least two"),
        ({"reset": 2.5e-9 * second}, "whole number of time steps"),
        ({"target": "cuda"}, "target must be one of 'auto', 'runtime', 'cpp_standalone'"),
        ({"workers": 0}, "workers must be"),
        ({"presentations": 0}, "presentations must be"),
        ({"presentations": 10**9}, "presentations must be at most 100000"),
        ({"synapses": "memristor"}, "synapses must be one of"),
        ({"method": "exact"}, "method must be one of"),
        ({"circuit": Circuit(kind="conventional"), "synapses": "individual"}, "has no diodes"),
        ({"record": {3: [0]}}, r"record must be a dictionary of layers \(1 to 2\)"),
        ({"record": [0]}, "record must be a dictionary"),
        ({"record": {1: [5]}}, r"record\[1\] must be True, None or a list of neurons from 0"),
        ({"record": {1: [0.5]}}, r"record\[1\] must be"),
    ],
)
def test_bad_input_is_refused_before_anything_runs(change, message):
    arguments = {
        "inputs": TIMES, "circuit": None, "target": "runtime", "dt": 5 * ns, "progress": False,
    }  # fmt: skip
    with pytest.raises(InvalidInput, match=message):
        simulate_network(SMALL, **{**arguments, **change})


def test_step_too_large_for_the_weights_is_refused():
    strong = Network([np.full((7, 2), 20.0)], Circuit.normalised(1.0))
    with pytest.raises(InvalidInput, match="neuron 0 relaxes with the time constant T/140"):
        run(strong, steps=100)


def test_progress_and_target_are_told(capsys, monkeypatch):
    told = []
    monkeypatch.setenv("CXX", "no-such-compiler")
    circuit = Circuit()
    with NetworkSimulation(SMALL, circuit, dt=circuit.T / 20, tell=told.append) as simulation:
        assert simulation.target == "runtime"
        chunks = list(simulation.present(TIMES))
    assert [len(chunk) for chunk in chunks] == [5]
    assert "target 'runtime'" in told[0]
    assert "no-such-compiler" in told[0]
    run(steps=20, progress=True)
    assert "5/5" in capsys.readouterr().err


def test_neurons_of_ones_own_in_every_layer():
    circuit = Circuit()
    leaky = (
        redefine(neuron_equations(circuit), "I_other = -G_x*V : amp") + "G_x : siemens (constant)"
    )
    per_T = circuit.C / circuit.T
    plain = run()
    by_layer = run(equations=leaky, values={"G_x": {1: 0 * per_T, 2: [0, 0.3, 0, 0.3] * per_T}})
    np.testing.assert_allclose(by_layer.t_out[0], plain.t_out[0], atol=1e-12)
    moved = np.abs(by_layer.v_end[1] - plain.v_end[1]).max(axis=0) > 1e-3
    np.testing.assert_array_equal(moved, [False, True, False, True])
    as_value = run(values={"G_leak": {1: 0 * per_T, 2: [0, 0.3, 0, 0.3] * per_T}})
    np.testing.assert_allclose(as_value.v_end[1], by_layer.v_end[1], atol=1e-12)
    model = build_network(
        SMALL, TIMES, equations=leaky, values={"G_x": 0 * per_T}, dt=circuit.T / 40
    )
    model.run()
    np.testing.assert_allclose(read_result(model).v_end[1], plain.v_end[1], atol=1e-9)


def test_phases_of_ones_own_are_kept():
    circuit = Circuit()
    late = neuron_equations(circuit) + "delay : second (constant)"
    late = redefine(late, "elapsed = t - t_start - delay : second")
    plain = run(inputs=TIMES[:1])
    same = run(inputs=TIMES[:1], equations=late, values={"delay": 0 * second})
    np.testing.assert_allclose(same.v_end[1], plain.v_end[1], atol=1e-12)
    values = {"delay": {1: circuit.T * [0, 0.25, 0, 0, 0], 2: 0 * second}}
    moved = run(inputs=TIMES[:1], equations=late, values=values)
    assert (np.abs(moved.v_end[0] - plain.v_end[0])[0] > 1e-3).tolist() == [0, 1, 0, 0, 0]


def test_start_of_a_layer_cannot_be_moved_by_accident():
    model = build_network(SMALL, TIMES, dt=Circuit().T / 40)
    with pytest.raises(TypeError, match="read-only"):
        model.layers[0][:2].t_start = Circuit().T


MODULES = ["simulation.network_simulation", "simulation.recording", "exact"]


@pytest.mark.parametrize("module", MODULES)
def test_examples_in_the_docstrings(module):
    result = doctest.testmod(import_module(f"rcspike_brian.{module}"))
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize(
    "record",
    [5, None, {}, {1: []}, {5: [0]}, {1: 3}, {"a": [0]}, {1: [-1]}, {1: [0.5]}, {1: [999]}],
)
def test_exact_traces_of_no_neuron_are_refused(record):
    with pytest.raises(InvalidInput, match="record"):
        exact_network_traces(SMALL, TIMES[:1], record=record)
