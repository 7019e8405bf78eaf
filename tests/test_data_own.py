"""Data sets of one's own: what a `Dataset` accepts, the register, plug-ins, and their use."""

import copy
import hashlib
import json
import pickle
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from data_fakes import FakeWorld, idx_bytes

import rcspike_brian as rb
from rcspike_brian.commands import main
from rcspike_brian.data import (
    DATASETS,
    Dataset,
    DatasetDescription,
    IdxDescription,
    IdxFile,
    import_dataset,
    load_dataset,
    load_iris,
    register,
)
from rcspike_brian.data.catalog import title_of
from rcspike_brian.errors import DataError, InvalidInput
from rcspike_brian.sweeps import Grid
from rcspike_brian.sweeps.local import LocalWorkers
from rcspike_brian.sweeps.work import advance, compile_kernels

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "tests" / "worked_examples" / "bars.py"
TINY = {"hidden": (5,), "epochs": 1, "batch_size": 50}


def own(**fields):
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (30, 2, 3), dtype=np.uint8)
    labels = np.tile([0, 1, 2], 10)
    arrays = (images[:20], labels[:20], images[20:], labels[20:])
    names = ("train_images", "train_labels", "test_images", "test_labels")
    return Dataset(**{"name": "my own: 1", **dict(zip(names, arrays, strict=True)), **fields})


@pytest.fixture(autouse=True)
def clean_register(monkeypatch):
    """Forget what a test has registered."""
    before = dict(DATASETS)
    monkeypatch.delenv("RCSPIKE_PLUGINS", raising=False)
    yield
    DATASETS.clear()
    DATASETS.update(before)


def test_a_data_set_of_ones_own_has_everything_that_can_be_derived():
    dataset = own()
    assert repr(dataset) == "<Dataset my own: 1: 20 training and 10 test images, from memory>"
    assert (dataset.n_in, dataset.image_shape) == (6, (2, 3))
    assert (dataset.n_classes, dataset.class_names) == (3, ("0", "1", "2"))
    assert dataset.train_images.shape == (20, 6)
    titled = replace(dataset, title="Mine", class_names=["x", "y", "z", "none"], is_subset=True)
    assert titled.label() == "Mine, bundled subset: 20 training and 10 test images"
    assert titled.n_classes == 4
    assert own(class_names=np.array(["p", "q", "r"])).class_names == ("p", "q", "r")
    assert own(class_names=None, image_shape=None).image_shape == (2, 3)
    for names in ("pqr", 5, {"p", "q", "r"}):  # a set has no order
        with pytest.raises(InvalidInput, match="class_names must be a list"):
            own(class_names=names)
    assert own(image_shape=[3, 2], train_images=dataset.train_images,
               test_images=dataset.test_images).image_shape == (3, 2)  # fmt: skip


def test_colour_images_are_data_too():
    images = np.zeros((4, 3, 32, 32), np.uint8)
    dataset = Dataset("colours", images, [0, 1, 0, 1], images[:0], [])
    assert (dataset.n_in, dataset.image_shape) == (3072, (3, 32, 32))
    np.testing.assert_array_equal(dataset.train_images.reshape(images.shape), images)


@pytest.mark.parametrize("shape", [(32, 32, 3), (28, 28, 1)])
def test_images_with_the_channels_last_are_refused(shape):
    images = {f"{part}_images": np.zeros((2, *shape), np.uint8) for part in ("train", "test")}
    labels = {f"{part}_labels": [0, 1] for part in ("train", "test")}
    with pytest.raises(InvalidInput, match=r"channels come first: give numpy\.moveaxis"):
        Dataset(name="last", **images, **labels)
    meant = Dataset(name="last", **images, **labels, image_shape=shape)
    assert meant.image_shape == shape


