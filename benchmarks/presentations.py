"""Images per second of a whole network in Brian2's C++, and what a second process waits for."""

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.processes import ROOT, WorkerError, environment, run_worker
from benchmarks.report import digits, mib, table

_PROGRESS = re.compile(rb"(\d+)/\d+ \[")


def measure_throughput(network, images, counts, steps, workers, presentations, threads):
    """Present ``images`` in a process of its own, once for each number of them.

    Parameters
    ----------
    network : Network
    images : (n, n_in) uint8 array
    counts : sequence of int
        Numbers of images; the first run compiles, if the cache is empty.
    steps, workers, presentations, threads
        See `benchmarks.worker_presentations.measure`.

    Returns
    -------
    list of dict
    """
    with tempfile.TemporaryDirectory() as folder:
        files = {"network": str(Path(folder, "net.npz")), "images": str(Path(folder, "images.npy"))}
        network.save(files["network"])
        options = {"steps": steps, "workers": workers, "presentations": presentations}
        rows = []
        for count in counts:
            np.save(files["images"], images[:count])
            rows.append(run_worker("worker_presentations", {**files, **options}, threads))
    return rows


def seconds_to_first_result(run, arguments):
    """Run ``rcspike simulate`` until its first images are done.

    Parameters
    ----------
    run : str or Path
        Run folder.
    arguments : list of str
        Further arguments, without --out.

    Returns
    -------
    (float, bool)
        Seconds, and whether something was compiled.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "rcspike_brian", "simulate", str(run), *arguments]
        command += ["--out", str(Path(folder, "out"))]
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment(1, {"TQDM_MININTERVAL": 0}),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        try:
            said = b""
            while part := process.stderr.read1():
                said += part
                if max((int(found) for found in _PROGRESS.findall(said)), default=0):
                    return time.perf_counter() - start, b"compiling" in said
        finally:
            process.terminate()
            process.wait()
            process.stderr.close()
    raise WorkerError("rcspike simulate ended early:\n" + said.decode(errors="replace")[-500:])


def presentations_table(rows):
    """Table of `measure_throughput`."""
    head = ("images", "build s", "images/s", "ms/image", "start %", "steps %", "read %",
            "us/step", "parent MiB", "program MiB")  # fmt: skip
    return table(head, [_cells(row) for row in rows])


def _cells(row):
    busy = row["load"] + row["run"] + row["read"]
    return (
        row["images"],
        digits(row["build"]),
        digits(row["images"] / row["total"]),
        digits(1e3 * row["total"] / row["images"]),
        *(f"{100 * row[part] / busy:.0f}" for part in ("load", "run", "read")),
        digits(1e6 * row["run"] / row["time_steps"]),
        mib(row["peak_parent"]),
        mib(row["peak_program"]),
    )
