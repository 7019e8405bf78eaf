"""IDX files: read, unpack if gzipped, parse, and make sure it is the file it should be.

Layout: two zero bytes, one byte for the element type (0x08 = unsigned byte), one byte for the
number of dimensions, every dimension as a big-endian 32-bit number, the elements in C order.
"""

import gzip
import hashlib
import io
import math
import zlib
from pathlib import Path

import numpy as np

from rcspike_brian.data.catalog import ArchiveFile, IdxFile, known_file, largest_size
from rcspike_brian.errors import DataError
from rcspike_brian.storage import GIT_LFS, LFS_POINTER

_UNSIGNED_BYTE = 0x08
_GZIP_MAGIC = b"\x1f\x8b"
# gzip adds at most a few bytes per 32 kB to what it cannot compress.
_PACKING_SLACK = 1 << 20


def parse_idx(content: bytes, where: str = "the IDX data") -> np.ndarray:
    """Return the content of an IDX file as an array, read-only: it shares the memory.

    Examples
    --------
    >>> parse_idx(bytes([0, 0, 8, 2,  0, 0, 0, 1,  0, 0, 0, 3,  7, 8, 9]))
    array([[7, 8, 9]], dtype=uint8)
    """
    shape = _shape(content, where)
    start = 4 + 4 * len(shape)
    expected = start + math.prod(shape)
    if len(content) < expected:
        sizes = f"{len(content):,} bytes of {expected:,} (uncompressed)"
        raise DataError(f"{where} is truncated: {sizes}")
    if len(content) > expected:
        raise DataError(f"{where} is too long: its header promises {expected:,} bytes, it has more")
    try:
        return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
    except ValueError as error:  # many dimensions, or a 0 among very large ones
        raise DataError(f"{where} has an impossible shape {shape}: {error}") from None


def _shape(content: bytes, where: str) -> tuple[int, ...]:
    head = content[:4]
    if len(head) < 4 or head[:2] != b"\0\0":
        start = head.hex(" ") or "nothing"
        raise DataError(f"{where} is not an IDX file: it starts with {start}, not with 00 00 08")
    kind, ndim = head[2:]
    if kind != _UNSIGNED_BYTE or ndim == 0:
        raise DataError(
            f"{where} is an IDX file of element type 0x{kind:02x} with {ndim} dimensions; "
            "only unsigned bytes (0x08) with at least one dimension are read"
        )
    if len(content) < 4 + 4 * ndim:
        raise DataError(f"{where} is truncated: it ends inside its header")
    return tuple(np.frombuffer(content, ">u4", ndim, offset=4).tolist())


def sha256(content: bytes) -> str:
    """SHA-256 as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def packed_limit() -> int:
    """Length in bytes above which a file cannot be a known one, packed or not."""
    return largest_size() + _PACKING_SLACK


def is_packed(raw: bytes) -> bool:
    """Whether `raw` is gzip data."""
    return raw.startswith(_GZIP_MAGIC)


def unpacked(raw: bytes, where: str) -> bytes:
    """Return `raw`, gunzipped if it is gzip data (whatever its name says)."""
    if not is_packed(raw):
        return raw
    try:
        with gzip.open(io.BytesIO(raw)) as stream:
            # A small file that unpacks to very much cannot fill the memory.
            return stream.read(largest_size() + 1)
    except EOFError:
        raise DataError(f"{where} is truncated: the gzip data end in the middle") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{where} is damaged: {error}") from None


def read_content(path: Path, where: str = "", packed: bool = False) -> bytes:
    """Return the uncompressed content of a plain or gzipped file, called `where` in messages.

    With ``packed=True`` the file as it is.
    """
    where = where or str(path)
    try:
        with open(path, "rb") as stream:
            # One byte more than allowed tells "too large" from "just fits".
            raw = stream.read(packed_limit() + 1)
    except OSError as error:
        raise DataError(f"cannot read {where}: {error.strerror}") from None
    if len(raw) > packed_limit():
        raise DataError(f"{where} is larger than any file of the known data sets")
    return raw if packed else unpacked(raw, where)


def check(content: bytes, file: IdxFile | ArchiveFile, title: str, where: str) -> None:
    """Raise a `DataError` that says what `content` is if its checksum is not that of `file`."""
    digest = sha256(content)
    if digest != file.sha256:
        raise DataError(_mismatch(content, digest, f"{file.stored_name} of {title}", file, where))


def verify(content: bytes, file: IdxFile, title: str, where: str) -> np.ndarray:
    """Return `content` as an array, or a `DataError` that says what it is if not this file."""
    # The checksum comes first: its failure can be explained, a parse error could be a symptom.
    check(content, file, title, where)
    array = parse_idx(unpacked(content, where), where)
    if array.shape != file.shape:
        raise DataError(f"{where} has shape {array.shape}, expected {file.shape}")
    return array


def _what_else(content: bytes, where: str) -> str:
    """Say what `content` is if it is not even data, or return ''."""
    if not content:
        return f"{where} is empty"
    # Neither gzip (1f 8b) nor IDX (00 00) can start like this.
    if content.lstrip()[:1] == b"<":
        return f"{where} is an HTML or XML page and not data: a server sent it instead of the file"
    if content.startswith(b"PK"):
        return f"{where} is a truncated or damaged zip archive"
    if content.startswith(GIT_LFS):
        return f"{where} is not the file: {LFS_POINTER}"
    return ""


def what_is_wrong(content: bytes, where: str) -> str:
    """Say why `content` is no known IDX file, or return '' if only the checksum tells."""
    if reason := _what_else(content, where):
        return reason
    if is_packed(content):
        return f"{where} is gzipped twice; unpack it once (gunzip)"
    try:
        parse_idx(content, where)
    except DataError as error:
        return str(error)
    return ""


def _mismatch(
    content: bytes, digest: str, wanted: str, file: IdxFile | ArchiveFile, where: str
) -> str:
    if isinstance(file, ArchiveFile):
        reason = _what_else(content, where)
        if not reason and len(content) != file.size:
            sizes = f"{len(content):,} bytes, and {wanted} has {file.size:,}"
            reason = f"{where} has {sizes}: it is incomplete, or another file"
    else:
        plain = unpacked(content, where) if file.packed else content
        known = known_file(digest) or known_file(sha256(plain))
        if known is not None:
            return f"{where} is {known[1].name} of {known[0].title}, not {wanted}: swapped files"
        reason = what_is_wrong(plain, where)
        if not reason and file.packed and not is_packed(content):
            reason = f"{where} is not gzipped: {wanted} can be verified only as it is published"
    what = "the packed file" if file.packed else "the uncompressed content"
    return reason or (
        f"{where} has a wrong checksum: SHA-256 of {what} is {digest}, "
        f"that of {wanted} is {file.sha256}"
    )
