"""Tiny stand-ins for MNIST and Fashion-MNIST, so that tests need neither files nor a network."""

import dataclasses
import gzip
import hashlib

import numpy as np

from rcspike_brian.data import DATASETS

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


def fake_arrays(seed):
    rng = np.random.default_rng(seed)
    top = {"images": 256, "labels": 10}
    return {
        key: rng.integers(0, top[key.split("_")[1]], shape, dtype=np.uint8)
        for key, shape in SHAPES.items()
    }


class FakeWorld:
    """The register with two tiny data sets, an empty cache, and nothing else on the machine."""

    def __init__(self, monkeypatch, tmp_path):
        self.cache = tmp_path / "cache"
        monkeypatch.setenv("RCSPIKE_CACHE", str(self.cache))
        monkeypatch.delenv("RCSPIKE_DATA", raising=False)
        monkeypatch.delenv("RCSPIKE_PLUGINS", raising=False)
        self._monkeypatch = monkeypatch
        self.arrays = {name: fake_arrays(seed) for seed, name in enumerate(NAMES)}
        for name in NAMES:
            files = [self._fake_file(name, file) for file in DATASETS[name].files]
            self.change(name, files=tuple(files), mirrors=(), system_folders=())

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
                path.write_bytes(gzip.compress(content) if packed else content)
        return folder

    def cached(self):
        """Everything that is in the cache, hidden files too, as relative paths."""
        return sorted(str(p.relative_to(self.cache)) for p in self.cache.rglob("*") if p.is_file())

    def all_cached(self, name="mnist"):
        return sorted(f"{name}/{file.name}" for file in self.entry(name).files)

    def _fake_file(self, name, file):
        array = self.arrays[name][file.key]
        digest = hashlib.sha256(idx_bytes(array)).hexdigest()
        return dataclasses.replace(file, sha256=digest, shape=array.shape)
