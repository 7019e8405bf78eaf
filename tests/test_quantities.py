"""Values with units, in every public function and command that takes numbers.

Where a circuit says how, they are converted: the results are the exact ones of the plain numbers,
for a normalised and for a physical circuit, over ten decades of C/T. Everywhere else they are
refused, as are masked arrays, text, truth values, complex numbers, ragged lists and objects. The
lists below name every public function; one that is missing fails.
"""

import sys
from fractions import Fraction
from pathlib import Path

import click
import numpy as np
import pandas as pd
import pytest
from brian2 import farad, mV, nS, prefs, second, siemens, uF, us, volt
from click.testing import CliRunner
from exact import exact_potential
from ngspice import needs_ngspice

import rcspike_brian as rb
from rcspike_brian import analysis, devices, diodes, energy, experiments, interactive, spice, sweeps
from rcspike_brian.commands import main
from rcspike_brian.core.charge import synaptic_charge
from rcspike_brian.quantities import SI
from rcspike_brian.spice.simulate import netlist_of

sys.path.append(str(Path(__file__).resolve().parents[1] / "tools"))

from public_names import public_objects, public_packages

TIMES = np.array([0.1, 0.4, 0.6])
WEIGHTS = np.array([[1.5, 0.4], [-0.8, 1.1], [1.0, -0.3]])  # potentials between 0 and 1
DECADES = range(-5, 6)  # of C/T, around 140 fF and 1 us
DT = 1 / 400


def normalised(decade, **components):
    """beta = 1, with C and T far apart or near."""
    C, T = 140e-15 * 10 ** (decade / 2), 1e-6 * 10 ** (-decade / 2)
    return rb.Circuit.normalised(1.0, C=C * farad, T=T * second, **components)


def physical(decade, **components):
    """Unequal rails and a diode drop."""
    C, T = 1e-12 * 10 ** (decade / 2), 1e-6 * 10 ** (-decade / 2)
    values = {"C": C * farad, "T": T * second, "V_th": 800 * mV, "V_d": 200 * mV}
    return rb.Circuit(V_syn=(1.8 * volt, 1.4 * volt), **values, **components)


CIRCUITS = {
    f"{make.__name__} {decade:+d}": make(decade)
    for make in (normalised, physical)
    for decade in DECADES
}


@pytest.fixture(params=CIRCUITS.values(), ids=CIRCUITS)
def circuit(request):
    return request.param


@pytest.fixture(autouse=True)
def in_numpy(monkeypatch):
    monkeypatch.setitem(prefs, "codegen.target", "numpy")


def exact(circuit):
    """v(1) of the two neurons, from the closed form in fifty digits."""
    return np.array([float(v) for v in exact_potential(TIMES, WEIGHTS, circuit.beta)])


def with_units(circuit):
    """Spike times in seconds and weights in siemens, as the circuit has them."""
    return TIMES * circuit.T, circuit.conductances(WEIGHTS)


def network_on(circuit):
    """The two neurons as a layer with a bias line that does nothing, given in siemens."""
    lines = np.vstack([WEIGHTS, np.zeros((1, 2))])
    return rb.Network([circuit.conductances(lines)], circuit)


