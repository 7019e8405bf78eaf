"""The bundled subset: what it promises, that damage is noticed, and the tool that makes it."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from data_fakes import NAMES, FakeWorld

from rcspike_brian.data import DATASETS, bundled, load_dataset
from rcspike_brian.data.bundled import content_sha256, load_bundled
from rcspike_brian.errors import DataError

FOLDER = Path(bundled.__file__).parent / "bundled"
ROOT = Path(__file__).resolve().parent.parent


def arrays_of(name):
    return load_bundled(name, DATASETS[name].bundled_sha256)


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


def test_shapes_types_and_balance(name):
    dataset = load_dataset(name, subset="bundled")
    assert dataset.train_images.shape == (5000, 784)
    assert dataset.test_images.shape == (1000, 784)
    for array in vars(dataset).values():
        assert not isinstance(array, np.ndarray) or (
            array.dtype == np.uint8 and not array.flags.writeable
        )
    assert np.bincount(dataset.train_labels).tolist() == [500] * 10
    assert np.bincount(dataset.test_labels).tolist() == [100] * 10


def test_it_says_that_it_is_a_subset(name):
    dataset = load_dataset(name, subset="bundled")
    title = DATASETS[name].title
    assert dataset.is_subset
    assert dataset.source == "bundled subset"
    caption = f"{title}, bundled subset: 5,000 training and 1,000 test images"
    assert dataset.label() == caption
    assert repr(dataset) == f"<Dataset {caption}, from bundled subset>"


def test_images_are_distinct_and_not_blank(name):
    dataset = load_dataset(name, subset="bundled")
    images = np.concatenate([dataset.train_images, dataset.test_images])
    assert (images.max(axis=1) > 100).all()
    # A handful of true duplicates exist in Fashion-MNIST; a wrong selection would make many.
    assert len({image.tobytes() for image in images}) > 0.999 * len(images)


def test_labels_belong_to_the_images(name):
    """Nearest class mean: far above the 10 % of shuffled labels, far below what is trained."""
    dataset = load_dataset(name, subset="bundled")
    train = dataset.train_images.astype(float)
    means = np.stack([train[dataset.train_labels == c].mean(axis=0) for c in range(10)])
    # |image|^2 is left out: it is the same for all means.
    distances = (means**2).sum(axis=1) - 2 * dataset.test_images.astype(float) @ means.T
    accuracy = (distances.argmin(axis=1) == dataset.test_labels).mean()
    assert 0.6 < accuracy < 0.9


def test_classes_are_mixed(name):
    labels = load_dataset(name, subset="bundled").train_labels
    counts = np.array([np.bincount(part, minlength=10) for part in np.split(labels, 10)])
    # 50 of each class in every 500, give or take: far from sorted by class.
    assert counts.min() > 25
    assert counts.max() < 75


def test_indices_are_rows_of_the_complete_set(name):
    arrays = arrays_of(name)
    for part, rows in (("train", 60_000), ("test", 10_000)):
        indices = arrays[f"{part}_indices"]
        assert indices.dtype == np.uint16
        assert (np.diff(indices.astype(int)) > 0).all()
        assert indices[0] >= 0
        assert indices[-1] < rows
        assert len(indices) == len(arrays[f"{part}_images"])


def test_both_files_are_small():
    assert sum(path.stat().st_size for path in FOLDER.glob("*.npz")) < 4_500_000


def test_attribution_names_authors_and_licences():
    text = (FOLDER / "ATTRIBUTION.md").read_text(encoding="utf-8")
    for words in ("Cortes", "Burges", "creativecommons.org/licenses/by-sa/3.0", "stays under CC"):
        assert words in text
    for words in ("Copyright © 2017 Zalando SE", "THE SOFTWARE IS PROVIDED", "MIT"):
        assert words in text


def test_no_folder_is_looked_into(name, monkeypatch):
    monkeypatch.setenv("RCSPIKE_DATA", "/no/such/folder")
    assert load_dataset(name, subset="bundled").is_subset


@pytest.fixture
def copy(monkeypatch, tmp_path):
    """Make the loader read a copy of the bundled folder, which a test may damage."""
    target = tmp_path / "bundled"
    target.mkdir()
    for path in FOLDER.glob("*.npz"):
        (target / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(bundled, "files", lambda package: tmp_path)
    return target


def test_missing_or_truncated_file(copy, name):
    path = copy / f"{name}.npz"
    path.write_bytes(path.read_bytes()[:100_000])
    with pytest.raises(DataError, match=rf"cannot read the bundled subset {name}\.npz.*install"):
        load_dataset(name, subset="bundled")
    path.unlink()
    with pytest.raises(DataError, match=r"No such file.* The installation is damaged"):
        load_dataset(name, subset="bundled")


def test_flipped_bit_in_the_file(copy, name):
    path = copy / f"{name}.npz"
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(bytes(raw))
    with pytest.raises(DataError, match="bundled subset"):
        load_dataset(name, subset="bundled")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: {**a, "train_labels": a["train_labels"][::-1]}, "wrong checksum"),
        (lambda a: {**a, "test_labels": a["test_labels"].astype(np.int64)}, "wrong checksum"),
        (lambda a: {k: v for k, v in a.items() if k != "test_images"}, "test_images"),
    ],
)
def test_other_arrays_than_promised(copy, change, message):
    arrays = change(arrays_of("mnist"))
    np.savez_compressed(copy / "mnist.npz", **arrays)
    with pytest.raises(DataError, match=message):
        load_dataset("mnist", subset="bundled")


class Trap:
    """An object whose unpickling leaves a trace."""

    def __reduce__(self):
        return (Path.touch, (Path("unpickled"),))


def test_pickled_content_is_refused(copy, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    arrays = arrays_of("mnist")
    arrays["train_labels"] = np.array([Trap()], dtype=object)
    np.savez_compressed(copy / "mnist.npz", allow_pickle=True, **arrays)
    with pytest.raises(DataError, match="cannot read the bundled subset"):
        load_dataset("mnist", subset="bundled")
    assert not (tmp_path / "unpickled").exists()


@pytest.fixture
def tool(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    from tools import make_bundled_subset

    return make_bundled_subset


def test_the_tool_chooses_balanced_subsets_and_its_file_loads(tool, monkeypatch, tmp_path):
    world = FakeWorld(monkeypatch, tmp_path)
    rows = np.repeat(np.arange(10, dtype=np.uint8), 3)
    world.arrays["mnist"]["train_labels"] = rows
    complete = dataclasses.replace(
        load_dataset("mnist", subset="bundled"),
        train_images=world.arrays["mnist"]["train_images"].reshape(30, 784),
        train_labels=rows,
    )
    first, second = (tool.make_subset(complete, 2, 50) for _ in range(2))
    assert content_sha256(first) == content_sha256(second)
    assert np.bincount(first["train_labels"]).tolist() == [2] * 10
    assert np.bincount(first["test_labels"]).tolist() == [50] * 10
    np.testing.assert_array_equal(rows[first["train_indices"]], first["train_labels"])

    (tmp_path / "bundled").mkdir()
    tool.write_npz(tmp_path / "bundled" / "mnist.npz", first)
    monkeypatch.setattr(bundled, "files", lambda package: tmp_path)
    np.testing.assert_array_equal(
        load_bundled("mnist", content_sha256(first))["test_images"], first["test_images"]
    )
