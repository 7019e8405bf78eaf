"""Brian2, for all modules that need it: only this one imports it.

When it is imported it takes over the process's reaction to Ctrl-C. That fails in a thread (a
notebook server, ``asyncio.to_thread``), and breaks Ctrl-C where it was ignored (``command &`` in a
script); here neither happens.
"""

# ruff: noqa: F401 - the names are for others

import logging
import os
import signal
import sys
import threading
from contextlib import contextmanager, suppress

from rcspike_brian import processes


@contextmanager
def _harmless_signals():
    """Let this thread set a handler of signals to no effect where that cannot be."""
    set_handler, thread = signal.signal, threading.current_thread()

    def ignored(number, handler):
        if threading.current_thread() is thread:
            return signal.getsignal(number)
        return set_handler(number, handler)

    if thread is threading.main_thread() and callable(signal.getsignal(signal.SIGINT)):
        yield
        return
    signal.signal = ignored
    try:
        yield
    finally:
        signal.signal = set_handler


_first = "brian2" not in sys.modules
with _harmless_signals():
    import brian2.only as b2
    from brian2 import units
    from brian2.codegen.runtime.cython_rt.extension_manager import get_cython_cache_dir
    from brian2.core.functions import DEFAULT_CONSTANTS, DEFAULT_FUNCTIONS
    from brian2.devices.cpp_standalone.device import CPPStandaloneDevice
    from brian2.devices.device import RuntimeDevice
    from brian2.equations.equations import EquationError, Equations, SingleEquation
    from brian2.only import prefs
    from brian2.parsing.rendering import NumpyNodeRenderer
    from brian2.units import (
        DimensionMismatchError,
        Quantity,
        farad,
        have_same_dimensions,
        second,
        siemens,
        volt,
    )
    from brian2.units.allunits import all_units
    from brian2.utils.logger import BrianLogger


def _without_files():
    """Remove Brian2's debug log and copy of the script, which would stay if this was killed."""
    if BrianLogger.file_handler is not None:
        logging.getLogger("brian2").removeHandler(BrianLogger.file_handler)
        BrianLogger.file_handler.close()
        BrianLogger.file_handler = None
    for name in ("tmp_log", "tmp_script"):
        if path := getattr(BrianLogger, name):
            setattr(BrianLogger, name, None)
            with suppress(OSError):
                os.remove(path)


if _first and processes.is_own():
    _without_files()