# What converts units: how it gives v(1), or spike times 1 - v(1), of the two neurons.
POTENTIALS = {
    "Network.potentials": lambda c, t, G: network_on(c).potentials([t])[0],
    "Network.walk": lambda c, t, G: next(network_on(c).walk([t])).v[0],
    "analysis.both_phases": lambda c, t, G: analysis.both_phases(t, G, c, [1.0 * c.T])[0],
    "Circuit.as_potentials": lambda c, t, G: c.as_potentials(c.volts(exact(c))),
    "Circuit.as_weights": lambda c, t, G: rb.membrane_potential(
        c.as_times(t), c.as_weights(G), c.beta
    ),
    "Circuit.as_conductances": lambda c, t, G: rb.membrane_potential(
        c.normalised_time(t), c.weights(c.as_conductances(G) * siemens), c.beta
    ),
    "Ramp.rise": lambda c, t, G: c.ramp.rise(c.volts(exact(c)), 0.25 * c.T, c) - 0.25,
    "Ramp.lifted": lambda c, t, G: 1 - c.ramp.lifted(c.volts(exact(c)), c),
    "exact_network_traces": lambda c, t, G: (
        rb.simulation.exact_network_traces(network_on(c), [t], record={1: [0, 1]}, samples=1)
        .query("t == 1")["v"].to_numpy()
    ),
    "energy_budget": lambda c, t, G: 1 - energy.energy_budget(
        network_on(c), [t], c, energy.EnergyCosts(1.8 * volt, 0, None)
    ).times[0],
}  # fmt: skip
SPIKE_TIMES = {
    "Network.spike_times": lambda c, t, G: network_on(c).spike_times([t])[0][0],
    "Circuit.spike_time": lambda c, t, G: c.spike_time(c.volts(exact(c))),
    "noise in seconds": lambda c, t, G: c.spike_time(c.volts(exact(c)), 0.01 * c.T) - 0.01,
    "Ramp.spike_time": lambda c, t, G: c.ramp.spike_time(
        c.volts(exact(c)), c, threshold=[1.0, 1.0] * c.V_th
    ),
    "exact_spike_times": lambda c, t, G: rb.simulation.exact_spike_times(network_on(c), [t])[0][0],
    "Chip.spike_times": lambda c, t, G: devices.make_chip(
        network_on(c), devices.DeviceEffects()
    ).spike_times([t])[0][0],
}


@pytest.mark.parametrize("name", POTENTIALS)
def test_potentials_of_values_with_units_are_the_exact_ones(name, circuit):
    found = POTENTIALS[name](circuit, *with_units(circuit))
    np.testing.assert_allclose(found, exact(circuit), rtol=1e-9)


@pytest.mark.parametrize("name", SPIKE_TIMES)
def test_spike_times_of_values_with_units_are_the_exact_ones(name, circuit):
    found = SPIKE_TIMES[name](circuit, *with_units(circuit))
    np.testing.assert_allclose(found, 1 - exact(circuit), rtol=1e-9)


def test_time_constants_of_values_with_units_are_the_exact_ones(circuit):
    t, G = with_units(circuit)
    frame = analysis.effective_time_constant(t, G, circuit=circuit, times=[1.0] * circuit.T)
    tau = float(circuit.C) / np.abs(np.asarray(G)).sum(axis=0)
    np.testing.assert_allclose(frame["time_constant_seconds"], tau, rtol=1e-12)


def brian_layer(c, t, G):
    return rb.simulate(c, t, G, dt=DT * c.T, record=None).v_end


def brian_comparison(c, t, G):
    return rb.simulation.compare({"": c}, t, G, dt=DT * c.T, record=None).results[""].v_end


def brian_network(c, t, G):
    options = {"dt": DT * c.T, "reset": 0.1 * c.T, "target": "runtime", "progress": False}
    return rb.simulate_network(network_on(c), [t], **options).v_end[0][0]


def brian_chunks(c, t, G):
    with rb.NetworkSimulation(
        network_on(c), target="runtime", presentations=1, dt=DT * c.T
    ) as simulation:
        (chunk,) = simulation.present([t])
    return chunk.v_end[0][0]


def brian_model(c, t, G):
    model = rb.build_network(network_on(c), [t], dt=DT * c.T)
    model.run()
    return 1 - rb.simulation.read_result(model).t_out[0][0]


def brian_chip(c, t, G):
    chip = devices.make_chip(network_on(c), devices.DeviceEffects())
    threshold = [1.0, 1.0] * c.V_th
    return devices.simulate_chip_layer(chip, 0, t, c, dt=DT * c.T, threshold=threshold)[0]


BRIAN = (brian_layer, brian_comparison, brian_network, brian_chunks, brian_model, brian_chip)


