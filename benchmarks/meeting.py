"""What two threads pay to work on one batch together: how long they take to meet.

Between processors that share a cache a meeting takes some tens of nanoseconds, otherwise several
times as long, and so does every cache line that one thread reads after the other has written it. On
a virtual machine it can change from one second to the next.
"""

import threading
import time

import numpy as np
from numba import njit

from rcspike_brian.core.barrier import wait_for_all

_MEETINGS = 30_000


@njit(nogil=True)
def _meet(arrived, meetings, parties):
    for meeting in range(1, meetings + 1):
        wait_for_all(arrived, meeting, parties)


def nanoseconds_to_meet(threads, meetings=_MEETINGS):
    """Mean time of a meeting in nanoseconds, the shortest of three trials; 0 for one thread.

    Parameters
    ----------
    threads : int
    meetings : int
        In each trial.
    """
    if threads == 1:
        return 0.0
    _meet(np.zeros(1, np.int64), 1, 1)  # compile
    return min(_trial(threads, meetings) for _ in range(3))


def _trial(threads, meetings):
    arrived = np.zeros(1, np.int64)
    crew = [
        threading.Thread(target=_meet, args=(arrived, meetings, threads)) for _ in range(threads)
    ]
    start = time.perf_counter()
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    return 1e9 * (time.perf_counter() - start) / meetings
