"""Threads that stay, and help with calls too short to wake a sleeping thread for.

One compiled function is called by several threads at once. It hands out its tasks by a counter that
all of them increase, and returns when all tasks are done: a helper that comes late finds fewer, or
none, and one that is busy elsewhere or cannot be started is not missed. Which thread takes a task
must not change what it computes.

After a task a helper waits for the next one for a millisecond or so, at `barrier.wait_for`, where
it offers its processor to others; then it sleeps.
"""

import atexit
import os
import threading
from contextlib import suppress

import numpy as np

from rcspike_brian.core.barrier import wait_for
from rcspike_brian.core.threads import default_threads

_AWAKE = 22_000  # turns of `wait_for`


_calls = np.zeros(1, np.int64)  # so far, for all helpers to watch


class _Helper:
    def __init__(self):
        self._asked = threading.Event()
        self._call, self._stopped = None, False
        self._thread = threading.Thread(target=self._serve, name="rcspike-helper", daemon=True)
        self._thread.start()

    def ask(self, function, arguments):
        """Have it call the function when the number of calls has grown, instead of any before.

        It may still have to return from the last call, for which it needs the interpreter lock: the
        caller, who has that, would wait for it in vain.
        """
        self._call = function, arguments
        self._asked.set()

    def stop(self):
        """End it, as soon as it has done what it does."""
        self._stopped = True
        self._asked.set()
        self._thread.join()

    def _serve(self):
        nobody = np.zeros(1, np.int64)
        while not self._stopped:
            seen = _calls[0]  # first: the number may grow as soon as there is a call
            if self._call is None and not wait_for(_calls, seen + 1, _AWAKE):
                self._asked.wait()
            self._asked.clear()
            call, self._call = self._call, None
            if call:
                function, arguments = call
                with suppress(MemoryError):  # the caller, who has the same task, says so
                    function(nobody, *arguments)
                call = function = arguments = None


_helpers: list[_Helper] = []


@atexit.register
def _stop_all():
    """No thread may come back from compiled code to an interpreter that has gone."""
    while _helpers:
        _helpers.pop().stop()


if hasattr(os, "register_at_fork"):  # threads do not live on in a child
    os.register_at_fork(after_in_child=_helpers.clear)


def call_together(function, arguments, threads):
    """Call ``function(calls, *arguments)`` here and, as they come, in ``threads - 1`` helpers.

    It increases ``calls`` when it has released the interpreter lock: helpers then need not wait for
    that, which would send them to sleep. More threads than processors would only be in the way.
    """
    threads = min(threads, default_threads())
    try:
        while len(_helpers) < threads - 1:
            _helpers.append(_Helper())
    except RuntimeError:  # the machine starts no more threads: those that there are will do
        pass
    for helper in _helpers[: threads - 1]:
        helper.ask(function, arguments)
    return function(_calls, *arguments)
