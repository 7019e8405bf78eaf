"""The objective for SciPy's optimisers: its gradient, its methods, and training by them."""

import mpmath
import numpy as np
import pytest
from scipy.optimize import minimize as scipy_minimize

import rcspike_brian as rb
from rcspike_brian import Circuit, InvalidInput, Network, SpikeTimeObjective
from rcspike_brian.core.loss import Loss
from rcspike_brian.training import recipe
from tests.exact import exact_loss
from tests.test_layers import shared_network

LOSS = Loss(temperature=0.2, window=0.7, smoothing=0.1)
# Ties, an input at once and one that never spikes.
TIMES = np.array([[0.1, 0.7, 0.7, 0.33, 1.0, 0.0], [0.25, 0.25, 0.9, 0.0, 0.6, 0.4]])
LABELS = np.array([0, 2])


def four_layers(circuit):
    """6-5-4-3 with silent, saturated and spiking neurons in both hidden layers."""
    network = Network.random((6, 5, 4, 3), circuit, seed=31, scale=1.5, dtype=np.float64)
    weights = [w.copy() for w in network.weights]
    for w in weights[:-1]:
        w[-1] = 0.3
        w[:, 0] = -np.abs(w[:, 0])  # silent
        w[:, 1] = 6 * np.abs(w[:, 1])  # spikes at once
    weights[-1][-1] = [0.2, -0.1, 0.05]
    return Network(weights, network.circuit)


@pytest.mark.parametrize("ramp", ["linear", "rc"])
def test_gradient_in_fifty_digits(ramp):
    circuit = Circuit.normalised((2.8, 1.53), ramp=ramp)
    network = four_layers(circuit)
    hidden = network.potentials(TIMES, all_layers=True)[:-1]
    for v in hidden:
        assert (v <= 0).any()
        assert (v >= 1).any()
        assert ((v > 0) & (v < 1)).any()
    objective = SpikeTimeObjective(network, TIMES, LABELS, loss=LOSS)
    theta = objective.start
    loss, gradient = objective(theta)
    with mpmath.workdps(50):
        exact = sum(exact_loss(network, t, k, LOSS) for t, k in zip(TIMES, LABELS, strict=True)) / 2
    assert loss == pytest.approx(float(exact), rel=1e-13)
    ends = np.cumsum([w.size for w in network.weights])
    for index in range(0, theta.size, 4):
        sides = []
        with mpmath.workdps(50):
            for shift in (mpmath.mpf("1e-15"), -mpmath.mpf("1e-15")):
                moved = np.array(theta, dtype=object)
                moved[index] = mpmath.mpf(float(theta[index])) + shift
                parts = np.split(moved, ends[:-1])
                changed = _Weights(
                    [p.reshape(w.shape) for p, w in zip(parts, network.weights, strict=True)],
                    circuit,
                )
                pairs = zip(TIMES, LABELS, strict=True)
                sides.append(sum(exact_loss(changed, t, k, LOSS) for t, k in pairs))
            slope = float((sides[0] - sides[1]) / mpmath.mpf("4e-15"))
        assert gradient[index] == pytest.approx(slope, rel=1e-9, abs=1e-13), index


class _Weights:
    def __init__(self, weights, circuit):
        self.weights, self.circuit, self.beta = weights, circuit, circuit.beta


