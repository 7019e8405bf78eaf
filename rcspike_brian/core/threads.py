"""Run compiled kernels, which release the interpreter lock, in a few threads.

Python threads around ``nogil`` kernels need no OpenMP, survive a fork and nest inside other
people's thread pools. What a task computes must not depend on which thread runs it: callers cut
their work into the same tasks whatever the number of threads, so the bits are the same.
"""

import os
from concurrent.futures import ThreadPoolExecutor

from rcspike_brian.core.checks import positive_integer
from rcspike_brian.errors import InvalidInput


def default_threads() -> int:
    """Number of processors this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def thread_count(threads: int | None) -> int:
    """So many threads, by default one per processor, or `InvalidInput`."""
    return default_threads() if threads is None else positive_integer(threads, "threads")


def _nobody_waits():
    """Tasks that do not wait for each other need not be released."""


class ThreadPool:
    """Threads, by default one per processor, that run one list of tasks after another."""

    def __init__(self, threads: int | None = None):
        self.threads = thread_count(threads)
        self._pool = ThreadPoolExecutor(self.threads - 1) if self.threads > 1 else None

    def run(self, function, tasks, give_up=_nobody_waits):
        """Call ``function(*task)`` for all tasks; returns when all are done.

        Where tasks wait for each other, ``give_up()`` must release them: it is called if one of
        them fails, is interrupted or cannot begin.
        """
        tasks = list(tasks)
        if self._pool is None or len(tasks) < 2:
            _run_share(function, tasks, give_up)
            return
        # The calling thread takes its share: fewer wake-ups, and they are what small batches cost.
        own = tasks[:: self.threads]
        others = []
        try:
            for k in range(1, min(self.threads, len(tasks))):
                others.append(self._submit(self._pool, function, tasks[k :: self.threads], give_up))
            _run_share(function, own, give_up)
        except BaseException:
            give_up()
            raise
        finally:
            for future in others:
                future.result()

    def _submit(self, pool, *share):
        try:
            return pool.submit(_run_share, *share)
        except RuntimeError as error:
            raise InvalidInput(
                f"this machine does not start {self.threads} threads ({error}): choose fewer, such "
                "as threads=1, which gives the same result"
            ) from None

    def close(self):
        """Let the threads end."""
        if self._pool is not None:
            self._pool.shutdown()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


def _run_share(function, tasks, give_up):
    try:
        for task in tasks:
            function(*task)
    except BaseException:
        give_up()
        raise
