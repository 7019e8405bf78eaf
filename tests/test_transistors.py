"""Synapses, neurons and networks of transistors, and what follows from them."""

import json

import numpy as np
import pandas as pd
import pytest
from brian2 import siemens, uF
from click.testing import CliRunner

from rcspike_brian import Circuit, InvalidInput, Network
from rcspike_brian.commands import main
from rcspike_brian.energy import PARTS, Parts, line_energy
from rcspike_brian.energy.parts import JUNCTION, WIRE
from rcspike_brian.experiments import compare_transistors, train_for_transistors, transistor_rmse
from rcspike_brian.figures import modulation_figure, picojoule_figure, transistors_figure
from rcspike_brian.quantities import SI
from rcspike_brian.ramps import RAMPS, DischargeRamp
from rcspike_brian.spice import (
    Design,
    Process,
    Transistors,
    at_current,
    compare_wires,
    extract,
    extract_sources,
    program,
    simulate_parts,
    simulate_spice,
    simulate_transistors,
)
from tests.transistors import needs_transistors

from tests.ngspice import needs_ngspice  # isort: skip


@pytest.fixture(scope="module")
def extraction():
    return extract()


def test_rails_from_channel_length_modulation():
    """I_0 (1 + lambda x) is zero at x = -1/lambda; the paper's numbers give the paper's rails."""
    circuit = Circuit.from_transistors(0.41, 0.75, 0.177)
    np.testing.assert_allclose(circuit.si.E, (1 / 0.41, 1 / 0.75), rtol=1e-12)
    np.testing.assert_allclose(circuit.e, (2.80, 1.53), atol=0.005)
    assert circuit == Circuit.from_dict(circuit.to_dict())
    with pytest.raises(InvalidInput, match="lambda_minus"):
        Circuit.from_transistors(0.41, 0.0)


def test_discharge_ramp_is_the_solution_of_its_equation():
    """dv/dt = k (1 - b v), v(0) = 0, v(1) = 1; without modulation it is the linear ramp."""
    circuit, b = Circuit(ramp="discharge"), RAMPS["discharge"].b
    v = np.linspace(0.05, 0.95, 7)
    k = -np.log(1 - b) / b
    np.testing.assert_allclose(circuit.spike_time(v), 1 + np.log(1 - b * v) / (b * k), rtol=1e-12)
    slope = (circuit.spike_time(v + 1e-6) - circuit.spike_time(v - 1e-6)) / 2e-6
    np.testing.assert_allclose(circuit.ramp.slope(v, circuit), slope, rtol=1e-8)
    weak = Circuit(ramp=DischargeRamp(1e-9)).spike_time(v)
    np.testing.assert_allclose(weak, 1 - v, atol=1e-8)
    with pytest.raises(InvalidInput, match="never lifts"):
        Circuit(ramp=DischargeRamp(1.2))


@needs_transistors
def test_the_papers_numbers(extraction):
    """lambda N, lambda P and that of the discharge within 5 % of arXiv:2412.09010."""
    sources, design = extraction.sources, extraction.design
    found = [at_current(sources, kind, "lambda", design.I_unit) for kind in "np"]
    found.append(at_current(sources, "discharge", "lambda", design.I_full))
    np.testing.assert_allclose(found, (0.41, 0.75, 0.177), rtol=0.05)
    np.testing.assert_allclose(extraction.circuit.e, (2.80, 1.53), rtol=0.05)
    assert design.V_th == pytest.approx(0.872, rel=0.01)
    np.testing.assert_allclose(sources["e"] * sources["lambda"] * Design().V_th, 1)


@needs_transistors
def test_shorter_channels_are_modulated_more():
    frames = [extract_sources(design=Design(L=L), currents=[4e-8]) for L in (0.2e-6, 0.4e-6)]
    short, long = (frame.set_index("kind")["lambda"] for frame in frames)
    assert (short[["n", "p"]] > 1.3 * long[["n", "p"]]).all()
    assert short["discharge"] == pytest.approx(long["discharge"], rel=1e-6)


