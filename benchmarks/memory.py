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

    Make it once libraries are imported and data are in memory, `mark` moments on the way, and call
    `result` at the end.
    """

    def __init__(self):
        self._before = peak()
        reset_peak()
        self._loaded = resident()
        self._marks = {}

    def mark(self, name):
        """Note what is resident now."""
        self._marks[name] = resident()

    def result(self):
        """Peak of the whole process; how far it rose above the loaded data; and at the marks.

        Returns
        -------
        dict
            ``peak_rss``, ``peak_beyond_data``, and ``resident_after_NAME`` for every mark, in
            bytes; all but the first count from the loaded data.
        """
        return {
            "peak_rss": max(self._before, peak()),
            "peak_beyond_data": max(0, peak() - self._loaded),
            **{
                f"resident_after_{name}": max(0, value - self._loaded)
                for name, value in self._marks.items()
            },
        }