@pytest.mark.parametrize("simulated", BRIAN, ids=lambda function: function.__name__)
@pytest.mark.parametrize("name", ["normalised -5", "physical -5", "physical +0", "physical +5"])
def test_brian2_takes_values_with_units(simulated, name):
    """Of first order in dt, as with plain numbers."""
    circuit = CIRCUITS[name]
    found = simulated(circuit, *with_units(circuit))
    np.testing.assert_allclose(found, exact(circuit), atol=5 * DT)


@pytest.mark.slow
@pytest.mark.parametrize("simulated", BRIAN, ids=lambda function: function.__name__)
def test_brian2_takes_values_with_units_over_ten_decades(simulated, circuit):
    found = simulated(circuit, *with_units(circuit))
    np.testing.assert_allclose(found, exact(circuit), atol=5 * DT)


def test_a_start_potential_in_volts_is_one_in_units_of_the_threshold():
    circuit = CIRCUITS["physical +0"]
    plain, volts = (
        rb.simulate(circuit, [1.0], [1.0], dt=DT * circuit.T, record=None, V_0=V_0).v_end
        for V_0 in (0.5, 0.5 * circuit.V_th)
    )
    np.testing.assert_allclose(plain, volts)
    np.testing.assert_allclose(plain, 0.5, rtol=1e-6)


def test_another_circuit_says_what_seconds_are():
    """The network's own T is not that of the circuit it is simulated on."""
    circuit, other = CIRCUITS["normalised +0"], CIRCUITS["normalised -2"]
    times = 0.3 * np.ones((1, 3)) * other.T
    network = network_on(circuit)
    found = rb.simulation.exact_spike_times(network, times, other)[0]
    np.testing.assert_allclose(found, network.spike_times(np.full((1, 3), 0.3))[0], rtol=1e-9)
    options = {"dt": other.T / 400, "target": "runtime", "progress": False}
    result = rb.simulate_network(network, times, other, **options)
    np.testing.assert_allclose(result.t_out[0], found, atol=5 / 400)


def test_netlists_of_values_with_units_are_those_of_plain_numbers(circuit):
    t, G = with_units(circuit)
    kept = t / circuit.T, circuit.weights(G)  # with the same rounding
    for network in (G, network_on(circuit)):
        with_unit, _ = netlist_of(circuit, network, t)
        plain, _ = netlist_of(circuit, kept[1] if network is G else network, kept[0])
        assert with_unit == plain
    plain = spice.make_netlist(circuit, [np.asarray(G)], kept[0], "ideal")
    assert spice.make_netlist(circuit, [G], t, "ideal") == plain
    kind = diodes.JunctionDiode("silicon", 1e-15)
    drops = [
        spice.mean_drop(normalised(0), w, kind)
        for w in (WEIGHTS, normalised(0).conductances(WEIGHTS))
    ]
    np.testing.assert_allclose(drops[0], drops[1])


@needs_ngspice
def test_ngspice_takes_values_with_units(circuit):
    """V_d only enters the conductances: what ngspice sees is the circuit without diode drop."""
    t, G = with_units(circuit)
    ideal = rb.Circuit(C=circuit.C, T=circuit.T, V_th=circuit.V_th, V_syn=circuit.E)
    result = spice.simulate_spice(ideal, G, t)
    np.testing.assert_allclose(result.v_end[0], exact(circuit), rtol=2e-6)


