"""The equations on their own, as in somebody's notebook: NeuronGroup, Synapses, physics."""

import doctest
from itertools import product

import numpy as np
import pytest
from brian2.only import (
    Equations,
    EventMonitor,
    Network,
    NeuronGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
)
from brian2.units import amp, farad, pF, second, volt

import rcspike_brian.equations
from rcspike_brian import Circuit, InvalidInput
from rcspike_brian.equations import (
    AXON_RESET,
    AXON_THRESHOLD,
    CHARGED,
    CONVENTIONAL_NEURON,
    INDIVIDUAL_NEURON,
    INDIVIDUAL_ON_PRE,
    INDIVIDUAL_SYNAPSE,
    INPUT_AXON,
    RC_SPIKE_NEURON,
    RESET,
    SYNAPSE,
    SYNAPSE_ON_PRE,
    THRESHOLD,
    extend,
    neuron,
    neuron_equations,
    neuron_parameters,
    redefine,
)
from rcspike_brian.equations.extend import text_of
from rcspike_brian.equations.synapse import synapse_equations

STEPS = 400
T = float(Circuit().T)


pytestmark = pytest.mark.usefixtures("numpy_codegen")


def make_axons(t_spike, dt, phase=T):
    axons = NeuronGroup(len(t_spike), INPUT_AXON, threshold=AXON_THRESHOLD, reset=AXON_RESET, dt=dt)
    axons.T = phase * second
    axons.t_spike = np.asarray(t_spike) * second
    return axons


def make_neurons(n, equations, dt, circuit=None, synapses="summed"):
    neurons = NeuronGroup(
        n,
        equations,
        threshold=THRESHOLD,
        reset=RESET,
        events={"charged": CHARGED},
        method="euler",
        dt=dt,
    )
    neurons.set_states(neuron_parameters(circuit or Circuit(), synapses))
    return neurons


def run(*objects, phases=2):
    Network(*objects).run((phases * STEPS + 1) * T / STEPS * second, namespace={})


def diode_layer(V_syn, V_d, G, t_spike, start=0.0):
    """One neuron, one resistor and one diode per axon; V in volts at every step."""
    dt = T / STEPS * second
    axons = make_axons(t_spike, dt)
    neuron = make_neurons(1, INDIVIDUAL_NEURON, dt, synapses="individual")
    neuron.V = start * volt
    synapses = Synapses(axons, neuron, INDIVIDUAL_SYNAPSE, on_pre=INDIVIDUAL_ON_PRE, dt=dt)
    synapses.connect()
    synapses.V_syn = np.asarray(V_syn) * volt
    synapses.V_d = V_d * volt
    # In units of C/T, so that 1/G is a time constant in units of T.
    synapses.G = np.asarray(G) * Circuit().C / Circuit().T
    trace = StateMonitor(neuron, "V", record=True, when="after_groups", dt=dt)
    run(axons, neuron, synapses, trace, phases=1)
    return np.array(trace.V_[0])


@pytest.mark.parametrize(
    "equations", [CONVENTIONAL_NEURON, RC_SPIKE_NEURON, INDIVIDUAL_NEURON, INPUT_AXON, SYNAPSE]
)
def test_equations_are_consistent_on_their_own(equations):
    parsed = Equations(equations)
    parsed.check_units(NeuronGroup(1, equations, method="euler"), run_namespace={})


def test_currents_and_potentials_have_their_units():
    parsed = Equations(RC_SPIKE_NEURON)
    assert parsed["V"].dim is volt.dim
    assert parsed["I_syn"].dim is amp.dim
    assert parsed["C"].dim is farad.dim
    assert parsed["t_start"].dim is second.dim


def test_equations_take_additions_by_the_user():
    extended = Equations(RC_SPIKE_NEURON) + Equations("power = I_plus*V_syn_plus : watt")
    neurons = make_neurons(1, extended, T / STEPS * second)
    neurons.G_plus = Circuit().conductances(1.0)
    expected = float(Circuit().conductances(1.0)) * 1.0**2
    assert float(neurons.power[0]) == pytest.approx(expected, rel=1e-12)


def test_axon_spikes_once_at_its_time_rounded_up_and_not_at_the_end():
    times = np.array([0.0, 0.1, 0.1001, 0.99, 0.9999, 1.0]) * T
    axons = make_axons(times, T / STEPS * second)
    spikes = SpikeMonitor(axons)
    run(axons, spikes, phases=3)
    steps = dict(zip(spikes.i, np.round(spikes.t_ / (T / STEPS)).astype(int), strict=True))
    assert steps == {0: 0, 1: 40, 2: 41, 3: 396, 4: 400}
    assert spikes.num_spikes == 5


