"""Imperfect devices: limits, closed forms, an independent integrator, Brian2, and many chips."""

import itertools

import numpy as np
import pandas as pd
import pytest
from brian2 import prefs
from click.testing import CliRunner
from scipy.integrate import solve_ivp

from rcspike_brian import Circuit, InvalidInput, Network, load_dataset, simulate_network
from rcspike_brian.circuit import spike_time
from rcspike_brian.commands import main
from rcspike_brian.core.charge import synaptic_charge
from rcspike_brian.core.devices import quantise
from rcspike_brian.core.firing import firing_time
from rcspike_brian.devices import (
    DeviceEffects,
    accuracy_over_chips,
    chip_accuracies,
    chip_values,
    make_chip,
    simulate_chip_layer,
)
from rcspike_brian.devices.montecarlo import output_times
from rcspike_brian.figures import chips_figure
from rcspike_brian.network import as_circuit

ALL = DeviceEffects(
    conductance_spread=0.2,
    capacitor_spread=0.1,
    weight_levels=7,
    comparator_offset=0.05,
    leak=0.3,
    ramp_conductance=0.2,
)


def small_network(v_syn=1.0, sizes=(6, 5, 3), seed=3):
    rng = np.random.default_rng(seed)
    weights = [rng.normal(0.3, 1, (n + 1, m)) for n, m in itertools.pairwise(sizes)]
    return Network(weights, as_circuit(v_syn))


@pytest.mark.parametrize("ramp", ["linear", "rc"])
def test_a_chip_without_imperfections_is_the_network(ramp):
    network = small_network(Circuit.normalised(1.6, ramp=ramp))
    times = np.random.default_rng(0).uniform(0, 1, (9, 6))
    found = make_chip(network, DeviceEffects(), seed=5).spike_times(times)
    inputs = times
    for w, t in zip(network.weights, found, strict=True):
        v, _ = synaptic_charge(np.hstack([inputs, np.zeros((9, 1))]), w, network.beta)
        inputs = spike_time(v, ramp=ramp, b=network.beta[0] if ramp == "rc" else None)
        np.testing.assert_allclose(t, inputs, atol=1e-12)


def test_grey_levels_and_spike_times_are_the_same_input():
    network = small_network()
    images = np.random.default_rng(0).integers(0, 256, (4, 6)).astype(np.uint8)
    chip = make_chip(network, ALL, seed=1)
    for a, b in zip(chip.spike_times(images), chip.spike_times(1 - images / 255), strict=True):
        np.testing.assert_array_equal(a, b)


def test_leak_alone_decays_exponentially():
    """One synapse on from the start: dv/dt = w - (beta w + leak) v."""
    for beta, leak in ((1.0, 0.7), (0.0, 2.0)):
        v, _ = synaptic_charge([[0.0]], [[1.5]], beta, leak=leak)
        rate = beta * 1.5 + leak
        assert v[0, 0] == pytest.approx(1.5 / rate * -np.expm1(-rate), rel=1e-13)


def test_leak_is_a_pair_of_synapses_that_are_always_on():
    """w and -w at t = 0 add no current and the conductance (beta_plus + beta_minus) w."""
    rng = np.random.default_rng(2)
    times, weights, beta = rng.uniform(0, 1, (5, 8)), rng.normal(0, 1, (8, 3)), (0.5, 1.5)
    leaky, _ = synaptic_charge(times, weights, beta, leak=0.6)
    w = 0.6 / sum(beta)
    more_times = np.hstack([times, np.zeros((5, 2))])
    more_weights = np.vstack([weights, np.full((1, 3), w), np.full((1, 3), -w)])
    paired, _ = synaptic_charge(more_times, more_weights, beta)
    np.testing.assert_allclose(leaky, paired, atol=1e-12)


@pytest.mark.parametrize("discharge", [0.0, 1e-9, 0.4])
@pytest.mark.parametrize("drive", [1.0, 1.8])
def test_firing_time_against_an_integrator(discharge, drive):
    for v, c, threshold in ((0.3, 1.1, 1.05), (-0.02, 0.8, 0.9), (0.9, 1.0, 0.95)):
        reached = solve_ivp(
            lambda t, y, c=c: (drive - discharge * y) / c,
            (0, 1),
            [v],
            events=lambda t, y, threshold=threshold: y[0] - threshold,
            rtol=1e-11,
            atol=1e-12,
        ).t_events[0]
        expected = reached[0] if len(reached) else 1.0
        found = firing_time(v, drive / c, discharge / c, threshold)
        assert found == pytest.approx(expected, abs=1e-7)


