"""Units, leak and segment tables of the kernels, against 50-digit values and the definitions."""

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rcspike_brian.core.leak import Even, leak_of, leaking
from rcspike_brian.core.segments import (
    LARGEST_LEAK,
    LENGTH,
    SEGMENT,
    SHORT,
    crossing,
    describe_grey_levels,
    describe_segments,
    segments_between,
)


def exact_crossing(length, f):
    """D^2 chi(f D) in 50 digits."""
    with mpmath.workdps(50):
        length, f = mpmath.mpf(float(length)), mpmath.mpf(float(f))
        return length**2 / 2 if f == 0 else (f * length - 1 + mpmath.exp(-f * length)) / f**2


@pytest.mark.parametrize(("dtype", "bound"), [(np.float32, 2e-7), (np.float64, 6e-16)])
def test_short_segments_are_crossed_without_loss_of_digits(dtype, bound):
    for length in np.geomspace(1e-6, 1, 13).astype(dtype):
        table = np.zeros(SEGMENT, dtype)
        table[LENGTH] = length
        describe_segments(table, 1)
        assert table[LARGEST_LEAK] * length == pytest.approx(SHORT, rel=1e-6)
        for f in np.linspace(0, table[LARGEST_LEAK], 25).astype(dtype):
            got = crossing(f, table, 0)
            assert got.dtype == dtype
            assert float(abs(got / exact_crossing(length, f) - 1)) < bound


def test_segments_join_spikes_that_differ_and_end_with_the_phase():
    times = np.array([0.75, 0.0, 0.25, 1.0, 0.25])
    order = np.array([1, 2, 4, 0], np.int32)
    behind = np.empty(4, np.int32)
    table = np.zeros(4 * SEGMENT)
    segments_between(times, order, 4, 2.0, behind, table)
    assert behind[1] == -1  # another spikes at the same time
    lengths = [table[SEGMENT * behind[k] + LENGTH] for k in (0, 2, 3)]
    np.testing.assert_allclose(lengths, [0.5, 1.0, 0.5])  # in units of half a phase


@given(
    st.tuples(st.floats(0, 10), st.floats(0, 10)),
    st.lists(st.floats(-100, 100), min_size=1, max_size=20),
)
def test_leak_is_beta_of_each_sign_times_the_weight(beta, weights):
    w = np.array(weights)
    leak = leak_of(beta, float)
    expected = beta[0] * w[w > 0].sum() - beta[1] * w[w < 0].sum()
    got = leak.unit * leaking(np.abs(w).sum(), w.sum(), leak)
    size = max(beta) * np.abs(w).sum()
    # Without a leak the unit is 1 and the leak 0; otherwise it rounds like the sums it is made of.
    assert got == pytest.approx(expected, rel=1e-12, abs=1e-12 * size)


def test_equal_reversal_potentials_have_a_type_of_their_own():
    assert isinstance(leak_of((0.5, 0.5), np.float32), Even)
    assert not isinstance(leak_of((0.5, 0.4), np.float32), Even)
    assert not isinstance(leak_of((0.0, 0.0), np.float32), Even)


def test_segments_between_grey_levels_are_their_difference():
    table = np.zeros(255 * SEGMENT)
    describe_grey_levels(2.0, table)
    lengths = table.reshape(255, SEGMENT)[:, LENGTH]
    np.testing.assert_allclose(lengths, 2 * np.arange(1, 256) / 255)
    row = 9 * SEGMENT
    assert crossing(0.7, table, row) == pytest.approx(float(exact_crossing(20 / 255, 0.7)), 1e-15)
