"""Threads that stay, and help with calls too short to wake a sleeping thread for.

One compiled function is called by several threads at once. It hands out its tasks by a counter that
all of them increase, and returns when all tasks are done: a helper that comes late finds fewer, or
none, and one that is busy elsewhere or cannot be started is not missed. Which thread takes a task
must not change what it computes.

After a task a helper waits for the next one for a millisecond or so, at `barrier.wait_for`, where
it offers its processor to others; then it sleeps.
"""

import os
import threading

import numpy as np

from rcspike_brian.core.barrier import wait_for

_AWAKE = 22_000  # turns of `wait_for`


class _Helper:
    def __init__(self):
        self._free = threading.Lock()
        self._called = threading.Event()
        self._calls = np.zeros(1, np.int64)
        self._call = None
        threading.Thread(target=self._serve, name="rcspike-helper", daemon=True).start()

    def ask(self, function, arguments):
        """Have it call the function soon, unless it is busy."""
        if self._free.acquire(blocking=False):
            self._call = function, arguments
            self._called.set()  # first: it is cleared by a helper that has seen the count
            self._calls[0] += 1

    def _serve(self):
        calls = 0
        while True:
            calls += 1
            if not wait_for(self._calls, calls, _AWAKE):
                self._called.wait()
            self._called.clear()
            function, arguments = self._call
            try:
                function(*arguments)  # an error is that of the caller, who has the same task
            except MemoryError:
                pass
            finally:
                self._call = function = arguments = None
                self._free.release()


_helpers: list[_Helper] = []
if hasattr(os, "register_at_fork"):  # threads do not live on in a child
    os.register_at_fork(after_in_child=_helpers.clear)


def call_together(function, arguments, threads):
    """Call ``function(*arguments)`` here and, as far as they come, in ``threads - 1`` helpers."""
    try:
        while len(_helpers) < threads - 1:
            _helpers.append(_Helper())
    except RuntimeError:  # the machine starts no more threads: those that there are will do
        pass
    for helper in _helpers[: threads - 1]:
        helper.ask(function, arguments)
    return function(*arguments)
