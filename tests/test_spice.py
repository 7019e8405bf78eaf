"""Netlists, and the exact solver against ngspice."""

import itertools

import numpy as np
import pandas as pd
import pytest
from brian2 import prefs, second, volt
from click.testing import CliRunner

from rcspike_brian import (
    Circuit,
    InvalidInput,
    Network,
    membrane_potential,
    simulate_network,
)
from rcspike_brian.commands import main
from rcspike_brian.diodes import DIODES, JunctionDiode
from rcspike_brian.example import SPIKE_TIMES, WEIGHTS
from rcspike_brian.experiments import train_iris
from rcspike_brian.figures import spice_figure
from rcspike_brian.quantities import SI
from rcspike_brian.ramps import LinearRamp
from rcspike_brian.spice import (
    Tolerance,
    compare_neurons,
    make_netlist,
    mean_drop,
    random_neurons,
    run_ngspice,
    simulate_spice,
)
from rcspike_brian.spice.simulate import netlist_of
from tests.ngspice import needs_ngspice


def rmse(a, b):
    return float(np.sqrt(np.mean(np.square(np.asarray(a) - np.asarray(b)))))


def exact_times(circuit, weights, times):
    return circuit.spike_time(membrane_potential(times[None], weights, circuit.beta))[0]


@needs_ngspice
@pytest.mark.parametrize(
    ("v_syn", "ramp"),
    [(1.0, "linear"), ((2.8, 1.53), "linear"), (float("inf"), "linear"), (1.2, "rc")],
    ids=str,
)
def test_random_neurons_agree(v_syn, ramp):
    circuit = Circuit.normalised(v_syn, ramp=ramp)
    for times, weights in random_neurons(circuit, 4):
        result = simulate_spice(circuit, weights, times)
        assert rmse(result.t_out[0], exact_times(circuit, weights, times)) < 1e-5
        v = membrane_potential(times[None], weights, circuit.beta)[0]
        np.testing.assert_allclose(result.v_end[0], v, atol=1e-5)


@needs_ngspice
@pytest.mark.parametrize("ramp", ["linear", "rc"])
def test_answer_does_not_depend_on_the_scale_of_the_circuit(ramp):
    """Ten decades of C/T, from a femtofarad per second on, and six of V_th."""
    rng = np.random.default_rng(5)
    times, weights = rng.uniform(0, 1, 6), rng.normal(0.4, 1, (6, 2))
    for C, T, V_th in ((1e-15, 1, 1), (140e-15, 1e-6, 1e3), (1e-9, 1e-6, 1e-3), (1, 10, 1)):
        circuit = Circuit.normalised((1.2, 2.0), SI(V_th), C=SI(C), T=SI(T), ramp=ramp)
        result = simulate_spice(circuit, weights, times)
        expected = exact_times(circuit, weights, times)
        assert 0 < expected.min() < expected.max() < 1
        np.testing.assert_allclose(result.t_out[0], expected, atol=2e-6)


@needs_ngspice
def test_precision_at_a_low_drive_voltage():
    """Resistors are small there; a diode that conducts must stay a short circuit beside them."""
    circuit = Circuit.normalised(1e-3)
    times, weights = np.array([0.1, 0.3, 0.6]), np.array([[1.0], [-2.0], [5.0]])
    v = membrane_potential(times, weights, circuit.beta)
    result = simulate_spice(circuit, weights, times)
    np.testing.assert_allclose(result.v_end[0], v, atol=2e-5 * circuit.e[0])


@needs_ngspice
def test_difference_falls_with_the_tolerance_of_spice():
    """The trapezoidal rule's error, until the switching time of a line (1e-7 T) shows."""
    circuit = Circuit.normalised(1.0)
    errors = []
    for tolerance in (1e-2, 1e-3, 1e-4, 1e-5):
        frame = compare_neurons(circuit, 6, tolerance=tolerance)
        errors.append(rmse(frame["t_ngspice"], frame["t_ideal"]))
    assert errors[0] < 1e-3
    assert all(fine < coarse / 3 for coarse, fine in itertools.pairwise(errors))
    assert errors[-1] < 2e-6


