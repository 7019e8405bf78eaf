"""Compile kernels, say so, and keep their machine code until a source of any of them changes.

Numba keeps the machine code of a function as long as the one file stays the same that the function
is written in. But it also holds the functions that are called, and constants, of other files.
"""

import hashlib
import os
import sys
from contextlib import suppress
from pathlib import Path

from numba import config, njit
from numba.core import event
from numba.core.caching import FunctionCache, IndexDataCacheFile

from rcspike_brian.errors import RCSpikeError

SOURCES = "core/*.py", "optimizers/adam.py", "training/batches.py", "training/distortion.py"
"""Files of the package that hold kernels, or what they are made of."""


def digest_of_sources(package):
    """Digest of all sources of kernels, in the folder of the package."""
    digest = hashlib.sha256()
    for path in sorted(path for pattern in SOURCES for path in package.glob(pattern)):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


# At import: what is in memory counts, not what an update writes to the disk meanwhile.
_DIGEST_OF_SOURCES = digest_of_sources(Path(__file__).parents[1])


class _KernelCache(FunctionCache):
    """Numba's cache of one function, with the digest in place of the state of its own file."""

    def __init__(self, function):
        super().__init__(function)
        self._cache_file = IndexDataCacheFile(
            self._cache_path, self._impl.filename_base, _DIGEST_OF_SOURCES
        )

    def load_overload(self, sig, target_context):
        """What was compiled before; if that cannot be read, None, and room for it is made."""
        try:
            return super().load_overload(sig, target_context)
        except Exception:  # any, as from whatever a damaged pickle says
            with suppress(OSError):
                self.flush()
            return None

    def save_overload(self, sig, data):
        """Keep it for the next process, unless the disk is full or cannot be written any more."""
        with suppress(OSError):
            super().save_overload(sig, data)


def compiled(function):
    """Decorate a kernel: compiled without the interpreter lock, and kept for the next process.

    Kept beside the package, in the user's cache or in ``NUMBA_CACHE_DIR``; where none of them can
    be written, every process compiles anew. `RCSpikeError`: numba has been told not to compile.
    """
    if config.DISABLE_JIT:
        raise RCSpikeError(
            "the kernels have to be compiled, and numba has been told not to: unset the "
            "environment variable NUMBA_DISABLE_JIT"
        )
    kernel = njit(nogil=True)(function)
    if _has_place(Path(function.__code__.co_filename).parent):
        with suppress(RuntimeError):  # numba found none
            kernel._cache = _KernelCache(function)
    return kernel


def _has_place(folder):
    """Whether numba needs no home to keep something; it would make a folder that is called "~"."""
    has_home = os.path.isabs(os.path.expanduser("~"))
    return has_home or config.CACHE_DIR or os.access(folder, os.W_OK)


_PACKAGE = __name__.partition(".")[0]


class _Notice(event.Listener):
    """Hears of every function that numba compiles because its cache does not have it."""

    said = False

    def on_start(self, event):
        """Tell the user on standard error, of the first function of this package."""
        function = event.data["dispatcher"].py_func
        if not self.said and function.__module__.partition(".")[0] == _PACKAGE:
            self.said = True
            print(
                "compiling the exact solver (once for this version and machine, about half a "
                "minute) ...",
                file=sys.stderr,
                flush=True,
            )

    def on_end(self, event):
        """Nothing to say."""


NOTICE = _Notice()
event.register("numba:compile", NOTICE)