# What has no circuit to convert by: each argument with plain values that are right.
NETWORK = rb.Network.random((3, 4, 2), scale=2.0, seed=1)
IRIS = rb.load_dataset("iris")
IRIS_NETWORK = rb.Network.random((4, 3, 3), scale=2.0, seed=1)
CIRCUIT = rb.Circuit.normalised(1.0)
NO_EFFECTS = devices.DeviceEffects()
JUNCTION = diodes.JunctionDiode("x", 1e-15)
REFUSING = {
    rb.membrane_potential: {"spike_times": [TIMES], "weights": WEIGHTS, "beta": 1.0, "threads": 1},
    rb.membrane_gradients: {
        "spike_times": [TIMES], "weights": WEIGHTS, "beta": 1.0, "upstream": [[1.0, 0.0]],
    },
    synaptic_charge: {"spike_times": [TIMES], "weights": WEIGHTS, "beta": 1.0, "leak": 0.1},
    rb.spike_time: {"v": [0.5], "b": 0.5},
    rb.Circuit.normalised: {"v_syn": 1.0},
    CIRCUIT.conductances: {"weights": [1.0]},
    CIRCUIT.seconds: {"t": [0.5]},
    CIRCUIT.volts: {"v": [0.5]},
    rb.Network.random: {"sizes": (3, 2), "v_syn": 1.0, "seed": 0, "scale": 1.0},
    NETWORK.on_circuit: {"circuit": 2.0},
    NETWORK.potentials: {"inputs": [TIMES], "noise": 0.1, "seed": 0, "threads": 1},
    NETWORK.activity: {"inputs": [TIMES]},
    rb.layers.Dense: {"parameters": WEIGHTS},
    rb.layers.Conv: {"parameters": np.ones((10, 2)), "shape": (1, 4, 4), "stride": 1, "padding": 1},
    rb.layers.Pool: {"shape": (1, 4, 4), "size": 2},
    spice.patch_of: {"inputs": np.zeros(16), "layer": 1, "place": 0},
    rb.evaluate: {"network": IRIS_NETWORK, "dataset": IRIS, "noise": 0.1, "seed": 0},
    rb.TrainingConfig: vars(rb.TrainingConfig()),
    rb.train: {"dataset": IRIS, "config": rb.TrainingConfig(hidden=(2,), epochs=1), "threads": 1},
    rb.SpikeTimeObjective: {
        "network": NETWORK, "inputs": [TIMES], "labels": [0], "noise": 0.1, "seed": 0, "threads": 1,
    },
    rb.training.ReluNetwork: {"layers": [WEIGHTS]},
    rb.readout.earliest_spike: {"potentials": [[0.1, 0.2]]},
    rb.readout.first_to_spike: {"times": [[0.1, 0.2]]},
    rb.readout.accuracies: {"potentials": [[0.1, 0.2]], "labels": [1]},
    rb.data.load_iris: {"seed": 0},
    rb.data.Dataset: {
        "train_images": [[0.1, 0.2]], "train_labels": [0], "test_images": [[0.1, 0.2]],
        "test_labels": [0],
    },
    devices.DeviceEffects: vars(NO_EFFECTS),
    devices.make_chip: {"network": NETWORK, "effects": NO_EFFECTS, "seed": 0},
    devices.chip_accuracies: {
        "network": IRIS_NETWORK, "dataset": IRIS, "effects": NO_EFFECTS, "chips": 1, "seed": 0,
        "images": 3,
    },
    devices.accuracy_over_chips: {
        "networks": {"a": IRIS_NETWORK}, "dataset": IRIS, "spreads": [0.1], "chips": 1,
        "effects": NO_EFFECTS,
    },
    diodes.LeakyDiode: {"reverse": 0.1},
    diodes.JunctionDiode: {
        "saturation_current": 1e-15, "emission": 1.0, "series_resistance": 0.0,
        "junction_capacitance": 0.0,
    },
    JUNCTION.forward_drop: {"current": 1e-9},
    spice.Tolerance: {"relative": 1e-5, "steps": 20},
    spice.random_neurons: {"circuit": CIRCUIT, "n": 1, "n_in": 3, "seed": 0},
    interactive.SliderValues: {"spike_times": [0.1], "weights": [1.0], "v_syn": 1.0, "v_d": 0.1},
    interactive.explore_membrane: {
        "spike_times": [0.1], "weights": [1.0], "v_syn": 1.0, "v_d": 0.1,
    },
    analysis.accuracy_table: {"confidence": 0.95},
    analysis.front_table: {"confidence": 0.95},
    analysis.pareto_front: {"cost": [1.0], "gain": [0.5]},
    analysis.time_grid: {"spike_times": [0.1], "n": 3},
    analysis.exact_traces: {"spike_times": [0.1], "weights": [1.0], "v_syn": 1.0, "times": [0.5]},
    analysis.effective_time_constant: {
        "spike_times": [0.1], "weights": [1.0], "beta": 1.0, "times": [0.5],
    },
    analysis.transfer_curve: {"spike_times": [[0.1]], "weights": [[1.0]], "v_syn": 1.0},
    analysis.weight_sensitivity: {"spike_times": [0.1], "weights": [1.0], "v_syn": 1.0},
    analysis.inhibition_curve: {
        "excitation": [1.0], "inhibition": [1.0], "e_minus": 1.0, "e_plus": 1.0,
    },
    analysis.gradient_check: {
        "spike_times": [0.1], "weights": [[1.0]], "beta": 1.0, "steps": [1e-3],
    },
    analysis.random_layer: {"n_in": 2, "n_out": 2, "samples": 2, "scale": 1.0, "seed": 0},
    analysis.spike_time_frame: {"layers": [[[0.1]]], "first_layer": 1},
    analysis.raster_frame: {"layers": [[0.1]], "period": 1.0},
    analysis.phase_frame: {"n_layers": 1, "images": 1, "period": 1.0},
    analysis.spike_time_agreement: {"simulated": [[[0.1]]], "exact": [[[0.1]]]},
    analysis.label_agreement: {"simulated": [[0.1, 0.2]], "exact": [[0.1, 0.2]], "first": 0},
    experiments.train_iris: {"seed": 0, "iterations": 1},
    experiments.simulate_example: {"v_syn": [1.0]},
    sweeps.Grid: {"v_syn": [1.0], "seeds": [0], "validation": 0, "references": False},
    energy.network_energy: {
        "labels": [0],
    },
    energy.line_energy: {"inputs": [TIMES], "supply": 1.8},
    energy.Parts: {"comparator": (2e-15, 1e-15, 3e-15), "static_power": (0, 0, 0), "supply": 1.8},
    rb.ramps.DischargeRamp: {"b": 0.2},
    spice.Design: vars(spice.Design()),
    spice.Process: {"corner": "ss", "temperature": 85.0, "seed": 0},
    spice.at_current: {"I": 1e-8},
    experiments.transistor_rmse: {"T": 1e-6},
}  # fmt: skip
# Farads are what no argument wants.
NO_NUMBERS = {
    "a unit": 5 * uF, "units in a list": [0.1 * uF, 0.2 * uF], "units in an array": [[0.1]] * uF,
    "units in lists of lists": [[0.5, 0.5 * uF]], "masked": np.ma.masked_array([0.1], [True]),
    "masked rows": [np.ma.masked_array([0.1, 0.2], [False, True])], "text": "a", "digits": ["1"],
    "bytes": b"1", "an object": object(), "objects": [object()], "complex": [0.5 + 0j],
    "ragged": [[0.1], [0.2, 0.3]], "NaN": np.nan, "a truth value": np.array([True]),
    "a date": np.datetime64("2020"),
}  # fmt: skip


