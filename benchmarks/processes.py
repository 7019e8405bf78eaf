"""Run a worker in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)


class WorkerError(Exception):
    """A worker ended without a result; the message ends with what it said last."""


def environment(threads, extra=None):
    """Environment of a worker: so many threads in every library, and ``extra`` variables."""
    return {
        **os.environ,
        **dict.fromkeys(_THREAD_VARIABLES, str(threads)),
        **{name: str(value) for name, value in (extra or {}).items()},
    }


def run_worker(module, settings, threads, extra=None):
    """Result of ``benchmarks.<module>`` with these settings.

    Parameters
    ----------
    module : str
        E.g. "worker_torch".
    settings : dict
        Keyword arguments of its ``measure``.
    threads : int
        Passed on as an argument, and as a limit of every numeric library.
    extra : dict, optional
        More environment variables.

    Raises
    ------
    WorkerError
        The process failed.
    """
    command = [sys.executable, "-m", f"benchmarks.{module}"]
    command.append(json.dumps({**settings, "threads": threads}))
    done = subprocess.run(
        command, cwd=ROOT, env=environment(threads, extra), capture_output=True, text=True
    )
    if done.returncode:
        last = "\n".join(done.stderr.strip().splitlines()[-5:])
        raise WorkerError(f"benchmarks.{module} ended with code {done.returncode}:\n{last}")
    return json.loads(done.stdout.splitlines()[-1])
