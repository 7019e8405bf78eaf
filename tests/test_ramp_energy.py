"""Firing ramps that save energy: closed forms, conservation, SciPy, and Brian2 with a meter."""

import numpy as np
import pandas as pd
import pytest
from brian2 import farad, joule, linked_var, nS, volt
from brian2.only import Network as BrianNetwork
from brian2.only import NeuronGroup, Synapses, prefs
from click.testing import CliRunner

from rcspike_brian import Circuit, InvalidInput, Network, simulate
from rcspike_brian.commands import main
from rcspike_brian.devices import DeviceEffects, make_chip, simulate_chip_layer
from rcspike_brian.energy import SUPPLY, EnergyCosts, energy_budget, ramp_savings
from rcspike_brian.equations import (
    AXON_RESET,
    AXON_THRESHOLD,
    INPUT_AXON,
    RAMP_ENERGY,
    RESET,
    STOP_AT_FIRST_SPIKE,
    STOP_ON_PRE,
    SYNAPSE,
    SYNAPSE_ON_PRE,
    THRESHOLD,
    THRESHOLD_NODE,
    neuron_equations,
    neuron_parameters,
    redefine,
)
from rcspike_brian.readout import first_to_spike
from rcspike_brian.simulation import exact_network_traces

LINEAR = ("linear", "linear-free-running", "threshold")
V_DD, C_IN = 1.8 * volt, 3e-15 * farad
COSTS = EnergyCosts(V_DD, 0 * joule, None, threshold_capacitance=C_IN)
TIMES = np.array([0.0, 0.1, 0.25, 0.4, 0.55, 0.7])
WEIGHTS = np.random.default_rng(3).normal(0.1, 0.3, (6, 8))


def circuit_with(ramp):
    return Circuit(
        V_th=0.872 * volt, V_syn=1.3 * volt, V_d=0.1 * volt, C=140e-15 * farad, ramp=ramp
    )


@pytest.fixture(autouse=True)
def numpy_target(monkeypatch):
    monkeypatch.setitem(prefs, "codegen.target", "numpy")


@pytest.fixture
def layer():
    """One layer on the nominal circuit: silent neurons and others, none above V_th."""
    network = Network([np.vstack([WEIGHTS, np.full((1, 8), 0.05)])], circuit_with("linear"))
    t_out = network.spike_times(TIMES, dtype=np.float64)[0][0]
    assert t_out.min() > 0
    assert t_out.max() == 1
    assert ((t_out > 0) & (t_out < 1)).sum() >= 4
    return network


@pytest.mark.parametrize("ramp", LINEAR)
def test_all_spike_at_one_less_v(ramp):
    circuit, v = circuit_with(ramp), np.array([-0.3, 0.0, 1e-12, 0.25, 0.999, 1.0, 1.7])
    np.testing.assert_array_equal(circuit.spike_time(v), np.clip(1 - v, 0, 1))


@pytest.mark.parametrize("ramp", LINEAR)
def test_spike_times_in_brian2_and_scipy(layer, ramp):
    """SciPy to 1e-11; Brian2 to first order in dt, and exact after the charging phase."""
    circuit = circuit_with(ramp)
    exact = layer.spike_times(TIMES, dtype=np.float64)[0][0]
    lines = np.append(TIMES, 0.0)
    judged = simulate(circuit, lines, layer.weights[0], target="solve_ivp")
    np.testing.assert_allclose(judged.t_out, exact, atol=1e-11)
    steps, errors = (100, 200, 400, 800), []
    for n in steps:
        found = simulate(circuit, lines, layer.weights[0], dt=circuit.T / n, method="rk4")
        assert (found.t_out >= exact - 1e-6).all()  # a spike is rounded up to a step
        assert np.abs(found.t_out - exact).max() < 1.001 / n + 1e-6
        errors.append(np.abs(found.v_end - (1 - exact))[(exact > 0) & (exact < 1)].max())
    assert errors[-1] < 0.2 * errors[0]


def metered(layer, ramp, steps, stop=False):
    """Firing ramp's energy of ``layer`` in joules, and spike times, both as Brian2 finds them."""
    circuit = circuit_with(ramp)
    dt, weights, lines = circuit.T / steps, layer.weights[0], np.append(TIMES, 0.0)
    n_in, n_out = weights.shape
    equations = neuron_equations(circuit)
    if stop:
        equations = redefine(equations, STOP_AT_FIRST_SPIKE.splitlines()[1]) + "stopped : boolean"
    shared = ramp == "threshold"
    if shared:  # the node itself, in place of the time that it takes
        equations = redefine(equations, "V_compare = V_node : volt") + "V_node : volt (linked)"
    axons = NeuronGroup(n_in, INPUT_AXON, threshold=AXON_THRESHOLD, reset=AXON_RESET, dt=dt)
    neurons = NeuronGroup(
        n_out, equations + RAMP_ENERGY, threshold=THRESHOLD, reset=RESET, method="rk4", dt=dt
    )
    synapses = Synapses(axons, neurons, SYNAPSE, on_pre=SYNAPSE_ON_PRE, dt=dt)
    synapses.connect()
    node = NeuronGroup(1, THRESHOLD_NODE, method="rk4", dt=dt)
    objects = [axons, neurons, synapses, node]
    for target in (neurons, node) if stop else ():
        objects.append(Synapses(neurons, target, on_pre=STOP_ON_PRE, dt=dt))
        objects[-1].connect()
    if shared:
        neurons.V_node = linked_var(node, "V_node", index=np.zeros(n_out, int))
    axons.T, axons.t_spike = circuit.T, circuit.seconds(lines)
    neurons.set_states(neuron_parameters(circuit))
    neurons.V_ramp, synapses.G = V_DD, circuit.conductances(weights.ravel())
    node.T, node.V_fall, node.V_node, node.V_dd = circuit.T, circuit.V_th, circuit.V_th, V_DD
    # Recharged with a time constant of T/20, all but exp(-40) of it in 2 T.
    node.C_node = n_out * C_IN
    node.G_node = 20 * node.C_node[0] / circuit.T
    BrianNetwork(*objects).run(4 * circuit.T, namespace={})
    return float(node.E_node[0] if shared else np.sum(neurons.E_ramp))


