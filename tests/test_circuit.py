"""The circuit: what it refuses; its conversions, against each other and an integrator."""

import json
from dataclasses import FrozenInstanceError, replace
from itertools import pairwise
from math import inf, nan

import numpy as np
import pytest
from brian2.units import Quantity, joule, ms, mV, nS, pF, second, siemens, us, volt
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.integrate import solve_ivp

from rcspike_brian import Circuit, InvalidInput, Network, membrane_potential
from rcspike_brian.analysis import both_phases, effective_time_constant
from rcspike_brian.devices import DeviceEffects, make_chip
from rcspike_brian.energy import EnergyCosts, energy_budget


def test_default_circuit_has_unit_coupling():
    assert Circuit().beta == (1.0, 1.0)
    assert Circuit() == Circuit(C=0.14 * pF, T=1 * us, V_th=1 * volt, V_syn=1 * volt)


def test_beta_is_threshold_over_reversal_potential_per_rail():
    circuit = Circuit(V_th=0.8 * volt, V_syn=(1.8 * volt, 1.0 * volt), V_d=0.2 * volt)
    assert circuit.beta == pytest.approx((0.8 / 1.6, 0.8 / 0.8), rel=1e-15)
    assert [float(E) for E in circuit.E] == pytest.approx([1.6, 0.8], rel=1e-15)


def test_conventional_circuit_does_not_couple():
    assert Circuit(kind="conventional").beta == (0.0, 0.0)
    assert Circuit.normalised(inf).beta == (0.0, 0.0)
    assert Circuit.normalised((inf, inf), V_th=0.5 * volt).V_th == 0.5 * volt


def test_weight_is_charge_of_a_constant_current_over_threshold_charge():
    # A current G*V_syn for one T puts the charge G*V_syn*T on the capacitor.
    circuit = Circuit(C=0.2 * pF, T=2 * us, V_th=0.5 * volt, V_syn=1.5 * volt, kind="conventional")
    charge = 40e-9 * 1.5 * 2e-6
    assert circuit.weights(40 * nS) == pytest.approx(charge / (0.2e-12 * 0.5), rel=1e-14)


def test_sign_of_the_weight_selects_the_rail():
    circuit = Circuit(V_syn=(2 * volt, 1 * volt))
    plus, minus = circuit.weights([10.0, -10.0] * nS)
    assert plus == pytest.approx(-2 * minus, rel=1e-15)


def test_sky130_has_the_published_reversal_potentials():
    circuit = Circuit.sky130()
    assert circuit.beta == pytest.approx((1 / 2.80, 1 / 1.53), rel=1e-15)
    assert float(circuit.V_th) == 0.872
    assert (float(circuit.C), float(circuit.T)) == pytest.approx((140e-15, 1e-6), rel=1e-15)


@pytest.mark.parametrize(
    ("components", "message"),
    [
        ({"V_syn": 0.2 * volt, "V_d": 0.2 * volt}, "V_syn must exceed V_d.*positive rail"),
        ({"V_syn": (1 * volt, 0.1 * volt), "V_d": 0.2 * volt}, "V_syn must exceed V_d.*negative"),
        ({"V_syn": 0 * volt}, "V_syn must exceed V_d"),
        ({"V_syn": -1 * volt}, "V_syn must exceed V_d"),
        ({"V_syn": inf * volt}, "conventional circuit"),
        ({"V_syn": nan * volt}, "V_syn must be finite"),
        ({"V_syn": [1, 2, 3] * volt}, "one voltage or a pair"),
        ({"V_syn": (1 * volt, 1 * pF)}, "V_syn must be a voltage"),
        ({"V_syn": "1 V"}, "V_syn must be a voltage"),
        ({"C": -1 * pF}, "C must be positive, but it is -1. pF"),
        ({"C": 0 * pF}, "C must be positive"),
        ({"C": inf * pF}, "C must be finite"),
        ({"C": 1e-13}, "C must be a capacitance such as"),
        ({"C": 1 * second}, "C must be a capacitance"),
        ({"C": [1, 2] * pF}, "C must be a capacitance"),
        ({"T": 0 * second}, "T must be positive"),
        ({"T": nan * second}, "T must be finite"),
        ({"V_th": -1 * volt}, "V_th must be positive"),
        ({"V_th": 1 * second}, "V_th must be a voltage"),
        ({"V_d": -1 * mV}, "V_d must not be negative"),
        ({"V_d": nan * volt}, "V_d must be finite"),
        ({"V_d": 0.1 * volt, "kind": "conventional"}, "no synaptic diodes"),
        ({"kind": "lif"}, "kind must be 'rc-spike' or 'conventional', got 'lif'"),
        ({"kind": None}, "kind must be"),
        ({"ramp": "cubic"}, "ramp must be 'linear' or 'rc' or .*, got 'cubic'"),
        ({"ramp": "rc"}, "must exceed V_th = 1. V"),
        ({"ramp": "rc", "V_syn": 1.2 * volt, "V_d": 0.3 * volt}, "V_syn - V_d = 0.9 V"),
    ],
)
def test_impossible_circuits_are_refused_with_the_reason(components, message):
    with pytest.raises(InvalidInput, match=message):
        Circuit(**components)


