"""CIFAR-10: colour images of ten kinds of animals and vehicles.

Read is the binary version: files of records, each a byte with the label and 3 x 1,024 bytes, the
red, green and blue channel row by row. The Python version consists of pickles, which run code when
they are loaded; they never are.
"""

import io
import os
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rcspike_brian.data.catalog import ArchiveFile
from rcspike_brian.data.dataset import Dataset
from rcspike_brian.data.idx import check, read_content
from rcspike_brian.data.sources import IdxDescription, SourceFolder
from rcspike_brian.errors import DataError

_FOLDER = "cifar-10-batches-bin"
_TRAIN = tuple(f"data_batch_{k}.bin" for k in range(1, 6))
_TEST = ("test_batch.bin",)


@dataclass(frozen=True, kw_only=True)
class _Cifar(IdxDescription):
    """Found, imported and downloaded as IDX files are; ``records`` is the number in each file."""

    records: int = 10_000

    def read_file(self, file: Any, path: Path) -> bytes:
        content = read_content(path, packed=True)
        check(content, file, self.title, str(path))
        return content

    def _read(self, folder: SourceFolder) -> Dataset:
        [file] = self.files
        path, extracted = file.find_in(folder.path), self._extracted(folder.path)
        if path is not None:
            return self._parse(_members(self.read_file(file, path)), path, str(folder))
        if extracted is not None:
            source = f"{folder}, extracted files: not verified by checksum"
            names = _TRAIN + _TEST
            contents = {name: read_content(extracted / name, packed=True) for name in names}
            return self._parse(contents, extracted, source)
        raise DataError(f"{folder.path} lacks {self._wanted()}; the Python version is not read")

    def _parse(self, contents: dict[str, bytes], where: Path, source: str) -> Dataset:
        arrays = {}
        for part, names in (("train", _TRAIN), ("test", _TEST)):
            files = [self._rows(contents.get(name, b""), f"{name} in {where}") for name in names]
            rows = np.concatenate(files)
            labels = rows[:, 0]
            expected = len(labels) // self.n_classes
            for label, n in enumerate(np.bincount(labels, minlength=self.n_classes)):
                if n != expected:
                    raise DataError(
                        f"{where} has {n:,} {part} images of class {label} "
                        f"({self.class_names[label]}), and {self.title} has {expected:,}"
                    )
            arrays[f"{part}_images"], arrays[f"{part}_labels"] = rows[:, 1:], labels
        return self.dataset(**arrays, source=source)

    def _rows(self, content: bytes, where: str) -> np.ndarray:
        """Return the records of one file, label and pixels."""
        length = 1 + self.n_in
        if len(content) != self.records * length:
            raise DataError(
                f"{where} has {len(content):,} bytes, and not {self.records:,} records of "
                f"{length:,} bytes: it is incomplete, or another file"
            )
        rows = np.frombuffer(content, np.uint8).reshape(-1, length)
        if (top := rows[:, 0].max()) >= self.n_classes:
            raise DataError(f"{where} has the label {top}; allowed: 0 to {self.n_classes - 1}")
        return rows

    def _extracted(self, folder: Path) -> Path | None:
        """Return the folder with the extracted files, which is `folder` or in it."""
        places = [folder / _FOLDER, folder]
        has_any = (any(os.path.isfile(p / name) for name in _TRAIN + _TEST) for p in places)
        return next((place for place, found in zip(places, has_any, strict=True) if found), None)

    def _any_in(self, folder: SourceFolder) -> bool:
        return super()._any_in(folder) or self._extracted(folder.path) is not None

    def _verdict(self, folder: SourceFolder) -> str:
        verdict = super()._verdict(folder)
        if verdict == "complete" and not super()._any_in(folder):
            return "complete in structure, extracted files: not verified by checksum"
        return verdict

    def _wanted(self) -> str:
        return f"{self.files[0].name} or the extracted folder {_FOLDER} of {self.title}"


def _members(content: bytes) -> dict[str, bytes]:
    """Return the files in a verified archive by their names, without folders."""
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        found = {info.name.rsplit("/", 1)[-1]: info for info in archive if info.isreg()}
        files = {name: archive.extractfile(info) for name, info in found.items()}
        return {name: file.read() for name, file in files.items() if file}


CIFAR_10 = _Cifar(
    name="cifar-10", title="CIFAR-10", image_shape=(3, 32, 32),
    class_names=(
        "airplane", "automobile", "bird", "cat", "deer",
        "dog", "frog", "horse", "ship", "truck",
    ),
    mirroring_keeps_labels=True, moving_keeps_labels=True, licence="no licence stated",
    attribution="A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009",
    # As TensorFlow Datasets has them (url_checksums/cifar10.txt).
    files=(
        ArchiveFile(
            "cifar-10-binary.tar.gz",
            "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
            170_052_171,
        ),
    ),
    mirrors=("https://www.cs.toronto.edu/~kriz/", "https://cave.cs.toronto.edu/kriz/"),
)  # fmt: skip
"""Photographs, 32 x 32 grey levels in each of three channels."""
