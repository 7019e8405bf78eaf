"""Seconds from the command ``rcspike train`` to its first batch, cold and warm.

The command is the ordinary one. Its progress bar is told to show every batch, and the clock stops
when it shows the first.
"""

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.processes import ROOT, WorkerError, environment
from benchmarks.report import digits, table

_PROGRESS = re.compile(rb"(\d+)/\d+ \[")


def batches_shown(output):
    """Largest number of batches in the text of a progress bar, 0 if there is none.

    Examples
    --------
    >>> batches_shown(b"mnist:   0%|   | 0/790 [00:00<?]\\r mnist: | 3/790 [00:01]")
    3
    """
    return max((int(found) for found in _PROGRESS.findall(output)), default=0)


def seconds_to_first_batch(arguments, cache, threads):
    """Run ``rcspike train`` until its first batch is done, then end it.

    Parameters
    ----------
    arguments : list of str
        Of the command, without --out.
    cache : str
        Folder of the compiled kernels.
    threads : int
    """
    extra = {"NUMBA_CACHE_DIR": cache, "TQDM_MININTERVAL": 0}
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "rcspike_brian", "train", *arguments]
        command += ["--threads", str(threads), "--out", str(Path(folder, "run"))]
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment(threads, extra),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        try:
            return _wait_for_batch(process) - start
        finally:
            process.kill()
            process.wait()
            process.stderr.close()


def _wait_for_batch(process):
    """Moment at which the first batch is reported."""
    output = b""
    while part := process.stderr.read1():
        output += part
        if batches_shown(output):
            return time.perf_counter()
    last = output.decode(errors="replace").strip().splitlines()[-3:]
    raise WorkerError("rcspike train ended before its first batch:\n" + "\n".join(last))


def measure_startup(arguments, cold, warm, threads):
    """Seconds of ``cold`` first and ``warm`` later starts.

    Returns
    -------
    dict
        ``cold`` and ``warm``: lists of seconds.
    """
    result = {"cold": [], "warm": []}
    for _ in range(cold):
        with tempfile.TemporaryDirectory() as cache:
            result["cold"].append(seconds_to_first_batch(arguments, cache, threads))
            if len(result["cold"]) == cold:
                for _ in range(warm):
                    result["warm"].append(seconds_to_first_batch(arguments, cache, threads))
    return result


def startup_table(seconds):
    """Table of `measure_startup`."""
    return table(
        ("rcspike train, to the first batch", "median s", "smallest", "largest", "runs"),
        [
            (title, digits(median(runs)), digits(min(runs)), digits(max(runs)), len(runs))
            for title, runs in (
                ("cold: kernels are compiled", seconds["cold"]),
                ("warm: kernels come from the cache", seconds["warm"]),
            )
            if runs
        ],
    )
