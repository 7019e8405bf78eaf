"""The neuron's equations integrated by SciPy, against the closed form and beside Brian2."""

import dataclasses

import brian2 as b2
import numpy as np
import pytest
from brian2 import us

import rcspike_brian as rb
from rcspike_brian import Circuit, InvalidInput, Network, simulate, simulate_network
from rcspike_brian.equations import neuron_equations, redefine

RNG = np.random.default_rng(4)
TIMES, WEIGHTS = RNG.random(7), RNG.normal(0, 1.5, (7, 5))
TIMES[1] = TIMES[4]  # a tie
TIMES[2] = 1.0  # an input that never spikes
CIRCUITS = {
    "equal": Circuit.normalised(1.0),
    "unequal": Circuit.sky130(),
    "conventional": Circuit.normalised(np.inf),
    "resistive ramp": Circuit.normalised(1.5, ramp="rc"),
}


@pytest.mark.parametrize("synapses", ["summed", "individual"])
@pytest.mark.parametrize("name", CIRCUITS)
def test_closed_form(name, synapses):
    circuit = CIRCUITS[name]
    if (circuit.kind, synapses) == ("conventional", "individual"):
        pytest.skip("no such circuit")
    result = simulate(circuit, TIMES, WEIGHTS, target="solve_ivp", synapses=synapses)
    exact = rb.membrane_potential(TIMES, WEIGHTS, circuit.beta)
    assert ((exact > 0) & (exact < 1)).any()
    assert (exact <= 0).any()
    np.testing.assert_allclose(result.v_end, exact, atol=1e-11)
    np.testing.assert_allclose(result.t_out, circuit.spike_time(exact), atol=1e-10)
    assert result.target == "solve_ivp"


def test_traces_go_through_the_exact_solution_and_end_at_rest():
    circuit = Circuit.normalised(1.0)
    result = simulate(circuit, [0.2, 0.5], [1.5, -0.4], target="solve_ivp", dt=circuit.T / 50)
    charging = result.traces[result.traces["phase"] == "charging"]
    exact = rb.core.reference.trajectory([0.2, 0.5], [1.5, -0.4], 1.0, charging["t"])
    np.testing.assert_allclose(charging["v"], exact, atol=1e-11)
    firing = result.traces[result.traces["phase"] == "firing"]
    (t_out,) = result.t_out
    before = firing["t"] < 1 + t_out
    lifted = exact[-1] + firing["t"][before] - 1
    np.testing.assert_allclose(firing["v"][before], lifted, atol=1e-11)
    assert not firing["v"][~before].any()
    assert (
        result.traces.shape == simulate(circuit, [0.2, 0.5], [1.5, -0.4], dt=0.02 * us).traces.shape
    )


def test_a_spike_at_which_the_potential_stops_just_below_the_threshold():
    """It used to be found again and again."""
    circuit = dataclasses.replace(Circuit.normalised(1.0), off_level=-1 * b2.volt)
    result = simulate(
        circuit, [0.05, 0.3, 0.45, 0.65, 0.8], [-1, -1, 2, 0.3, 0], target="solve_ivp"
    )
    exact = rb.membrane_potential([[0.05, 0.3, 0.45, 0.65, 0.8]], np.c_[[-1, -1, 2, 0.3, 0]], 1.0)
    np.testing.assert_allclose(result.t_out, 1 - exact[0], atol=1e-9)


def test_network_layer_after_layer():
    network = Network.random((6, 8, 5, 3), Circuit.sky130(), 1, 2.0, np.float64)
    inputs = RNG.random((3, 6))
    result = simulate_network(
        network, inputs, target="solve_ivp", record={2: [1]}, presentations=2, progress=False
    )
    for found, exact in zip(result.t_out, network.spike_times(inputs), strict=True):
        np.testing.assert_allclose(found, exact, atol=1e-9)
    assert result.traces["image"].nunique() == 3


def test_leak_of_ones_own():
    """C dV/dt = I_syn - G V with one input that is on from 0: an exponential with another rate."""
    circuit = Circuit.normalised(1.0)
    mine = redefine(neuron_equations(circuit), "I_other = -G_x*V : amp") + b2.Equations(
        "G_x : siemens (constant)"
    )
    leak = 0.7 * circuit.C / circuit.T
    options = {"equations": mine, "values": {"G_x": leak}, "target": "solve_ivp"}
    result = simulate(circuit, [0.0], [1.2], **options)
    assert result.v_end[0] == pytest.approx(1.2 / 1.9 * (1 - np.exp(-1.9)), abs=1e-11)


class SoftDiode(rb.diodes.Diode):
    name = "soft"

    def law(self, U):
        return f"clip({U}, 0*volt, inf*volt)**2/(abs({U}) + 50*mvolt)"


@pytest.mark.parametrize("synapses", ["summed", "individual"])
def test_diode_of_ones_own(synapses):
    """One synapse: u = E - V obeys du/dx = -w u^2/(u + a), whose solution is known inversely."""
    circuit = Circuit(diode=SoftDiode())
    result = simulate(circuit, [0.0], [1.2], synapses=synapses, target="solve_ivp")
    a, u = 0.05, 1 - result.v_end[0]
    assert np.log(1 / u) + a * (1 / u - 1) == pytest.approx(1.2, abs=1e-10)


def test_brian2_is_left_alone():
    before = b2.get_device(), b2.defaultclock.dt
    simulate(CIRCUITS["equal"], TIMES, WEIGHTS, target="solve_ivp")
    assert (b2.get_device(), b2.defaultclock.dt) == before


def test_noise_is_refused():
    circuit = Circuit()
    noisy = redefine(neuron_equations(circuit), "dV/dt = I_syn/C + mV*xi/sqrt(us) : volt")
    with pytest.raises(InvalidInput, match="cannot integrate noise"):
        simulate(circuit, [0.1], [1.0], equations=noisy, target="solve_ivp")


def test_phases_of_ones_own_are_refused():
    circuit = Circuit()
    mine = redefine(neuron_equations(circuit), "charging = True : boolean (constant over dt)")
    with pytest.raises(InvalidInput, match="the equations define charging otherwise"):
        simulate(circuit, [0.1], [1.0], equations=mine, target="solve_ivp")


def test_unknown_target_names_all():
    with pytest.raises(InvalidInput, match="'solve_ivp', got 'ode'"):
        simulate(Circuit(), [0.1], [1.0], target="ode")
