"""Seconds per image in Brian2 against the exact solution, for a small trained network."""

import tempfile
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.processes import run_worker
from benchmarks.report import digits, mib, table

METHODS = {
    "exact": {"method": "exact"},
    "brian2": {"method": "brian2", "target": "runtime"},
    "brian2-standalone": {"method": "brian2", "target": "cpp_standalone"},
}


def trained_network(dataset, hidden, v_syn, epochs=3):
    """A network after some epochs."""
    from rcspike_brian.training import recipe, train

    config = recipe("plain", dataset, v_syn=v_syn, hidden=tuple(hidden), epochs=epochs)
    return train(dataset, config, progress=False).network


def compare_simulators(network, images, methods, steps, threads):
    """Present the same images by every method.

    Parameters
    ----------
    network : Network
    images : (n, n_in) uint8 array
    methods : sequence of str
        Of `METHODS`; "exact" must be among them, as the others are compared with it.
    steps : int
        Time steps of Brian2 per phase.
    threads : int

    Returns
    -------
    list of dict
        ``method``, ``seconds_per_image`` (median), ``largest_deviation`` of v(1) of the last layer
        from the exact one in units of V_th, ``same_class`` (fraction of images with the same
        largest v), peak memory, and the worker's own seconds.
    """
    with tempfile.TemporaryDirectory() as folder:
        files = {"network": str(Path(folder, "net.npz")), "images": str(Path(folder, "images.npy"))}
        network.save(files["network"])
        np.save(files["images"], images)
        runs = {
            name: run_worker(
                "worker_simulation", {**files, **METHODS[name], "steps": steps}, threads
            )
            for name in methods
        }
    exact = np.array(runs["exact"]["potentials"])
    return [_row(name, run, exact) for name, run in runs.items()]


def _row(name, run, exact):
    v = np.array(run["potentials"])
    return {
        "method": name,
        "seconds_per_image": median(run["seconds_per_image"]),
        "all_seconds": run["seconds_per_image"],
        "largest_deviation": float(np.abs(v - exact).max()),
        "same_class": float(np.mean(v.argmax(1) == exact.argmax(1))),
        "peak_rss": run["peak_rss"],
        "peak_beyond_data": run["peak_beyond_data"],
    }


def simulators_table(rows):
    """Table of `compare_simulators`."""
    exact = next(row["seconds_per_image"] for row in rows if row["method"] == "exact")
    return table(
        ("method", "ms/image", "times exact", "largest dv", "same class", "peak RSS MiB"),
        [
            (
                row["method"],
                digits(1e3 * row["seconds_per_image"]),
                digits(row["seconds_per_image"] / exact),
                f"{row['largest_deviation']:.1e}",
                f"{row['same_class']:.0%}",
                mib(row["peak_rss"]),
            )
            for row in rows
        ],
    )
