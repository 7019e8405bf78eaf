"""Convolutions and pools in Brian2 and SPICE, against the exact solver and dense layers."""

import tempfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from brian2.only import SpikeMonitor, StateMonitor, prefs
from brian2.units import volt
from ngspice import needs_ngspice
from test_simulation import brian_state, users_brian  # noqa: F401 - a fixture

from rcspike_brian import (
    Circuit,
    InvalidInput,
    Network,
    build_network,
    load_dataset,
    simulate_network,
    train,
)
from rcspike_brian.analysis import convergence_order, spike_time_agreement
from rcspike_brian.devices import DeviceEffects, chip_values, make_chip
from rcspike_brian.experiments.agreement import compare_with_exact
from rcspike_brian.layers import Dense
from rcspike_brian.simulation import NetworkSimulation, cache, exact_network_traces, read_result
from rcspike_brian.spice import patch_of, simulate_spice
from rcspike_brian.spice.simulate import netlist_of

CIRCUIT = Circuit.normalised(1.0)
SIZES = (1, 8, 8), "3C3", "P2", "4C3", 5, 2
# A pool of inputs, one in front of a dense layer; stride, and padding of an even kernel.
POOLS = (2, 4, 4), "P2", "3C2s1p1", "P3", 4, 2


def positive_network(sizes, seed=1, circuit=CIRCUIT):
    """A network in which most neurons spike inside the firing phase, also in deep layers."""
    network = Network.random(sizes, circuit, seed=seed, scale=2.0, dtype=np.float64)
    layers = [
        layer.with_parameters(layer.parameters + 1.2 / len(layer.matrix))
        for layer in network.layers
    ]
    return Network(layers, circuit)


def spikes(n, n_in, seed=0):
    t = np.random.default_rng(seed).random((n, n_in))
    return np.where(t > 0.8, 1.0, t)


SMALL, TIMES = positive_network(SIZES), spikes(2, 64)


pytestmark = pytest.mark.usefixtures("numpy_codegen")


def run(network=SMALL, inputs=TIMES, steps=40, **options):
    options = {"target": "runtime", "progress": False, **options}
    circuit = options.pop("circuit", network.circuit)
    return simulate_network(network, inputs, circuit, dt=circuit.T / steps, **options)


def test_spike_times_approach_the_exact_ones_in_proportion_to_dt():
    exact = SMALL.spike_times(TIMES)
    rows = []
    for steps in (20, 40, 80, 160):
        found = run(steps=steps)
        rows.append(spike_time_agreement(found.t_out, exact).assign(dt=1 / steps))
    agreement = pd.concat(rows)
    order = convergence_order(agreement)
    assert (agreement.rmse < agreement.dt).all()
    assert (order.order > 0.9).all()


@pytest.mark.parametrize("sizes", [SIZES, POOLS], ids=str)
def test_scipy_integrates_the_same_network_exactly(sizes):
    network = positive_network(sizes)
    inputs = spikes(2, network.sizes[0], seed=2)
    found = run(network, inputs, target="solve_ivp")
    for ours, exact in zip(found.v_end, network.walk(inputs), strict=True):
        np.testing.assert_allclose(ours, exact.v, rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    "circuit",
    [
        CIRCUIT,
        Circuit(kind="conventional"),
        Circuit(V_syn=(2.2 * volt, 1.2 * volt), V_d=0.2 * volt),
        Circuit(off_level=-0.1 * volt),
    ],
    ids=["unit", "conventional", "unequal rails and diode drop", "lines off at a level"],
)
def test_a_convolution_is_a_dense_layer_with_tied_weights(circuit):
    network = positive_network(((2, 5, 4), "3C2", "2C3s2p0", 2))  # with padding, and without
    tied = Network([Dense(layer.weights, layer.pool) for layer in network.layers], CIRCUIT)
    inputs = spikes(2, 40)
    ours, theirs = (run(net, inputs, circuit=circuit) for net in (network, tied))
    assert np.ptp(ours.v_end[1]) > 0.01
    for one, other in zip(ours.v_end, theirs.v_end, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-12)
    pd.testing.assert_frame_equal(ours.labels, theirs.labels)