@pytest.mark.parametrize("stop", [False, True])
@pytest.mark.parametrize("ramp", LINEAR)
def test_energy_of_the_ramp_in_brian2(layer, ramp, stop):
    """Within a step's energy of the exact formula for every neuron, and in proportion to dt."""
    circuit = circuit_with(ramp)
    settings = {"stop_at_first_spike": stop}
    budget = energy_budget(layer.on_circuit(circuit), TIMES, circuit, COSTS, **settings)
    exact, steps = budget.supply[0, 0, SUPPLY.index("firing ramp")], (250, 1000)
    scale = 8 * float(V_DD) * circuit.si.C * circuit.si.V_th
    scale *= float(C_IN) / circuit.si.C if ramp == "threshold" else 1
    errors = [abs(metered(layer, ramp, n, stop) - exact) / scale for n in steps]
    # The ramp of a neuron goes on to the end of the step in which it spikes, and the others', where
    # its spike stops them, one step longer.
    for n, error in zip(steps, errors, strict=True):
        assert error < 2.01 / n + 1e-8
    if (ramp, stop) in (("linear-free-running", False), ("threshold", False)):
        assert max(errors) < 1e-8  # the same for all neurons, whatever they do


@pytest.mark.parametrize("stop", [False, True])
@pytest.mark.parametrize("ramp", [*LINEAR, "rc"])
def test_first_law(ramp, stop):
    """What the supplies deliver turns to heat, layer by layer, and no part gives off cold."""
    circuit = Circuit(V_th=0.6 * volt, V_syn=1.3 * volt, V_d=0.1 * volt, ramp=ramp)
    network = Network.random((7, 5, 3), circuit, 2, 2.0, np.float64)
    times = np.random.default_rng(0).uniform(0, 1, (40, 7))
    budget = energy_budget(network, times, circuit, COSTS, stop_at_first_spike=stop)
    supply, heat = budget.supply.sum(axis=2), budget.dissipation.sum(axis=2)
    np.testing.assert_allclose(supply, heat, rtol=1e-12)
    assert (budget.dissipation >= -1e-25).all()


def test_energies_in_closed_form():
    """v = 0.3, -0.4, 0.9 and 1.7: from V_dd, C V_th per unit of lift, C_in V_th per neuron."""
    v, V_dd = np.array([0.3, -0.4, 0.9, 1.7]), 2.0
    found = {}
    for ramp in LINEAR:
        circuit = Circuit.normalised(float("inf"), ramp=ramp)
        network = Network([np.vstack([v, np.zeros(4)])], circuit)
        costs = EnergyCosts(V_dd * volt, 0 * joule, 0 * joule / circuit.T,
                            threshold_capacitance=0.25 * circuit.C)  # fmt: skip
        for stop in (False, True):
            with pytest.warns(UserWarning, match="pass the supply") as said:
                budget = energy_budget(network, [[0.0]], circuit, costs, stop_at_first_spike=stop)
            assert said[0].filename == __file__
            found[ramp, stop] = budget.supply[0, 0, 2] / (V_dd * circuit.si.C)
            assert (first_to_spike(budget.times) == 3).all()
    # The last neuron is above the threshold: the first spike comes at once, and nothing is lifted.
    assert found == pytest.approx(
        {("linear", False): 0.7 + 1 + 0.1 + 0, ("linear", True): 0,
         ("linear-free-running", False): 4, ("linear-free-running", True): 0,
         ("threshold", False): 4 * 0.25, ("threshold", True): 0}
    )  # fmt: skip


