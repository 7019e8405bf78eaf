"""membrane_potential and membrane_gradients against 50-digit arithmetic, limits and symmetries."""

from types import SimpleNamespace

import mpmath
import numpy as np
import pytest
from exact import exact_potential
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import rcspike_brian as rb
from rcspike_brian.core.charge import synaptic_charge
from rcspike_brian.core.compiling import _Notice
from rcspike_brian.core.reference import conductance, trajectory

BETAS = [0, 1e-9, 1, 1e3, (1.5, 0.4), (1e3, 0)]


def random_layer(n_in, n_out, seed=0, batch=2):
    rng = np.random.default_rng(seed)
    return rng.random((batch, n_in)), rng.normal(0, 2 / np.sqrt(n_in), (n_in, n_out))


def grey_levels(times):
    return np.round(times * 8) / 8


# What happens at the edges of the input space; each maps random spike times and weights.
CASES = {
    "random": lambda t, w: (t, w),
    "equal times": lambda t, w: (grey_levels(t), w),
    "all at once": lambda t, w: (np.full_like(t, 0.25), w),
    "all silent": lambda t, w: (np.ones_like(t), w),
    "one at zero": lambda t, w: (np.where(np.arange(t.shape[1]) == 0, 0.0, 1.0) + 0 * t, w),
    "some exactly one": lambda t, w: (np.where(t > 0.6, 1.0, t), w),
    "zero weights": lambda t, w: (t, np.where(w > 0, 0.0, w)),
    "all weights zero": lambda t, w: (t, 0 * w),
    "all weights negative": lambda t, w: (t, -np.abs(w)),
    "crowded times": lambda t, w: (0.5 + 1e-7 * t, w),
}


def worst_error(times, weights, beta, result):
    """Largest distance of a result from the exact one, over samples and neurons."""
    return max(
        abs(float(mpmath.mpf(float(got)) - want))
        for row, sample in zip(result, times, strict=True)
        for got, want in zip(
            row, exact_potential(sample.tolist(), weights.tolist(), beta), strict=True
        )
    )


@pytest.mark.parametrize("beta", BETAS, ids=str)
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("n_in", "n_out"), [(1, 1), (7, 3), (60, 1), (60, 17)])
def test_potential_is_exact(case, beta, n_in, n_out):
    times, weights = CASES[case](*random_layer(n_in, n_out))
    assert worst_error(times, weights, beta, rb.membrane_potential(times, weights, beta)) <= 1e-12
    single = [a.astype(np.float32) for a in (times, weights)]
    result = rb.membrane_potential(*single, beta)
    assert result.dtype == np.float32
    assert worst_error(*single, beta, result) <= 2e-6


@pytest.mark.parametrize("case", ["random", "equal times", "all weights negative"])
@pytest.mark.parametrize("beta", [0, 1, 1e3, (1.5, 0.4)], ids=str)
@pytest.mark.parametrize(("n_in", "bound"), [(1000, 2e-6), (6000, 1e-5)])
def test_potential_is_exact_for_many_inputs(case, beta, n_in, bound):
    times, weights = CASES[case](*random_layer(n_in, 2, batch=1))
    assert worst_error(times, weights, beta, rb.membrane_potential(times, weights, beta)) <= 1e-12
    single = [a.astype(np.float32) for a in (times, weights)]
    result = rb.membrane_potential(*single, beta)
    assert worst_error(*single, beta, result) <= bound * max(1, np.abs(result).max())


def finite_difference(times, weights, beta, upstream, index, step):
    """Central difference in 50 digits of sum(upstream v) for one weight or spike time.

    ``index`` is ("w", j, i) or ("t", sample, j).
    """
    kind, row, column = index

    def loss(sign):
        w = [[mpmath.mpf(x) for x in r] for r in weights.tolist()]
        t = [[mpmath.mpf(x) for x in r] for r in times.tolist()]
        (w if kind == "w" else t)[row][column] += sign * step
        return sum(
            mpmath.mpf(u) * v
            for sample, ups in zip(t, upstream.tolist(), strict=True)
            for u, v in zip(ups, exact_potential(sample, w, beta), strict=True)
        )

    with mpmath.workdps(50):
        step = mpmath.mpf(step)
        return float((loss(1) - loss(-1)) / (2 * step))