def test_arrays_are_read_only_and_not_copied():
    images = np.zeros((20, 2, 3), np.uint8)
    dataset = own(train_images=images)
    assert np.shares_memory(dataset.train_images, images)
    assert images.flags.writeable
    for data in (dataset, pickle.loads(pickle.dumps(dataset)), copy.deepcopy(dataset)):
        for name in ("train_images", "train_labels", "test_images", "test_labels"):
            assert not getattr(data, name).flags.writeable
            np.testing.assert_array_equal(getattr(data, name), getattr(dataset, name))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floating_inputs_are_spike_times(dtype):
    times = np.linspace(0, 1, 120).reshape(20, 6).astype(dtype)
    dataset = own(train_images=times, test_images=times[:10], spike_times=True)
    np.testing.assert_array_equal(dataset.train_images, times)
    assert dataset.train_images.dtype == (np.float32 if dtype == np.float32 else np.float64)


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float16, np.float64])
def test_labels_may_have_any_numeric_type(dtype):
    labels = own(train_labels=np.tile([0, 1, 2, 1], 5).astype(dtype)).train_labels
    assert labels.dtype.kind in "iu"
    assert labels.tolist() == [0, 1, 2, 1] * 5


IMAGES = np.zeros((20, 2, 3), np.uint8)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": ""}, "the name of a data set must be a text, got ''"),
        ({"name": 3}, "must be a text, got 3"),
        ({"train_images": IMAGES[0, 0]}, r"train_images must have shape \(n, n_in\).*got \(3,\)"),
        ({"train_images": [[1, 2], [3]]}, "train_images must be an array"),
        ({"train_images": IMAGES.astype(int)}, r"got int64; images\.astype\(numpy\.uint8\)"),
        ({"train_images": IMAGES > 0}, r"got bool; numpy\.uint8\(255\) \* images"),
        ({"train_images": IMAGES.astype(str)}, "grey levels .* or spike times .*got <U"),
        ({"train_images": IMAGES + 255.0}, r"from 0 to 1 .*got 255\.0 at index \(0, 0, 0\); grey"),
        ({"train_images": IMAGES + np.nan}, r"spike times from 0 to 1 .*got nan at index"),
        ({"train_images": IMAGES - 0.5}, r"got -0\.5 at index"),
        ({"train_images": IMAGES + 0.5}, "cannot be mixed: train_images float64 and test_images"),
        ({"test_images": IMAGES[:10, :1]}, r"test_images must hold .* shape \(2, 3\) or flat .* 6"),
        ({"image_shape": (7,)}, r"train_images must hold images of shape \(7,\).*got \(2, 3\)"),
        ({"train_images": IMAGES[:19]}, "19 images and 20 train_labels: each image needs one"),
        ({"test_labels": [0] * 9}, "10 images and 9 test_labels"),
        ({"train_labels": np.zeros((20, 1), int)}, r"train_labels must have .*got \(20, 1\)"),
        ({"train_labels": 3}, r"train_labels must have shape \(n,\).*got \(\)"),
        ({"train_labels": ["cat"] * 20}, "whole numbers from 0 to 60000, got <U3; numpy.unique"),
        ({"train_labels": [True] * 20}, "whole numbers from 0 to 60000, got bool"),
        ({"train_labels": [None] * 20}, "whole numbers from 0 to 60000, got object"),
        ({"train_labels": [0] * 19 + [-1]}, "got -1 at index 19"),
        ({"train_labels": [0.5] * 20}, r"got 0\.5 at index 0"),
        ({"train_labels": [np.nan] * 20}, "got nan at index 0"),
        ({"train_labels": [np.inf] * 20}, "got inf at index 0"),
        ({"train_labels": [10**9] * 20}, "got 1000000000 at index 0"),
        ({"image_shape": 6}, r"image_shape must be whole numbers like \(28, 28\), got 6"),
        ({"image_shape": (2.0, 3)}, "image_shape must be whole numbers"),
        ({"class_names": ("a", "b")}, "label 2 has no class name: 2 names are given"),
        ({"train_images": IMAGES / 1.0, "test_images": IMAGES[:10] / 1.0}, "say spike_times=True"),
        ({"train_images": np.ma.masked_equal(IMAGES, 0)}, "train_images has masked entries"),
        ({"train_labels": np.ma.masked_equal([0] * 20, 0)}, "train_labels has masked entries"),
    ],
)
def test_what_a_data_set_refuses(fields, message):
    with pytest.raises(InvalidInput, match=message):
        own(**fields)


