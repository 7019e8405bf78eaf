"""Memory of this process and of the machine, from Linux' /proc; see `rcspike_brian.memory`."""

import os
import resource
from pathlib import Path

from rcspike_brian.memory import STATUS, field, peak, reset_peak, resident


def peak_of(process):
    """Largest resident memory of another process, by its number, in bytes."""
    return field(Path(f"/proc/{process}/status"), "VmHWM")


def available():
    """What a new process can allocate without swapping, in bytes."""
    return field(Path("/proc/meminfo"), "MemAvailable")


def total():
    """Memory of the machine in bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def limit_to_available():
    """Make allocations beyond the available memory fail here, before the system runs out."""
    limit = field(STATUS, "VmSize") + available()
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


class Meter:
    """Peak memory of what is done after the data have been loaded.

    Make it once libraries are imported and data are in memory, call `warmed_up` when compiled code
    has been loaded and threads have started, and `result` at the end.
    """

    def __init__(self):
        self._before = peak()
        reset_peak()
        self._loaded = resident()
        self._warm = None

    def warmed_up(self):
        """Note what code and threads take."""
        self._warm = resident()

    def result(self):
        """Peak of the whole process; how far it rose above the loaded data; the part of warming up.

        Returns
        -------
        dict
            ``peak_rss``, ``peak_beyond_data``, ``resident_after_warm_up``, in bytes; the last two
            count from the loaded data.
        """
        return {
            "peak_rss": max(self._before, peak()),
            "peak_beyond_data": max(0, peak() - self._loaded),
            "resident_after_warm_up": max(0, self._warm - self._loaded),
        }
