"""KMNIST and CIFAR-10, of which only packed files have a known checksum, on generated files."""

import gzip
import zipfile

import numpy as np
import pytest
from click.testing import CliRunner
from data_fakes import FakeWorld, gzipped
from test_data_download import Mirrors

import rcspike_brian as rb
from rcspike_brian.commands import main
from rcspike_brian.data import DATASETS, import_dataset, load_dataset
from rcspike_brian.errors import DataError
from rcspike_brian.training import Trainer, recipe

ARCHIVE = "cifar-10-binary.tar.gz"
EXTRACTED = "cifar-10-batches-bin"
UNVERIFIED = "not verified by checksum"


@pytest.fixture
def world(monkeypatch, tmp_path):
    return FakeWorld(monkeypatch, tmp_path)


@pytest.fixture
def served(world):
    """Files that a mirror has, by their names without ".gz"."""
    server = Mirrors({name: gzipped(some) for name, some in world.contents("kmnist").items()})
    server.files[ARCHIVE.removesuffix(".gz")] = world.archive
    for name in ("kmnist", "cifar-10"):
        world.change(name, mirrors=(server.url("plain"),))
    yield server.files
    server.close()


def assert_is_kmnist(world, dataset):
    arrays = world.arrays["kmnist"]
    np.testing.assert_array_equal(dataset.train_images, arrays["train_images"].reshape(30, 784))
    np.testing.assert_array_equal(dataset.test_labels, arrays["test_labels"])
    assert dataset.class_names[:3] == ("o", "ki", "su")


def assert_is_cifar(dataset):
    """The colour of an image, channel by channel, belongs to its label."""
    assert dataset.image_shape == (3, 32, 32)
    assert (len(dataset.train_labels), len(dataset.test_labels)) == (100, 20)
    for part in ("train", "test"):
        labels = getattr(dataset, f"{part}_labels")
        channels = getattr(dataset, f"{part}_images").reshape(-1, 3, 1024) // 25
        assert (np.bincount(labels) == len(labels) // 10).all()
        np.testing.assert_array_equal(channels[:, 0], np.tile(labels[:, None], 1024))
        np.testing.assert_array_equal(channels[:, 1], np.tile(10 - labels[:, None], 1024))
        assert not channels[:, 2].any()


def extract(world, folder, **changes):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in {**world.batches, **changes}.items():
        if content is not None:
            (folder / name).write_bytes(content)
    return folder


def put_archive(world, folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ARCHIVE).write_bytes(world.archive)
    return folder


@pytest.mark.parametrize("sub", ["", "kmnist", "KMNIST/raw"])
def test_kmnist_is_found_packed(world, tmp_path, sub):
    world.write(tmp_path / "d" / sub, "kmnist")
    assert_is_kmnist(world, load_dataset("kmnist", data_dir=tmp_path / "d"))


def test_kmnist_unpacked_or_packed_anew_cannot_be_verified(world, tmp_path):
    plain = world.write(tmp_path / "plain", "kmnist", packed=False)
    with pytest.raises(
        DataError, match=r"lacks train-images-idx3-ubyte\.gz, .*\(packed as published, since only"
    ):
        load_dataset("kmnist", data_dir=plain)
    folder = world.write(tmp_path / "d", "kmnist")
    path = folder / "train-labels-idx1-ubyte.gz"
    content = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(content, mtime=1))
    with pytest.raises(DataError, match="wrong checksum: SHA-256 of the packed file is"):
        load_dataset("kmnist", data_dir=folder)
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"is not gzipped: train-labels-idx1-ubyte\.gz of KMN"):
        load_dataset("kmnist", data_dir=folder)
    with pytest.raises(DataError, match=r"KMNIST and CIFAR-10 packed as published"):
        import_dataset(plain)


def test_what_is_no_kmnist_is_told_apart(world, tmp_path):
    with pytest.raises(DataError, match="is train-images-idx3-ubyte of MNIST, not train-images"):
        load_dataset("kmnist", data_dir=world.write(tmp_path / "mnist"))
    path = world.write(tmp_path / "d", "kmnist") / "train-images-idx3-ubyte.gz"
    packed = path.read_bytes()
    for raw, message in (
        (packed[:-20], "is truncated: the gzip data end in the middle"),
        (b"<html>", "is an HTML or XML page"),
        ((path.parent / "t10k-images-idx3-ubyte.gz").read_bytes(), "is t10k-images.*: swapped"),
    ):
        path.write_bytes(raw)
        with pytest.raises(DataError, match=message):
            load_dataset("kmnist", data_dir=tmp_path / "d")