def test_held_out_images_are_the_last_training_images():
    dataset = own(title="Mine")
    part = dataset.held_out(5)
    np.testing.assert_array_equal(part.train_images, dataset.train_images[:15])
    np.testing.assert_array_equal(part.test_images, dataset.train_images[15:])
    np.testing.assert_array_equal(part.test_labels, dataset.train_labels[15:])
    assert part.title == "Mine"
    assert dataset.held_out(0) is dataset
    assert len(dataset.held_out(5.0).test_labels) == 5
    for n in (20, 99, -1, 2.5):
        with pytest.raises(InvalidInput, match=f"validation is {n}, and there are 20 training"):
            dataset.held_out(n)


def test_iris_is_a_data_set_like_the_others(monkeypatch, tmp_path):
    monkeypatch.setenv("RCSPIKE_DATA", str(tmp_path))  # names the folder of the others
    iris = load_dataset("iris")
    assert iris.label() == "Iris: 100 training and 50 test samples"
    assert load_dataset("iris", subset="bundled").label() == iris.label()
    np.testing.assert_array_equal(iris.train_images, load_iris(seed=0).train_images)
    with pytest.raises(InvalidInput, match=r"Iris comes with the package .* leave out data_dir"):
        load_dataset("iris", data_dir=tmp_path)


def test_training_on_spike_times_learns_iris():
    config = rb.TrainingConfig(hidden=(20,), epochs=40, batch_size=20, learning_rate=0.02)
    run = rb.train(load_dataset("iris"), config, progress=False)
    assert run.metrics["test_accuracy"].iloc[-1] > 0.8  # chance: 1/3


def test_hints_for_augmentation():
    hints = {
        name: (entry.moving_keeps_labels, entry.mirroring_keeps_labels)
        for name, entry in DATASETS.items()
    }
    assert hints == {
        "mnist": (True, False), "fashion-mnist": (True, True), "kmnist": (True, False),
        "cifar-10": (True, True), "iris": (False, False),
    }  # fmt: skip
    assert load_dataset("fashion-mnist", subset="bundled").mirroring_keeps_labels
    assert load_dataset("fashion-mnist", subset="bundled").class_names[9] == "Ankle boot"


def test_a_registered_data_set_is_loaded_by_name():
    dataset = own(name="own")
    register(dataset)
    assert load_dataset("own") is dataset
    register(own(name="own", title="Another"))
    assert load_dataset("own").title == "Another"
    with pytest.raises(InvalidInput, match="Another has no bundled subset; load the complete"):
        load_dataset("own", subset="bundled")
    with pytest.raises(InvalidInput, match=r"unknown data set 'other'; allowed: mnist.*iris, own"):
        load_dataset("other")


@pytest.mark.parametrize("name", ["a/b", "..", "a,b", "a b"])
def test_names_that_cannot_be_registered(name):
    with pytest.raises(InvalidInput, match="needs a name of letters, digits"):
        register(own(name=name))


def test_data_sets_of_the_package_are_not_replaced():
    with pytest.raises(InvalidInput, match="'mnist' is a data set of the package; choose another"):
        register(own(name="mnist"))