def test_firing_time_at_its_limits():
    assert firing_time(1.2) == 0
    assert firing_time(1.02, threshold=1.05) == pytest.approx(0.03)
    assert firing_time(-0.1) == 1
    assert firing_time(0.5, g=1.0) == 1  # approaches the threshold, never there
    assert firing_time(0.5, g=3.0, threshold=0.2) == 0
    # The resistive ramp of an ideal circuit is one of these ramps.
    v, b = np.linspace(-0.2, 1.1, 14), 0.6
    k = -np.log1p(-b)
    closed_form = (np.log(1 - b) - np.log(1 - b * np.clip(v, 0, 1))) / np.log(1 - b)
    np.testing.assert_allclose(firing_time(v, k / b, k), closed_form, atol=1e-12)
    np.testing.assert_allclose(spike_time(v, "rc", b), closed_form, atol=1e-12)


def test_a_larger_capacitor_scales_weights_and_ramp():
    """c dv/dt = ...: both phases are those of the nominal neuron, slowed down by c."""
    network = small_network()
    chip = make_chip(network, DeviceEffects(capacitor_spread=0.3), seed=4)
    times = np.random.default_rng(0).uniform(0, 1, (3, 6))
    c = chip.capacitances[0]
    v, _ = synaptic_charge(np.hstack([times, np.zeros((3, 1))]), network.weights[0] / c, (1, 1))
    np.testing.assert_allclose(chip.spike_times(times)[0], np.clip(c * (1 - v), 0, 1), atol=1e-12)


def test_spreads_are_what_was_asked_for():
    network = small_network(sizes=(200, 300, 2))
    effects = DeviceEffects(conductance_spread=0.2, capacitor_spread=0.1, comparator_offset=0.03)
    chip = make_chip(network, effects, seed=0)
    factors = chip.network.weights[0] / network.weights[0]
    assert (factors > 0).all()
    assert np.log(factors).std() == pytest.approx(0.2, rel=0.02)
    assert factors.mean() == pytest.approx(1, abs=0.004)
    assert np.log(chip.capacitances[0]).std() == pytest.approx(0.1, rel=0.15)
    assert chip.thresholds[0].std() == pytest.approx(0.03, rel=0.15)


def test_switching_one_effect_on_does_not_redraw_the_others():
    network = small_network()
    one = make_chip(network, DeviceEffects(conductance_spread=0.2), seed=7)
    both = make_chip(network, DeviceEffects(conductance_spread=0.2, capacitor_spread=0.1), seed=7)
    other = make_chip(network, DeviceEffects(conductance_spread=0.2), seed=8)
    np.testing.assert_array_equal(one.network.weights[0], both.network.weights[0])
    assert not np.array_equal(one.network.weights[0], other.network.weights[0])


def test_quantised_weights():
    w = np.random.default_rng(0).normal(size=(50, 20))
    for levels in (1, 7, 127):
        q = quantise(w, levels)
        step = np.abs(w).max() / levels
        assert np.abs(q - w).max() <= step / 2 * (1 + 1e-12)
        assert len(np.unique(np.round(np.abs(q) / step))) <= levels + 1
        np.testing.assert_allclose(quantise(q, levels), q, atol=1e-15)
    np.testing.assert_array_equal(quantise(np.zeros((2, 2)), 3), 0)
    assert not np.signbit(quantise([[-0.01, 1.0]], 3)).any()


def test_jitter_moves_spikes_by_its_own_spread():
    network = Network([np.array([[0.0], [0.5]])], Circuit.normalised(float("inf")))
    chip = make_chip(network, DeviceEffects(comparator_jitter=0.02))
    times = chip.spike_times(np.ones((20_000, 1)))[0]
    assert times.mean() == pytest.approx(0.5, abs=1e-3)
    assert times.std() == pytest.approx(0.02, rel=0.03)
    np.testing.assert_array_equal(times, chip.spike_times(np.ones((20_000, 1)))[0])
    assert not np.array_equal(times, chip.spike_times(np.ones((20_000, 1)), seed=1)[0])


@pytest.mark.parametrize(
    ("v_syn", "ramp"), [(1.5, "linear"), ((2.8, 1.53), "rc"), (float("inf"), "linear")]
)
def test_exact_chip_against_brian2(monkeypatch, v_syn, ramp):
    """All effects at once; the error shrinks in proportion to dt."""
    monkeypatch.setitem(prefs, "codegen.target", "numpy")
    circuit = Circuit.normalised(v_syn, ramp=ramp)
    network = Network(small_network().weights[:1], circuit)
    chip = make_chip(network, ALL, seed=2)
    times = np.round(np.random.default_rng(1).uniform(0, 1, 6), 2)
    (state,) = chip.walk(times)
    v, t = state.v[0], state.times[0]
    errors = []
    for steps in (200, 400, 800):
        v_end, t_out = simulate_chip_layer(chip, 0, times, circuit, dt=circuit.T / steps)
        errors.append(np.abs(v_end - v).max())
        assert np.abs(t_out - t).max() < errors[-1] * 3 + 1.5 / steps
    slope = np.polyfit(np.log([200, 400, 800]), np.log(errors), 1)[0]
    assert slope == pytest.approx(-1, abs=0.15)
    assert ((t > 0) & (t < 1)).any()


