"""Present images to a trained network: by the exact solution, or in Brian2."""

import time

import numpy as np

from benchmarks.memory import Meter
from benchmarks.worker import main
from rcspike_brian import Network


def brian_potentials(network, times, steps, target="runtime"):
    """v(1) of the last layer for one presentation, layer by layer with `rcspike_brian.simulate`.

    Parameters
    ----------
    network : Network
    times : (n_in,) array
        Spike times in units of T.
    steps : int
        Time steps per phase.
    target : str
        Of `simulate`.
    """
    from rcspike_brian import simulate

    circuit = network.circuit
    for weights in network.weights:
        result = simulate(
            circuit,
            np.append(times, 0.0),  # the bias line
            weights,
            dt=circuit.T / steps,
            target=target,
            record=None,
        )
        times = result.t_out
    return result.v_end


def _timed(present, images, meter):
    """Results and seconds of each of several images, after one that warms up."""
    present(images[0])
    meter.mark("warm_up")
    results, seconds = [], []
    for image in images:
        start = time.perf_counter()
        results.append(present(image))
        seconds.append(time.perf_counter() - start)
    return np.array(results), seconds


def measure(network, images, method, threads, steps=200, target="runtime"):
    """Seconds per image, memory, and v(1) of the last layer.

    Parameters
    ----------
    network : str
        File of a `Network`.
    images : str
        File of an (n, n_in) array of grey levels.
    method : {"exact", "brian2"}
    threads : int
    steps, target
        See `brian_potentials`.
    """
    network, images = Network.load(network), np.load(images)
    meter = Meter()

    def exact(image):
        return network.potentials(image[None], threads=threads)[0]

    def brian2(image):
        return brian_potentials(network, 1 - image / 255, steps, target)

    v, seconds = _timed({"exact": exact, "brian2": brian2}[method], images, meter)
    return {"seconds_per_image": seconds, "potentials": v.tolist(), **meter.result()}


if __name__ == "__main__":
    main(measure)