@pytest.mark.parametrize("function", REFUSING, ids=lambda f: f.__qualname__)
def test_what_is_no_plain_number_is_refused_by_name(function):
    given = REFUSING[function]
    more = {"name": "x"} if function in (rb.data.Dataset, diodes.JunctionDiode) else {}
    if function is rb.data.Dataset:
        more["spike_times"] = True
    if function is energy.network_energy:
        parts = np.ones((1, 2, 5)), np.ones((1, 2, 6)), np.zeros((1, 2))
        more["budget"] = energy.EnergyBudget(*parts)
    if function is analysis.accuracy_table:
        more["results"] = pd.DataFrame({"model": ["RC-Spike"], "accuracy": [0.98]})
        more["by"] = ["model"]
    if function is analysis.front_table:
        rows = {"dataset": ["mnist"], "accuracy": [0.98], "accuracy_jitter": [0.9], "energy": [1.0]}
        more |= {"results": pd.DataFrame(rows), "by": ["dataset"]}
    if function is energy.line_energy:
        more["network"] = NETWORK
    if function is energy.Parts:
        more["sources"] = {}
    if function is spice.at_current:
        rows = {"kind": "n", "I_0": [1e-9, 1e-7], "lambda": [0.42, 0.40]}
        more |= {"frame": pd.DataFrame(rows), "kind": "n", "column": "lambda"}
    if function is experiments.transistor_rmse:
        where = {"extracted": "tt", "corner": "tt", "mismatch": -1, "network": "a", "sample": 0}
        times = {"t_model": 0.5, "t_circuit": 0.5, "t_transistors": 0.5}
        rows = [{**where, "label": 0, "layer": l, "neuron": 0, **times} for l in (1, 2)]
        more["frame"] = pd.DataFrame(rows)
    if function is rb.train:
        more["progress"] = False
    if function is spice.patch_of:
        more["network"] = rb.Network.random(((1, 4, 4), "2C3", 2))
    function(**given, **more)  # as it should be
    for argument in given:
        for kind, value in NO_NUMBERS.items():
            if (function, kind) == (analysis.raster_frame, "ragged"):
                continue  # layers may have different sizes
            if argument == "dataset" and function is not rb.train:
                continue  # any object with test images and labels
            with pytest.raises(rb.InvalidInput) as caught:
                function(**{**given, argument: value}, **more)
            assert "\n" not in str(caught.value), kind
            assert "Traceback" not in str(caught.value), kind


