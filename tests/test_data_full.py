"""The complete data sets. Runs if RCSPIKE_DATA names a folder with mnist/ and fashion-mnist/."""

import os
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from data_fakes import NAMES

from rcspike_brian.data import DATASETS, import_dataset, load_dataset
from rcspike_brian.data.bundled import load_bundled
from rcspike_brian.errors import DataError

ROOT = os.environ.get("RCSPIKE_DATA", "")
PRESENT = bool(ROOT) and all((Path(ROOT) / name).is_dir() for name in NAMES)
pytestmark = pytest.mark.skipif(
    not PRESENT, reason="RCSPIKE_DATA is unset or names no folder with mnist/ and fashion-mnist/"
)

# How often each digit occurs, as published with the data; Fashion-MNIST is balanced.
COUNTS = {
    "mnist": (
        [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
        [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
    ),
    "fashion-mnist": ([6000] * 10, [1000] * 10),
}


@pytest.fixture(scope="module", params=NAMES)
def dataset(request):
    return load_dataset(request.param, data_dir=ROOT)


def test_sizes_and_class_counts(dataset):
    assert dataset.train_images.shape == (60_000, 784)
    assert dataset.test_images.shape == (10_000, 784)
    train, test = COUNTS[dataset.name]
    assert np.bincount(dataset.train_labels).tolist() == train
    assert np.bincount(dataset.test_labels).tolist() == test
    title = DATASETS[dataset.name].title
    assert dataset.label() == f"{title}: 60,000 training and 10,000 test images"


def test_the_bundled_subset_is_part_of_it(dataset):
    arrays = load_bundled(dataset.name, DATASETS[dataset.name].bundled_sha256)
    for part in ("train", "test"):
        rows = arrays[f"{part}_indices"]
        images = arrays[f"{part}_images"].reshape(-1, 784)
        np.testing.assert_array_equal(getattr(dataset, f"{part}_images")[rows], images)
        np.testing.assert_array_equal(
            getattr(dataset, f"{part}_labels")[rows], arrays[f"{part}_labels"]
        )


def test_environment_names_the_folder(dataset):
    again = load_dataset(dataset.name)
    assert again.source == f"{Path(ROOT) / dataset.name} (RCSPIKE_DATA)"


def test_folder_of_one_data_set_alone_and_of_the_wrong_one():
    assert load_dataset("mnist", data_dir=Path(ROOT) / "mnist").train_labels[0] == 5
    with pytest.raises(DataError, match=r"of MNIST, not .* of Fashion-MNIST"):
        load_dataset("fashion-mnist", data_dir=Path(ROOT) / "mnist")


def test_import_of_the_whole_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("RCSPIKE_CACHE", str(tmp_path))
    assert import_dataset(ROOT).missing == {}
    monkeypatch.delenv("RCSPIKE_DATA")
    for name in NAMES:
        assert load_dataset(name, download=False).source == f"{tmp_path / name} (user cache)"


def test_the_tool_makes_the_bundled_files_again(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(Path(__file__).resolve().parent.parent))
    from tools.make_bundled_subset import main

    result = CliRunner().invoke(main, ["--data-dir", ROOT, "--out", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert {path.name for path in tmp_path.iterdir()} == {f"{name}.npz" for name in NAMES}