@needs_transistors
def test_weights_are_currents_and_capacitors_add_up(extraction):
    network = Network((np.array([[1.0, 0.0], [-0.5, 2.0]]),), extraction.circuit)
    found, design = program(extraction, network), extraction.design
    assert found.units[0].tolist() == [[3, 0], [-2, 6]]
    I_0 = 2.0 * design.I_full / 6 / extraction.gains["n"]
    assert at_current(extraction.sources, "n", "I_ref", I_0) == pytest.approx(
        found.currents[0][1, 1], rel=0.01
    )
    per = extraction.parasitics
    brought = per["neuron"] + np.array([3 * per["n"] + 2 * per["p"], 6 * per["n"]])
    np.testing.assert_allclose(found.capacitors[0] + brought, design.C, rtol=1e-12)
    assert 0.2e-15 < per["n"] < 2e-15
    assert all(abs(gain - 1) < 0.02 for gain in extraction.gains.values())
    huge = Network((np.full((2, 1), 50.0),), extraction.circuit)
    with pytest.raises(InvalidInput, match="take a larger C"):
        program(extraction, huge)
    pooled = Network.random(((1, 4, 4), "2C3", "P2", 3), extraction.circuit)
    with pytest.raises(InvalidInput, match="a netlist has no pools"):
        program(extraction, pooled)


@needs_transistors
def test_layer_of_transistors_follows_the_exact_solution(extraction):
    """Both signs, several times; neurons that stay silent, and one that fires at once."""
    weights = np.array([[0.0, 1.0, -0.5, 2.0], [0.9, -0.5, 0.3, 1.0], [0.05, 0.3, 0.6, -0.4]])
    network = Network((weights,), extraction.circuit)
    times = np.array([[0.2, 0.5], [0.6, 0.1], [1.0, 1.0]])
    found = simulate_transistors(program(extraction, network), times)[0]
    exact = network.spike_times(times)[0]
    assert exact.min() == 0 < exact.max() == 1
    np.testing.assert_allclose(found, exact, atol=3e-3)
    # With equal rails far away instead it would be off by far more.
    linear = Network((weights,), Circuit.normalised((1e3, 1e3))).spike_times(times)[0]
    assert np.abs(found - linear).max() > 0.05


@needs_transistors
def test_iris_network_in_transistors(extraction):
    """Target: at most 3 ns of 1000, and the mapped ANN ten times as far off its own model."""
    networks = train_for_transistors(extraction)
    frame = compare_transistors(networks, extraction, samples=3)
    rmse = transistor_rmse(frame).set_index("network")
    assert rmse.loc["RC-Spike", "model"] < 3
    mapped = rmse.loc["ANN on RC-Spike circuit"]
    assert mapped["model"] > 10 * rmse.loc["RC-Spike", "model"]
    assert mapped["circuit"] < 3
    assert len(transistors_figure(frame).axes) == 2
    # Mismatch is far from it, unless each source carries its own current once.
    how = {"samples": 1, "models": ["RC-Spike"]}
    chip = Process("tt", seed=0)
    mirrors, copiers = (
        compare_transistors(networks, extraction, chip, **how, copiers=on) for on in (False, True)
    )
    assert transistor_rmse(mirrors)["model"][0] > 5 * transistor_rmse(copiers)["model"][0]
    alike = compare_transistors(networks, extraction, **how, copiers=True)
    same = frame[(frame["network"] == "RC-Spike") & (frame["sample"] == 0)]
    np.testing.assert_allclose(alike["t_transistors"], same["t_transistors"], atol=1e-3)


@needs_transistors
def test_parts():
    """The amplifier settles as its rule says; the comparator takes what its ramp lets it."""
    row = simulate_parts().iloc[0]
    assert 0 < row["amplifier_settling"] < Design().T / 10
    tau = Design().T / (10 * np.log(1000))
    expected = 7 * Design().C / tau / 17 * Design().V_dd  # tail 2 I_1 and second stage 5 I_1
    assert row["amplifier_static"] == pytest.approx(expected, rel=0.25)
    assert 0 <= row["comparator_static"] * Design().T < row["comparator_least"]
    assert row["comparator_least"] < row["comparator"] < row["comparator_most"]


@pytest.mark.parametrize("name", sorted(PARTS))
def test_named_parts_have_intervals_and_sources(name):
    parts = PARTS[name]()
    for typical, low, high in (parts.comparator, parts.static_power):
        assert 0 < low <= typical <= high
    assert set(parts.sources) == {"comparator", "static_power", "supply"}