@pytest.mark.parametrize("steps", [3, 7, 10, 49, 1000])
def test_axon_on_the_grid_is_not_late_for_any_step(steps):
    # k*T/steps in floating point is often a little above or below the k-th step of the clock.
    times = np.arange(steps) * T / steps
    axons = make_axons(times, T / steps * second)
    spikes = SpikeMonitor(axons)
    Network(axons, spikes).run(T * second, namespace={})
    order = np.argsort(spikes.i)
    np.testing.assert_array_equal(
        np.round(spikes.t_[order] / (T / steps)).astype(int), np.arange(steps)
    )


def test_axon_counts_from_the_start_of_its_phase():
    axons = make_axons([0.25 * T], T / STEPS * second)
    axons.t_start = 2 * T * second
    spikes = SpikeMonitor(axons)
    run(axons, spikes, phases=3)
    np.testing.assert_allclose(spikes.t_ / T, [2.25], rtol=1e-12)


@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize("steps", [10, 33, 400])
def test_phases_are_exactly_n_steps_each(steps, start):
    dt = T / steps * second
    neurons = make_neurons(1, RC_SPIKE_NEURON, dt)
    neurons.t_start = start * T * second
    flags = ["charging", "ramping", "comparing", "charged"]
    monitor = StateMonitor(neurons, flags, record=True, when="after_groups", dt=dt)
    Network(neurons, monitor).run((start + 3) * T * second, namespace={})
    step = {flag: np.flatnonzero(getattr(monitor, flag)[0]) - start * steps for flag in flags}
    np.testing.assert_array_equal(step["charging"], np.arange(1, steps + 1))
    np.testing.assert_array_equal(step["ramping"], np.arange(steps + 1, 2 * steps + 1))
    np.testing.assert_array_equal(step["comparing"], np.arange(steps, 2 * steps))
    np.testing.assert_array_equal(step["charged"], [steps])


@pytest.mark.parametrize("equations", [CONVENTIONAL_NEURON, RC_SPIKE_NEURON])
def test_summed_conductances_are_split_by_sign(equations):
    circuit = Circuit(kind="conventional" if equations is CONVENTIONAL_NEURON else "rc-spike")
    dt = T / STEPS * second
    axons = make_axons([0, 0, 0.5 * T, T], dt)
    neuron = make_neurons(1, equations, dt, circuit)
    synapses = Synapses(axons, neuron, SYNAPSE, on_pre=SYNAPSE_ON_PRE, dt=dt)
    synapses.connect()
    synapses.G = circuit.conductances([1.0, -0.25, 0.5, 8.0])
    run(axons, neuron, synapses)
    assert circuit.weights(neuron.G_plus[:])[0] == pytest.approx(1.5, rel=1e-12)
    assert circuit.weights(neuron.G_minus[:])[0] == pytest.approx(0.25, rel=1e-12)


def test_layers_are_pipelined_without_delay():
    # A neuron that is above threshold at T fires at once, and the next layer, whose charging
    # phase begins then, integrates its spike for a whole T.
    circuit = Circuit(kind="conventional")
    dt = T / STEPS * second
    axons = make_axons([0.0, 0.5 * T], dt)
    first = make_neurons(2, CONVENTIONAL_NEURON, dt, circuit)
    second_layer = make_neurons(1, CONVENTIONAL_NEURON, dt, circuit)
    second_layer.t_start = circuit.T
    into_first = Synapses(axons, first, SYNAPSE, on_pre=SYNAPSE_ON_PRE, dt=dt)
    into_first.connect()
    into_first.G = circuit.conductances([1.25, 0.25, 0.0, 1.0])
    into_second = Synapses(first, second_layer, SYNAPSE, on_pre=SYNAPSE_ON_PRE, dt=dt)
    into_second.connect()
    into_second.G = circuit.conductances([0.5, -0.4])
    charged = EventMonitor(second_layer, "charged", variables=["V"])
    run(axons, first, second_layer, into_first, into_second, charged, phases=3)
    # x of the first layer: 1 (clipped) and 0.25 + 1.0*0.5 = 0.75; both on the time grid.
    np.testing.assert_allclose(charged.t_ / T, [2], rtol=1e-12)
    np.testing.assert_allclose(charged.V_, [0.5 * 1 - 0.4 * 0.75], atol=1.01 * 0.4 / STEPS)