def test_idx_files_of_ones_own_are_verified_and_imported(monkeypatch, tmp_path):
    """Of any number and shape, here colour; the largest known file follows."""
    world = FakeWorld(monkeypatch, tmp_path)
    rng = np.random.default_rng(0)
    shapes = {"train_images": (40, 3, 9, 9), "train_labels": (40,)}
    shapes |= {"test_images": (20, 3, 9, 9), "test_labels": (20,)}
    (tmp_path / "d").mkdir()
    files = []
    for key, shape in shapes.items():
        content = idx_bytes(rng.integers(0, 3, shape))
        (tmp_path / "d" / f"{key}-ubyte").write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        files.append(IdxFile(key, f"{key}-ubyte", digest, shape))
    colours = IdxDescription(
        name="colours", title="Colours", image_shape=(3, 9, 9), class_names=("r", "g", "b"),
        files=tuple(files),
    )  # fmt: skip
    register(colours)
    assert import_dataset(tmp_path / "d").imported == {
        "colours": tuple(sorted(f.name for f in files))
    }
    dataset = load_dataset("colours", download=False)
    assert dataset.source == f"{world.cache / 'colours'} (user cache)"
    assert dataset.train_images.shape == (40, 243)
    victim = world.cache / "colours" / "test_labels-ubyte"
    victim.write_bytes(victim.read_bytes()[:-1])
    with pytest.raises(DataError, match="Colours is not on this machine") as caught:
        load_dataset("colours", download=False)
    assert "subset" not in str(caught.value)
    assert next(state for _, state in colours.survey()).endswith("(uncompressed)")


@pytest.fixture
def plugin(monkeypatch, tmp_path):
    """The worked example of CONTRIBUTING.md, in a folder of a user."""
    path = tmp_path / "bars.py"
    path.write_bytes(EXAMPLE.read_bytes())
    monkeypatch.setenv("RCSPIKE_PLUGINS", str(path))
    return path


def command(*words):
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result.output


def test_the_worked_example_is_what_it_promises(plugin):
    assert "._" not in EXAMPLE.read_text(encoding="utf-8")  # no private name
    bars = load_dataset("bars")
    assert bars.label() == "Bars: 500 training and 100 test images"
    images = bars.test_images.reshape(-1, *bars.image_shape)
    is_column = (images.min(axis=1) == 255).any(axis=1)
    np.testing.assert_array_equal(is_column, bars.test_labels == 1)
    assert isinstance(DATASETS["bars"], DatasetDescription)


def test_the_document_shows_the_code_that_is_tested():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert "How to add a data set" not in text or EXAMPLE.read_text(encoding="utf-8") in text


def test_the_command_line_knows_data_sets_of_plugins(plugin, tmp_path):
    assert "bars  (Bars)\n  random numbers: complete" in command("data", "list")
    assert command("data", "fetch", "bars") == "bars: there is nothing to download\n"
    options = ["--dataset", "bars", "--hidden", "5", "--epochs", "1", "--quiet"]
    assert "Bars: 500 training" in command("train", *options, "--out", tmp_path / "run")
    assert "Bars: 500 training" in command("evaluate", tmp_path / "run")


@pytest.mark.parametrize("content", [None, "1 / 0"])
def test_a_plugin_that_cannot_be_run(monkeypatch, tmp_path, content):
    path = tmp_path / "broken.py"
    if content:
        path.write_text(content)
    monkeypatch.setenv("RCSPIKE_PLUGINS", str(path))
    for _ in range(2):
        with pytest.raises(InvalidInput, match=r"RCSPIKE_PLUGINS names .*broken\.py, which cannot"):
            load_dataset("mnist", subset="bundled")


def test_worker_processes_know_data_sets_of_ones_own(plugin):
    register(own(name="own", title="My own"))
    with closing(LocalWorkers(1)) as workers:
        labels = [workers.submit(load_dataset, name).result().label() for name in ("bars", "own")]
    assert labels == [load_dataset("bars").label(), load_dataset("own").label()]


def test_data_sets_of_ones_own_are_swept(plugin):
    """All that a worker does, in this process."""
    register(own(name="own", title="My own"))
    grid = Grid(
        datasets=["bars", "own", "iris"], v_syn=[1], options=TINY, references=False, validation=5
    )
    rows = {}
    for cell in grid.cells():
        compile_kernels(cell.to_dict())
        files, *_ = advance(cell.to_dict(), None)
        rows[cell.dataset] = json.loads(files["result.json"])["rows"][0]
    networks = {name: row["network"] for name, row in rows.items()}
    assert networks == {"bars": "64-5-2", "own": "6-5-3", "iris": "4-5-3"}
    titles = {title_of(row["dataset"]) for row in rows.values()}  # as figures show them
    assert titles == {"Bars", "My own", "Iris"}