@pytest.mark.parametrize(
    ("v_syn", "components", "message"),
    [
        ((1.0, inf), {}, "either both rails are infinite"),
        (inf, {"kind": "rc-spike"}, "infinite v_syn is the conventional circuit"),
        (nan, {}, "v_syn must be a number > 0"),
        ("high", {}, "v_syn must be a number > 0"),
        (0.0, {}, "v_syn must be a number > 0"),
        (1.0, {"V_th": 3}, "V_th must be a voltage"),
    ],
)
def test_impossible_normalised_circuits_are_refused(v_syn, components, message):
    with pytest.raises(InvalidInput, match=message):
        Circuit.normalised(v_syn, **components)


@pytest.mark.parametrize(
    ("convert", "value", "message"),
    [
        ("weights", [1.0], "conductances must be in siemens"),
        ("weights", [nan] * nS, "conductances must be finite, got nan at index"),
        ("conductances", [1.0] * nS, "weights must be in plain numbers"),
        ("conductances", ["a"], "weights must be an array of real numbers"),
        ("seconds", 1 * us, "t must be in plain numbers"),
        ("normalised_time", 0.5, "time must be in seconds"),
        ("volts", inf, "v must be finite"),
        ("normalised_potential", 1 * us, "V must be in volts"),
    ],
)
def test_conversions_refuse_wrong_units(convert, value, message):
    with pytest.raises(InvalidInput, match=message):
        getattr(Circuit(), convert)(value)


def test_circuit_is_immutable():
    circuit = Circuit()
    with pytest.raises(FrozenInstanceError):
        circuit.C = 1 * pF
    with pytest.raises(ValueError, match="read-only"):
        circuit.C.fill(1 * pF)
    with pytest.raises(ValueError, match="read-only"):
        np.asarray(circuit.V_syn[0])[...] = 3
    assert circuit == Circuit()


def test_circuit_does_not_share_memory_with_its_arguments():
    V_syn = np.array([1.0, 2.0]) * volt
    circuit = Circuit(V_syn=V_syn)
    V_syn[0] = 5 * volt
    assert float(circuit.V_syn[0]) == 1.0


def test_replace_checks_again():
    circuit = Circuit(V_syn=1 * volt)
    assert replace(circuit, V_syn=2 * volt).beta == (0.5, 0.5)
    with pytest.raises(InvalidInput, match="V_syn must exceed V_d"):
        replace(circuit, V_d=1 * volt)


def test_equal_circuits_hash_alike_and_differ_from_others():
    circuits = {Circuit(), Circuit(V_syn=1000 * mV), Circuit(ramp="linear"), Circuit.normalised(2)}
    assert len(circuits) == 2
    assert Circuit() != Circuit.normalised(2)
    assert Circuit() != "circuit"


def test_repr_names_every_component():
    text = repr(Circuit(V_syn=(2 * volt, 1 * volt), V_d=0.25 * volt, T=2 * us))
    assert text == (
        "Circuit(C=140. fF, T=2. us, V_th=1. V, V_syn=(2. V, 1. V), V_d=250. mV, "
        "kind='rc-spike', ramp='linear', diode='ideal')"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"C": None}, "C must be a plain number in SI units"),
        ({"T": True}, "T must be a plain number"),
        ({"V_syn": "a"}, "V_syn must be a number or a pair"),
        ({"kind": 3}, "kind must be"),
        ({"R": 1.0}, "exactly the entries"),
        ({"C": -1.0}, "C must be positive"),
    ],
)
def test_from_dict_refuses_what_to_dict_did_not_write(change, message):
    with pytest.raises(InvalidInput, match=message):
        Circuit.from_dict(Circuit().to_dict() | change)


