"""The IDX parser: exact, and strict about magic, dimensions and length."""

import numpy as np
import pytest
from data_fakes import idx_bytes
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from rcspike_brian.data.idx import parse_idx
from rcspike_brian.errors import DataError

small_arrays = arrays(np.uint8, array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5))


@settings(deadline=None, max_examples=50)
@given(small_arrays)
def test_what_was_written_is_read(array):
    parsed = parse_idx(idx_bytes(array))
    assert parsed.dtype == np.uint8
    np.testing.assert_array_equal(parsed, array)
    assert not parsed.flags.writeable


@settings(deadline=None, max_examples=50)
@given(small_arrays, st.data())
def test_every_truncation_is_refused(array, data):
    content = idx_bytes(array)
    cut = data.draw(st.integers(0, len(content) - 1))
    with pytest.raises(DataError, match=r"truncated|not an IDX file"):
        parse_idx(content[:cut])


@settings(deadline=None, max_examples=50)
@given(small_arrays, st.binary(min_size=1, max_size=9))
def test_trailing_bytes_are_refused(array, tail):
    with pytest.raises(DataError, match="too long"):
        parse_idx(idx_bytes(array) + tail)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "starts with nothing"),
        (b"PNG-file", r"fig\.idx is not an IDX file: it starts with 50 4e 47 2d, not with 00 00"),
        (bytes([0, 0, 0x0D, 1, 0, 0, 0, 1, 0, 0, 0, 0]), "element type 0x0d"),
        (bytes([0, 0, 8, 0]), "with 0 dimensions"),
        (bytes([0, 0, 8, 3, 0, 0, 0, 1, 0, 0]), "ends inside its header"),
        # 2**32 - 1 squared elements: the length is checked before memory is asked for.
        (bytes([0, 0, 8, 2] + [255] * 8), "truncated: 12 bytes of 18,446,744,065,119,617,037"),
        (
            bytes([0, 0, 8, 3] + [0] * 4 + [255] * 8),
            r"impossible shape \(0, 4294967295, 4294967295",
        ),
        (bytes([0, 0, 8, 99] + [0, 0, 0, 1] * 99 + [7]), "impossible shape"),
    ],
)
def test_bad_headers(content, message):
    with pytest.raises(DataError, match=message):
        parse_idx(content, "fig.idx")
