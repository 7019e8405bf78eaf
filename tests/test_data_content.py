"""A file is used only if its uncompressed content is right; every other case says why not."""

import gzip
import hashlib

import numpy as np
import pytest
from data_fakes import FakeWorld, idx_bytes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rcspike_brian.data import DATASETS
from rcspike_brian.data.catalog import largest_size
from rcspike_brian.data.idx import packed_limit, read_content
from rcspike_brian.errors import DataError


@pytest.fixture
def world(monkeypatch, tmp_path):
    return FakeWorld(monkeypatch, tmp_path)


@pytest.fixture
def check(world, tmp_path):
    """Write bytes to a file and read it as MNIST's training labels (or another file)."""

    def check(raw, key="train_labels", name="file.gz"):
        path = tmp_path / name
        path.write_bytes(raw)
        file = next(f for f in world.entry().files if f.key == key)
        return world.entry().read_file(file, path)

    return check


def labels(world, name="mnist"):
    return world.contents(name)["train-labels-idx1-ubyte"]


@pytest.mark.parametrize("name", ["labels", "labels.gz"])
@pytest.mark.parametrize("packed", [False, True])
def test_packing_is_seen_from_the_content_not_from_the_name(world, check, name, packed):
    content = labels(world)
    array = check(gzip.compress(content) if packed else content, name=name)
    np.testing.assert_array_equal(array, world.arrays["mnist"]["train_labels"])


@pytest.mark.parametrize("level", [0, 1, 9])
def test_any_compression_of_the_right_content_is_right(world, check, level):
    check(gzip.compress(labels(world), compresslevel=level))


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None
)
@given(fraction=st.floats(0, 1, exclude_max=True))
def test_truncated_gzip(world, check, fraction):
    raw = gzip.compress(world.contents()["train-images-idx3-ubyte"])
    cut = max(2, int(fraction * len(raw)))
    with pytest.raises(DataError, match=r"file\.gz is truncated: the gzip data end in the middle"):
        check(raw[:cut], "train_images")


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None
)
@given(place=st.integers(0, 37), bit=st.integers(0, 7))
def test_one_flipped_bit_is_noticed(world, check, place, bit):
    content = bytearray(labels(world))
    content[place] ^= 1 << bit
    with pytest.raises(DataError, match=r"checksum|IDX file|truncated|too long"):
        check(bytes(content))


def test_gzip_with_a_wrong_crc(world, check):
    raw = bytearray(gzip.compress(labels(world)))
    raw[-8] ^= 1
    with pytest.raises(DataError, match="is damaged: CRC check failed"):
        check(bytes(raw))


@pytest.mark.parametrize(
    "page", [b"<!DOCTYPE html><html>Not found</html>", b"\n <?xml version='1.0'?><Error/>"]
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_web_page_instead_of_data(check, page, packed):
    with pytest.raises(DataError, match=r"file\.gz is an HTML or XML page and not data"):
        check(gzip.compress(page) if packed else page)


def test_wrong_checksum_names_both_checksums(world, check):
    other = idx_bytes((world.arrays["mnist"]["train_labels"] + 1) % 10)
    wrong, right = hashlib.sha256(other).hexdigest(), world.entry().files[1].sha256
    with pytest.raises(DataError, match=f"wrong checksum.*{wrong}.*{right}"):
        check(gzip.compress(other))


def test_swapped_files_are_named(world, check):
    with pytest.raises(
        DataError,
        match=r"is t10k-labels-idx1-ubyte of MNIST, not train-labels-idx1-ubyte of MNIST: "
        r"swapped files",
    ):
        check(gzip.compress(world.contents()["t10k-labels-idx1-ubyte"]))


def test_file_of_the_other_data_set_is_named(world, check):
    with pytest.raises(
        DataError,
        match=r"is train-labels-idx1-ubyte of Fashion-MNIST, not .* of MNIST: swapped files",
    ):
        check(labels(world, "fashion-mnist"))


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04something", "truncated or damaged zip"),
        (b"version https://git-lfs.github.com/spec/v1", "a Git LFS pointer .* `git lfs pull`"),
        (gzip.compress(gzip.compress(b"", mtime=0), mtime=0), "is gzipped twice"),
    ],
)
def test_other_content(check, raw, message):
    with pytest.raises(DataError, match=message):
        check(raw)


def test_truncated_plain_file_names_both_lengths(world, check):
    with pytest.raises(DataError, match=r"is truncated: 20 bytes of 38 \(uncompressed\)"):
        check(labels(world)[:20])


def test_right_checksum_with_an_unexpected_shape(world, check):
    files = world.entry().files
    world.change("mnist", files=(files[0], type(files[1])(**{**vars(files[1]), "shape": (31,)})))
    with pytest.raises(DataError, match=r"has shape \(30,\), expected \(31,\)"):
        check(labels(world))


def test_a_gzip_bomb_is_not_unpacked_whole(world, tmp_path):
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(bytes(100 * largest_size())))
    assert len(read_content(path)) == largest_size() + 1


def test_a_huge_file_is_not_read_whole(world, tmp_path):
    path = tmp_path / "huge"
    with open(path, "wb") as stream:
        stream.truncate(packed_limit() + 1)
    with pytest.raises(DataError, match="huge is larger than any file of the known data sets"):
        read_content(path)


def test_a_file_that_cannot_be_opened(tmp_path):
    with pytest.raises(DataError, match=r"cannot read .*absent: No such file"):
        read_content(tmp_path / "absent")


def test_checksums_and_shapes_of_the_catalogue_are_distinct_and_complete():
    files = [file for entry in DATASETS.values() for file in entry.files]
    assert len({file.sha256 for file in files}) == len(files) == 13
    assert all(len(file.sha256) == 64 for file in files)
    sizes = {47_040_016, 60_008, 7_840_016, 10_008, 170_052_171}
    assert {file.size for file in files} == sizes
    with_files = [entry for entry in DATASETS.values() if entry.files]
    assert all(mirror.endswith("/") for entry in with_files for mirror in entry.mirrors)
    assert all(len(entry.mirrors) >= 2 for entry in with_files)