def test_lines_take_energy_for_spikes_only():
    network = Network.random((6, 5, 3), seed=2)
    times = np.vstack([np.ones(6), np.linspace(0, 0.9, 6)])
    found = line_energy(network, times, 2.0)
    each = (2 * WIRE + JUNCTION) * 4.0
    np.testing.assert_allclose(found[:, 0], [5 * each, 7 * 5 * each])
    hidden = (network.spike_times(times)[0] < 1).sum(axis=1) + 1
    np.testing.assert_allclose(found[:, 1], hidden * 3 * each)


@needs_ngspice
def test_wire_is_in_series_with_its_synapse():
    """One synapse behind so many resistors is one with a larger resistance."""
    circuit = Circuit(V_syn=SI(1.8), V_th=SI(0.9))
    G, R = 1e-7, 1e6
    near = simulate_spice(circuit, np.array([[G, 0.0]]) * siemens, [0.1], wire_resistance=R)
    far = simulate_spice(circuit, np.array([[0.0, G]]) * siemens, [0.1], wire_resistance=R)
    for found, i, n in ((near, 0, 1), (far, 1, 2)):
        alone = np.array([[1 / (1 / G + n * R)]]) * siemens
        expected = simulate_spice(circuit, alone, [0.1]).v_end[0][0]
        assert found.v_end[0][i] == pytest.approx(expected, rel=1e-5)


@needs_ngspice
def test_drop_along_lines_is_proportional_to_their_resistance():
    frame = compare_wires(Circuit.sky130(), 8, [0.0, 5e3, 1e4], tolerance=1e-5)
    t = frame.pivot(index="neuron", columns="wire_resistance", values="t_ngspice")
    exact = frame["t_exact"].to_numpy()[:8]
    inside = (exact > 0.05) & (exact < 0.95)
    assert inside.sum() >= 3
    np.testing.assert_allclose(t[0.0][inside], exact[inside], atol=1e-5)
    once, twice = ((t[R] - t[0.0])[inside] for R in (5e3, 1e4))
    np.testing.assert_allclose(twice / once, 2, atol=0.1)


def test_export(tmp_path):
    """Siemens that are the network's weights again; quantised ones are on their ladder."""
    network = Network.random((4, 3, 2), (2.8, 1.53), seed=1)
    network.save(tmp_path / "network.npz")
    for more in ([], ["--levels", "3"]):
        words = ["export", str(tmp_path / "network.npz"), "--out", str(tmp_path / "out"), *more]
        result = CliRunner().invoke(main, words)
        assert result.exit_code == 0, result.output
        circuit = Circuit.normalised((2.8, 1.53), V_th=SI(0.872))
        for l, weights in enumerate(network.weights, start=1):
            G = np.loadtxt(tmp_path / "out" / f"conductances_{l}.csv", delimiter=",")
            found = circuit.weights(G * siemens)
            if not more:
                np.testing.assert_allclose(found, weights, rtol=1e-6)
            else:
                steps = found / (np.abs(weights).max() / 3)
                np.testing.assert_allclose(steps, np.round(steps), atol=1e-5)
    Network.random((4, 2), float("inf")).save(tmp_path / "network.npz")
    assert "no conductances" in CliRunner().invoke(main, words).output


def test_figures_draw_what_they_get():
    rows = [("tt", kind, I, 0.4, 2.8) for kind in ("n", "p") for I in (1e-9, 1e-7)]
    frame = pd.DataFrame(rows, columns=["corner", "kind", "I_0", "lambda", "e"])
    left, _ = modulation_figure(frame, 4e-8).axes
    assert left.lines[0].get_xdata().tolist() == [1.0, 100.0]
    rows = [("sky130", c, "synapses", E, E / 2, 2 * E) for c, E in (("a", 1e-12), ("b", 3e-12))]
    frame = pd.DataFrame(rows, columns=["parts", "circuit", "term", "energy", "least", "most"])
    axes = picojoule_figure(frame).axes[0]
    assert [bar.get_width() for bar in axes.patches] == [1.0, 3.0]


@needs_transistors
@pytest.mark.parametrize("command", ["lambda", "parts"])
def test_commands(command, tmp_path):
    words = ["transistors", command, "--corners", "tt", "--out", str(tmp_path)]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    assert len(pd.read_csv(tmp_path / f"{command}.csv")) > 0