@pytest.mark.parametrize("make", [normalised, physical])
@pytest.mark.parametrize("value", list(NO_NUMBERS.values()), ids=list(NO_NUMBERS))
def test_circuits_refuse_what_they_cannot_convert(make, value):
    circuit = make(0)
    network = network_on(circuit)
    chip = devices.make_chip(network, NO_EFFECTS)
    for attempt in (
        lambda: circuit.spike_time(value),
        lambda: circuit.spike_time([0.5], value),
        lambda: circuit.ramp.rise([0.5], value, circuit),
        lambda: circuit.as_times(value),
        lambda: circuit.as_weights(value),
        lambda: circuit.normalised_time(value),
        lambda: circuit.normalised_potential(value),
        lambda: circuit.weights(value),
        lambda: rb.Network([value], circuit),
        lambda: network.potentials(value),
        lambda: network.spike_times([TIMES], noise=value),
        lambda: list(network.walk([TIMES], value)),
        lambda: rb.simulation.exact_spike_times(network, value),
        lambda: analysis.both_phases(value, WEIGHTS, circuit, [0.5]),
        lambda: analysis.both_phases(TIMES, WEIGHTS, circuit, value),
        lambda: analysis.effective_time_constant(TIMES, value, circuit=circuit),
        lambda: chip.spike_times(value),
        lambda: devices.simulate_chip_layer(chip, 0, value, circuit),
        lambda: devices.simulate_chip_layer(chip, 0, TIMES, circuit, threshold=value),
        lambda: energy.energy_budget(
            network, value, circuit, energy.EnergyCosts(1.8 * volt, 0, None)
        ),
        lambda: energy.EnergyCosts(value, 0, None),
        lambda: netlist_of(circuit, value, TIMES),
        lambda: netlist_of(circuit, WEIGHTS, value),
        lambda: spice.make_netlist(circuit, [value], TIMES, "ideal"),
        lambda: spice.mean_drop(circuit, value, JUNCTION),
        lambda: rb.simulate(circuit, value, WEIGHTS),
        lambda: rb.simulate(circuit, TIMES, value),
        lambda: rb.simulate(circuit, TIMES, WEIGHTS, V_0=value),
        lambda: rb.simulate(circuit, TIMES, WEIGHTS, dt=value),
        lambda: rb.simulate_network(network, value, target="runtime", progress=False),
        lambda: rb.build_network(network, value),
        lambda: rb.Circuit(T=value),
        lambda: rb.Circuit(V_syn=value),
    ):
        with pytest.raises(rb.InvalidInput):
            attempt()