@pytest.mark.parametrize("beta", BETAS, ids=str)
@pytest.mark.parametrize(
    "case", ["random", "equal times", "some exactly one", "all weights negative", "one at zero"]
)
@pytest.mark.parametrize(("n_in", "n_out"), [(1, 1), (6, 3), (40, 2)])
def test_gradients_equal_finite_differences_in_extended_precision(case, beta, n_in, n_out):
    times, weights = CASES[case](*random_layer(n_in, n_out))
    upstream = np.random.default_rng(1).normal(size=(len(times), n_out))
    dw, dt = rb.membrane_gradients(times, weights, beta, upstream)
    rng = np.random.default_rng(2)
    for _ in range(6):
        j, i, s = rng.integers(n_in), rng.integers(n_out), rng.integers(len(times))
        want = finite_difference(times, weights, beta, upstream, ("w", j, i), 1e-18)
        assert dw[j, i] == pytest.approx(want, rel=1e-9, abs=1e-13)
        if 0 < times[s, j] < 1 and case != "equal times":
            want = finite_difference(times, weights, beta, upstream, ("t", s, j), 1e-18)
            assert dt[s, j] == pytest.approx(want, rel=1e-9, abs=1e-13)


def test_gradients_of_many_inputs():
    times, weights = random_layer(6000, 2, batch=1)
    upstream = np.ones((1, 2))
    dw, dt = rb.membrane_gradients(times, weights, 1, upstream)
    for j in (0, 3000, 5999):
        want = finite_difference(times, weights, 1, upstream, ("w", j, 0), 1e-18)
        assert dw[j, 0] == pytest.approx(want, rel=1e-9)
        want = finite_difference(times, weights, 1, upstream, ("t", 0, j), 1e-18)
        assert dt[0, j] == pytest.approx(want, rel=1e-9)


@pytest.mark.parametrize("beta", [0, 1, (1.5, 0.4)], ids=str)
def test_gradient_keeps_relative_precision_where_the_adjoint_has_decayed(beta):
    # p(0) = exp(-300 beta) with such a weight: a test of absolute accuracy would not see it.
    times = np.array([[0.0, 0.9]])
    weights = np.array([[300.0], [1.0]])
    dw, _ = rb.membrane_gradients(times, weights, beta, [[1.0]])
    want = finite_difference(times, weights, beta, np.ones((1, 1)), ("w", 0, 0), 1e-18)
    assert dw[0, 0] == pytest.approx(want, rel=1e-9)


@pytest.mark.parametrize(
    ("beta", "times", "weights"),
    [
        (1.0, [0.0, 0.5, 0.5], [1e5, 0.25, 0.0]),  # decays to nothing: only the end is left
        (1.0, [0.0, 1 - 2e-9], [0.5, 1e9]),  # f grows late, and tells little about f before
        (1e160, [0.0, 0.1, 0.5], [1e-160, 3e-161, 0.0]),
        (1e300, [0.0, 0.1], [1e-300, 1e-308]),
        (1e-310, [0.0, 0.1], [1.0, 0.3]),
        (1e-100, [0.0, 0.1], [1e100, 2.0]),
        ((1.0, 1e-12), [0.0, 0.1], [-1e12, -3e11]),
        ((1e12, 1.0), [0.0, 0.1], [-1.0, -0.3]),
    ],
)
def test_potential_and_gradients_keep_all_digits_for_synapses_of_one_sign(beta, times, weights):
    # Then beta v = 1 - exp(-X) in size, with X the sum of beta |w| (1 - t).
    v = rb.membrane_potential(times, weights, beta)
    dw, dt = rb.membrane_gradients(times, weights, beta, 1.0)
    sign = np.sign(weights[0])
    own = beta if isinstance(beta, float) else beta[0] if sign > 0 else beta[1]
    on = 1 - np.array(times)
    X = (own * np.abs(weights) * on).sum()
    assert v == pytest.approx(-sign * np.expm1(-X) / own, rel=1e-14)
    some = np.array(weights) != 0
    np.testing.assert_allclose(dw[some], (on * np.exp(-X))[some], rtol=1e-13)
    np.testing.assert_allclose(dt, -np.exp(-X) * np.array(weights), rtol=1e-13, atol=1e-320)