NONSENSE = (5 * uF, [0.1 * uF], "a", object(), [0.5 + 0j], [np.nan], [[1.0], [1.0, 2.0]])


@pytest.mark.parametrize("value", NONSENSE, ids=range(len(NONSENSE)))
def test_currents_resistances_and_sizes_are_plain_numbers(value):
    for attempt in (
        lambda: extract_sources(currents=value),
        lambda: extract_sources(process=value),
        lambda: extract(design=value),
        lambda: compare_wires(Circuit.sky130(), 4, value),
        lambda: compare_wires(Circuit.sky130(), value, [0.0]),
        lambda: Design(trip_n=value),
        lambda: program(value, Network.random((4, 5, 5))),
        lambda: simulate_transistors(value, [[0.1]]),
    ):
        with pytest.raises(InvalidInput) as caught:
            attempt()
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("values", [{"V_th": 1.4}, {"V_0": 1.9}, {"C": 0.0}, {"T": -1e-6}], ids=str)
def test_a_design_that_cannot_work_is_refused(values):
    with pytest.raises(InvalidInput, match=next(iter(values))):
        Design(**values)


@pytest.mark.parametrize("comparator", [(1.0, 2.0, 3.0), (2.0, -1.0, 3.0), (1.0, 1.0)], ids=str)
def test_costs_of_parts_are_typical_least_and_most(comparator):
    with pytest.raises(InvalidInput, match="typical, least, most"):
        Parts(comparator, (0.0, 0.0, 0.0), 1.8, {})


def test_a_circuit_of_transistors_keeps_its_rails_with_a_drop():
    circuit = Circuit.from_transistors(0.4, 0.7, 0.178, V_d=SI(0.1))
    np.testing.assert_allclose(circuit.E, [1 / 0.4, 1 / 0.7])
    with pytest.raises(InvalidInput, match="V_syn follows from lambda"):
        Circuit.from_transistors(0.4, 0.7, V_syn=SI(1.0))
    with pytest.raises(InvalidInput, match="ramp follows from lambda"):
        Circuit.from_transistors(0.4, 0.7, 0.178, ramp="rc")
    with pytest.raises(InvalidInput, match=r"lambda_discharge must be below .*1\.147"):
        Circuit.from_transistors(0.4, 0.7, 2.0)


def test_a_ramp_of_another_process_is_made_again_with_all_digits(tmp_path):
    circuit = Circuit.from_transistors(0.407, 0.743, 0.178123456789)
    network = Network.random((4, 5, 3), seed=0).on_circuit(circuit)
    network.save(tmp_path / "network.npz")
    RAMPS.pop(circuit.ramp.name)
    again = Network.load(tmp_path / "network.npz")
    assert again.circuit.ramp.b == circuit.ramp.b
    assert again.circuit == network.circuit


def test_lines_of_a_convolution_are_charged_for_the_synapses_they_have():
    network = Network.random(((1, 6, 6), "3C3p0", "P2", 2), seed=0, scale=2.0)
    times = np.random.default_rng(0).random((4, 36))
    times[times > 0.7] = 1
    energies = line_energy(network, times, supply=1.0) / (2 * WIRE + JUNCTION)
    conv, dense = network.layers
    synapses = (conv.expand(np.ones_like(conv.parameters)) != 0).sum(axis=1)
    first = (times < 1) @ synapses[:-1] + synapses[-1]
    hidden = network.spike_times(times)[0]
    pooled = dense.pool.earliest(hidden)
    np.testing.assert_allclose(energies, np.stack([first, 2 * ((pooled < 1).sum(1) + 1)], axis=1))
    assert (hidden < 1).sum() > (pooled < 1).sum()