def test_a_unit_is_refused_with_the_way_to_convert_it():
    """The first example of the issue: 0.469, and 0.496 where the units are dropped."""
    times, weights = [[0.1, 0.4, 0.6]] * us, [[1.5], [-0.8], [1.0]]
    with pytest.raises(rb.InvalidInput, match=r"spike_times .* nsecond; Circuit\.normalised_time"):
        rb.membrane_potential(times, weights, beta=1.0)
    with pytest.raises(rb.InvalidInput, match=r"v .* volt; Circuit\.normalised_potential"):
        rb.spike_time([500] * mV)
    with pytest.raises(rb.InvalidInput, match=r"weights .* nsiemens; Circuit\.weights"):
        rb.membrane_potential([0.1], [50] * nS, 1.0)
    with pytest.raises(rb.InvalidInput, match=r"got 0\.8 V|got 0\.8 \* volt.*Circuit\(V_syn="):
        rb.TrainingConfig(v_syn=800 * mV)
    v = rb.membrane_potential(CIRCUIT.normalised_time(times), weights, beta=1.0)
    np.testing.assert_allclose(v, 0.469, atol=5e-4)


class Foreign:
    """A quantity of another package, which NumPy takes bare."""

    def __init__(self, value):
        self.value = value

    @property
    def unit(self):
        return "V"

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.value, dtype)


def test_units_of_other_packages_are_refused():
    for value in (Foreign([0.5]), [Foreign(0.5)]):
        with pytest.raises(rb.InvalidInput, match="a unit that is none of Brian2's"):
            rb.spike_time(value)


def test_numbers_of_any_numeric_type_are_numbers():
    assert devices.DeviceEffects(leak=np.float32(0.5), weight_levels=np.int8(3)).leak == 0.5
    assert devices.DeviceEffects(leak=Fraction(1, 2), weight_levels=3.0).weight_levels == 3
    assert diodes.LeakyDiode(np.array(0.25)).reverse == 0.25
    assert rb.spike_time(np.ma.masked_array([0.25], [False])).tolist() == [0.75]
    assert rb.Circuit(V_syn=SI(2)).v_syn == (2.0, 2.0)
    assert rb.spike_time(0.25 * (volt / volt)) == 0.75


def run_folder(tmp_path, circuit):
    """A trained network on a circuit of any size, as a run folder."""
    config = rb.TrainingConfig(hidden=(3,), epochs=1)
    rb.train(IRIS, config, out=tmp_path / "run", progress=False, threads=1)
    network = rb.Network.random((4, 3, 3), circuit, seed=1, scale=2.0)
    network.save(tmp_path / "run" / "network.npz")
    return network


@pytest.mark.parametrize("make", [normalised, physical])
def test_commands_give_the_same_for_circuits_of_any_size(make, tmp_path, monkeypatch):
    """Networks on circuits over ten decades of C/T: accuracy, chips, simulation."""
    monkeypatch.chdir(tmp_path)
    outputs = set()
    for decade in (-5, 0, 5):
        network = run_folder(tmp_path / f"at{decade}", make(decade))
        folder = f"at{decade}/run"
        lines = [invoke("evaluate", folder)]
        found = f"{rb.evaluate(network, IRIS)['accuracy']:.4f}"
        assert lines[0].splitlines()[1].split() == ["accuracy", found]
        lines.append(invoke("chips", folder, "--chips", "2", "--spread", "0.1", "--out", "chips"))
        simulate = ("--images", "2", "--dt", "T/100", "--target", "runtime", "--quiet")
        lines.append(invoke("simulate", folder, *simulate, "--out", f"at{decade}/simulated"))
        outputs.add("\n".join(lines).replace(f"at{decade}/", ""))
    assert len(outputs) == 1


def invoke(*words):
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    return result.stdout