@pytest.mark.parametrize("heavy", [1e5, 1e7, 1e9, 1e12])
@pytest.mark.parametrize("scale", [1.0, 1e-200, 1e200])
def test_weight_gradients_keep_all_digits_near_a_rail(heavy, scale):
    # Long after both have spiked beta v = (P - N)/(P + N).
    P, N = heavy, 0.7
    dw, _ = rb.membrane_gradients([0.0, 0.1], [P * scale, -N * scale], 1 / scale, 1.0)
    np.testing.assert_allclose(dw, [2 * N / (P + N) ** 2, 2 * P / (P + N) ** 2], rtol=1e-14)


@pytest.mark.parametrize("beta", [0.0, 1.0, 1e200])
def test_weights_whose_sum_overflows_are_refused(beta):
    arrays = [[0.0, 0.1]], [[1e308], [1e308]], beta
    for function in (
        rb.membrane_potential,
        synaptic_charge,
        lambda *arrays: rb.membrane_gradients(*arrays, [[1.0]]),
        lambda times, *rest: trajectory(times[0], *rest, [1.0]),
    ):
        with pytest.raises(rb.InvalidInput, match="weights of a neuron add up to inf"):
            function(*arrays)


def test_results_beyond_their_precision_are_refused():
    weights = np.full((2, 1), 3e38, np.float32)
    times = np.zeros((1, 2), np.float32)
    assert rb.membrane_potential(times, weights, 1.0) == 1
    with pytest.raises(rb.InvalidInput, match=r"v\(1\) would exceed 3.4.*float32"):
        rb.membrane_potential(times, weights, 0.0)
    with pytest.raises(rb.InvalidInput, match="the gradient of the weights would exceed"):
        rb.membrane_gradients(np.zeros((2, 2)), np.ones((2, 1)), 0.0, np.full((2, 1), 1.7e308))


def test_silent_inputs_have_no_gradient():
    times, weights = random_layer(5, 4)
    times[:, 2] = 1
    dw, dt = rb.membrane_gradients(times, weights, 1, np.ones((2, 4)))
    assert not dw[2].any()
    assert not dt[:, 2].any()
    assert dw[[0, 1, 3, 4]].all()


def test_zero_weight_has_the_mean_of_its_one_sided_derivatives():
    times, weights = random_layer(4, 1, batch=1)
    weights[1] = 0
    dw, _ = rb.membrane_gradients(times, weights, 1, [[1.0]])
    want = finite_difference(times, weights, 1, np.ones((1, 1)), ("w", 1, 0), 1e-18)
    assert dw[1, 0] == pytest.approx(want, rel=1e-9)


def test_conventional_limit_is_the_multiply_accumulate():
    times, weights = random_layer(30, 5)
    np.testing.assert_allclose(
        rb.membrane_potential(times, weights, 0), (1 - times) @ weights, atol=1e-14
    )


def test_deviation_from_the_multiply_accumulate_is_first_order_in_beta():
    times, weights = random_layer(30, 5)
    betas = np.array([1e-2, 1e-3, 1e-4])
    deviation = [
        np.abs(rb.membrane_potential(times, weights, b) - (1 - times) @ weights).max()
        for b in betas
    ]
    slopes = np.diff(np.log(deviation)) / np.diff(np.log(betas))
    np.testing.assert_allclose(slopes, 1, atol=0.05)