def test_every_network_has_a_total_of_its_own(tmp_path):
    """Also where several have the same accuracy and drive voltage."""
    runner = CliRunner()
    train = ["train", "--dataset", "iris", "--layers", "5", "--epochs", "1", "--quiet", "--out"]
    for name, more in (("a", []), ("b", ["--seed", "1"]), ("c", ["--v-syn", "inf"])):
        assert runner.invoke(main, [*train, str(tmp_path / "runs" / name), *more]).exit_code == 0
    words = ["energy", str(tmp_path / "runs"), "--parts", "sky130", "--images", "1", "--out"]
    assert runner.invoke(main, [*words, str(tmp_path / "all")]).exit_code == 0
    terms = pd.read_csv(tmp_path / "all" / "picojoule.csv")
    assert len(terms) == 3 * 5
    pairs = tmp_path / "all" / "picojoule_ratio.csv"
    if pairs.exists():  # the one image decides which accuracies are equal
        one = terms[terms["circuit"] == "rc-spike"]["energy"].to_numpy().reshape(2, 5).sum(axis=1)
        assert np.isclose(pd.read_csv(pairs)["energy_low"].iloc[0], one).any()
    refused = runner.invoke(main, [*words, str(tmp_path / "x"), "--comparator-energy", "0"])
    assert "--comparator-energy is one of --parts" in refused.output
    other = [*train, str(tmp_path / "runs" / "d"), "--layers", "6"]
    assert runner.invoke(main, other).exit_code == 0
    refused = runner.invoke(main, [*words, str(tmp_path / "y")])
    assert refused.exit_code == 1
    assert "has hidden [6], and" in refused.output
    assert not (tmp_path / "y").exists()


def test_export_does_not_mix_networks(tmp_path):
    Network.random((4, 3, 3, 2), seed=0).save(tmp_path / "deep.npz")
    Network.random((4, 2), seed=0).save(tmp_path / "flat.npz")
    runner, out = CliRunner(), str(tmp_path / "out")
    assert runner.invoke(main, ["export", str(tmp_path / "deep.npz"), "--out", out]).exit_code == 0
    before = (tmp_path / "out" / "conductances_1.csv").read_bytes()
    refused = runner.invoke(main, ["export", str(tmp_path / "flat.npz"), "--out", out])
    assert "conductances_2.csv is of a network with other layers" in refused.output
    assert (tmp_path / "out" / "conductances_1.csv").read_bytes() == before
    assert "Missing option '--out'" in runner.invoke(main, ["export", out]).output


def test_export_of_a_convolution_is_its_crossbar(tmp_path):
    network = Network.random(((1, 6, 6), "4C3", "P2", 5), seed=0)
    network.save(tmp_path / "net.npz")
    words = ["export", str(tmp_path / "net.npz"), "--v-th", "1", "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    G = pd.read_csv(tmp_path / "out" / "conductances_1.csv", header=None).to_numpy()
    w = network.layers[0].matrix
    assert G.shape == w.shape == (10, 4)
    np.testing.assert_allclose(G / G[0, 0], w / w[0, 0], rtol=1e-6)
    kinds = json.loads((tmp_path / "out" / "layers.json").read_text())
    assert kinds[0] == {"kind": "conv", "settings": {"shape": [1, 6, 6], "stride": 1, "padding": 1}}
    assert kinds[1]["settings"]["pool"] == {"shape": [4, 6, 6], "size": 2}


@needs_transistors
def test_a_fast_design_is_simulated_up_to_its_currents():
    found = extract(Process("tt"), Design(T=1e-7, T_reset=1e-8))
    assert found.sources["I_0"].max() > found.design.I_full > 1e-6
    with pytest.raises(InvalidInput, match=r"do not do what the model does.*longer reset"):
        extract(Process("tt"), Design(C=2e-12))
    frame = extract_sources(currents=[1e-9, 1e-8])
    with pytest.raises(InvalidInput, match=r"I must be between .* what was simulated"):
        at_current(frame, "n", "lambda", 1e-6)
    with pytest.raises(InvalidInput, match="kind must be 'n' or 'p' or 'discharge'"):
        at_current(frame, "x", "lambda", 1e-8)


def test_wires_of_a_conventional_circuit_are_refused():
    circuit = Circuit.normalised(float("inf"))
    with pytest.raises(InvalidInput, match="wire_resistance has no effect on a conventional"):
        simulate_spice(circuit, [[0.8]], [0.2], wire_resistance=10.0)


NO_TRANSISTORS = ({"m": 0}, {"W": -1e-6}, {"name": "a\nb"}, {"nodes": "d g"}, {"kind": ["n"]})


@pytest.mark.parametrize("what", NO_TRANSISTORS, ids=range(len(NO_TRANSISTORS)))
def test_a_transistor_that_is_none_is_refused(what):
    given = {"name": "1", "kind": "n", "nodes": "d g 0 0", "W": 1e-6, "L": 0.25e-6, **what}
    with pytest.raises(InvalidInput):
        Transistors(Process()).add(**given)
