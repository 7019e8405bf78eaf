"""Units, conductance and segment tables of the kernels, against 50-digit values."""

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rcspike_brian.core.coupling import EqualRails, conductance_of, coupling_of
from rcspike_brian.core.segments import (
    GREY_ROWS,
    LARGEST_CONDUCTANCE,
    LENGTH,
    SAME_LENGTH,
    SHORT,
    crossing,
    describe_grey_levels,
    describe_segments,
    row_of,
    segments_between,
    table_length,
)
from rcspike_brian.core.vectors import LANES


def exact_crossing(length, f):
    """D^2 chi(f D) in 50 digits."""
    with mpmath.workdps(50):
        length, f = mpmath.mpf(float(length)), mpmath.mpf(float(f))
        return length**2 / 2 if f == 0 else (f * length - 1 + mpmath.exp(-f * length)) / f**2


@pytest.mark.parametrize(("dtype", "bound"), [(np.float32, 2e-7), (np.float64, 6e-16)])
def test_short_segments_are_crossed_without_loss_of_digits(dtype, bound):
    lengths = np.geomspace(1e-6, 1, LANES + 3).astype(dtype)
    table = np.zeros(table_length(len(lengths)), dtype)
    rows = [row_of(segment) for segment in range(len(lengths))]
    table[np.array(rows) + LENGTH] = lengths
    describe_segments(table, len(lengths))
    for row, length in zip(rows, lengths, strict=True):
        assert table[row + SAME_LENGTH] == table[row + LENGTH] == length
        assert table[row + LARGEST_CONDUCTANCE] * length == pytest.approx(SHORT, rel=1e-6)
        for f in np.linspace(0, table[row + LARGEST_CONDUCTANCE], 25).astype(dtype):
            got = crossing(f, table, row)
            assert got.dtype == dtype
            assert float(abs(got / exact_crossing(length, f) - 1)) < bound


@pytest.mark.parametrize("n_spikes", [1, LANES - 1, LANES, LANES + 1, 3 * LANES + 5])
def test_segments_join_spikes_that_differ_and_end_with_the_phase(n_spikes):
    rng = np.random.default_rng(n_spikes)
    times = np.zeros(n_spikes + 1 + LANES)
    times[:n_spikes] = np.sort(rng.integers(0, 4 * n_spikes, n_spikes) / (4 * n_spikes))
    behind = np.empty(n_spikes, np.int32)
    table = np.zeros(table_length(n_spikes))
    segments_between(times, n_spikes, 2.0, behind, table)
    gaps = np.diff([*times[:n_spikes], 1.0])
    assert n_spikes <= LANES or (gaps == 0).any()
    np.testing.assert_array_equal(behind < 0, gaps == 0)  # another spikes at the same time
    segments = gaps > 0
    # In units of half a phase.
    np.testing.assert_allclose(table[behind[segments] + LENGTH], 2 * gaps[segments])


def test_rows_do_not_overlap():
    columns = np.arange(LENGTH, row_of(LANES), LANES)
    places = [row_of(segment) + column for segment in range(3 * LANES) for column in columns]
    assert sorted(places) == list(range(table_length(3 * LANES)))
    assert table_length(2 * LANES + 1) == table_length(3 * LANES)


@given(
    st.tuples(st.floats(0, 10), st.floats(0, 10)),
    st.lists(st.floats(-100, 100), min_size=1, max_size=20),
)
def test_conductance_is_beta_of_each_sign_times_the_weight(beta, weights):
    w = np.array(weights)
    coupling = coupling_of(beta, float)
    expected = beta[0] * w[w > 0].sum() - beta[1] * w[w < 0].sum()
    got = coupling.unit * conductance_of(np.abs(w).sum(), w.sum(), coupling)
    size = max(beta) * np.abs(w).sum()
    # Without coupling the unit is 1 and f is 0; otherwise it rounds like the sums it is made of.
    assert got == pytest.approx(expected, rel=1e-12, abs=1e-12 * size)


def test_equal_reversal_potentials_have_a_type_of_their_own():
    assert isinstance(coupling_of((0.5, 0.5), np.float32), EqualRails)
    assert not isinstance(coupling_of((0.5, 0.4), np.float32), EqualRails)
    assert not isinstance(coupling_of((0.0, 0.0), np.float32), EqualRails)


def test_segments_between_grey_levels_are_their_difference():
    table = np.zeros(table_length(255))
    describe_grey_levels(2.0, table)
    assert GREY_ROWS[0] < 0
    np.testing.assert_allclose(table[GREY_ROWS[1:] + LENGTH], 2 * np.arange(1, 256) / 255)
    expected = float(exact_crossing(20 / 255, 0.7))
    assert crossing(0.7, table, GREY_ROWS[10]) == pytest.approx(expected, 1e-15)