@settings(max_examples=60, deadline=None)
@given(
    times=arrays(float, (3, 6), elements=st.floats(0, 1)),
    weights=arrays(float, (6, 4), elements=st.floats(-20, 20)),
    plus=st.floats(0.01, 50),
    minus=st.floats(0.01, 50),
)
def test_properties(times, weights, plus, minus):
    v = rb.membrane_potential(times, weights, (plus, minus))
    # The potential never leaves the rails.
    assert (v <= 1 / plus * (1 + 1e-12)).all()
    assert (v >= -1 / minus * (1 + 1e-12)).all()
    # Exchanging the rails and all signs mirrors the circuit.
    np.testing.assert_allclose(
        rb.membrane_potential(times, -weights, (minus, plus)), -v, atol=1e-13
    )
    # The order of the inputs does not matter, nor do other neurons.
    np.testing.assert_allclose(
        rb.membrane_potential(times[:, ::-1], weights[::-1], (plus, minus)), v, atol=1e-12
    )
    np.testing.assert_allclose(
        rb.membrane_potential(times, weights[:, :1], (plus, minus)), v[:, :1], atol=1e-13
    )
    # Volts do not matter: w -> k w with beta -> beta/k scales v by k.
    np.testing.assert_allclose(
        rb.membrane_potential(times, 3 * weights, (plus / 3, minus / 3)),
        3 * v,
        rtol=1e-11,
        atol=1e-12,
    )


def test_plain_reference_agrees_at_the_end_and_obeys_the_equation_inside():
    times, weights = random_layer(9, 4, batch=1)
    beta = (1.5, 0.4)
    grid = np.linspace(0, 1, 2001)
    v = trajectory(times[0], weights, beta, grid)
    np.testing.assert_allclose(v[-1:], rb.membrane_potential(times, weights, beta), atol=1e-13)
    f = conductance(times[0], weights, beta, grid)
    g = (grid[:, None] >= times[0]).astype(float) @ weights
    middle = (g - f * v)[1:-1]
    slope = (v[2:] - v[:-2]) / (grid[2:] - grid[:-2])[:, None]
    near_spike = (np.abs(grid[1:-1, None] - times[0]) < 1e-3).any(axis=1)
    np.testing.assert_allclose(slope[~near_spike], middle[~near_spike], atol=1e-5)


@pytest.mark.parametrize("beta", [0, 1, (1.5, 0.4)], ids=str)
@pytest.mark.parametrize(("n_in", "batch"), [(60, 5), (1000, 20), (6000, 40)])
def test_single_precision_is_close_to_double(n_in, batch, beta):
    """Also for so many samples that not all are worked on together."""
    times, weights = (a.astype(np.float32) for a in random_layer(n_in, 20, batch=batch))
    upstream = np.random.default_rng(3).normal(size=(batch, 20)).astype(np.float32)
    single = rb.membrane_gradients(times, weights, beta, upstream)
    double = rb.membrane_gradients(times.astype(float), weights, beta, upstream)
    for got, want in zip(single, double, strict=True):
        assert got.dtype == np.float32
        assert np.abs(got - want).max() <= 1e-5 * np.abs(want).max()


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_what_single_precision_cannot_hold_on_the_way_is_computed_in_double(scale):
    """v and both gradients are numbers of the usual size; betas, weights or dL/dv are not."""
    times, weights = random_layer(6, 3)
    times = times.astype(np.float32).astype(float)
    arrays = [a.astype(np.float32) for a in (times, weights * scale, np.full((2, 3), 1 / scale))]
    v = rb.membrane_potential(*arrays[:2], 1 / scale)
    dw, dt = rb.membrane_gradients(arrays[0], arrays[1], 1 / scale, arrays[2])
    want = rb.membrane_potential(times, weights, 1) * scale
    np.testing.assert_allclose(v, want, rtol=1e-5)
    by_weight, by_time = rb.membrane_gradients(times, weights, 1, np.ones((2, 3)))
    np.testing.assert_allclose(dw, by_weight / scale, rtol=1e-5)
    np.testing.assert_allclose(dt, by_time, atol=1e-6)