@pytest.mark.parametrize("sub", ["", "cifar-10", "CIFAR10"])
def test_cifar_is_found_as_an_archive(world, tmp_path, sub):
    folder = put_archive(world, tmp_path / "d" / sub)
    dataset = load_dataset("cifar-10", data_dir=tmp_path / "d")
    assert_is_cifar(dataset)
    assert dataset.source == f"{folder} (given folder)"


@pytest.mark.parametrize("sub", ["", EXTRACTED, f"cifar-10/{EXTRACTED}", "cifar-10"])
def test_extracted_cifar_is_read_and_said_to_be_unverified(world, tmp_path, monkeypatch, sub):
    extract(world, tmp_path / "d" / sub)
    dataset = load_dataset("cifar-10", data_dir=tmp_path / "d")
    assert_is_cifar(dataset)
    assert UNVERIFIED in dataset.source
    assert UNVERIFIED in world.entry("cifar-10").survey(tmp_path / "d")[0][1]
    monkeypatch.setenv("RCSPIKE_DATA", str(tmp_path / "d"))
    assert UNVERIFIED in load_dataset("cifar-10").source


def test_the_archive_goes_before_extracted_files(world, tmp_path):
    put_archive(world, extract(world, tmp_path / "d"))
    assert UNVERIFIED not in load_dataset("cifar-10", data_dir=tmp_path / "d").source
    assert world.entry("cifar-10").survey(tmp_path / "d")[0][1] == "complete"


def test_damaged_archives(world, tmp_path):
    path = put_archive(world, tmp_path / "d") / ARCHIVE
    flipped = bytearray(world.archive)
    flipped[5000] ^= 1
    for raw, message in (
        (world.archive[:-9], r"bytes, and cifar-10-binary\.tar\.gz of CIFAR-10 has .* incomplete"),
        (bytes(flipped), "wrong checksum: SHA-256 of the packed file is"),
        (b"<html>", "is an HTML or XML page"),
    ):
        path.write_bytes(raw)
        with pytest.raises(DataError, match=message):
            load_dataset("cifar-10", data_dir=tmp_path / "d")
        with pytest.raises(DataError, match="holds no undamaged file"):
            import_dataset(path)
    assert world.cached() == []


def relabelled(content, label):
    return bytes([label]) + content[1:]


def test_damaged_extracted_files(world, tmp_path):
    batch, test = world.batches["data_batch_2.bin"], world.batches["test_batch.bin"]
    other = (test[0] + 1) % 10
    for k, (name, content, message) in enumerate(
        (
            ("data_batch_2.bin", None, r"cannot read .*data_batch_2\.bin: No such file"),
            ("data_batch_2.bin", batch[:-1], r"data_batch_2\.bin in .* not 20 records of 3,073"),
            ("data_batch_2.bin", relabelled(batch, 10), "has the label 10; allowed: 0 to 9"),
            ("test_batch.bin", relabelled(test, other), r"test images of class .* CIFAR-10 has 2"),
        )
    ):
        folder = extract(world, tmp_path / str(k), **{name: content})
        with pytest.raises(DataError, match=message):
            load_dataset("cifar-10", data_dir=folder)


def test_the_pickles_of_the_python_version_are_not_read(world, tmp_path):
    (tmp_path / "d" / "cifar-10-batches-py").mkdir(parents=True)
    (tmp_path / "d" / "cifar-10-batches-py" / "data_batch_1").write_bytes(b"\x80\x02.")
    with pytest.raises(
        DataError, match=f"lacks {ARCHIVE} or the extracted folder {EXTRACTED}.* Python version is"
    ):
        load_dataset("cifar-10", data_dir=tmp_path / "d")