@pytest.mark.parametrize("noise", [0.0, 0.03])
@pytest.mark.parametrize("v_syn", [1.0, (2.8, 1.53), np.inf])
def test_kernels_and_layers_agree(v_syn, noise):
    """The dense network as compiled, and as layers of any kind by their own solutions."""
    network = Network.random((6, 8, 7, 3), v_syn, 1, 2.0, np.float64)
    plain = Network([_OfItsOwn(w) for w in network.weights], network.circuit)
    rng = np.random.default_rng(0)
    inputs, labels = rng.random((30, 6)), rng.integers(0, 3, 30)
    how = {"loss": LOSS, "noise": noise, "seed": 3}
    fast, slow = (SpikeTimeObjective(n, inputs, labels, **how) for n in (network, plain))
    (value, gradient), (other, by_layers) = fast(fast.start), slow(slow.start)
    assert value == pytest.approx(other, rel=1e-13)
    np.testing.assert_allclose(gradient, by_layers, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(fast.statistics_at(fast.start), slow.statistics_at(slow.start))


class _OfItsOwn(rb.layers.Dense):
    kind = "of its own"


def test_same_bits_for_any_number_of_threads():
    network = Network.random((6, 8, 3), 1.0, 1, 2.0)
    inputs = np.random.default_rng(0).integers(0, 256, (40, 6), dtype=np.uint8)
    labels = np.arange(40) % 3
    one, two = (SpikeTimeObjective(network, inputs, labels, threads=n) for n in (1, 2))
    for a, b in zip(one(one.start), two(two.start), strict=True):
        np.testing.assert_array_equal(a, b)


def test_grey_levels_are_the_spike_times_that_they_encode():
    network = Network.random((6, 8, 3), 1.0, 1, 2.0)
    levels = np.random.default_rng(0).integers(0, 256, (20, 6), dtype=np.uint8)
    labels = np.arange(20) % 3
    by_level = SpikeTimeObjective(network, levels, labels)
    by_time = SpikeTimeObjective(network, 1 - levels / 255, labels)
    (a, da), (b, db) = by_level(by_level.start), by_time(by_time.start)
    assert a == pytest.approx(b, rel=1e-12)
    np.testing.assert_allclose(da, db, rtol=1e-9, atol=1e-12)


def test_network_takes_the_parameters_back():
    network = shared_network(Circuit.sky130())
    objective = SpikeTimeObjective(network, TIMES[:, :4], LABELS)
    theta = objective.start + 0.25
    moved = objective.network(theta)
    assert [type(layer) for layer in moved.layers] == [type(layer) for layer in network.layers]
    for layer, before in zip(moved.layers, network.layers, strict=True):
        np.testing.assert_allclose(layer.parameters, before.parameters + 0.25)
    assert moved.circuit == network.circuit


def test_hessian_product_is_symmetric_and_the_slope_of_the_gradient():
    objective = SpikeTimeObjective(four_layers(Circuit.normalised(1.0)), TIMES, LABELS, loss=LOSS)
    rng = np.random.default_rng(2)
    a, b = rng.standard_normal((2, objective.start.size))
    of_a = objective.hessp(objective.start, a)
    assert of_a @ b == pytest.approx(objective.hessp(objective.start, b) @ a, rel=1e-5)
    step = 1e-5
    ahead, behind = (objective.gradient(objective.start + s * step * a) for s in (1, -1))
    np.testing.assert_allclose(of_a, (ahead - behind) / (2 * step), rtol=1e-5, atol=1e-6)
    assert not objective.hessp(objective.start, np.zeros_like(a)).any()


@pytest.mark.parametrize("method", ["L-BFGS-B", "CG", "Newton-CG", "trust-krylov"])
def test_methods_of_scipy_go_down(tiny_dataset, method):
    network = Network.random((6, 5, 3), 1.0, 1, 2.0)
    objective = SpikeTimeObjective(network, tiny_dataset.train_images, tiny_dataset.train_labels)
    # From a random start the kinks of clipped spikes can end a trust region.
    start = rb.minimize(objective, iterations=8, progress=False)
    assert start.fun < 0.7 * objective.loss(objective.start)
    done = []
    result = rb.minimize(
        objective, method, iterations=8, start=start.x, progress=lambda *of: done.append(of)
    )
    assert result.fun < 0.95 * start.fun
    assert objective.loss(result.x) == result.fun
    np.testing.assert_array_equal(result.network.weights[0].ravel(), result.x[: 7 * 5])
    assert done[0] == (0, 8)
    assert done[-1] == (result.nit, 8)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"method": "l-bfgz"}, "method must be one of L-BFGS-B, .* got 'l-bfgz'"),
        ({"iterations": 0}, "iterations must be a whole number >= 1, got 0"),
        ({"start": [0.0, 1.0]}, "theta must have 53 elements, .* got 2"),
        ({"start": "abc"}, "start must be an array of real numbers"),
    ],
)
def test_nonsense_is_refused_by_name(tiny_dataset, settings, message):
    network = Network.random((6, 5, 3), 1.0, 1, 2.0)
    objective = SpikeTimeObjective(network, tiny_dataset.train_images, tiny_dataset.train_labels)
    with pytest.raises(rb.errors.InvalidInput, match=message):
        rb.minimize(objective, progress=False, **settings)


def test_scipy_itself_takes_the_objective(tiny_dataset):
    network = Network.random((6, 5, 3), 1.0, 1, 2.0)
    objective = SpikeTimeObjective(network, tiny_dataset.train_images, tiny_dataset.train_labels)
    mine = rb.minimize(objective, iterations=10, progress=False)
    theirs = scipy_minimize(
        objective, objective.start, jac=True, method="L-BFGS-B", options={"maxiter": 10}
    )
    np.testing.assert_array_equal(mine.x, theirs.x)


