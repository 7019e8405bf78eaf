"""Energy: closed forms, conservation, an independent integrator, and Brian2 with a meter."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
from brian2 import joule, prefs, psecond, uwatt, volt, watt
from brian2.devices.cpp_standalone.device import CPPStandaloneDevice
from brian2.only import Network as BrianNetwork
from brian2.only import NeuronGroup, Synapses
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from rcspike_brian import (
    Circuit,
    InvalidInput,
    Network,
    load_dataset,
    membrane_potential,
    train,
)
from rcspike_brian.commands import main
from rcspike_brian.commands.runs import run_folders
from rcspike_brian.core.charge import synaptic_charge
from rcspike_brian.energy import (
    DISSIPATION,
    SUPPLY,
    EnergyCosts,
    class_energy,
    energy_budget,
    equal_accuracy_ratio,
    layer_energy,
    network_energy,
)
from rcspike_brian.equations import (
    AXON_RESET,
    AXON_THRESHOLD,
    INPUT_AXON,
    METERED_NEURON,
    RESET,
    SYNAPSE,
    SYNAPSE_ON_PRE,
    THRESHOLD,
    neuron_parameters,
)
from rcspike_brian.figures import energy_figure
from rcspike_brian.simulation.devices import private_device, same_environment
from rcspike_brian.sweeps import Grid, run_sweep

COSTS = EnergyCosts(V_dd=1.8 * volt, comparator=0 * joule, static_power=None)
CIRCUIT = Circuit(V_th=0.872 * volt, V_syn=(1.8 * volt, 1.2 * volt), V_d=0.3 * volt)


def random_layer(seed=0, batch=6, n_in=9, n_out=4, scale=1.5):
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 1, (batch, n_in)), rng.normal(0.1, scale, (n_in, n_out))


@given(
    st.integers(0, 10_000),
    st.sampled_from([0.0, 0.1, 1.0, (2.0, 0.3), 30.0]),
    st.floats(0, 3),
)
@settings(max_examples=60, deadline=None)
def test_charge_is_conserved(seed, beta, scale):
    """What flows in less what flows out is what the capacitor has."""
    times, weights = random_layer(seed, scale=scale)
    times[:, 1], times[:, 2], times[0] = times[:, 3], 1.0, 1.0
    v, q = synaptic_charge(times, weights, beta)
    np.testing.assert_allclose(q[:, 0] - q[:, 1], v, atol=1e-12)
    np.testing.assert_allclose(v, membrane_potential(times, weights, beta), atol=1e-12)
    assert (q >= 0).all()


def test_charge_of_a_single_synapse():
    for w, beta, t in ((2.0, 0.7, 0.3), (-1.5, 1.4, 0.0), (1e-7, 1.0, 0.5)):
        _, q = synaptic_charge([[t]], [[w]], beta)
        expected = -np.expm1(-beta * abs(w) * (1 - t)) / beta
        assert q[0, 0 if w > 0 else 1, 0] == pytest.approx(expected, rel=1e-13)
        assert q[0, 1 if w > 0 else 0, 0] == 0


def test_charge_of_the_conventional_circuit():
    times, weights = random_layer()
    _, q = synaptic_charge(times, weights, 0.0)
    np.testing.assert_allclose(q[:, 0], (1 - times) @ np.maximum(weights, 0), rtol=1e-13)
    np.testing.assert_allclose(q[:, 1], (1 - times) @ np.maximum(-weights, 0), rtol=1e-13)


@pytest.mark.parametrize("leak", [0.0, 0.8])
def test_charge_against_an_adaptive_integrator(leak):
    times, weights = random_layer(3, batch=1, n_out=2)
    beta = (0.4, 1.3)
    v, q = synaptic_charge(times, weights, beta, leak=leak)
    for i in range(2):
        plus, minus = np.maximum(weights[:, i], 0), np.maximum(-weights[:, i], 0)
        state, start = np.zeros(3), 0.0
        for end in [*np.sort(times[0]), 1.0]:
            on = times[0] <= start if start else np.zeros(9, bool)
            g_plus, g_minus = plus[on].sum(), minus[on].sum()

            def slope(t, y, a=g_plus, b=g_minus):
                into, out = a * (1 - beta[0] * y[0]), b * (1 + beta[1] * y[0])
                return [into - out - leak * y[0], into, out]

            state = solve_ivp(slope, (start, end), state, rtol=1e-11, atol=1e-13).y[:, -1]
            start = end
        np.testing.assert_allclose([v[0, i], *q[0, :, i]], state, atol=1e-9)


def test_threads_do_not_change_a_bit():
    times, weights = random_layer(batch=200)
    one, two = (synaptic_charge(times, weights, 1.0, threads=n) for n in (1, 2))
    np.testing.assert_array_equal(one[1], two[1])


def metered_layer(shape, dt, method):
    """Brian2 objects of a layer whose neurons add up the energy that they are given."""
    n_in, n_out = shape
    axons = NeuronGroup(n_in, INPUT_AXON, threshold=AXON_THRESHOLD, reset=AXON_RESET, dt=dt)
    neurons = NeuronGroup(
        n_out, METERED_NEURON, threshold=THRESHOLD, reset=RESET, method=method, dt=dt
    )
    synapses = Synapses(axons, neurons, SYNAPSE, on_pre=SYNAPSE_ON_PRE, dt=dt)
    synapses.connect()
    return axons, neurons, synapses


def metered_run(times, weights, steps, method="euler"):
    """Energy out of both supplies of CIRCUIT, integrated by Brian2; (2, n_out) in joules."""
    dt = CIRCUIT.T / steps
    axons, neurons, synapses = metered_layer(weights.shape, dt, method)
    axons.T, axons.t_spike = CIRCUIT.T, CIRCUIT.seconds(times)
    neurons.set_states(neuron_parameters(CIRCUIT))
    synapses.G = CIRCUIT.conductances(weights.ravel())
    BrianNetwork(axons, neurons, synapses).run(CIRCUIT.T + dt, namespace={})
    return np.stack([np.asarray(neurons.E_plus), np.asarray(neurons.E_minus)])


@pytest.fixture
def numpy_target(monkeypatch):
    monkeypatch.setitem(prefs, "codegen.target", "numpy")


def exact_energy(times, weights):
    _, q = synaptic_charge(times[None], weights, CIRCUIT.beta)
    drive = np.array([[float(V)] for V in CIRCUIT.V_syn])
    return float(CIRCUIT.C) * float(CIRCUIT.V_th) * drive * q[0]


def test_formula_against_brian2_is_of_first_order(numpy_target):
    """Slope 1 in dt; the extrapolation to dt = 0 hits the formula within 1e-6."""
    rng = np.random.default_rng(5)
    times, weights = rng.integers(0, 100, 8) / 100, rng.normal(0.2, 1.2, (8, 3))
    exact = exact_energy(times, weights)
    steps = (500, 1000, 2000, 4000)
    found = np.array([metered_run(times, weights, n) for n in steps])
    errors = np.abs(found - exact).max(axis=(1, 2)) / exact.max()
    slope = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert slope == pytest.approx(-1, abs=0.02)
    # Richardson: the spike times are on every grid, so the error is a power series in dt.
    once = 2 * found[1:] - found[:-1]
    twice = (4 * once[1:] - once[:-1]) / 3
    assert np.abs(twice[-1] - exact).max() / exact.max() < 1e-6


def test_formula_against_brian2_with_a_fourth_order_method(numpy_target):
    """Without extrapolation: within 1e-6 at 1000 steps."""
    rng = np.random.default_rng(6)
    times, weights = rng.integers(0, 100, 8) / 100, rng.normal(0.2, 1.2, (8, 3))
    exact = exact_energy(times, weights)
    found = metered_run(times, weights, 1000, method="rk4")
    assert np.abs(found - exact).max() / exact.max() < 1e-6


@pytest.mark.slow
@pytest.mark.standalone
def test_plain_euler_steps_reach_a_millionth(tmp_path):
    """Slope 1 over two decades and within 1e-6 at T/1,000,000, with no extrapolation.

    One C++ program serves all: its step is fixed, and the phases are longer or shorter.
    """
    rng = np.random.default_rng(5)
    times, weights = rng.integers(0, 100, 8) / 100, rng.normal(0.2, 1.2, (8, 3))
    dt, steps = 1 * psecond, (10_000, 100_000, 1_000_000)
    device, errors = CPPStandaloneDevice(), []
    with private_device(device), same_environment():
        axons, neurons, synapses = metered_layer(weights.shape, dt, "euler")
        neurons.set_states(neuron_parameters(CIRCUIT))
        BrianNetwork(axons, neurons, synapses).run((max(steps) + 1) * dt, namespace={})
        device.build(directory=str(tmp_path / "program"), run=False)
        for n in steps:
            circuit = Circuit.from_dict({**CIRCUIT.to_dict(), "T": n * float(dt)})
            arguments = {
                axons.T: circuit.T,
                axons.t_spike: circuit.seconds(times),
                neurons.T: circuit.T,
                synapses.G: circuit.conductances(weights.ravel()),
            }
            device.run(with_output=False, run_args=arguments)
            found = np.stack([np.asarray(neurons.E_plus), np.asarray(neurons.E_minus)])
            exact = exact_energy(times, weights)
            errors.append(np.abs(found - exact).max() / exact.max())
    slope = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert slope == pytest.approx(-1, abs=0.01)
    assert errors[-1] < 1e-6


def test_first_law():
    """Supplied and dissipated energies agree, and no heat is negative."""
    for circuit in (
        Circuit.normalised(1.3, ramp="rc"),
        Circuit.normalised((2.8, 1.53), V_th=0.872 * volt),
        Circuit.normalised(1.0, V_th=0.5 * volt),
    ):
        network = Network.random((7, 5, 3), circuit, 2, 2.0, np.float64)
        times = np.random.default_rng(0).uniform(0, 1, (20, 7))
        budget = energy_budget(network, times, circuit, COSTS)
        np.testing.assert_allclose(
            budget.supply.sum(axis=2), budget.dissipation.sum(axis=2), rtol=1e-12
        )
        assert (budget.dissipation >= -1e-25).all()


def test_heat_of_the_resistors_is_i_squared_r():
    times, weights = random_layer(8, batch=1, n_in=4, n_out=1)
    circuit = Circuit.normalised((1.0, 2.0))
    network = Network([np.vstack([weights, [[0.0]]])], circuit)
    budget = energy_budget(network, times, circuit, COSTS)
    G = np.asarray(circuit.conductances(weights))[:, 0]
    t = np.linspace(0, 1, 200_001)
    from rcspike_brian.core.reference import trajectory

    V = trajectory(times[0], weights, circuit.beta, t)[:, 0]
    V_syn = np.where(G > 0, 1.0, 2.0)
    across = V_syn[:, None] - np.sign(G)[:, None] * V
    heat = np.abs(G)[:, None] * across**2 * (t >= times[0][:, None])
    expected = heat.sum() * (t[1] - t[0]) * float(circuit.T)
    assert budget.dissipation[0, 0, 0] == pytest.approx(expected, rel=1e-4)


def test_ramp_lifts_each_neuron_to_the_threshold():
    """C V_th V_dd (1 - v) where it fires, C V_th V_dd where it does not, nothing above V_th."""
    circuit = Circuit.normalised(float("inf"))
    network = Network([np.array([[0.3, -0.4, 1.7], [0.0, 0.0, 0.0]])], circuit)
    costs = EnergyCosts(V_dd=2 * volt, comparator=3e-15 * joule, static_power=5 * uwatt)
    budget = energy_budget(network, [[0.0]], circuit, costs)
    supply = dict(zip(SUPPLY, budget.supply[0, 0], strict=True))
    C = float(circuit.C)
    assert supply["firing ramp"] == pytest.approx(C * 2 * (0.7 + 1 + 0), rel=1e-12)
    assert supply["comparators"] == pytest.approx(9e-15)
    assert supply["current sources"] == pytest.approx(3 * 5e-6 * 1e-6)
    heat = dict(zip(DISSIPATION, budget.dissipation[0, 0], strict=True))
    assert heat["reset"] == pytest.approx(C * (1 + 0.6**2 + 1.7**2) / 2, rel=1e-12)


def test_resistive_ramp_is_fed_from_the_rail():
    """Charging and firing phase by quadrature of the currents, with V_dd and E+ far apart."""
    circuit = Circuit(V_syn=(4.5 * volt, 3 * volt), V_d=0.5 * volt, V_th=0.9 * volt, ramp="rc")
    C, T, V_th, V_syn, V_d, E = circuit.si
    weights, times = np.array([[0.8, -0.4], [-0.3, -0.2], [0.0, 0.0]]), np.array([0.1, 0.6, 0.0])
    costs = EnergyCosts(V_dd=1.8 * volt, comparator=0 * joule, static_power=None)
    budget = energy_budget(Network([weights], circuit), times[None, :2], circuit, costs)
    supply = dict(zip(SUPPLY, budget.supply[0, 0], strict=True))
    heat = dict(zip(DISSIPATION, budget.dissipation[0, 0], strict=True))
    G = np.asarray(circuit.conductances(weights))
    R = -T / (C * np.log1p(-V_th / E[0]))
    found = dict.fromkeys(["positive", "negative", "ramp", "resistors", "diodes", "heat", "end"], 0)
    for i in range(2):

        def charging(t, y, G=G[:, i]):
            on = (t >= times * T) & (G != 0)
            up, down = E[0] - y[0], E[1] + y[0]
            plus, minus = np.sum(on * np.maximum(G, 0)) * up, np.sum(on * np.maximum(-G, 0)) * down
            heat = plus * up + minus * down
            return [(plus - minus) / C, V_syn[0] * plus, V_syn[1] * minus, heat,
                    V_d * (plus + minus)]  # fmt: skip

        y = np.zeros(5)
        for start, end in ((0, times[0]), (times[0], times[1]), (times[1], 1)):
            inside = (start * T * (1 + 1e-12) + 1e-18, end * T * (1 - 1e-12))
            y = solve_ivp(charging, inside, y, rtol=1e-10, atol=1e-30).y[:, -1]

        def firing(t, y):
            I = (E[0] - y[0]) / R
            return [I / C, E[0] * I, I**2 * R]

        def spike(t, y):
            return y[0] - V_th

        spike.terminal = True
        end = solve_ivp(firing, (0, T), [y[0], 0, 0], events=spike, rtol=1e-10, atol=1e-30).y[:, -1]
        for name, value in zip(found, [*y[1:3], end[1], y[3], y[4], end[2], C * end[0] ** 2 / 2],
                               strict=True):  # fmt: skip
            found[name] += value
    mine = [supply["positive synapses"], supply["negative synapses"], supply["firing ramp"]]
    mine += [heat[term] for term in ("resistors", "diodes", "ramps", "reset")]
    np.testing.assert_allclose(mine, list(found.values()), rtol=1e-6)


def test_current_sources_stop_at_their_supply_if_clamped():
    """Against small steps of a circuit that saturates at both of its rails."""
    circuit = Circuit(V_syn=(1 * volt, 0.5 * volt), V_th=1 * volt, kind="conventional")
    weights = np.array([[4.0], [3.0], [-6.0], [-9.0], [12.0], [0.0]])
    times = np.array([0.0, 0.25, 0.4, 0.6, 0.85])
    costs = EnergyCosts(V_dd=1 * volt, comparator=0 * joule, static_power=0 * watt)
    network = Network([weights], circuit)
    with pytest.warns(UserWarning, match=r"^100.00% .* pass the supply .*-0.5 V"):
        free = energy_budget(network, times[None], circuit, costs)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clamped = energy_budget(network, times[None], circuit, costs, clamp=True)
    v, taken, n = 0.0, np.zeros(2), 20_000
    for t in (np.arange(n) + 0.5) / n:
        on = weights[:5, 0] * (times <= t) / n
        plus, minus = on[on > 0].sum(), -on[on < 0].sum()
        plus -= max(v + plus - minus - 1.0, 0)
        minus -= max(-0.5 - v - plus + minus, 0)
        v += plus - minus
        taken += plus * 1.0, minus * 0.5
    C = float(circuit.C)
    assert v == pytest.approx(0.1, abs=1e-3)  # the last source brings it back from the rail
    np.testing.assert_allclose(clamped.supply[0, 0, :2], C * taken, rtol=1e-3)
    assert clamped.total < free.total
    assert (clamped.dissipation >= 0).all()
    np.testing.assert_allclose(clamped.supply.sum(axis=2), clamped.dissipation.sum(axis=2))
    # Alone, a source far beyond its supply would have to deliver more than it takes.
    with pytest.raises(InvalidInput, match=r"resistors of a layer would give off .* clamp=True"):
        energy_budget(Network([weights[:2]], circuit), [[0.0]], circuit, costs)


def test_full_scale_charge_is_what_the_process_says():
    """C = 140 fF, 1.8 V supply, V_th = 0.872 V: about 0.22 pJ (arXiv:2412.09010's circuit)."""
    circuit = Circuit(V_th=0.872 * volt, V_syn=1.8 * volt, kind="conventional")
    network = Network([np.zeros((2, 1))], circuit)
    costs = EnergyCosts(V_dd=1.8 * volt, comparator=0 * joule, static_power=0 * watt)
    assert energy_budget(network, [[1.0]], circuit, costs).total[0] == pytest.approx(
        0.22e-12, rel=0.01
    )


def test_energy_is_proportional_to_the_drive_voltage_of_the_conventional_circuit():
    network = Network.random((5, 4), float("inf"), 0)
    totals = []
    for V in (1, 3):
        circuit = Circuit(V_syn=V * volt, kind="conventional")
        costs = EnergyCosts(V_dd=1 * volt, comparator=0 * joule, static_power=0 * watt)
        budget = energy_budget(network, [[0.1, 0.2, 0.3, 0.4, 0.5]], circuit, costs)
        totals.append(budget.supply[..., :2].sum())
    assert totals[1] == pytest.approx(3 * totals[0])


def test_what_is_not_known_is_not_assumed():
    network = Network.random((3, 2), float("inf"), 0)
    with pytest.raises(InvalidInput, match="needs static_power"):
        energy_budget(network, [[0, 0, 0]], Circuit.normalised(float("inf")), COSTS)
    with pytest.raises(TypeError):
        EnergyCosts(V_dd=1 * volt)
    with pytest.raises(InvalidInput, match="comparator must be an energy"):
        EnergyCosts(V_dd=1 * volt, comparator=1 * volt, static_power=None)
    with pytest.raises(InvalidInput, match="V_dd must not be negative"):
        EnergyCosts(V_dd=-1 * volt, comparator=0 * joule, static_power=None)
    with pytest.raises(InvalidInput, match="beta"):
        energy_budget(network, [[0, 0, 0]], Circuit.normalised(1.0), COSTS)
    low = EnergyCosts(V_dd=0.5 * volt, comparator=0 * joule, static_power=0 * watt)
    with pytest.raises(InvalidInput, match="cannot lift"):
        energy_budget(network, [[0, 0, 0]], Circuit.normalised(float("inf")), low)
    with pytest.raises(InvalidInput, match="leak must be"):
        synaptic_charge([[0.5]], [[1.0]], 1.0, leak=-1)
    with pytest.raises(InvalidInput, match="do not fit"):
        synaptic_charge([[0.5, 0.5]], [[1.0]], 1.0)


def test_frames_and_figure_agree_with_the_budget():
    network = Network.random((6, 5, 3), 1.0, 0, 3.0)
    images = np.random.default_rng(0).integers(0, 256, (30, 6)).astype(np.uint8)
    labels = np.arange(30) % 3
    budget = energy_budget(network, images, Circuit.normalised(1.0), COSTS)
    columns = {"dataset": "mnist", "v_syn": 1.0}
    row = network_energy(budget, labels, **columns, data="full")
    assert row["energy"] == pytest.approx(sum(row[term] for term in SUPPLY))
    layers = pd.DataFrame(layer_energy(budget, **columns))
    sums = layers.groupby("side")["energy"].sum()
    np.testing.assert_allclose(sums, row["energy"])
    classes = pd.DataFrame(class_energy(budget, labels, **columns))
    assert np.average(classes["energy"], weights=classes["images"]) == pytest.approx(row["energy"])
    axes = energy_figure(pd.DataFrame([row]), layers).axes
    assert axes[0].lines[0].get_ydata()[0] == pytest.approx(row["energy"] * 1e12)
    heights = sum(bar.get_height() for bar in axes[2].patches)
    assert heights == pytest.approx(2 * row["energy"] * 1e12)
    # A conventional circuit is drawn too, and alone if there is no other.
    alone = energy_figure(pd.DataFrame([row | {"v_syn": np.inf}]), layers.assign(v_syn=np.inf))
    for panel in alone.axes[:2]:
        assert panel.lines[-1].get_color() == panel.lines[0].get_color()
    assert alone.axes[0].lines[-1].get_ydata()[0] == pytest.approx(row["energy"] * 1e12)
    heights = sum(bar.get_height() for bar in alone.axes[2].patches)
    assert heights == pytest.approx(2 * row["energy"] * 1e12)


def test_command(tmp_path):
    runner = CliRunner()
    for v_syn in ("1", "8"):
        words = ["train", "--subset", "bundled", "--hidden", "8", "--epochs", "1", "--quiet"]
        result = runner.invoke(main, [*words, "--v-syn", v_syn, "--out", str(tmp_path / v_syn)])
        assert result.exit_code == 0, result.output
    words = ["energy", str(tmp_path), "--comparator-energy", "0", "--images", "50"]
    result = runner.invoke(main, [*words, "--out", str(tmp_path / "figures")])
    assert result.exit_code == 0, result.output
    paired = (tmp_path / "figures" / "energy_ratio.csv").exists()
    frame = pd.read_csv(tmp_path / "figures" / "energy.csv")
    assert paired == (frame["accuracy"].nunique() == 1)
    assert ("times the energy" in result.output) == paired
    assert ("no networks at V_syn = 1 and 8" in result.output) != paired
    frame = pd.read_csv(tmp_path / "figures" / "energy.csv")
    assert frame["energy"].between(1e-13, 1e-9).all()
    assert (frame["comparator_energy"] == 0).all()
    assert (frame["ramp"] == "linear").all()
    result = runner.invoke(main, ["energy", str(tmp_path)])
    assert "say --comparator-energy" in result.output
    # Named parts say it, and add the lines.
    words = ["energy", str(tmp_path), "--parts", "sky130", "--images", "50", "--out"]
    result = runner.invoke(main, [*words, str(tmp_path / "parts")])
    assert result.exit_code == 0, result.output
    terms, frame = (pd.read_csv(tmp_path / "parts" / f"{n}.csv") for n in ("picojoule", "energy"))
    without_lines = terms[terms["term"] != "lines"].groupby("v_syn")["energy"].sum()
    np.testing.assert_allclose(without_lines, frame.set_index("v_syn")["energy"].sort_index())
    assert (terms["least"] <= terms["energy"]).all()
    assert (terms["energy"] <= terms["most"]).all()
    assert (terms.loc[terms["term"] == "lines", "energy"] > 0).all()
    words = ["energy", str(tmp_path), "--parts", "sky130", "--ramp", "threshold"]
    result = runner.invoke(main, [*words, "--threshold-capacitance", "1e-15"])
    assert result.exit_code == 1
    assert "switches at one voltage" in result.output


def test_settings_are_no_seeds(tmp_path):
    grid = Grid(
        ["iris"], [1.0], [0], options={"hidden": [4], "epochs": 1},
        vary={"temperature": [0.02, 0.05]}, references=False,
    )  # fmt: skip
    run_sweep(grid, tmp_path / "sweep", workers=1, progress=False)
    words = [str(tmp_path / "sweep"), "--comparator-energy", "0", "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(main, ["energy", *words])
    assert result.exit_code == 1
    assert re.search("has temperature 0.0[25], and .* has 0.0[25]: give runs", result.output)
    result = CliRunner().invoke(main, ["front", *words])
    assert result.exit_code == 0, result.output
    assert len(pd.read_csv(tmp_path / "out" / "front.csv")) == 2


def test_a_run_that_is_not_finished_is_named(tmp_path):
    pauses = iter([True])
    train(
        load_dataset("iris"), hidden=(5,), epochs=3, out=tmp_path / "run", progress=False,
        pause=lambda: next(pauses),
    )  # fmt: skip
    words = ["energy", str(tmp_path), "--comparator-energy", "0", "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    assert "run: trained for 1 of 3 epochs so far" in result.output


def test_relu_networks_of_a_sweep_are_left_out(tmp_path, capsys):
    for model in ("rc-spike", "relu-mlp"):
        folder = tmp_path / model
        folder.mkdir()
        Network.random((4, 3), 1.0, seed=0).save(folder / "network.npz")
        (folder / "config.json").write_text(f'{{"model": "{model}"}}')
    assert run_folders([tmp_path]) == [tmp_path / "rc-spike"]
    assert "left out 1 ReLU" in capsys.readouterr().out


def test_a_network_that_is_given_twice_counts_once(tmp_path, capsys):
    for name, v_syn in (("a", 1.0), ("b", 8.0), ("c", 1.0)):
        (tmp_path / name).mkdir()
        Network.random((4, 3), v_syn, seed=0).save(tmp_path / name / "network.npz")
    a, b, c = (tmp_path / name for name in "abc")
    assert run_folders([a, b]) == [a, b]
    assert not capsys.readouterr().out
    for runs, found in (([a, b, a], [a, b]), ([tmp_path], [a, b]), ([b, c, a], [b, c])):
        assert run_folders(runs) == found
        assert re.search("left out .*: the same network as", capsys.readouterr().out)


def test_pairs_of_equal_accuracy_are_the_nearest_and_each_network_is_in_one():
    accuracies = {1.0: [0.980, 0.985, 0.990], 8.0: [0.9805, 0.9853, 0.9915, 0.999]}
    rows = [
        {"dataset": "m", "v_syn": v, "accuracy": a, "energy": v * (1 + k)}
        for v, values in accuracies.items()
        for k, a in enumerate(values)
    ]
    found = equal_accuracy_ratio(pd.DataFrame(rows))
    assert found[["accuracy_low", "accuracy_high"]].to_numpy().tolist() == [
        [0.98, 0.9805], [0.985, 0.9853],
    ]  # fmt: skip
    assert found["ratio"].tolist() == [8.0, 8.0]
    wider = equal_accuracy_ratio(pd.DataFrame(rows), within=0.002)
    assert wider["accuracy_high"].tolist() == [0.9805, 0.9853, 0.9915]
    assert equal_accuracy_ratio(pd.DataFrame(rows[:3])).empty


def test_networks_of_several_kinds_are_neither_paired_nor_averaged():
    rows = [("784-10", 1.0, 2.0), ("28x28-2C3-10", 8.0, 9.0), ("784-10", 8.0, 10.0)]
    frame = pd.DataFrame(rows, columns=["network", "v_syn", "energy"])
    frame = frame.assign(dataset="m", accuracy=0.9, data="full")
    (pair,) = equal_accuracy_ratio(frame).to_dict("records")
    assert (pair["network"], pair["ratio"]) == ("784-10", 5.0)
    assert len(equal_accuracy_ratio(frame.assign(network=None))) == 1  # that of v_syn = 1
    layers = frame.assign(layer=1, side=["supply", "dissipation", "supply"], term="t")
    with pytest.raises(InvalidInput, match=r"frame has several networks for m.*784-10, 28x28"):
        energy_figure(frame, layers)
    with pytest.raises(InvalidInput, match="layers has several networks"):
        energy_figure(frame.assign(network="784-10"), layers)


def test_a_conventional_circuit_is_paired_at_infinity_with_all_that_is_said_of_it():
    frame = pd.DataFrame(
        {"dataset": "m", "v_syn": [1.0, np.inf], "accuracy": 0.9, "energy": [2.0, 6.0]}
    ).assign(least=lambda f: f["energy"] - 1, most=lambda f: f["energy"] + 1)
    columns = ("energy", "least", "most")
    (pair,) = equal_accuracy_ratio(frame, 1, np.inf, columns=columns).to_dict("records")
    assert pair["ratio"] == 3.0
    assert [pair[f"{c}_{end}"] for c in columns for end in ("low", "high")] == [2, 6, 1, 5, 3, 7]