@needs_ngspice
def test_a_real_diode_needs_its_drop_in_the_model():
    circuit = Circuit.normalised(2.5)
    frame = compare_neurons(circuit, 8, diode="real")
    without = rmse(frame["t_ngspice"], frame["t_ideal"])
    with_drop = rmse(frame["t_ngspice"], frame["t_drop"])
    assert without > 0.05
    assert with_drop < without / 10


@needs_ngspice
def test_near_ideal_diode_lies_between():
    circuit = Circuit.normalised(2.5)
    errors = [
        rmse(frame["t_ngspice"], frame["t_ideal"])
        for frame in (compare_neurons(circuit, 4, diode=d) for d in ("ideal", "near-ideal", "real"))
    ]
    assert errors == sorted(errors)


@needs_ngspice
def test_two_layers_on_unequal_rails_fall_with_tolerance():
    networks = train_iris(iterations=30)
    circuit, network = networks.circuit, networks.trained
    samples = networks.data.test_images[::10]
    errors = []
    for tolerance in (1e-2, 1e-3, 1e-4):
        found = [np.concatenate(simulate_spice(circuit, network, s, tolerance=tolerance).t_out)
                 for s in samples]  # fmt: skip
        errors.append(rmse(found, np.hstack(network.spike_times(samples))))
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 1e-3


@needs_ngspice
def test_edges_of_the_firing_phase():
    """Above threshold at T: fires at once. Below 0: silent. No input: rests, silent."""
    circuit = Circuit.normalised(float("inf"))
    result = simulate_spice(circuit, [[1.5, -0.5, 0.0, 1.0]], [0.0], tolerance=1e-4)
    np.testing.assert_allclose(result.t_out[0], [0, 1, 1, 0], atol=1e-6)
    np.testing.assert_allclose(result.v_end[0], [1.5, -0.5, 0, 1], atol=1e-6)
    assert set(result.spikes["neuron"]) <= {0, 2, 3}
    assert {"layer", "neuron", "time", "t", "membrane_potential", "v"} == set(result.traces)


@needs_ngspice
def test_lines_that_are_off_are_isolated():
    """A pre-charged neuron keeps its charge while all other lines are off."""
    circuit = Circuit.normalised(1.0)
    result = simulate_spice(circuit, [[3.0], [2.0], [-4.0]], [0.0, 1.0, 1.0], tolerance=1e-5)
    np.testing.assert_allclose(result.v_end[0], 1 - np.exp(-3), atol=1e-5)


@needs_ngspice
def test_lines_that_are_off_at_0_volt_conduct(monkeypatch):
    """Figure 2's neuron never fires; and two layers do what they do in Brian2."""
    monkeypatch.setitem(prefs, "codegen.target", "numpy")
    circuit = Circuit(off_level=0 * volt)
    result = simulate_spice(circuit, np.array(WEIGHTS), SPIKE_TIMES, tolerance=1e-4)
    half = np.interp(0.5, result.traces["t"], result.traces["v"])
    assert half == pytest.approx(0.185, abs=5e-4)
    assert result.t_out[0][0] == 1
    network = Network.random((4, 3, 2), 1.3, 2, 2.0, np.float64)
    times = np.array([0.1, 0.3, 0.5, 0.2])
    isolated = np.concatenate(network.spike_times(times), axis=1)[0]
    for components in (
        {"off_level": 0.1 * volt, "V_d": 0.05 * volt},
        {"off_level": -2 * volt, "diode": "none"},
    ):
        circuit = Circuit.normalised(1.3, **components)
        spice = np.concatenate(simulate_spice(circuit, network, times, tolerance=1e-4).t_out)
        settings = {"dt": circuit.T / 200, "target": "runtime", "progress": False}
        brian = simulate_network(network, times, circuit, **settings).t_out
        np.testing.assert_allclose(spice, np.concatenate(brian, axis=1)[0], atol=1e-2)
        assert np.abs(spice - isolated).max() > 0.05


@needs_ngspice
def test_ideal_diodes_drop_what_the_circuit_says():
    circuit = Circuit.normalised(1.5, V_d=0.4 * volt)
    times, weights = np.array([0.1, 0.4, 0.5]), np.array([[1.0], [-0.5], [0.7]])
    result = simulate_spice(circuit, weights, times)
    np.testing.assert_allclose(result.t_out[0], exact_times(circuit, weights, times), atol=1e-6)