@pytest.mark.parametrize("optimizer", ["l-bfgs", "L-BFGS-B", "CG"])
def test_training_by_scipy(tiny_dataset, tmp_path, optimizer):
    settings = {"hidden": (8,), "epochs": 40, "optimizer": optimizer, "progress": False}
    run = rb.train(tiny_dataset, **settings, out=tmp_path / "run")
    assert run.metrics["test_accuracy"].iloc[-1] == 1
    assert len(run.metrics) == run.solution.nit
    assert run.metrics["evaluations"].iloc[-1] >= run.solution.nit
    assert run.metrics["train_loss"].is_monotonic_decreasing
    saved = Network.load(tmp_path / "run" / "network.npz")
    for a, b in zip(saved.weights, run.network.weights, strict=True):
        np.testing.assert_array_equal(a, b)


def test_resumed_run_has_the_same_bits(tiny_dataset, tmp_path):
    """SciPy cannot be continued half-way, so a run that was stopped starts over."""
    config = recipe("robust", tiny_dataset, hidden=(8,), epochs=12, optimizer="l-bfgs", noise=0.02)
    whole = rb.train(tiny_dataset, config, progress=False)

    def stop(done, total):
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rb.train(tiny_dataset, config, out=tmp_path / "run", progress=stop)
    rest = rb.train(tiny_dataset, config, out=tmp_path / "run", resume=True, progress=False)
    for a, b in zip(whole.network.weights, rest.network.weights, strict=True):
        np.testing.assert_array_equal(a, b)
    assert rest.metrics["epoch"].tolist() == whole.metrics["epoch"].tolist()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"theta": np.zeros(3)}, "theta must have 43 elements"),
        ({"theta": np.full(43, np.nan)}, "theta must be finite, got nan at index 0"),
        ({"theta": ["a"] * 43}, "theta must be an array of real numbers"),
        ({"theta": np.zeros((43, 1))}, "theta must have 1 axes"),
        ({"inputs": np.zeros((0, 6)), "labels": []}, "inputs has no samples"),
        ({"inputs": np.full((2, 6), np.nan)}, "inputs must be spike times from 0 to 1"),
        ({"inputs": np.zeros((2, 5))}, r"inputs must have shape \(batch, 6\)"),
        ({"labels": [0]}, "each image needs one label"),
        ({"labels": [0, 3]}, "labels must be whole numbers from 0 to 2"),
        ({"labels": [0.5, 1.0]}, "labels must be whole numbers"),
    ],
)
def test_bad_input(change, message):
    given = {"inputs": np.zeros((2, 6)), "labels": [0, 1], **change}
    network = Network.random((6, 4, 3), 1.0)
    theta = given.pop("theta", np.zeros(7 * 4 + 5 * 3))
    with pytest.raises(InvalidInput, match=message):
        SpikeTimeObjective(network, **given)(theta)


def test_vectors_need_not_be_contiguous():
    objective = SpikeTimeObjective(Network.random((6, 4, 3), 1.0, scale=2.0), TIMES, LABELS)
    strided = np.repeat(objective.start, 2)[::2]
    for a, b in zip(objective(strided), objective(objective.start), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    "setting", [{n: 0.1} for n in ("weight_decay", "weight_spread", "averaging", "output_noise")]
)
def test_what_changes_from_batch_to_batch_is_refused(tiny_dataset, setting):
    (name,) = setting
    with pytest.raises(InvalidInput, match=f"l-bfgs minimises one loss .* {name} would change it"):
        rb.train(tiny_dataset, hidden=(8,), optimizer="l-bfgs", progress=False, **setting)


def test_the_ordinary_network_is_not_trained_by_scipy(tiny_dataset):
    with pytest.raises(InvalidInput, match="l-bfgs trains RC-Spike networks only"):
        rb.train(tiny_dataset, model="relu-mlp", optimizer="l-bfgs", progress=False)


def test_noise_that_does_not_fit_into_memory_is_refused(monkeypatch):
    network = Network.random((4, 30, 2), seed=0)
    inputs, labels = np.zeros((50, 4)), np.arange(50) % 2
    monkeypatch.setattr("rcspike_brian.memory.physical", lambda: 40_000)
    SpikeTimeObjective(network, inputs, labels)
    with pytest.raises(InvalidInput, match="noise on 30 hidden spikes of 50 inputs takes"):
        SpikeTimeObjective(network, inputs, labels, noise=0.01)
