"""Network: checks, precision, files."""

import math

import numpy as np
import pytest

import rcspike_brian as rb
from rcspike_brian import Circuit, InvalidInput, Network

UNIT, LEAKY = Circuit.normalised(1.0), Circuit.normalised(1.0, diode="leaky")


@pytest.fixture
def network():
    return Network.random((6, 5, 3), v_syn=(1.5, 0.8), seed=3, dtype=np.float64)


def test_potentials_equal_the_plain_functions(network):
    images = np.random.default_rng(0).integers(0, 256, (7, 6)).astype(np.uint8)
    times = 1 - images / 255
    for w, v in zip(network.weights, network.potentials(images, all_layers=True), strict=True):
        with_bias = np.hstack([times, np.zeros((7, 1))])
        np.testing.assert_allclose(v, rb.membrane_potential(with_bias, w, network.beta), atol=1e-13)
        times = rb.spike_time(v)
    np.testing.assert_allclose(network.potentials(images), v)
    np.testing.assert_allclose(network.potentials(1 - images / 255), v, atol=1e-13)
    np.testing.assert_allclose(network.spike_times(images)[-1], times)


def test_single_precision_stays_within_2e6_of_double():
    network = Network.random(v_syn=1.0, seed=0)
    images = np.random.default_rng(0).integers(0, 256, (20, 784)).astype(np.uint8)
    images[images < 128] = 0
    first = Network(network.weights[:1], network.circuit)
    difference = first.potentials(images) - first.potentials(images, dtype=np.float64)
    assert np.abs(difference).max() < 2e-6


@pytest.mark.parametrize("v_syn", [1e-36, 1e-38, 1e-200, (1.0, 1e12), (1e-39, 1.0)], ids=str)
def test_any_drive_voltage_gives_the_exact_potential_or_is_refused(v_syn):
    network = Network.random((4, 3, 2), v_syn, seed=2)
    times = np.array([[0.0, 0.2, 0.4, 1.0]])
    exact = [state.v for state in network.walk(times)]

    def check(tolerance, **options):
        layers = network.potentials(times, all_layers=True, **options)
        for v, want in zip(layers, exact, strict=True):
            np.testing.assert_allclose(v, want, rtol=tolerance)

    check(1e-12, dtype=np.float64)
    if max(network.beta) < 1e37:
        check(1e-6)
    else:
        with pytest.raises(rb.InvalidInput, match="too large for numbers of the type float32"):
            check(1e-6)


def test_beyond_every_voltage_is_the_conventional_circuit():
    times = np.array([[0.0, 0.2, 0.4, 1.0]])
    network = Network.random((4, 3, 2), math.inf, seed=2)
    for v_syn in (1e9, 1e50, 1e300):
        v = network.on_circuit(v_syn).potentials(times)
        np.testing.assert_allclose(v, network.potentials(times), rtol=1e-6)


def test_the_largest_weights_of_single_precision_bring_neurons_to_the_rail():
    network = Network([np.full((4, 3), 3e38, np.float32)], Circuit.normalised(2.0))
    assert (network.potentials([[0.0, 0.1, 0.2]]) == 2).all()
    with pytest.raises(rb.InvalidInput, match="membrane potentials would exceed"):
        network.on_circuit(math.inf).potentials([[0.0, 0.1, 0.2]])


def test_noise_is_reproducible_and_absent_by_default(network):
    times = np.random.default_rng(0).random((50, 6))
    quiet = network.potentials(times)
    noisy = network.potentials(times, noise=0.05, seed=1)
    assert np.abs(noisy - quiet).max() > 1e-3
    np.testing.assert_array_equal(noisy, network.potentials(times, noise=0.05, seed=1, threads=3))
    assert np.abs(noisy - network.potentials(times, noise=0.05, seed=2)).max() > 1e-3