def test_from_dict_refuses_missing_entries_and_other_types():
    values = Circuit().to_dict()
    del values["V_d"]
    for wrong in (values, None, [1, 2]):
        with pytest.raises(InvalidInput, match="exactly the entries"):
            Circuit.from_dict(wrong)


def test_off_level_is_none_or_a_voltage_of_lines_with_diodes():
    assert Circuit().off_level is None
    circuit = Circuit(off_level=-0.5 * volt)
    assert circuit.off_level == -0.5 * volt
    assert circuit != Circuit()
    assert "off_level=-0.5 V" in repr(circuit).replace("-500. mV", "-0.5 V")
    for one in (circuit, Circuit(), Circuit(off_level=0 * volt)):
        assert Circuit.from_dict(one.to_dict()) == one
    before = {name: v for name, v in Circuit().to_dict().items() if name != "off_level"}
    assert Circuit.from_dict(before) == Circuit()
    for wrong in (-0.5, 1 * us, "off", np.nan * volt, [0, 0] * volt):
        with pytest.raises(InvalidInput, match="off_level must be"):
            Circuit(off_level=wrong)
    with pytest.raises(InvalidInput, match="conventional circuit have no level"):
        Circuit.normalised(inf, off_level=0 * volt)


def test_exact_solution_is_for_lines_that_are_isolated():
    """At the far rail they are; at 0 V they are not, and every exact path says so."""
    rails = Circuit.normalised((1.3, 1.6))
    network = Network.random((4, 3, 2), rails, 0, 2.0)
    times = [[0.1, 0.3, 0.5, 0.2]]
    parked = network.on_circuit(Circuit.normalised((1.3, 1.6), off_level=-1.6 * volt))
    np.testing.assert_array_equal(parked.potentials(times), network.potentials(times))
    costs = EnergyCosts(V_dd=1 * volt, comparator=0 * joule, static_power=None)
    for off_level in (0 * volt, -1.59 * volt):
        circuit = Circuit.normalised((1.3, 1.6), off_level=off_level)
        off = network.on_circuit(circuit)
        for exact in (
            lambda off=off: off.potentials(times),
            lambda off=off: list(off.walk(times)),
            lambda off=off: energy_budget(off, times, off.circuit, costs),
            lambda off=off: make_chip(off, DeviceEffects()).spike_times(times),
            lambda off=off: both_phases(times[0], [1.0, 1, 1, -1], off.circuit, [0.5]),
            lambda off=off: effective_time_constant(times[0], [1.0, 1, 1, -1], circuit=off.circuit),
        ):
            with pytest.raises(InvalidInput, match=r"parked at -1.6 V or below"):
                exact()


def magnitudes(low, high):
    return st.floats(low, high, allow_nan=False)


@st.composite
def circuits(draw):
    kind = draw(st.sampled_from(["rc-spike", "conventional"]))
    V_d = draw(magnitudes(0, 1)) if kind == "rc-spike" else 0.0
    rails = [V_d + draw(magnitudes(1e-3, 100)) for _ in range(2)]
    V_th = draw(magnitudes(1e-3, 10))
    ramp = draw(st.sampled_from(["linear", "rc"])) if V_th < rails[0] - V_d else "linear"
    return Circuit(
        C=draw(magnitudes(1e-16, 1e-6)) * Quantity(1, pF.dim),
        T=draw(magnitudes(1e-9, 1)) * second,
        V_th=V_th * volt,
        V_syn=tuple(rail * volt for rail in rails),
        V_d=V_d * volt,
        kind=kind,
        ramp=ramp,
    )


def without_underflow(number):
    return number if abs(number) > 1e-100 else 0.0


signed = arrays(
    float,
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
    elements=st.floats(-1e6, 1e6).map(without_underflow),
)


