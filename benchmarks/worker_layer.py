"""One layer, forward and backward, with uniform random spikes."""

import numpy as np

from benchmarks import memory
from benchmarks.clock import seconds_of
from benchmarks.worker import main


def problem(n_in, n_out, batch, seed=0):
    """Spike times, weights and dL/dv(1) in single precision."""
    rng = np.random.default_rng(seed)
    times = rng.random((batch, n_in), np.float32)
    weights = rng.standard_normal((n_in, n_out), np.float32) * np.float32(2 / np.sqrt(n_in))
    return times, weights, rng.standard_normal((batch, n_out), np.float32)


def _package(threads, beta):
    from rcspike_brian import membrane_gradients, membrane_potential

    def run(times, weights, upstream):
        membrane_potential(times, weights, beta, threads=threads)
        membrane_gradients(times, weights, beta, upstream, threads=threads)

    return run


def _torch(threads, beta, model, form=None, steps=None):
    import torch

    from benchmarks.torch_layers import CLOSED_FORMS, dstd

    torch.set_num_threads(threads)

    def run(times, weights, upstream):
        times, weights = (torch.tensor(a, requires_grad=True) for a in (times, weights))
        if model == "dstd":
            v = dstd(times, weights, beta, steps)
        else:
            v = CLOSED_FORMS[form](times, weights, beta)
        v.backward(torch.from_numpy(upstream))

    return run


def measure(model, n_in, n_out, batch, v_syn, threads, repeats=3, budget=30.0, **variant):
    """Seconds of v(1) and of both gradients for one batch, and peak memory beyond the data.

    Parameters
    ----------
    model : {"rcspike", "closed-form", "dstd"}
    n_in, n_out, batch : int
    v_syn : float
    threads : int
    repeats : int
    budget : float
        Seconds.
    **variant
        ``form`` of the closed form, or ``steps`` of DSTD.
    """
    memory.limit_to_available()
    make = _package if model == "rcspike" else _torch
    options = {} if model == "rcspike" else {"model": model, **variant}
    run = make(threads, 1 / v_syn, **options)
    data = problem(n_in, n_out, batch)
    meter = memory.Meter()
    run(*problem(20, 20, 4))  # threads, and compiled kernels
    meter.mark("warm_up")
    seconds = seconds_of(run, data, repeats, budget)
    return {"seconds": seconds, **meter.result()}


if __name__ == "__main__":
    main(measure)