@needs_ngspice
def test_commands(tmp_path):
    weights = tmp_path / "weights.csv"
    np.savetxt(weights, [[0.8, -0.2], [0.5, 0.4]], delimiter=",")
    run = CliRunner().invoke(
        main, ["spice", "run", str(weights), "--times", "0.1,0.3", "--out", str(tmp_path / "out")]
    )
    assert run.exit_code == 0, run.output
    assert {"spikes.csv", "traces.csv", "circuit.cir"} <= {
        path.name for path in (tmp_path / "out").iterdir()
    }
    differences = [float(line.split()[-1]) for line in run.output.splitlines()[1:3]]
    assert max(map(abs, differences)) < 1e-5


def test_netlist_is_written_without_ngspice(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    Network.random((3, 2, 2), scale=2, dtype=np.float64).save(tmp_path / "network.npz")
    arguments = [str(tmp_path / "network.npz"), "--times", "0.1,0.3,1", "--out"]
    file, folder = tmp_path / "a" / "b.cir", tmp_path / "c"
    result = CliRunner().invoke(main, ["spice", "netlist", *arguments, str(file)])
    assert result.exit_code == 0, result.output
    text = file.read_text()
    assert text.count("diode\n") >= 6
    assert text.endswith(".end\n")
    refused = CliRunner().invoke(main, ["spice", "run", *arguments, str(folder)])
    assert refused.exit_code == 1
    assert "apt-get install ngspice" in refused.output
    assert not folder.exists()


def test_every_synapse_has_its_resistor():
    circuit = Circuit.normalised(1.0)
    weights = np.array([[1.0, -2.0, 0.0], [0.5, 0.0, -1.0]])
    netlist, sizes = netlist_of(circuit, weights, [0.2, 0.6])
    G = np.asarray(circuit.conductances(weights))
    for j, i in np.argwhere(G != 0):
        line = next(row for row in netlist.splitlines() if row.startswith(f"R1_{j}_{i} "))
        assert float(line.split()[-1]) == pytest.approx(1 / abs(G[j, i]), rel=1e-9)
    assert netlist.count("\nX") == np.count_nonzero(G)
    assert sizes == [3]


def test_diodes_follow_the_junction_equation():
    diode = JunctionDiode("d", saturation_current=1e-12, emission=2, series_resistance=1e3)
    assert diode.forward_drop(1e-12) == pytest.approx(2 * 0.025865 * np.log(2) + 1e-9, rel=1e-4)
    for wrong in ({"saturation_current": -1}, {"emission": 0}, {"junction_capacitance": np.nan}):
        with pytest.raises(InvalidInput, match=next(iter(wrong))):
            JunctionDiode("d", **{"saturation_current": 1e-15, **wrong})


def test_mean_drop_solves_its_equation():
    circuit = Circuit.normalised(2.0)
    weights = np.array([[1.0], [-3.0]])
    V_d = mean_drop(circuit, weights, DIODES["real"])
    G = np.abs(np.asarray(circuit.conductances(weights))).mean()
    assert DIODES["real"].forward_drop(G * (2 - V_d)) == pytest.approx(V_d, rel=1e-9)
    # Far below its usual drop a diode takes nearly all of the voltage.
    low = Circuit.normalised(0.01)
    current = np.abs(np.asarray(low.conductances(weights))).mean() * (
        0.01 - mean_drop(low, weights, DIODES["real"])
    )
    assert current == pytest.approx(1e-15 * np.expm1(0.01 / 0.025865), rel=1e-3)


@needs_ngspice
@pytest.mark.parametrize("v_syn", ["0.01", "inf"])
def test_accuracy_at_the_ends_of_the_drive_voltage(v_syn, tmp_path):
    """No search without end, and no junction's law where it has no solution."""
    words = ["spice", "accuracy", "--v-syn", v_syn, "--neurons", "2", "--tolerances", "1e-5"]
    result = CliRunner().invoke(main, [*words, "--out", str(tmp_path)])
    assert result.exit_code == 0, result.output
    frame = pd.read_csv(tmp_path / "spice_accuracy.csv")
    ideal = frame[frame["diode"] == "ideal"]
    assert ((1 - min(float(v_syn), 1) < ideal["t_ideal"]) & (ideal["t_ideal"] < 1)).all()
    np.testing.assert_allclose(ideal["t_ngspice"], ideal["t_ideal"], atol=1e-6)


def test_search_for_neurons_ends(monkeypatch):
    monkeypatch.setattr("rcspike_brian.spice.accuracy._TRIES", 100)
    with pytest.raises(InvalidInput, match=r"none spikes well inside .* fewer inputs"):
        random_neurons(Circuit.normalised((1.0, 1e-6)), 1, n_in=300)


@pytest.mark.parametrize(
    ("network", "times", "options", "message"),
    [
        ([[1.0]], [0.5, 0.5], {}, "2 entries and the first layer 1 rows"),
        (Network.random((3, 2)), [0.5], {}, "1 entries and the network 3 inputs"),
        ([[1.0]], [1.5], {}, r"in \[0, 1\]"),
        ([[1.0]], [0.5], {"diode": "silicon"}, "diode must be"),
        ([[1.0]], [0.5], {"tolerance": 0.0}, "tolerance must be between"),
        (Network.random((784, 200, 10)), np.ones(784), {}, "at most 20,000"),
    ],
)
def test_impossible_input_is_refused(network, times, options, message):
    with pytest.raises(InvalidInput, match=message):
        netlist_of(Circuit.normalised(1.0), network, times, **options)


@pytest.mark.parametrize("title", ["a\n.control\nshell touch x\n.endc", "a\rb", "\x00", "µ", 5])
def test_title_is_one_line_of_plain_text(title):
    circuit = Circuit.normalised(1.0)
    with pytest.raises(InvalidInput, match="one line of printable ASCII"):
        make_netlist(circuit, [np.array([[1e-7]])], [0.0], circuit.diode, title=title)


def test_netlist_is_ascii():
    class Greek(LinearRamp):
        def elements(self, *names):
            return [*super().elements(*names), "* 5 µA"]

    with pytest.raises(InvalidInput, match=r"ASCII.*line 10 is '\* 5 µA'"):
        netlist_of(Circuit(ramp=Greek()), [[0.0]], [0.0])
    with pytest.raises(InvalidInput, match=r"ASCII.*line 1"):
        run_ngspice("* 5 µA\n.end\n", 1.0)


def test_tolerance_scales_with_the_circuit():
    small, large = (Tolerance(1e-4).options(Circuit(V_th=V * volt)) for V in (1, 10))
    assert "vntol=1e-06" in small
    assert "vntol=1e-05" in large
    slow = Tolerance(1e-4).options(Circuit(T=1 * second))
    assert "gmin=1e-18" in small
    assert "gmin=1e-24" in slow


def test_figure_shows_every_tolerance_and_diode():
    rows = [
        {"diode": d, "tolerance": tol, "neuron": k, "V_d": 0.1, "t_ngspice": 0.5,
         "t_ideal": 0.5 + 10 * tol, "t_drop": 0.5 + tol}
        for d, tol in (("ideal", 1e-3), ("ideal", 1e-5), ("real", 1e-5)) for k in range(3)
    ]  # fmt: skip
    left, right = spice_figure(pd.DataFrame(rows)).axes
    np.testing.assert_allclose(left.lines[0].get_ydata(), [1e-4, 1e-2])
    assert len(right.lines[0].get_xdata()) == 2


@pytest.mark.parametrize("v_syn", ["0", "-1", "nan"])
def test_a_drive_voltage_that_no_circuit_has_is_refused(v_syn, tmp_path):
    """Zero too: it must not count as not given."""
    (tmp_path / "w.csv").write_text("0.5\n0.7\n")
    words = ["spice", "netlist", str(tmp_path / "w.csv"), "--times", "0.2,0.6"]
    words += ["--v-syn", v_syn, "--out", str(tmp_path / "net.cir")]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 1
    assert "v_syn must be a number > 0 in units of V_th, or a pair" in result.output
    assert f"got {float(v_syn)}" in result.output
    assert not (tmp_path / "net.cir").exists()