def test_file_round_trip_is_exact(network, tmp_path):
    path = tmp_path / "network.npz"
    network.save(path, note="x")
    copy = Network.load(path)
    assert copy.circuit == network.circuit
    for a, b in zip(copy.weights, network.weights, strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.dtype == b.dtype


def test_on_circuit_changes_only_the_drive_voltage(network):
    mapped = network.on_circuit(float("inf"))
    assert mapped.v_syn == (np.inf, np.inf)
    assert all(np.array_equal(a, b) for a, b in zip(mapped.weights, network.weights, strict=True))


def test_another_drive_voltage_keeps_the_ramp_or_is_refused():
    """Below V_th a resistor to the rail lifts nothing to the threshold, on no path."""
    resistive = Circuit.normalised(2.0, ramp="rc")
    network = Network.random((4, 2), resistive)
    assert network.on_circuit(3.0).circuit == Circuit.normalised(3.0, ramp="rc")
    message = "must exceed V_th = 1. V, or no neuron would ever fire"
    for v_syn in (1.0, 0.8, (0.5, 3.0), float("inf")):
        with pytest.raises(InvalidInput, match=message):
            network.on_circuit(v_syn)
    low, ramp = Circuit.normalised(0.8), resistive.ramp
    for use in (ramp.spike_time, ramp.slope, ramp.lifted):
        with pytest.raises(InvalidInput, match=message):
            use([0.5], low)
    with pytest.raises(InvalidInput, match=message):
        ramp.compiled(low, float)


def test_weights_are_read_only_copies():
    w = np.ones((3, 2))
    network = Network([w], UNIT)
    w[:] = 5
    assert network.weights[0].max() == 1
    with pytest.raises(ValueError, match="read-only"):
        network.weights[0][0, 0] = 2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Network((), UNIT), "at least one layer"),
        (lambda: Network((np.ones((3, 2)), np.ones((2, 2))), UNIT), "layer 2 needs 3 rows"),
        (lambda: Network((np.full((3, 2), np.nan),), UNIT), "weights of layer 1 must be finite"),
        (lambda: Network((np.ones((0, 2)),), UNIT), r"weights of layer 1 must have the shape"),
        (lambda: Network((np.ones((3, 0)),), UNIT), r"weights of layer 1 must have the shape"),
        (lambda: Network(3, UNIT), "layers must be a list, got 3"),
        (lambda: Network.random((4, 10**12, 3)), "choose fewer neurons"),
        (lambda: Network.random((4,)), "sizes must be neurons per layer, at least two"),
        (lambda: Network.random((4, 2), dtype=int), "dtype must be float32 or float64"),
        (lambda: Network.random((3, 2)).potentials(np.ones((1, 3), bool)), "got bool"),
        (lambda: Network.random((3, 2)).potentials(np.ones((1, 3), int)), "got int64"),
        (lambda: Network.random((3, 2)).potentials([[0, 0, 0]], noise=-1), "noise must be"),
        (lambda: Network((np.ones((3, 2)),), 1.0), "circuit must be an rcspike_brian.Circuit"),
        (lambda: Network((np.ones((3, 2)),), UNIT, encoding="rate"), "encoding must be 'linear'"),
        (lambda: Network.random((3, 2), LEAKY).potentials([[0, 0, 0]]), "exact solution is for"),
        (lambda: Network.random((3, 2), v_syn=0), "v_syn must be a number > 0"),
        (lambda: Network.random((3, 2), v_syn="x"), "v_syn must be"),
        (lambda: Network.random((3, 2)).potentials(np.zeros((1, 4))), r"shape \(batch, 3\)"),
        (lambda: Network.random((3, 2)).potentials([[0, 2.0, 0]]), "spike times from 0 to 1"),
    ],
)
def test_bad_input_is_refused(make, message):
    with pytest.raises(rb.InvalidInput, match=message):
        make()


def test_damaged_files_are_refused(network, tmp_path):
    path = tmp_path / "network.npz"
    with pytest.raises(rb.RunFolderError, match="cannot read"):
        Network.load(path)
    path.write_bytes(b"<html>")
    with pytest.raises(rb.RunFolderError, match="not a network file"):
        Network.load(path)
    np.savez(path, header=np.array({"a": 1}, dtype=object))
    with pytest.raises(rb.RunFolderError, match="pickled objects, which could run code"):
        Network.load(path)
    np.savez(path, layer_1=np.ones((3, 2)))
    with pytest.raises(rb.RunFolderError, match="no such header"):
        Network.load(path)
    network.save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(rb.RunFolderError, match="not a network file"):
        Network.load(path)


def test_another_format_version_is_refused(network, tmp_path, monkeypatch):
    path = tmp_path / "network.npz"
    monkeypatch.setattr("rcspike_brian.network._FORMAT", 99)
    network.save(path)
    monkeypatch.undo()
    with pytest.raises(rb.RunFolderError, match=r"format 99, and this version .* reads format 2"):
        Network.load(path)


def test_a_file_of_format_1_holds_dense_layers_and_beta(network, tmp_path):
    from rcspike_brian.storage import write_arrays

    path = tmp_path / "network.npz"
    layers = {f"layer_{l}": w for l, w in enumerate(network.weights, start=1)}
    write_arrays(path, "network", 1, beta=np.array(network.beta), extra={}, **layers)
    old = Network.load(path)
    assert old.beta == pytest.approx(network.beta, rel=1e-15)
    np.testing.assert_array_equal(old.weights[1], network.weights[1])


@pytest.mark.parametrize("ramp", ["linear", "rc"])
def test_compiled_network_is_the_exact_walk(ramp):
    network = Network.random((6, 5, 3), Circuit.normalised((2.8, 1.53), ramp=ramp), 3, 2.0, float)
    times = np.random.default_rng(0).random((7, 6))
    compiled = network.potentials(times, all_layers=True)
    for v, t, state in zip(compiled, network.spike_times(times), network.walk(times), strict=True):
        np.testing.assert_allclose(v, state.v, atol=1e-13)
        np.testing.assert_allclose(t, state.times, atol=1e-13)


def test_own_encoding_reaches_kernels_and_walk(monkeypatch):
    class Inverted(rb.encodings.Encoding):
        name = "inverted"

        def encode(self, intensity):
            return intensity

    monkeypatch.setitem(rb.encodings.ENCODINGS, "inverted", Inverted())
    network = Network.random((6, 5, 3), dtype=float)
    other = Network(network.layers, network.circuit, "inverted")
    images = np.random.default_rng(0).integers(0, 256, (7, 6)).astype(np.uint8)
    np.testing.assert_allclose(
        other.potentials(images), network.potentials(255 - images), atol=1e-12
    )
    *_, last = other.walk(images)
    np.testing.assert_allclose(last.v, other.potentials(images), atol=1e-12)


def test_a_network_shows_its_shape_and_circuit_and_no_weights():
    network = Network.random((784, 20, 10), v_syn=0.5)
    assert repr(network).startswith("<Network 784-20-10, float32, on Circuit(")
    assert len(repr(network)) < 250
    assert "15,700" in network._repr_html_()  # 785 lines to 20 neurons