@pytest.mark.parametrize("name", ["kmnist", "cifar-10"])
def test_without_files_there_is_one_clear_message(world, name):
    with pytest.raises(DataError, match=f"{DATASETS[name].title} is not on this machine") as caught:
        load_dataset(name, download=False)
    message = str(caught.value)
    for file in world.entry(name).files:
        assert f"{file.stored_name}  {file.sha256}" in message
    assert "packed as published" in message
    assert "SHA-256 of the packed files" in message
    assert f"rcspike data fetch {name}" in message
    with pytest.raises(rb.InvalidInput, match="has no bundled subset"):
        load_dataset(name, subset="bundled")


@pytest.mark.parametrize("name", ["kmnist", "cifar-10"])
def test_downloads_are_kept_as_they_are_published(world, served, name):
    dataset = load_dataset(name)
    assert dataset.source == f"{world.cache / name} (downloaded to the user cache)"
    assert world.cached() == world.all_cached(name)
    assert load_dataset(name, download=False).source == f"{world.cache / name} (user cache)"
    served.clear()
    world.entry(name).fetch()


@pytest.mark.parametrize("name", ["kmnist", "cifar-10"])
def test_a_download_of_something_else_is_refused(world, served, name):
    served.update(dict.fromkeys(served, gzipped(b"something else")))
    with pytest.raises(DataError, match=r"something|not an IDX file|has \d+ bytes"):
        load_dataset(name)
    assert world.cached() == []


@pytest.mark.parametrize("packing", ["file", "folder", "zip"])
def test_import_of_the_archive(world, tmp_path, packing):
    path = put_archive(world, tmp_path / "d") / ARCHIVE
    if packing == "zip":
        path = tmp_path / "a.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("any/name", world.archive)
    result = import_dataset(tmp_path / "d" if packing == "folder" else path)
    assert result.imported == {"cifar-10": (ARCHIVE,)}
    assert world.cached() == world.all_cached("cifar-10")
    assert_is_cifar(load_dataset("cifar-10", download=False))


@pytest.mark.parametrize("packing", ["folder", "zip"])
def test_import_of_kmnist_under_other_names(world, tmp_path, packing):
    path = world.write(tmp_path / "d", "kmnist")
    for k, file in enumerate(sorted(path.iterdir())):
        file.rename(path / f"{k}")
    if packing == "zip":
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            for file in path.iterdir():
                archive.write(file, f"{file.name}.gz")
        path = tmp_path / "a.zip"
    assert import_dataset(path).missing == {}
    assert world.cached() == world.all_cached("kmnist")
    assert_is_kmnist(world, load_dataset("kmnist", download=False))


def test_extracted_cifar_is_not_imported(world, tmp_path):
    with pytest.raises(DataError, match="KMNIST and CIFAR-10 packed as published"):
        import_dataset(extract(world, tmp_path / "d"))


def test_the_list_shows_both(world, tmp_path):
    extract(world, tmp_path / "d" / "cifar-10")
    output = CliRunner().invoke(main, ["data", "list", "--data-dir", str(tmp_path / "d")]).output
    assert "kmnist  (KMNIST, CC BY-SA 4.0, " in output
    assert "cifar-10  (CIFAR-10, no licence stated, A. Krizhevsky" in output
    assert f"(given folder): complete in structure, extracted files: {UNVERIFIED}" in output


@pytest.mark.parametrize("name", ["kmnist", "cifar-10"])
def test_the_recipe_moves_and_mirrors_what_it_may(world, tmp_path, name):
    put_archive(world, world.write(tmp_path / "d", "kmnist"))
    dataset = load_dataset(name, data_dir=tmp_path / "d")
    config = recipe("robust", dataset, hidden=(5,), epochs=1)
    assert (config.flip, config.shift) == ((True, 0) if name == "cifar-10" else (False, 1))
    assert config == recipe("robust", DATASETS[name], hidden=(5,), epochs=1)
    Trainer(dataset, config)


def test_colour_images_go_through_a_convolution(world, tmp_path):
    dataset = load_dataset("cifar-10", data_dir=put_archive(world, tmp_path / "d"))
    how = {"hidden": ("4C3", "P2", 8), "epochs": 1, "batch_size": 10, "flip": True, "shift": 2}
    run = rb.train(dataset, rb.TrainingConfig(**how), progress=False)
    assert run.network.layers[0].n_in == 3072
    assert np.isfinite(run.metrics["test_accuracy"]).all()
