"""Brian2 against the exact solution: the error is of first order in dt.

Spikes fall on time steps, so a single error jumps about with dt. Root mean squares over many
neurons, each with input times of its own, show the order.
"""

import numpy as np
import pytest
from brian2.units import volt

from rcspike_brian import Circuit, membrane_potential, simulate
from rcspike_brian.core.reference import trajectory
from rcspike_brian.simulation import compare

NEURONS, INPUTS = 200, 8
STEPS = (50, 100, 200, 400)


pytestmark = pytest.mark.usefixtures("numpy_codegen")


def private_inputs(seed):
    """A layer in which every neuron has `INPUTS` inputs that no other neuron has."""
    rng = np.random.default_rng(seed)
    spike_times = rng.random(NEURONS * INPUTS)
    blocks = rng.normal(0.12, 0.3, (NEURONS, INPUTS))
    weights = np.zeros((NEURONS, INPUTS, NEURONS))
    weights[np.arange(NEURONS), :, np.arange(NEURONS)] = blocks
    return spike_times, weights.reshape(NEURONS * INPUTS, NEURONS)


def root_mean_square(error):
    return np.sqrt(np.mean(np.square(error)))


def slope(steps, errors):
    return np.polyfit(-np.log(steps), np.log(errors), 1)[0]


def errors(circuit, seed, steps, **options):
    """Errors of v(T) and of the output spike times, for every number of steps."""
    spike_times, weights = private_inputs(seed)
    v = membrane_potential(spike_times[None], weights, circuit.beta)[0]
    t_out = circuit.spike_time(v)
    # Clipped spike times have no error, and one within the last step counts as no spike.
    inside = (v > 0.05) & (v < 0.95)
    assert inside.sum() > NEURONS / 2
    of_potential, of_spike_time = [], []
    for n in steps:
        result = simulate(circuit, spike_times, weights, dt=circuit.T / n, record=None, **options)
        of_potential.append(root_mean_square(result.v_end - v))
        of_spike_time.append(root_mean_square((result.t_out - t_out)[inside]))
    return of_potential, of_spike_time


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(
    "circuit",
    [
        Circuit(),
        Circuit(kind="conventional"),
        Circuit(V_syn=(2 * volt, 1 * volt), V_d=0.2 * volt),
        Circuit.normalised(1.5, ramp="rc"),
    ],
    ids=["RC-Spike", "conventional", "unequal rails and diode drop", "resistive ramp"],
)
def test_runtime_is_of_first_order(circuit, seed):
    steps = (*STEPS, 800)
    for error in errors(circuit, seed, steps):
        assert slope(steps, error) == pytest.approx(1, abs=0.1)
        assert error[-1] < 1.5 / steps[-1]


@pytest.mark.slow
@pytest.mark.standalone
@pytest.mark.parametrize("kind", ["rc-spike", "conventional"])
def test_standalone_is_of_first_order(kind):
    # One compiled program has one dt, so T grows instead: only T/dt counts at equal weights.
    spike_times, weights = private_inputs(1)
    dt = Circuit().T / STEPS[-1]
    circuits = {str(n): Circuit(T=n * dt, kind=kind) for n in STEPS}
    compiled = compare(
        circuits, spike_times, weights, dt=dt, record=None, target="cpp_standalone"
    ).results
    circuit = circuits[str(STEPS[0])]
    v = membrane_potential(spike_times[None], weights, circuit.beta)[0]
    inside = (v > 0.05) & (v < 0.95)
    of_potential = [root_mean_square(result.v_end - v) for result in compiled.values()]
    of_spike_time = [
        root_mean_square((result.t_out - circuit.spike_time(v))[inside])
        for result in compiled.values()
    ]
    assert slope(STEPS, of_potential) == pytest.approx(1, abs=0.1)
    assert slope(STEPS, of_spike_time) == pytest.approx(1, abs=0.1)
    # The same steps as in this process, so what is shown for it above holds here as well.
    for n in STEPS:
        interpreted = simulate(circuits[str(n)], spike_times, weights, dt=dt, record=None)
        np.testing.assert_allclose(compiled[str(n)].v_end, interpreted.v_end, atol=1e-12)
        np.testing.assert_array_equal(compiled[str(n)].t_out, interpreted.t_out)


def test_single_diodes_are_of_first_order():
    # Every synapse is computed in every step, so this layer is smaller.
    rng = np.random.default_rng(0)
    spike_times, weights = rng.random(60), rng.normal(0.05, 0.25, (60, 30))
    circuit = Circuit(V_syn=1.4 * volt, V_d=0.2 * volt)
    v = membrane_potential(spike_times[None], weights, circuit.beta)[0]
    ends = {
        n: simulate(
            circuit, spike_times, weights, dt=circuit.T / n, record=None, synapses="individual"
        ).v_end
        for n in STEPS
    }
    error = [root_mean_square(ends[n] - v) for n in STEPS]
    assert slope(STEPS, error) == pytest.approx(1, abs=0.1)


def test_whole_trajectory_is_of_first_order():
    spike_times, weights = private_inputs(2)
    error = []
    for n in STEPS:
        traces = simulate(Circuit(), spike_times, weights, dt=Circuit().T / n).traces
        charging = traces[traces.phase == "charging"].pivot(index="neuron", columns="t", values="v")
        exact = trajectory(spike_times, weights, 1.0, charging.columns).T
        error.append(root_mean_square(charging.to_numpy() - exact))
    assert slope(STEPS, error) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(("method", "order"), [("euler", 1), ("rk2", 2), ("rk4", 4)])
def test_integration_between_spikes_has_the_order_of_the_method(method, order):
    # With all spikes on the grid of every dt nothing is rounded, and even few neurons show it.
    spike_times = np.array([0.0, 0.2, 0.2, 0.6, 0.9, 1.0])
    weights = np.random.default_rng(1).normal(0.3, 2.0, (6, 4))
    v = membrane_potential(spike_times[None], weights, (1.0, 0.5))[0]
    circuit = Circuit.normalised((1.0, 2.0))
    steps = (20, 40, 80, 160)
    error = [
        root_mean_square(
            simulate(circuit, spike_times, weights, dt=circuit.T / n, method=method).v_end - v
        )
        for n in steps
    ]
    assert slope(steps, error) == pytest.approx(order, abs=0.1 * order)