def commands(group=main, path=()):
    """All commands with their words."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


NUMERIC = [
    ((*words, *("x" for p in command.params if isinstance(p, click.Argument))), option.opts[0])
    for words, command in commands()
    for option in command.params
    if isinstance(option, click.Option)
    and not option.is_flag
    and option.type.name in ("integer", "float", "LIST", "V_SYN", "T/N", "integer range",
                             "float range")
    and option.opts[0] not in ("--dataset",)
]  # fmt: skip


@pytest.mark.parametrize(("words", "option"), NUMERIC, ids=lambda v: " ".join(v) if v else "")
def test_commands_refuse_units_in_numbers(words, option, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for value in ("5mV", "0.1us", "T/²", "1+0j"):
        result = CliRunner().invoke(main, [*words, option, value])
        assert result.exit_code != 0
        assert option in result.output
        assert value in result.output or "Missing" in result.output
        assert isinstance(result.exception, SystemExit)


# Public names that take no numbers of a user's: names, folders, frames, or objects made here.
WITHOUT_NUMBERS = {
    "Agreement", "Arrangement", "Cell", "Chip", "Circuit", "Comparison", "DatasetDescription",
    "Diode", "Encoding", "EnergyBudget", "EnergyCosts", "IdealDiode", "IdxDescription", "IdxFile",
    "IrisNetworks", "Layer", "LinearEncoding", "LinearRamp", "MembraneExplorer",
    "MembranePicture", "Network", "NetworkModel", "NetworkResult", "NetworkSimulation",
    "Optimizer", "Outcome", "Ramp", "ResistiveRamp", "Response", "Run", "SGD", "Adam",
    "SimulationResult", "SpiceResult", "SweepFolder", "Trainer", "ReluTrainer",
    "CompilerError", "DataError", "InvalidInput", "RCSpikeError", "RunFolderError", "SpiceError",
    "MissingExtra", "RCSpikeClassifier",  # takes what scikit-learn does: test_classifier.py
    "RCSpikeConv", "RCSpikeLayer", "RCSpikePool",  # take what PyTorch does: test_torch.py
    "sequential", "to_network",
    "activity", "cache_dir", "chip_values", "class_energy", "combine_agreement",
    "compare_iris", "compare_neurons", "compare_with_exact", "convergence_order", "copy_course",
    "crossing_time", "deviation_from_linear", "distance_to_reference", "equal_accuracy_ratio",
    "example_inputs", "find_ngspice", "format_accuracy_table", "full_results", "import_dataset",
    "iris_accuracy", "iris_rmse", "iris_tolerances", "layer_energy", "load_dataset",
    "mnist_files", "model_colours", "on_conductance", "read_rawfile", "read_result",
    "read_results", "register", "response", "reversal_range_used", "run_ngspice", "run_settings",
    "run_sweep", "select", "minimize", "spike_time_histogram", "transfer_error", "neuron_equations",
    "neuron_parameters", "redefine", "synapse_equations", "layer_frame", "ConjugateGradient",
    "LBFGS", "NewtonCG", "TrustKrylov", "ScipyMethod", "FullBatchTrainer", "Loss", "recipe",
    "FreeRunningRamp", "ThresholdRamp", "ramp_savings", "explore", "explorer_page",
    "Extraction", "Program", "Transistors", "compare_transistors", "extract", "extracted_circuit",
    "ramp_named", "compare_wires", "extract_sources",  # tried where ngspice is: test_transistors.py
    "program", "simulate_parts", "simulate_transistors", "train_for_transistors",
}  # fmt: skip


def test_every_public_function_is_tried_here():
    tried = {f.__qualname__.split(".")[0] for f in REFUSING} | WITHOUT_NUMBERS
    tried |= {name for table in (POTENTIALS, SPIKE_TIMES) for n in table for name in n.split(".")}
    tried |= {"simulate", "compare", "simulate_network", "build_network", "simulate_chip_layer"}
    tried |= {"simulate_spice", "make_netlist", "mean_drop"}
    public = {
        name
        for package in public_packages()
        if package.__name__.rpartition(".")[2] not in ("figures", "equations")
        for name in public_objects(package)
        if not name.startswith("plot_")
    }
    assert public - tried == set()