@given(circuits())
def test_json_round_trip_is_exact(circuit):
    assert Circuit.from_dict(json.loads(json.dumps(circuit.to_dict()))) == circuit


@given(circuits(), signed)
def test_weights_invert_conductances(circuit, weights):
    conductances = circuit.conductances(weights)
    np.testing.assert_array_equal(np.sign(np.asarray(conductances)), np.sign(weights))
    np.testing.assert_allclose(circuit.weights(conductances), weights, rtol=4e-16)


@given(circuits(), signed)
def test_conductances_invert_weights(circuit, numbers):
    conductances = Quantity(numbers * 1e-9, dim=siemens.dim)
    there_and_back = circuit.conductances(circuit.weights(conductances))
    np.testing.assert_allclose(np.asarray(there_and_back), np.asarray(conductances), rtol=4e-16)


@given(circuits(), signed)
def test_times_and_potentials_round_trip(circuit, numbers):
    assert_same = {"rtol": 4e-16}
    np.testing.assert_allclose(
        circuit.normalised_time(circuit.seconds(numbers)), numbers, **assert_same
    )
    np.testing.assert_allclose(
        circuit.normalised_potential(circuit.volts(numbers)), numbers, **assert_same
    )


def test_spike_time_follows_the_ramp():
    v = np.array([-0.5, 0.0, 0.25, 1.0, 3.0])
    np.testing.assert_allclose(Circuit().spike_time(v), [1, 1, 0.75, 0, 0], atol=1e-15)
    resistive = Circuit.normalised(2.0, ramp="rc")
    # A resistor to twice the threshold reaches it from 0 after T = RC ln 2.
    expected = np.log((2 - np.clip(v, 0, 1)) / 1) / np.log(2)
    np.testing.assert_allclose(resistive.spike_time(v), expected, atol=1e-15)


def integrate(circuit, spike_times, conductances):
    """V(T) in volts from the circuit's own equation, restarted at every input spike."""
    C, T, V_d = (float(q) for q in (circuit.C, circuit.T, circuit.V_d))
    plus, minus = (float(rail) for rail in circuit.V_syn)
    V = np.zeros(conductances.shape[1])
    events = np.unique(np.concatenate([[0.0], spike_times[spike_times < T], [T]]))
    for start, stop in pairwise(events):
        on = conductances[spike_times <= start]
        G_plus, G_minus = on.clip(min=0).sum(axis=0), (-on).clip(min=0).sum(axis=0)

        def slope(t, V, G_plus=G_plus, G_minus=G_minus):
            if circuit.kind == "conventional":
                return (G_plus * plus - G_minus * minus) / C
            from_plus = G_plus * np.maximum(0, plus - V_d - V)
            return (from_plus - G_minus * np.maximum(0, minus - V_d + V)) / C

        V = solve_ivp(slope, (start, stop), V, method="DOP853", rtol=1e-12, atol=1e-14).y[:, -1]
    return V


@pytest.mark.parametrize(
    "circuit",
    [
        Circuit(),
        Circuit(C=0.5 * pF, T=3 * ms, V_th=0.7 * volt, V_syn=1.8 * volt, V_d=0.4 * volt),
        Circuit(V_th=0.5 * volt, V_syn=(2.5 * volt, 0.9 * volt), V_d=0.2 * volt),
        Circuit(V_syn=(1 * volt, 1.5 * volt), kind="conventional"),
        Circuit.sky130(),
    ],
    ids=["unit", "diode drop", "unequal rails", "conventional", "sky130"],
)
@pytest.mark.parametrize("n_in", [1, 30])
def test_same_end_voltages_as_an_integrator_of_the_circuit(circuit, n_in):
    rng = np.random.default_rng(n_in)
    spike_times = rng.choice(np.linspace(0, 1, 256), size=n_in)
    spike_times[0] = 0
    conductances = circuit.conductances(rng.normal(0.1, 0.5, (n_in, 8)))
    seconds = np.asarray(circuit.seconds(spike_times))
    expected = integrate(circuit, seconds, np.asarray(conductances)) / float(circuit.V_th)
    weights = circuit.weights(conductances)
    v = membrane_potential(spike_times[None], weights, circuit.beta)[0]
    np.testing.assert_allclose(v, expected, atol=1e-9, rtol=0)
