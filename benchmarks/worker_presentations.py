"""Present many images to a network in Brian2's C++, and measure time and memory."""

import os
import threading
import time
from pathlib import Path

import numpy as np

from benchmarks import memory
from benchmarks.worker import main
from rcspike_brian import Network


class _Children:
    """Looks at the peak memory of the compiled programs that this process starts."""

    def __init__(self):
        self.peak, self.done = 0, threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exception):
        self.done.set()
        self.thread.join()

    def _watch(self):
        while not self.done.wait(0.01):
            for child in _children():
                try:
                    self.peak = max(self.peak, memory.peak_of(child))
                except OSError:
                    continue  # it has ended


def _children():
    found = []
    for task in Path("/proc/self/task").iterdir():
        try:
            found += (task / "children").read_text().split()
        except OSError:
            continue
    return found


def measure(network, images, steps, workers, presentations, threads):
    """Seconds and memory of presenting images.

    Parameters
    ----------
    network, images : str
        Files of a `Network` and of an (n, n_in) array of grey levels.
    steps : int
        Time steps per phase.
    workers, presentations : int or None
        Of `NetworkSimulation`.
    threads : int
        Of numeric libraries.

    Returns
    -------
    dict
        ``build``, ``first`` and ``total`` (seconds: compiling, to the first result, to the last),
        ``load``, ``run`` and ``read`` (summed over the programs), and ``peak_parent`` and
        ``peak_program``: memory of this process and of one program in bytes.
    """
    from rcspike_brian.simulation import NetworkSimulation

    network, images = Network.load(network), np.load(images)
    circuit = network.circuit
    options = {"target": "cpp_standalone", "workers": workers, "presentations": presentations}
    with (
        NetworkSimulation(network, circuit, dt=circuit.T / steps, **options) as simulation,
        _Children() as children,
    ):
        memory.reset_peak()
        start, parts, first = time.perf_counter(), {}, None
        spikes = 0
        for chunk in simulation.present(images):
            first = first or time.perf_counter() - start
            spikes += sum(int((times < 1).sum()) for times in chunk.t_out)
            for name, seconds in chunk.seconds.items():
                parts[name] = parts.get(name, 0.0) + seconds
        total = time.perf_counter() - start
    return {
        "images": len(images),
        "build": simulation.build_seconds,
        "first": first,
        "total": total,
        **parts,
        "time_steps": simulation.plan.total_steps
        * -(-len(images) // simulation.plan.presentations),
        "spikes_per_image": spikes / len(images),
        "peak_parent": memory.peak(),
        "peak_program": children.peak,
        "processors": len(os.sched_getaffinity(0)),
    }


if __name__ == "__main__":
    main(measure)
