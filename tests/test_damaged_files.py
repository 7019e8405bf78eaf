"""Damaged files: whatever is in them, the package's own errors come out, and nothing hangs."""

import copy
import io
import itertools
import json
import tarfile
import zipfile

import numpy as np
import pytest
from data_fakes import FakeWorld, idx_bytes

import rcspike_brian as rb
from rcspike_brian.data import import_dataset
from rcspike_brian.data.idx import parse_idx
from rcspike_brian.storage import versions
from rcspike_brian.sweeps import Grid, SweepFolder, read_results
from rcspike_brian.sweeps.work import RESULT, Step

CONFIG = rb.TrainingConfig(hidden=(3,), epochs=1)
NESTED = "[" * 100_000
TEXTS = (
    NESTED, "[]", "{}", "null", "1e999", "-1", '"text"', '"\\ud800"', "[[1]]", "1" * 5000,
    '{"epoch": -1}', '[{"epoch": "x"}]', "", "{",
)  # fmt: skip
ARRAYS = (
    np.array(-1), np.array(2**63 - 1), np.array(np.nan), np.array(1e308), np.array([1, 2]),
    np.array([]), np.zeros((2, 2)), np.array(b"bytes"), np.array(1j), np.array(0, "M8[s]"),
    *map(np.array, TEXTS),
)  # fmt: skip
VALUES = (None, True, -1, 10**400, 1e999, "text", "\ud800", "$\\frac$", [], {}, [[]], {"a": 1})


def only_own_errors(function, *arguments, **options):
    """What a function returns, None after an error of the package; any other error passes."""
    try:
        return function(*arguments, **options)
    except rb.RCSpikeError:
        return None


def mutations(content, n, seed=0):
    """Copies of some bytes with a few others in them, with a hole, cut or repeated."""
    rng = np.random.default_rng(seed)
    for _ in range(n):
        changed = bytearray(content)
        start, end = sorted(rng.integers(0, len(content) + 1, 2))
        kind = rng.integers(5)
        if kind == 0:
            for place in rng.integers(0, len(content), rng.integers(1, 9)):
                changed[place] = rng.integers(256)
        elif kind == 1:
            changed[start : start + 4] = b"\xff" * 4
        elif kind == 2:
            del changed[start:end]
        elif kind == 3:
            del changed[start:]
        else:
            changed[start:start] = content[start:end]
        yield bytes(changed)


@pytest.fixture(scope="module")
def iris():
    return rb.load_dataset("iris")


@pytest.fixture(scope="module")
def run(iris, tmp_path_factory):
    """A run folder, and what its checkpoint holds."""
    folder = tmp_path_factory.mktemp("damaged") / "run"
    rb.train(iris, CONFIG, out=folder, progress=False)
    with np.load(folder / "checkpoint.npz") as archive:
        return folder, dict(archive)


def read_run(folder, iris):
    only_own_errors(rb.training.run_settings, folder)
    return only_own_errors(
        rb.train, iris, CONFIG, out=folder, resume=True, progress=False, threads=1
    )


@pytest.mark.parametrize(
    "member",
    ["epoch", "steps", "metrics", "sizes", "theta", "config", "dataset", "model", "header"],
)
def test_members_of_a_checkpoint(run, iris, member):
    folder, content = run
    for array in (None, *ARRAYS):
        damaged = {name: a for name, a in content.items() if name != member or array is not None}
        if array is not None:
            damaged[member] = array
        np.savez(folder / "checkpoint.npz", **damaged)
        found = read_run(folder, iris)
        # Without a model it is of a version that had but one.
        assert found is None or (member, array is None) == ("model", True)
    np.savez(folder / "checkpoint.npz", **content)
    assert len(read_run(folder, iris).metrics) == 1


def npy(header):
    """The bytes of an array with a header of one's own."""
    return b"\x93NUMPY\x01\0" + len(header).to_bytes(2, "little") + header


@pytest.mark.parametrize(
    "raw",
    [
        b"no array",
        npy(b"(" * 5000),
        npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (" + b"9" * 40 + b",), }"),
        npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }"),
        npy(b"{'descr': '|O', 'fortran_order': False, 'shape': (), }"),
        npy(b"{'descr': [], 'fortran_order': 7}"),
        npy(b"\xff"),
    ],
)
@pytest.mark.parametrize("name", ["theta.npy", "theta"])
def test_members_that_are_no_arrays(run, iris, tmp_path, raw, name):
    _, content = run
    del (rest := dict(content))["theta"]
    path = tmp_path / "checkpoint.npz"
    np.savez(path, **rest)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, raw)
    with pytest.raises(rb.RunFolderError, match=r"not a checkpoint file|theta"):
        rb.train(iris, CONFIG, out=tmp_path, resume=True, progress=False)


def test_any_bytes_of_a_checkpoint_and_a_network(run, iris):
    folder, _ = run
    for name, read in (
        ("checkpoint.npz", lambda: read_run(folder, iris)),
        ("network.npz", lambda: only_own_errors(rb.Network.load, folder / "network.npz")),
        ("config.json", lambda: only_own_errors(rb.storage.read_json, folder / "config.json")),
    ):
        whole = (folder / name).read_bytes()
        for damaged in mutations(whole, 80):
            (folder / name).write_bytes(damaged)
            read()
        (folder / name).write_bytes(whole)