def test_whole_chip_in_brian2(monkeypatch):
    """Its devices are values of the network's own equations; the error is one of the time step."""
    monkeypatch.setitem(prefs, "codegen.target", "numpy")
    chip = make_chip(small_network(1.5), ALL, seed=2)
    times = np.random.default_rng(1).uniform(0, 1, (3, 6))
    found = simulate_network(
        chip.network, times, dt=Circuit().T / 400, target="runtime", values=chip_values(chip),
        progress=False,
    )  # fmt: skip
    for t_out, exact in zip(found.t_out, chip.spike_times(times), strict=True):
        np.testing.assert_allclose(t_out, exact, atol=0.02)
        assert ((exact > 0) & (exact < 1)).any()


def test_brian2_needs_the_chips_circuit():
    chip = make_chip(small_network(), DeviceEffects())
    with pytest.raises(InvalidInput, match="must agree"):
        simulate_chip_layer(chip, 0, np.zeros(6), Circuit.normalised(2.0))


@pytest.mark.parametrize("name", list(DeviceEffects.__dataclass_fields__))
def test_impossible_effects_are_refused(name):
    with pytest.raises(InvalidInput, match=f"{name} must be"):
        DeviceEffects(**{name: -1})


def test_monte_carlo_frame_and_figure():
    data = load_dataset("mnist", subset="bundled")
    networks = {"RC-Spike": Network.random((784, 8, 10), 1.0, 0, 2.0)}
    networks["ANN on RC-Spike circuit"] = Network.random((784, 8, 10), 1.0, 1, 2.0)
    frame = accuracy_over_chips(
        networks, data, (0.0, 0.2), 3, effects=DeviceEffects(), images=60, seed=2
    )
    assert frame.groupby(["model", "spread"])["chip"].count().tolist() == [1, 3, 1, 3]
    again = chip_accuracies(
        networks["RC-Spike"], data, DeviceEffects(conductance_spread=0.2), 3, seed=2, images=60
    )
    part = frame[(frame["model"] == "RC-Spike") & (frame["spread"] == 0.2)]
    np.testing.assert_array_equal(part["accuracy"], again)
    left = chips_figure(frame).axes[0]
    assert len(left.lines) == 2
    assert left.lines[0].get_ydata()[1] == pytest.approx(100 * again.mean())


def test_fast_kernels_and_device_model_agree_on_resistors():
    network = small_network(sizes=(30, 12, 4))
    times = np.random.default_rng(0).uniform(0, 1, (40, 30))
    chip = make_chip(network, DeviceEffects(conductance_spread=0.2, weight_levels=15), seed=3)
    fast = output_times(chip, times, 0, None)
    np.testing.assert_allclose(fast, chip.spike_times(times)[-1], atol=2e-6)


def test_command(tmp_path):
    runner = CliRunner()
    words = ["train", "--subset", "bundled", "--hidden", "8", "--epochs", "1", "--quiet"]
    for name, more in (("a", ["--weight-spread", "0.2"]), ("b", ["--v-syn", "inf"])):
        result = runner.invoke(main, [*words, *more, "--out", str(tmp_path / "runs" / name)])
        assert result.exit_code == 0, result.output
    words = ["chips", str(tmp_path / "runs"), "--chips", "2", "--spread", "0.1", "--images", "40"]
    result = runner.invoke(main, [*words, "--out", str(tmp_path / "figures")])
    assert result.exit_code == 0, result.output
    frame = pd.read_csv(tmp_path / "figures" / "chips.csv")
    assert set(frame["model"]) == {
        "RC-Spike, trained with a spread of 0.2",
        "conventional circuit",
        "ANN on RC-Spike circuit",
    }
    assert len(frame) == 6
    assert runner.invoke(main, ["chips", str(tmp_path)]).exit_code == 1


def test_fast_kernels_jitter_as_the_chip_does():
    """Of spike times without rounding to the phase's ends: mean and spread, neuron by neuron."""
    network = Network.random((6, 5, 3), v_syn=1.0, seed=3, scale=2.0)
    chip = make_chip(network, DeviceEffects(comparator_jitter=0.02, leak=0.0))
    inputs = np.tile(np.random.default_rng(0).random((1, 6)), (20_000, 1))
    fast = output_times(chip, inputs, 1, 1)
    slow = chip.spike_times(inputs, seed=2)[-1]
    inside = (np.minimum(fast, slow).min(axis=0) > 0) & (np.maximum(fast, slow).max(axis=0) < 1)
    assert inside.any()
    np.testing.assert_allclose(fast.mean(axis=0), slow.mean(axis=0), atol=1e-3)
    np.testing.assert_allclose(fast.std(axis=0), slow.std(axis=0), rtol=0.03)
