"""The IDX format: a header with element type and dimensions, then the elements.

Layout: two zero bytes, one byte for the element type (0x08 = unsigned byte), one byte for the
number of dimensions, every dimension as a big-endian 32-bit number, the elements in C order.
"""

import math

import numpy as np

from rcspike_brian.errors import DataError

_UNSIGNED_BYTE = 0x08


def parse_idx(content: bytes, where: str = "the IDX data") -> np.ndarray:
    """Parse the uncompressed content of an IDX file of unsigned bytes.

    Parameters
    ----------
    content : bytes
        The whole file; its length must be exactly what the header promises.
    where : str
        What to call the data in error messages.

    Returns
    -------
    numpy.ndarray
        uint8, of the shape in the header, read-only (it shares the memory of `content`).

    Raises
    ------
    DataError
        If the header is not that of an IDX file of unsigned bytes, or the length is wrong.

    Examples
    --------
    >>> parse_idx(bytes([0, 0, 8, 2,  0, 0, 0, 1,  0, 0, 0, 3,  7, 8, 9]))
    array([[7, 8, 9]], dtype=uint8)
    """
    shape = _shape(content, where)
    start = 4 + 4 * len(shape)
    expected = start + math.prod(shape)
    if len(content) < expected:
        raise DataError(
            f"{where} is truncated: {len(content):,} bytes of {expected:,} (uncompressed)"
        )
    if len(content) > expected:
        raise DataError(f"{where} is too long: its header promises {expected:,} bytes, it has more")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


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