def test_a_compressed_archive_cannot_fill_the_memory(run, tmp_path):
    _, content = run
    np.savez_compressed(tmp_path / "network.npz", **content)
    with pytest.raises(rb.RunFolderError, match="its arrays are compressed"):
        rb.Network.load(tmp_path / "network.npz")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid", "a Git LFS pointer .* `git lfs pull`"),
        (b"\x1f\x8b\x08", "packed with gzip; unpack it"),
        (b"0.5,0.25\n", "it is text"),
        (b"\x80\x04\x95", "pickled objects, which could run code"),
    ],
)
def test_other_files_are_called_what_they_are(tmp_path, content, message):
    (tmp_path / "network.npz").write_bytes(content)
    with pytest.raises(rb.RunFolderError, match=f"not a network file of this package: .*{message}"):
        rb.Network.load(tmp_path / "network.npz")


def archives(contents):
    """A plain and a gzipped tar archive and a zip with some files."""
    for mode in ("w", "w:gz"):
        with tarfile.open(fileobj=(file := io.BytesIO()), mode=mode) as archive:
            for name, content in contents.items():
                info = tarfile.TarInfo(name)
                info.size, info.pax_headers = len(content), {"comment": "é"}
                archive.addfile(info, io.BytesIO(content))
        yield file.getvalue()
    with zipfile.ZipFile(file := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    yield file.getvalue()


def test_any_bytes_of_an_archive(monkeypatch, tmp_path):
    world = FakeWorld(monkeypatch, tmp_path)
    # The small files only, so that most damage is to what is around them.
    contents = {name: c for name, c in world.contents().items() if "labels" in name}
    for whole in archives(contents):
        for damaged in mutations(whole, 120):
            (tmp_path / "archive").write_bytes(damaged)
            only_own_errors(import_dataset, tmp_path / "archive")


def test_any_bytes_of_an_idx_file():
    whole = idx_bytes(np.arange(24, dtype=np.uint8).reshape(2, 3, 4))
    for damaged in mutations(whole, 500):
        array = only_own_errors(parse_idx, damaged)
        assert array is None or array.size <= len(damaged)


@pytest.fixture
def sweep(tmp_path):
    """A sweep of one finished cell that nobody has trained."""
    options = {"hidden": [3], "epochs": 1}
    grid = Grid(v_syn=[1], subset="bundled", references=False, options=options)
    folder = SweepFolder(tmp_path / "sweep", grid)
    (cell,) = folder.cells
    row = {"cell": cell.name, "dataset": "mnist", "model": "rc-spike", "v_syn": 1.0, "seed": 0}
    row |= {"accuracy": 0.9, "epochs": 1, "train_images": 5000, "data": "bundled subset"}
    result = {"cell": cell.to_dict(), "rows": [row], "versions": versions()}
    contents = {RESULT: result, "config.json": {"epochs_completed": 1}}
    files = {name: json.dumps(content).encode() for name, content in contents.items()}
    folder.store(cell, Step(files, 1, 1.5, 20.0, "host"))
    folder.write_tables()
    assert read_results(tmp_path / "sweep")["accuracy"].tolist() == [0.9]
    return folder


def damages(content):
    """Copies of a JSON value in which one value, at any depth, is another one or is missing."""
    yield from VALUES
    if isinstance(content, (dict, list)):
        for key in content if isinstance(content, dict) else range(len(content)):
            for value in damages(content[key]):
                changed = copy.copy(content)
                changed[key] = value
                yield changed
            changed = copy.copy(content)
            del changed[key]
            yield changed


def read_sweep(path):
    folder = SweepFolder(path)
    folder.epochs(folder.cells[0])
    folder.store(folder.cells[0], Step({}, 1, 1.5, 20.0, "host"))
    folder.write_tables()
    if folder.is_finished(folder.cells[0]):
        assert read_results(path)["train_images"].notna().all()


@pytest.mark.parametrize("name", ["sweep.json", RESULT, "config.json", "timing.json"])
def test_any_structure_of_the_files_of_a_sweep(sweep, name):
    path = next(sweep.path.rglob(name))
    whole = json.loads(path.read_text())
    for damaged in itertools.islice(damages(whole), None, None, 4 if name == RESULT else 1):
        path.write_text(json.dumps(damaged))
        only_own_errors(read_sweep, sweep.path)


def test_a_result_of_another_version_is_made_again(sweep):
    path = next(sweep.path.rglob(RESULT))
    content = json.loads(path.read_text())
    del content["versions"]
    path.write_text(json.dumps(content))
    assert not sweep.is_finished(sweep.cells[0])
    assert sweep.results().empty


def test_any_bytes_of_a_table_of_results(sweep):
    table = sweep.path / "results.csv"
    whole = table.read_bytes()
    for damaged in mutations(whole, 100):
        table.write_bytes(damaged)
        only_own_errors(read_results, table)