def test_a_line_spikes_in_the_step_of_the_first_spike_of_its_window_and_only_then():
    steps = 50
    model = build_network(SMALL, TIMES, dt=CIRCUIT.T / steps)
    pool, kernel = SMALL.layers[1].pool, SMALL.layers[1]
    lines = SpikeMonitor(model.lines[1])
    on = StateMonitor(model.layers[1], ["G_plus", "G_minus"], record=True, clock=model.clock)
    model.network.add(lines, on)
    model.run()
    assert [group is None for group in model.lines] == [True, False, True, True]
    seen = read_result(model).spikes.query("layer == 1")
    t_grid = np.ones((2, pool.n_in))
    t_grid[seen.image, seen.neuron] = seen.t_grid
    several = np.sort(t_grid[:, pool.neurons], axis=-1)
    later = (several[..., 1] > several[..., 0]) & (several[..., 1] < 1)
    assert later.sum() > 5  # second spikes, which must change nothing
    earliest = pool.earliest(t_grid)
    step = np.rint(lines.t / model.clock.dt).astype(int)
    presentation, since = np.divmod(step - steps, model.plan.period_steps)
    found = np.ones_like(earliest)
    found[presentation, lines.i] = since / steps
    np.testing.assert_allclose(found, earliest, atol=1e-9)
    assert len(lines.i) == (earliest < 1).sum()  # none spikes twice
    # At the end of the charging phase each line has switched on its synapses once.
    G = np.asarray(CIRCUIT.conductances(kernel.weights))
    spiked = np.hstack([earliest < 1, np.ones((2, 1), bool)])
    ends = 2 * steps + np.arange(2) * model.plan.period_steps
    for name, signed in (("G_plus_", np.maximum(G, 0)), ("G_minus_", np.maximum(-G, 0))):
        np.testing.assert_allclose(getattr(on, name)[:, ends].T, spiked @ signed, rtol=1e-9)


@pytest.mark.parametrize("sizes", [SIZES, POOLS], ids=str)
def test_a_presentation_does_not_depend_on_those_before_it(sizes):
    network = positive_network(sizes)
    inputs = spikes(3, network.sizes[0], seed=3)
    together = run(network, inputs, presentations=3)
    for image in range(3):
        alone = run(network, inputs[image : image + 1])
        for l in range(len(network.layers)):
            np.testing.assert_allclose(together.t_out[l][image], alone.t_out[l][0], atol=1e-9)
            np.testing.assert_allclose(together.v_end[l][image], alone.v_end[l][0], atol=1e-12)
    exact = network.spike_times(inputs)
    for found, expected in zip(together.t_out, exact, strict=True):
        assert np.abs(found - expected).max() < 2.5 / 40


def test_diodes_of_their_own_behind_pools_but_not_in_convolutions():
    network = positive_network(((1, 4, 4), "P2", 3, 2))
    inputs = spikes(2, 16)
    summed, single = (run(network, inputs, synapses=form) for form in ("summed", "individual"))
    pd.testing.assert_frame_equal(single.spikes, summed.spikes)
    with pytest.raises(InvalidInput, match=r"a convolution shares them.*'summed'"):
        run(synapses="individual")


def test_neurons_of_a_chip_that_share_a_column():
    effects = DeviceEffects(conductance_spread=0.1, capacitor_spread=0.2, comparator_offset=0.1)
    chip = make_chip(SMALL, effects, seed=3)
    found = run(chip.network, TIMES[:1], values=chip_values(chip), steps=100)
    for ours, exact in zip(found.t_out, chip.spike_times(TIMES[:1]), strict=True):
        assert np.abs(ours - exact).max() < 0.03
    moved = np.abs(found.t_out[0] - SMALL.spike_times(TIMES[:1])[0])
    assert np.median(moved[moved > 0]) > 0.03


def test_only_the_kernel_is_told_and_dense_programs_are_the_old_ones():
    with NetworkSimulation(SMALL, target="runtime") as simulation:
        values, plan = simulation.setup.values, simulation.plan
    told = {name: np.size(value) for name, value in values.items() if name.endswith(".G")}
    assert told["rcspike_kernel_1.G"] == SMALL.layers[0].parameters.size
    assert sum(told.values()) == sum(layer.parameters.size for layer in SMALL.layers)
    assert len(plan.structure()["stages"]) == 4
    with NetworkSimulation(Network.random((4, 3, 2)), target="runtime") as simulation:
        assert "stages" not in simulation.plan.structure()