@pytest.mark.parametrize("real", [np.float32, np.float64])
@pytest.mark.parametrize("n_out", [1, 40, 300])
def test_bits_do_not_depend_on_the_number_of_threads(n_out, real):
    times, weights = (a.astype(real) for a in random_layer(50, n_out, batch=9))
    upstream = np.random.default_rng(3).normal(size=(9, n_out)).astype(real)
    one, four = (
        (
            rb.membrane_potential(times, weights, 1, threads=threads),
            *rb.membrane_gradients(times, weights, 1, upstream, threads=threads),
        )
        for threads in (1, 4)
    )
    for a, b in zip(one, four, strict=True):
        np.testing.assert_array_equal(a, b)


def test_arguments_are_not_changed_and_an_empty_batch_is_one():
    times, weights = random_layer(5, 4)
    upstream = np.ones((2, 4))
    copies = [a.copy() for a in (times, weights, upstream)]
    rb.membrane_gradients(times, weights, 1, upstream)
    for a, b in zip((times, weights, upstream), copies, strict=True):
        np.testing.assert_array_equal(a, b)
    assert rb.membrane_potential(np.empty((0, 5)), weights, 1).shape == (0, 4)
    dw, dt = rb.membrane_gradients(np.empty((0, 5)), weights, 1, np.empty((0, 4)))
    assert dt.shape == (0, 5)
    assert not dw.any()


GOOD = np.full((2, 3), 0.5), np.ones((3, 4))


@pytest.mark.parametrize(
    ("times", "weights", "beta", "message"),
    [
        (
            np.full((2, 3), np.nan),
            GOOD[1],
            1,
            r"spike_times must be finite, got nan at index \(0, 0\)",
        ),
        (np.full((2, 3), 1.5), GOOD[1], 1, r"must lie in \[0, 1\].*got 1.5"),
        (np.full((2, 3), -0.1), GOOD[1], 1, r"must lie in \[0, 1\]"),
        (np.full((2, 3, 1), 0.5), GOOD[1], 1, "spike_times must have 2 axes"),
        (np.full((2, 4), 0.5), GOOD[1], 1, r"\(2, 4\) and weights \(3, 4\) do not fit"),
        (GOOD[0], np.ones((3, 0)), 1, "do not fit"),
        (GOOD[0], np.full((3, 4), np.inf), 1, "weights must be finite, got inf"),
        (GOOD[0], "many", 1, "weights must be an array of real numbers"),
        (GOOD[0], np.ones((3, 4), complex), 1, "weights must be an array of real numbers"),
        (*GOOD, -1, "beta must be a finite number >= 0"),
        (*GOOD, (1, -1), "beta must be"),
        (*GOOD, (1, 2, 3), "beta must be"),
        (*GOOD, np.nan, "beta must be"),
        (*GOOD, "one", "beta must be"),
    ],
)
def test_bad_input_is_refused_by_name(times, weights, beta, message):
    with pytest.raises(rb.InvalidInput, match=message):
        rb.membrane_potential(times, weights, beta)
    with pytest.raises(rb.InvalidInput, match=message):
        rb.membrane_gradients(times, weights, beta, np.ones((2, 4)))


def test_bad_upstream_and_threads_are_refused():
    with pytest.raises(rb.InvalidInput, match=r"upstream must have shape .*\(2, 4\), got \(4, 2\)"):
        rb.membrane_gradients(*GOOD, 1, np.ones((4, 2)))
    with pytest.raises(ValueError, match="upstream must be finite"):
        rb.membrane_gradients(*GOOD, 1, np.full((2, 4), np.nan))
    with pytest.raises(rb.InvalidInput, match="threads must be a whole number >= 1, got 0"):
        rb.membrane_potential(*GOOD, 1, threads=0)


def test_what_numba_compiles_says_so_once_before_it_starts(capsys):
    """Only of this package, and only what its cache does not have: that is when numba says so."""

    def of(function):
        dispatcher = SimpleNamespace(py_func=function)
        return SimpleNamespace(data={"dispatcher": dispatcher})

    notice = _Notice()
    notice.on_start(of(np.sum))
    assert capsys.readouterr().err == ""
    for _ in range(2):
        notice.on_start(of(rb.core.membrane_potential))
    assert capsys.readouterr().err.count("compiling") == 1
