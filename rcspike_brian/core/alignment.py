"""Arrays that begin at a cache line.

A vector register is as wide as a cache line on current processors; loads and stores that straddle
two lines take twice as long. NumPy aligns to 16 bytes only.
"""

import numpy as np

_CACHE_LINE = 64


def aligned_zeros(shape, dtype):
    """Like `numpy.zeros`, beginning at a cache line.

    Parameters
    ----------
    shape : int or tuple of int
    dtype : numpy dtype

    Returns
    -------
    numpy.ndarray
        C order.
    """
    dtype = np.dtype(dtype)
    size = int(np.prod(shape)) * dtype.itemsize
    memory = np.zeros(size + _CACHE_LINE, np.uint8)
    start = -memory.ctypes.data % _CACHE_LINE
    return memory[start : start + size].view(dtype).reshape(shape)
