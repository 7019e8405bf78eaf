"""What two threads pay to work on one batch together: how long they wait for each other.

Between processors that share a cache a barrier takes some tens of nanoseconds, otherwise several
times as long, and so does every cache line that one thread reads after the other has written it. On
a virtual machine it can change from one second to the next.
"""

import threading
import time

import numpy as np
from numba import njit

from rcspike_brian.core.barrier import barrier_wait

_GENERATIONS = 30_000


@njit(nogil=True)
def _wait_often(arrived, generations, parties):
    for generation in range(1, generations + 1):
        barrier_wait(arrived, generation, parties)


def nanoseconds_at_barrier(threads, generations=_GENERATIONS):
    """Mean time of a barrier in nanoseconds, the shortest of three trials; 0 for one thread.

    Parameters
    ----------
    threads : int
    generations : int
        In each trial.
    """
    if threads == 1:
        return 0.0
    _wait_often(np.zeros(1, np.int64), 1, 1)  # compile
    return min(_trial(threads, generations) for _ in range(3))


def _trial(threads, generations):
    arrived = np.zeros(1, np.int64)
    pool = [
        threading.Thread(target=_wait_often, args=(arrived, generations, threads))
        for _ in range(threads)
    ]
    start = time.perf_counter()
    for thread in pool:
        thread.start()
    for thread in pool:
        thread.join()
    return 1e9 * (time.perf_counter() - start) / generations
