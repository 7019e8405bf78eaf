"""Read a file, unpack it if it is gzipped, and make sure it is the file it should be."""

import gzip
import hashlib
import io
import zlib
from pathlib import Path

import numpy as np

from rcspike_brian.data.catalog import DatasetEntry, IdxFile, known_file, largest_size
from rcspike_brian.data.idx import parse_idx
from rcspike_brian.errors import DataError

_GZIP_MAGIC = b"\x1f\x8b"
# gzip adds at most a few bytes per 32 kB to what it cannot compress.
_PACKING_SLACK = 1 << 20


def sha256(content: bytes) -> str:
    """SHA-256 as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def packed_limit() -> int:
    """Length in bytes above which a file cannot be a known one, packed or not."""
    return largest_size() + _PACKING_SLACK


def unpacked(raw: bytes, where: str) -> bytes:
    """Return `raw`, gunzipped if it is gzip data (whatever its name says).

    At most one byte more than the largest known file is unpacked, so that a small file which
    unpacks to very much cannot fill the memory.
    """
    if not raw.startswith(_GZIP_MAGIC):
        return raw
    try:
        with gzip.open(io.BytesIO(raw)) as stream:
            return stream.read(largest_size() + 1)
    except EOFError:
        raise DataError(f"{where} is truncated: the gzip data end in the middle") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{where} is damaged: {error}") from None


def read_content(path: Path, where: str = "") -> bytes:
    """Return the uncompressed content of a plain or gzipped file, called `where` in messages."""
    where = where or str(path)
    try:
        with open(path, "rb") as stream:
            # One byte more than allowed tells "too large" from "just fits".
            raw = stream.read(packed_limit() + 1)
    except OSError as error:
        raise DataError(f"cannot read {where}: {error.strerror}") from None
    if len(raw) > packed_limit():
        raise DataError(f"{where} is larger than any file of the known data sets")
    return unpacked(raw, where)


def verify(content: bytes, entry: DatasetEntry, file: IdxFile, where: str) -> np.ndarray:
    """Return `content` as an array if it is exactly this file of this data set.

    Raises
    ------
    DataError
        With the reason: a different known file, a web page, a truncated file, a wrong checksum.
    """
    # The checksum comes first: its failure can be explained, a parse error could be a symptom.
    digest = sha256(content)
    if digest != file.sha256:
        raise DataError(_mismatch(content, digest, entry, file, where))
    array = parse_idx(content, where)
    if array.shape != file.shape:
        raise DataError(f"{where} has shape {array.shape}, expected {file.shape}")
    return array


def read_verified(path: Path, entry: DatasetEntry, file: IdxFile) -> np.ndarray:
    """Read and verify one file of a data set: uint8 array of the shape in the catalogue."""
    return verify(read_content(path), entry, file, str(path))


def what_is_wrong(content: bytes, where: str) -> str:
    """Say why `content` is no known IDX file, or return '' if only the checksum tells."""
    if not content:
        return f"{where} is empty"
    # Neither gzip (1f 8b) nor IDX (00 00) can start like this.
    if content.lstrip()[:1] == b"<":
        return f"{where} is an HTML or XML page and not data: a server sent it instead of the file"
    if content.startswith(b"PK"):
        return f"{where} is a truncated or damaged zip archive"
    try:
        parse_idx(content, where)
    except DataError as error:
        return str(error)
    return ""


def _mismatch(content, digest, entry, file, where) -> str:
    other = known_file(digest)
    if other is not None:
        return (
            f"{where} is {other[1].name} of {other[0].title}, not {file.name} of {entry.title}: "
            "swapped files"
        )
    return what_is_wrong(content, where) or (
        f"{where} has a wrong checksum: SHA-256 of the uncompressed content is {digest}, "
        f"that of {file.name} of {entry.title} is {file.sha256}"
    )