def test_diode_blocks_where_the_capacitor_is_above_the_rail():
    V = diode_layer(V_syn=[1.0], V_d=0.0, G=[5.0], t_spike=[0], start=1.5)
    np.testing.assert_array_equal(V, 1.5)


def test_diode_blocks_below_the_negative_rail():
    V = diode_layer(V_syn=[0.6], V_d=0.1, G=[-5.0], t_spike=[0], start=-0.75)
    np.testing.assert_array_equal(V, -0.75)


def test_each_diode_blocks_on_its_own_with_unequal_rails():
    # The weaker line charges to its rail of 0.3 V and is cut off there; the stronger one goes on.
    V = diode_layer(V_syn=[1.0, 0.3], V_d=0.0, G=[1.0, 4.0], t_spike=[0, 0])
    together = (1.0 * 1.0 + 4.0 * 0.3) / 5.0
    crossing = -np.log(1 - 0.3 / together) / 5.0
    alone = 1.0 - (1.0 - 0.3) * np.exp(-(1 - crossing))
    assert V[-1] == pytest.approx(alone, abs=3 / STEPS)
    # Without diodes both lines would settle at their weighted mean.
    assert V[-1] > together + 0.1


def test_pre_charged_capacitor_is_pulled_back_only_by_the_other_line():
    # Above the positive rail only the negative line conducts; below it both do.
    G_plus, G_minus, start = 3.0, 1.0, 1.8
    V = diode_layer(V_syn=[1.0, 1.0], V_d=0.0, G=[G_plus, -G_minus], t_spike=[0, 0], start=start)
    crossing = np.log((start + 1) / (1 + 1)) / G_minus
    balance = (G_plus - G_minus) / (G_plus + G_minus)
    end = balance + (1 - balance) * np.exp(-(G_plus + G_minus) * (1 - crossing))
    assert V[-1] == pytest.approx(end, abs=3 / STEPS)


def test_diode_drop_lowers_the_rail():
    with_drop = diode_layer(V_syn=[1.0, 1.3], V_d=0.25, G=[2.0, -1.0], t_spike=[0, 0.4 * T])
    lower_rails = diode_layer(V_syn=[0.75, 1.05], V_d=0.0, G=[2.0, -1.0], t_spike=[0, 0.4 * T])
    np.testing.assert_allclose(with_drop, lower_rails, atol=1e-12)


def test_line_that_is_off_does_not_discharge_the_capacitor():
    V = diode_layer(V_syn=[1.0, 1.0], V_d=0.0, G=[9.0, -9.0], t_spike=[T, T], start=0.7)
    np.testing.assert_array_equal(V, 0.7)


def test_summed_neuron_blocks_like_single_diodes():
    circuit = Circuit(V_syn=(1 * volt, 0.6 * volt), V_d=0.1 * volt)
    dt = T / STEPS * second
    neurons = make_neurons(2, RC_SPIKE_NEURON, dt, circuit)
    neurons.V = [1.2, -0.8] * volt
    neurons.G_plus = circuit.conductances([4.0, 0.0])
    neurons.G_minus = -circuit.conductances([-0.0, -4.0])
    trace = StateMonitor(neurons, "V", record=True, when="after_groups", dt=dt)
    run(neurons, trace, phases=1)
    np.testing.assert_array_equal(trace.V_[0], 1.2)
    np.testing.assert_array_equal(trace.V_[1], -0.8)


@pytest.mark.parametrize("ramp", ["linear", "rc"])
def test_ramp_lifts_the_reset_potential_to_the_threshold_in_one_phase(ramp):
    circuit = Circuit.normalised(1.5, ramp=ramp)
    dt = T / STEPS * second
    neurons = make_neurons(3, neuron_equations(circuit), dt, circuit)
    neurons.V = [0.0, 0.5, 2.0] * volt
    spikes = SpikeMonitor(neurons)
    trace = StateMonitor(neurons, "V", record=0, when="after_groups", dt=dt)
    run(neurons, spikes, trace)
    assert trace.V_[0, -1] == pytest.approx(1.0, abs=2 / STEPS)
    times = dict(zip(spikes.i, spikes.t_ / T - 1, strict=True))
    assert sorted(times) == [1, 2]  # neuron 0 would spike at the very end, which is no spike
    assert times[2] == pytest.approx(0, abs=1e-12)
    assert times[1] == pytest.approx(float(circuit.spike_time(0.5)), abs=3 / STEPS)


