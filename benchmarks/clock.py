"""Seconds of something that is run several times."""

import math
import time


def seconds_of(run, arguments, repeats, budget=math.inf):
    """Seconds of up to ``repeats`` runs; no new one is started after ``budget`` seconds."""
    seconds = []
    while len(seconds) < repeats and sum(seconds) < budget:
        start = time.perf_counter()
        run(*arguments)
        seconds.append(time.perf_counter() - start)
    return seconds