def test_traces_follow_the_exact_ones():
    record = {1: [0, 130, 77], 2: [5], 3: [1]}
    found = run(inputs=TIMES[:1], record=record, steps=100)
    exact = exact_network_traces(SMALL, TIMES[:1], record=record, samples=100)
    keys = ["image", "layer", "neuron", "phase", "t"]
    pd.testing.assert_frame_equal(found.traces[keys], exact[keys])
    apart = np.abs(found.traces.v - exact.v) > 0.03  # at a spike one of them may be at rest
    assert apart.groupby([exact.layer, exact.neuron]).sum().max() <= 3
    assert exact.v.max() > 0.5


@needs_ngspice
@pytest.mark.parametrize(("layer", "place"), [(1, 0), (1, 27), (2, 15)])
def test_ngspice_finds_the_potentials_of_one_place(layer, place):
    """At the corner of the map, inside it, and behind a pool."""
    patch, times = patch_of(SMALL, TIMES[0], layer, place)
    convolution = SMALL.layers[layer - 1]
    neurons = np.arange(convolution.n_channels) * convolution.window.n_places + place
    exact = list(SMALL.walk(TIMES[:1]))[layer - 1].v[0, neurons]
    np.testing.assert_allclose(patch.potentials([times])[0], exact, rtol=0, atol=1e-12)
    found = simulate_spice(patch.circuit, patch, times)
    assert np.ptp(exact) > 0.01
    np.testing.assert_allclose(found.v_end[0], exact, rtol=0, atol=2e-4)


def test_places_that_there_are_not_and_pools_in_a_netlist_are_refused():
    with pytest.raises(InvalidInput, match=r"convolution \(1, 2\), got 3"):
        patch_of(SMALL, TIMES[0], 3, 0)
    with pytest.raises(InvalidInput, match="one of the 64 places of layer 1, from 0, got 64"):
        patch_of(SMALL, TIMES[0], 1, 64)
    with pytest.raises(InvalidInput, match=r"one presentation \(n_in,\), got \(2, 64\)"):
        patch_of(SMALL, TIMES, 1, 0)
    with pytest.raises(InvalidInput, match=r"a netlist has no pools.*patch_of"):
        netlist_of(CIRCUIT, SMALL, TIMES[0])


@pytest.mark.standalone
@pytest.mark.slow
@pytest.mark.usefixtures("users_brian")
def test_one_compiled_program_serves_other_weights_and_circuits(tmp_path, monkeypatch):
    monkeypatch.setenv("RCSPIKE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(cache, "_private", {})
    monkeypatch.setitem(prefs, "codegen.cpp.extra_compile_args_gcc", ["-w", "-O0", "-std=c++11"])
    sizes = (1, 4, 4), "2C3", "P2", 2
    inputs, built = spikes(3, 16), []
    for seed, v_syn in ((1, 1.0), (2, (0.8, 1.4))):
        network = positive_network(sizes, seed, Circuit.normalised(v_syn))
        before = brian_state()
        options = {"presentations": 2, "workers": 1, "steps": 30}
        one, other = (
            run(network, inputs, target=target, **options)
            for target in ("runtime", "cpp_standalone")
        )
        assert brian_state() == before
        built.append(other.seconds["build"] > 0)
        pd.testing.assert_frame_equal(one.spikes, other.spikes, atol=1e-9)
        for ours, theirs in zip(one.v_end, other.v_end, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-9)
    assert built == [True, False]


@pytest.mark.standalone
@pytest.mark.slow
def test_labels_of_a_deep_network_are_those_of_the_exact_solver(tmp_path, monkeypatch):
    """28x28-16C3-16C3-P2-32C3-32C3-P2-128-10 at dt = T/1000, briefly trained; it takes minutes."""
    monkeypatch.setenv("RCSPIKE_CACHE", str(tmp_path / "cache"))
    network, images = deep_network()
    with NetworkSimulation(network, target="cpp_standalone", presentations=20) as simulation:
        found = compare_with_exact(simulation, images[:100], progress=False)
    assert found.labels.agrees.sum() >= 99
    assert (found.layers.rmse < 1e-3).all()


def deep_network():
    """A network that knows something, and the test images."""
    data = load_dataset("mnist", subset="bundled")
    data = replace(
        data, train_images=data.train_images[:2000], train_labels=data.train_labels[:2000]
    )
    hidden = "16C3", "16C3", "P2", "32C3", "32C3", "P2", 128
    run = train(data, hidden=hidden, epochs=2, progress=False)
    assert run.metrics["test_accuracy"].iloc[-1] > 0.5  # else labels are those of chance
    return run.network, data.test_images