def test_stop_leaves_the_answer_and_the_hidden_layers():
    network = Network.random((7, 5, 3), circuit_with("linear"), 2, 2.0, np.float64)
    times = np.random.default_rng(0).uniform(0, 1, (40, 7))
    times[30:] = 1.0  # no input, and no output spike
    whole, ended = (
        energy_budget(network, times, network.circuit, COSTS, stop_at_first_spike=stop)
        for stop in (False, True)
    )
    np.testing.assert_array_equal(whole.times, ended.times)
    np.testing.assert_array_equal(whole.supply[:, 0], ended.supply[:, 0])
    first = whole.times.min(axis=1)
    lift = np.minimum(whole.times, first[:, None]).sum(axis=1)
    circuit = network.circuit.si
    exact = float(V_DD) * circuit.C * circuit.V_th * lift
    np.testing.assert_allclose(ended.supply[:, 1, 2], exact, rtol=1e-12)
    assert (ended.total < whole.total).any()
    silent = first == 1
    assert silent.any()
    np.testing.assert_array_equal(ended.total[silent], whole.total[silent])


def test_savings_are_the_differences_of_budgets():
    network = Network.random((7, 5, 3), circuit_with("linear"), 2, 2.0, np.float64)
    times = np.random.default_rng(0).uniform(0, 1, (10, 7))
    rows = ramp_savings(network, times, network.circuit, COSTS, dataset="mine")
    assert len(rows) == 6
    for row in rows:
        stop, circuit = row["stop"] == "first output spike", circuit_with(row["ramp"])
        budget = energy_budget(network, times, circuit, COSTS, stop_at_first_spike=stop)
        assert row["energy"] == budget.total.mean()
    by = {(row["ramp"], row["stop"]): row["firing ramp"] for row in rows}
    assert by["linear-free-running", "end of phase"] >= by["linear", "end of phase"]
    unknown = EnergyCosts(V_DD, 0 * joule, None)
    assert {row["ramp"] for row in ramp_savings(network, times, network.circuit, unknown)} == {
        "linear", "linear-free-running"
    }  # fmt: skip
    with pytest.raises(InvalidInput, match="give threshold_capacitance"):
        energy_budget(network, times, circuit_with("threshold"), unknown)
    with pytest.raises(InvalidInput, match="threshold_capacitance must be a capacitance"):
        EnergyCosts(V_DD, 0 * joule, None, threshold_capacitance=1 * nS)
    with pytest.raises(InvalidInput, match="threshold_capacitance must not be negative"):
        EnergyCosts(V_DD, 0 * joule, None, threshold_capacitance=-1 * farad)


@pytest.mark.parametrize("ramp", LINEAR)
def test_traces_in_both_phases(layer, ramp):
    """The potential at rest, lifted, lifted again: exactly, and in SciPy's integration."""
    circuit = circuit_with(ramp)
    neurons = list(range(8))
    exact = exact_network_traces(layer, TIMES, circuit, record={1: neurons}, samples=50)
    lines, settings = np.append(TIMES, 0.0), {"dt": circuit.T / 50, "target": "solve_ivp"}
    found = simulate(circuit, lines, layer.weights[0], record=neurons, **settings)
    np.testing.assert_allclose(found.traces["v"], exact["v"], atol=1e-9)


def test_shared_threshold_does_not_see_the_capacitors():
    """Comparator offsets move its spikes, capacitors only by what they are charged to."""
    effects = DeviceEffects(capacitor_spread=0.3, comparator_offset=0.05)
    circuit = circuit_with("threshold")
    network = Network.random((6, 8), circuit, 3, 2.0, np.float64)
    chip = make_chip(network, effects, seed=1)
    (state,) = chip.walk(TIMES)
    expected = np.clip(chip.thresholds[0] - state.v, 0, 1)
    np.testing.assert_allclose(state.times, expected, atol=1e-15)
    _, t_out = simulate_chip_layer(chip, 0, TIMES, circuit, dt=circuit.T / 1000, method="rk4")
    np.testing.assert_allclose(t_out, state.times[0], atol=2.1e-3)
    with pytest.raises(InvalidInput, match="no closed form"):
        make_chip(network, DeviceEffects(leak=0.1)).spike_times(TIMES)


def test_command(tmp_path):
    runner, run = CliRunner(), str(tmp_path / "run")
    words = ["train", "--subset", "bundled", "--hidden", "8", "--epochs", "1", "--quiet"]
    assert runner.invoke(main, [*words, "--out", run]).exit_code == 0
    words = ["energy", run, "--comparator-energy", "0", "--images", "40"]
    tables = {}
    for name, more in {
        "default": [], "known": ["--threshold-capacitance", "3e-15"],
        "quiet": ["--ramp", "threshold", "--threshold-capacitance", "3e-15",
                  "--stop-at-first-spike"],
    }.items():  # fmt: skip
        out = tmp_path / name
        result = runner.invoke(main, [*words, *more, "--out", str(out)])
        assert result.exit_code == 0, result.output
        tables[name] = [pd.read_csv(out / f"{t}.csv") for t in ("energy", "energy_ramps")]
    assert [len(ramps) for _, ramps in tables.values()] == [4, 6, 6]
    ramps = tables["known"][1].set_index(["ramp", "stop"])["energy"]
    assert tables["default"][0]["energy"][0] == pytest.approx(ramps["linear", "end of phase"])
    saved = ramps["threshold", "first output spike"]
    assert tables["quiet"][0]["energy"][0] == pytest.approx(saved)
    result = runner.invoke(main, [*words, "--ramp", "rc"])
    assert result.exit_code == 1
    assert "other spike times" in result.output
