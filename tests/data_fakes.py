"""Tiny stand-ins for the data sets in files, so that tests need neither files nor a network."""

import dataclasses
import gzip
import hashlib
import io
import tarfile

import numpy as np

from rcspike_brian.data import DATASETS
from rcspike_brian.data.catalog import ArchiveFile

NAMES = ("mnist", "fashion-mnist")
SHAPES = {
    "train_images": (30, 28, 28),
    "train_labels": (30,),
    "test_images": (20, 28, 28),
    "test_labels": (20,),
}


def idx_bytes(array):
    """Write an array as an IDX file of unsigned bytes."""
    header = bytes([0, 0, 8, array.ndim])
    return header + np.array(array.shape, ">u4").tobytes() + array.astype(np.uint8).tobytes()


def gzipped(content):
    """The same bytes every time."""
    return gzip.compress(content, mtime=0)


def tar_of(members):
    """A .tar.gz, in memory, of contents by name."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def cifar_batches(records):
    """The six files of CIFAR-10, smaller: noise around a colour that depends on the label."""
    rng = np.random.default_rng(3)
    names = [f"data_batch_{k}.bin" for k in range(1, 6)]
    batches = {}
    for part in (names, ["test_batch.bin"]):
        labels = rng.permutation(np.arange(records * len(part), dtype=np.uint8) % 10)
        colour = np.stack([25 * labels, 250 - 25 * labels, 0 * labels], axis=1)
        pixels = colour[:, :, None] + rng.integers(0, 6, (len(labels), 3, 1024), dtype=np.uint8)
        rows = np.column_stack([labels, pixels.reshape(len(labels), -1)]).astype(np.uint8)
        for name, some in zip(part, np.split(rows, len(part)), strict=True):
            batches[name] = some.tobytes()
    return batches


def fake_arrays(seed):
    rng = np.random.default_rng(seed)
    top = {"images": 256, "labels": 10}
    return {
        key: rng.integers(0, top[key.split("_")[1]], shape, dtype=np.uint8)
        for key, shape in SHAPES.items()
    }


class FakeWorld:
    """The register with tiny data sets, an empty cache, and nothing else on the machine."""

    def __init__(self, monkeypatch, tmp_path):
        self.cache = tmp_path / "cache"
        monkeypatch.setenv("RCSPIKE_CACHE", str(self.cache))
        monkeypatch.delenv("RCSPIKE_DATA", raising=False)
        monkeypatch.delenv("RCSPIKE_PLUGINS", raising=False)
        self._monkeypatch = monkeypatch
        idx = (*NAMES, "kmnist")
        self.arrays = {name: fake_arrays(seed) for seed, name in enumerate(idx)}
        for name in idx:
            files = [self._fake_file(name, file) for file in DATASETS[name].files]
            self.change(name, files=tuple(files), mirrors=(), system_folders=())
        self.batches = cifar_batches(records=20)
        folder = "cifar-10-batches-bin"
        self.archive = tar_of({f"{folder}/{name}": some for name, some in self.batches.items()})
        digest = hashlib.sha256(self.archive).hexdigest()
        files = (ArchiveFile("cifar-10-binary.tar.gz", digest, len(self.archive)),)
        self.change("cifar-10", files=files, mirrors=(), records=20)

    def change(self, name, **fields):
        """Replace fields of a data set's entry in the register."""
        entry = dataclasses.replace(DATASETS[name], **fields)
        self._monkeypatch.setitem(DATASETS, name, entry)

    def entry(self, name="mnist"):
        return DATASETS[name]

    def contents(self, name="mnist"):
        """File name to the uncompressed content of the file."""
        return {f.name: idx_bytes(self.arrays[name][f.key]) for f in self.entry(name).files}

    def write(self, folder, name="mnist", packed=True, leave_out=()):
        """Write the files of a data set into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        for file_name, content in self.contents(name).items():
            if file_name not in leave_out:
                path = folder / (file_name + ".gz" * packed)
                path.write_bytes(gzipped(content) if packed else content)
        return folder

    def cached(self):
        """Everything that is in the cache, hidden files too, as relative paths."""
        return sorted(str(p.relative_to(self.cache)) for p in self.cache.rglob("*") if p.is_file())

    def all_cached(self, name="mnist"):
        return sorted(f"{name}/{file.stored_name}" for file in self.entry(name).files)

    def _fake_file(self, name, file):
        array = self.arrays[name][file.key]
        content = idx_bytes(array)
        digest = hashlib.sha256(gzipped(content) if file.packed else content).hexdigest()
        return dataclasses.replace(file, sha256=digest, shape=array.shape)