def test_neuron_spikes_once_and_then_rests_at_its_reset_potential():
    dt = T / STEPS * second
    neurons = make_neurons(1, RC_SPIKE_NEURON, dt)
    neurons.V, neurons.V_reset = 0.9 * volt, 0.2 * volt
    spikes = SpikeMonitor(neurons)
    trace = StateMonitor(neurons, "V", record=True, when="after_groups", dt=dt)
    run(neurons, spikes, trace, phases=4)
    assert spikes.num_spikes == 1
    assert trace.V_[0, -1] == pytest.approx(0.2, abs=1e-12)


def test_neurons_may_differ_in_their_components():
    dt = T / STEPS * second
    neurons = make_neurons(2, RC_SPIKE_NEURON, dt)
    neurons.C = [0.14, 0.28] * pF
    neurons.G_plus = Circuit().conductances(1.0)
    charged = EventMonitor(neurons, "charged", variables=["V"])
    run(neurons, charged, phases=1)
    np.testing.assert_allclose(charged.V_, 1 - np.exp([-1.0, -0.5]), atol=2 / STEPS)


@pytest.mark.parametrize(
    ("kind", "synapses", "ramp"),
    product(["rc-spike", "conventional"], ["summed", "individual"], ["linear", "rc"]),
)
def test_parameters_are_exactly_the_constants_of_the_equations(kind, synapses, ramp):
    circuit = Circuit.normalised(2.0, kind=kind, ramp=ramp)
    if (kind, synapses) == ("conventional", "individual"):
        with pytest.raises(InvalidInput, match="no diodes"):
            neuron_equations(circuit, synapses)
        return
    equations = Equations(neuron_equations(circuit, synapses))
    assert set(neuron_parameters(circuit, synapses)) == equations.parameter_names - {
        "V_reset",  # 0 by definition of the circuit's potentials
        "G_leak",
        "t_start",
        "fired",
        *(("I_inputs", "I_bias") if synapses == "individual" else ("G_plus", "G_minus")),
    }


def test_unknown_choices_are_refused():
    with pytest.raises(InvalidInput, match="no equations for 'lif'"):
        neuron_equations("lif")
    with pytest.raises(InvalidInput, match="synapses must be one of 'summed', 'individual'"):
        synapse_equations("memristor")
    with pytest.raises(InvalidInput, match="'diode' is now called synapses='individual'"):
        neuron_equations("rc-spike", "diode")


def test_part_of_a_group_may_begin_later():
    dt = T / STEPS * second
    neurons = make_neurons(3, RC_SPIKE_NEURON, dt)
    neurons.G_plus = Circuit().conductances(0.5)
    neurons[1:].t_start = Circuit().T
    axons = make_axons([0.5 * T] * 2, dt)
    axons[1:].t_start = Circuit().T
    charged, spikes = EventMonitor(neurons, "charged"), SpikeMonitor(axons)
    run(neurons, axons, charged, spikes, phases=2)
    assert charged.i[:].tolist() == [0, 1, 2]
    np.testing.assert_allclose(charged.t_ / T, [1, 2, 2], rtol=1e-12)
    np.testing.assert_allclose(spikes.t_ / T, [0.5, 1.5], rtol=1e-12)


def test_what_is_redefined_must_be_there():
    mine = redefine(RC_SPIKE_NEURON, "I_other = -G_x*V : amp", "fired : boolean")
    assert mine["I_other"].expr.code == "-G_x*V"
    assert set(mine) == set(Equations(RC_SPIKE_NEURON))
    with pytest.raises(InvalidInput, match=r"no 'I_x' that could be redefined; .*I_other, I_plus"):
        redefine(RC_SPIKE_NEURON, "I_x = -G_x*V : amp")
    with pytest.raises(InvalidInput, match="Brian2 cannot read"):
        redefine(RC_SPIKE_NEURON, "I_other = : amp : volt")


def test_equations_as_text_are_the_same_equations():
    odd = "s : amp*second**-0.5 (constant)\nn : integer (shared)\nx : 1\nb : boolean"
    equations = Equations(RC_SPIKE_NEURON) + odd
    again = Equations(text_of(equations))
    assert {name: str(line) for name, line in again.items()} == {
        name: str(line) for name, line in equations.items()
    }


@pytest.mark.parametrize("module", [rcspike_brian.equations, extend, neuron])
def test_examples_in_the_docstrings(module):
    assert doctest.testmod(module).failed == 0
