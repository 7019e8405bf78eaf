"""The fused training step against the plain public functions, layer by layer."""

import itertools

import numpy as np
import pytest

import rcspike_brian as rb
from rcspike_brian.core import fused
from rcspike_brian.core.coupling import coupling_of
from rcspike_brian.core.firing import compiled_ramp
from rcspike_brian.core.layout import Layout
from rcspike_brian.core.loss import Loss
from rcspike_brian.core.ordering import sort_grey_levels, sort_spikes, sorting
from rcspike_brian.core.threads import ThreadPool
from rcspike_brian.core.vectors import LANES
from rcspike_brian.optimizers import Adam

SIZES = (12, 9, 20, 4)
SHAPES = tuple(itertools.pairwise(SIZES))


def random_problem(beta, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    layout = Layout(SHAPES)
    weights = [
        np.vstack([rng.normal(0, 2 / np.sqrt(n), (n, m)), rng.normal(0, 0.2, (1, m))])
        for n, m in itertools.pairwise(SIZES)
    ]
    images = rng.integers(0, 256, (10, SIZES[0])).astype(np.uint8)
    images[:, 3] = images[:, 4]  # equal times
    images[:, 5] = 0  # no spike
    labels = rng.integers(0, SIZES[-1], 10)
    theta = layout.pack(weights, dtype)
    return layout, weights, images, labels, theta, tuple(dtype(b) for b in beta)


def run_shard(problem, loss, noise=None, flat=False):
    layout, _, images, labels, theta, beta = problem
    noise = np.empty((10, 0), theta.dtype) if noise is None else noise
    gradient = np.zeros_like(theta)
    statistics = np.zeros(2 + 2 * layout.n_layers)
    real = theta.dtype.type
    circuit = coupling_of(beta, real), compiled_ramp(1, 0, real)
    network = theta, layout.table, circuit, loss, noise
    results = gradient, np.zeros(SIZES[0] + 1, np.bool_), statistics
    scratch = fused.scratch(layout, theta.dtype)
    fused.gradient_shard(images, labels, 0, 10, *network, *results, scratch)
    return gradient if flat else layout.unpack(gradient), statistics


def plain_forward(problem, weights, noise=0.0):
    """Spike times into each layer and potentials out of it, by the public function."""
    _, _, images, _, _, beta = problem
    times = 1 - images / 255
    inputs, potentials = [], []
    for w in weights:
        inputs.append(np.hstack([times, np.zeros((10, 1))]))
        potentials.append(rb.membrane_potential(inputs[-1], w, beta))
        times = np.clip(1 - potentials[-1] + noise, 0, 1)
    return inputs, potentials


def plain_loss(v, labels, loss):
    """Summed loss and its derivative by v, written from the definition."""
    rows = np.arange(len(labels))
    logits = v / loss.temperature
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    target = np.full(v.shape, loss.smoothing / v.shape[1])
    target[rows, labels] += 1 - loss.smoothing
    value = -(target * np.log(p)).sum() + loss.window * ((v - 0.1) ** 2).sum()
    upstream = p - target
    return value, upstream / loss.temperature + 2 * loss.window * (v - 0.1)


def plain_gradients(problem, loss):
    _, weights, _, labels, _, beta = problem
    inputs, potentials = plain_forward(problem, weights)
    value, upstream = plain_loss(potentials[-1], labels, loss)
    gradients = []
    for l in range(len(weights) - 1, -1, -1):
        dw, dt = rb.membrane_gradients(inputs[l], weights[l], beta, upstream)
        gradients.insert(0, dw)
        inside = (potentials[l - 1] > 0) & (potentials[l - 1] < 1)
        upstream = -dt[:, :-1] * inside if l else None
    return value, gradients


@pytest.mark.parametrize("beta", [(0, 0), (1, 1), (2, 0.5)], ids=str)
@pytest.mark.parametrize(("window", "smoothing"), [(0.0, 0.0), (3.0, 0.2)])
def test_fused_step_equals_the_public_functions(beta, window, smoothing):
    problem = random_problem(beta)
    loss = Loss(0.1, window, smoothing)
    gradients, statistics = run_shard(problem, loss)
    value, expected = plain_gradients(problem, loss)
    assert statistics[fused.LOSS] == pytest.approx(value, rel=1e-12)
    for got, want in zip(gradients, expected, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("beta", [(0, 0), (1, 1)], ids=str)
def test_single_precision_follows_double_precision(beta):
    loss = Loss(0.1, 0.0, 0.0)
    double, _ = run_shard(random_problem(beta), loss)
    single, _ = run_shard(random_problem(beta, np.float32), loss)
    for a, b in zip(single, double, strict=True):
        np.testing.assert_allclose(a, b, atol=2e-4 * np.abs(b).max())


def test_a_tile_of_silent_neurons_has_no_gradient_and_hides_no_other():
    problem = random_problem((1, 1))
    weights = problem[1]
    weights[1][:, :LANES] = -np.abs(weights[1][:, :LANES])
    problem[4][:] = problem[0].pack(weights, np.float64)
    loss = Loss(0.1, 0.0, 0.0)
    gradients, statistics = run_shard(problem, loss)
    _, expected = plain_gradients(problem, loss)
    assert statistics[fused.FIRST_LAYER + 2 + fused.SILENT] >= 10 * LANES
    assert not gradients[1][:, :LANES].any()
    for got, want in zip(gradients, expected, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-12)


def test_whole_network_gradient_equals_finite_differences():
    problem = random_problem((1, 1))
    _, weights, _, labels, _, _ = problem
    loss = Loss(0.1, 2.0, 0.0)
    gradients, _ = run_shard(problem, loss)
    rng = np.random.default_rng(1)
    step = 1e-6
    for l, w in enumerate(weights):
        for _ in range(8):
            j, i = rng.integers(w.shape[0]), rng.integers(w.shape[1])
            values = []
            for sign in (1, -1):
                moved = [x.copy() for x in weights]
                moved[l][j, i] += sign * step
                v = plain_forward(problem, moved)[1][-1]
                values.append(plain_loss(v, labels, loss)[0])
            slope = (values[0] - values[1]) / (2 * step)
            assert gradients[l][j, i] == pytest.approx(slope, rel=1e-5, abs=1e-6)


def test_statistics_count_first_spikes_and_clipped_neurons():
    problem = random_problem((0, 0))
    _, weights, _, labels, _, _ = problem
    _, statistics = run_shard(problem, Loss(0.1, 0.0, 0.0))
    _, potentials = plain_forward(problem, weights)
    assert statistics[fused.CORRECT] == np.sum(rb.readout.earliest_spike(potentials[-1]) == labels)
    for l, v in enumerate(potentials):
        counts = statistics[fused.FIRST_LAYER + 2 * l :][:2]
        np.testing.assert_array_equal(counts, [np.sum(v <= 0), np.sum(v >= 1)])
    assert statistics[fused.FIRST_LAYER + 1] > 0  # saturation does occur in this problem


def test_noise_shifts_hidden_spike_times():
    problem = random_problem((1, 1))
    _, weights, _, labels, _, _ = problem
    shift = 0.05
    loss = Loss(0.1, 0.0, 0.0)
    _, statistics = run_shard(problem, loss, np.full((10, 29), shift))
    v = plain_forward(problem, weights, noise=shift)[1][-1]
    assert statistics[fused.LOSS] == pytest.approx(plain_loss(v, labels, loss)[0], rel=1e-12)


def test_noise_of_outputs_raises_their_thresholds():
    """Loss, decision and gradient are those of potentials that are lower by so much."""
    problem = random_problem((1, 1))
    _, weights, _, labels, _, _ = problem
    loss, noise = Loss(0.1, 0.5, 0.1), np.zeros((10, sum(SIZES[1:])))
    noise[:, -SIZES[-1] :] = np.random.default_rng(1).normal(0, 0.2, (10, SIZES[-1]))
    gradient, statistics = run_shard(problem, loss, noise, flat=True)
    v = plain_forward(problem, weights)[1][-1] - noise[:, -SIZES[-1] :]
    assert statistics[fused.LOSS] == pytest.approx(plain_loss(v, labels, loss)[0], rel=1e-12)
    assert statistics[fused.CORRECT] == np.sum(rb.training.earliest_spike(v) == labels)
    theta = problem[4]
    for k in np.flatnonzero(np.abs(gradient) > 1e-3)[::97]:
        losses = []
        for step in (1e-6, -1e-6):
            moved = theta.copy()
            moved[k] += step
            moved_problem = (*problem[:4], moved, problem[5])
            losses.append(run_shard(moved_problem, loss, noise)[1][fused.LOSS])
        assert gradient[k] == pytest.approx((losses[0] - losses[1]) / 2e-6, rel=1e-4, abs=1e-6)


def test_padding_stays_zero():
    layout, _, _, _, theta, _ = random_problem((1, 1))
    gradients, _ = run_shard(random_problem((1, 1)), Loss(0.1, 0.0, 0.0), flat=True)
    kept = layout.pack(layout.unpack(gradients), gradients.dtype)
    np.testing.assert_array_equal(kept, gradients)
    assert np.count_nonzero(theta) <= sum(w.size for w in layout.unpack(theta))


@pytest.mark.parametrize("tiled", [True, False])
def test_unpacking_undoes_packing(tiled):
    weights, layout = random_problem((1, 1))[1], Layout(SHAPES, tiled)
    for w, again in zip(weights, layout.unpack(layout.pack(weights, np.float64)), strict=True):
        np.testing.assert_array_equal(again, w)


def test_grey_levels_are_the_spike_times_they_stand_for():
    problem = random_problem((1, 1))
    as_times = (*problem[:2], 1 - problem[2] / 255, *problem[3:])
    loss = Loss(0.1, 0.0, 0.0)
    for grey, times in zip(run_shard(problem, loss)[0], run_shard(as_times, loss)[0], strict=True):
        np.testing.assert_allclose(grey, times, rtol=1e-9, atol=1e-12)


SPIKE_TIMES = {
    "random": np.random.default_rng(0).random(700),
    "few": 1.1 * np.random.default_rng(3).random(200),
    "few grey": np.round(np.random.default_rng(4).random(200) * 16) / 16,
    "few single": np.random.default_rng(5).random(64).astype(np.float32),
    "as many as are few": np.random.default_rng(6).random(256),
    "one more": np.random.default_rng(7).random(257),
    "grey": np.round(np.random.default_rng(1).random(700) * 16) / 16,
    "crowded": 0.5 + 1e-9 * np.random.default_rng(2).random(700),
    "reversed": np.linspace(1, 0, 700),
    "silent": np.ones(5),
    "all at once": np.zeros(5),
    "one": np.array([0.3]),
}


@pytest.mark.parametrize("times", SPIKE_TIMES.values(), ids=SPIKE_TIMES)
def test_sorting_is_stable_and_leaves_out_silent_inputs(times):
    order = np.full(len(times), -1, np.int32)
    space = sorting(len(times), times.dtype)
    n = sort_spikes(times, order, space)
    expected = [j for j in np.argsort(times, kind="stable") if times[j] < 1]
    np.testing.assert_array_equal(order[:n], expected)
    np.testing.assert_array_equal(space.ascending[:n], times[expected])


def test_grey_levels_are_sorted_brightest_first_and_stable():
    levels = np.random.default_rng(0).integers(0, 256, 700).astype(np.uint8)
    levels[::3] = 0
    levels[1::5] = 255
    order = np.full(len(levels), -1, np.int32)
    n = sort_grey_levels(levels, order, sorting(len(levels), float))
    expected = [j for j in np.argsort(-levels.astype(int), kind="stable") if levels[j] > 0]
    np.testing.assert_array_equal(order[:n], expected)


def plain_adam(theta, gradient_of_step, rate, n_steps, decay):
    """Adam in double precision, from the formulas of Kingma and Ba, with decay apart from it."""
    m = u = np.zeros_like(theta)
    for step in range(1, n_steps + 1):
        g = gradient_of_step(step)
        m = 0.9 * m + 0.1 * g
        u = 0.999 * u + 0.001 * g**2
        theta = theta - rate * decay * theta
        theta = theta - rate * (m / (1 - 0.9**step)) / (np.sqrt(u / (1 - 0.999**step)) + 1e-8)
    return theta


@pytest.mark.parametrize(("threads", "decay"), [(1, 0.0), (2, 0.0), (2, 0.7)])
def test_optimiser_follows_its_formulas_also_where_inputs_stay_silent(threads, decay):
    layout = Layout(SHAPES)
    n_sparse, n_inputs = layout.sparse
    rng = np.random.default_rng(0)
    start = rng.normal(size=layout.n_parameters)
    spiking = rng.random((6, 2, n_inputs)) < 0.5
    spiking[:, :, 2] = False  # never
    spiking[1:, :, 3] = False  # once only
    gradients = rng.normal(size=(6, 2, layout.n_parameters))
    rows = gradients[..., :n_sparse].reshape(6, 2, -1, n_inputs, LANES)
    rows *= spiking[:, :, None, :, None]
    adam = Adam(start.copy(), 2, layout.sparse, decay)
    with ThreadPool(threads) as pool:
        for step in range(6):
            adam.gradients[:] = gradients[step]
            adam.touched[:] = spiking[step]
            adam.step(pool, 0.01, 0.5)
            assert not adam.gradients.any()
    expected = plain_adam(start, lambda step: 0.5 * gradients[step - 1].sum(axis=0), 0.01, 6, decay)
    np.testing.assert_allclose(adam.theta, expected, rtol=1e-9, atol=1e-12)


def test_moments_of_a_silent_input_end_in_zero_and_not_in_subnormal_numbers():
    adam = Adam(np.zeros(LANES, np.float32), 1)
    adam.gradients[:] = 1.0
    with ThreadPool(1) as pool:
        for _ in range(1500):
            adam.step(pool, 1e-3, 1.0)
            smallest = np.abs(adam.first_moment[0])
            assert smallest == 0 or smallest > np.finfo(np.float32).tiny
    assert adam.first_moment[0] == 0
