"""Where the time of a training step with convolutions goes, and how near it is to the processor.

Every stage of a sample is repeated by itself, in one thread, in the state that the one before it
has left. A *neuron-event* is one input spike of one neuron, which takes six multiply-adds forward.
The processor's limit is measured in the same run: multiply-adds of vectors in registers.
"""

import numpy as np
from numba import njit

from benchmarks.clock import seconds_of
from rcspike_brian.core import maps
from rcspike_brian.core.calling import without_refcount
from rcspike_brian.core.loss import sample_loss
from rcspike_brian.core.vectors import LANES, filled, total
from rcspike_brian.training import Trainer, recipe

_MULTIPLY_ADDS = 6  # of a neuron-event, forward
_CHAINS = 10  # of multiply-adds that do not wait for each other
LINES, DEAL, CHARGE, FORWARD, BACKWARD, BOTH = range(6)


@njit(nogil=True)
def _repeat(stage, l, samples, labels, theta, layout, circuit, loss, noise, gradient, s):
    samples, labels, theta, layout, noise, gradient, s = without_refcount(
        (samples, labels, theta, layout, noise, gradient, s)
    )
    coupling, ramp = circuit
    events = 0
    for k in range(samples.shape[0]):
        if stage in (FORWARD, BOTH):
            maps.forward_sample(samples[k], theta, layout, circuit, noise, s)
        if stage == LINES and l == 0:
            maps.lines_of_sample(samples[k], s)
        elif stage == LINES:
            maps.lines_of_neurons(l, ramp, layout, noise, 0, s)
        elif stage == DEAL:
            maps.deal_spikes(l, layout, s)
        elif stage == CHARGE:
            maps.charge_layer(l, theta, coupling, layout, s)
        elif stage in (BACKWARD, BOTH):
            sample_loss(maps.outputs(layout, s), labels[k], loss, s.costates)
            maps.backward_sample(theta, layout, circuit, gradient, s)
        for p in range(layout.table[l, maps.N_PLACES]):
            events += s.counts[l, p] * layout.table[l, maps.N_OUT]
    return events


@njit(nogil=True)
def _multiply_adds(n, x):
    """n times ``_CHAINS`` multiply-adds of a vector, and their sum, which nobody can foresee."""
    a = b = c = d = e = f = g = h = i = j = filled(x)
    y = filled(x)
    for _ in range(n):
        a, b, c, d, e = a * y + y, b * y + y, c * y + y, d * y + y, e * y + y
        f, g, h, i, j = f * y + y, g * y + y, h * y + y, i * y + y, j * y + y
    return total(a + b + c + d + e + f + g + h + i + j)


def multiply_adds_per_second(repetitions=5):
    """Of one processor in single precision, the fastest of several runs."""
    arguments = 10**6, np.float32(0.5)
    _multiply_adds(*arguments)
    return _CHAINS * LANES * arguments[0] / min(seconds_of(_multiply_adds, arguments, repetitions))


def measure_map_stages(dataset, *, hidden, batch_size=64, v_syn=1.0, n=200, repetitions=5):
    """Microseconds of one sample in one thread, stage by stage, after some training.

    Returns
    -------
    list of dict
        stage, microseconds, share; for layers neuron_events, and the fraction of the processor's
        multiply-adds that the forward sweeps reach.
    """
    config = recipe("robust", dataset, hidden=tuple(hidden), batch_size=batch_size, v_syn=v_syn)
    trainer = Trainer(dataset, config, threads=1)
    trainer.run_epoch()
    theta, space = trainer.optimizer.theta, trainer.layout.scratch(np.float32)
    layout, circuit, loss = trainer.kernel_settings()
    samples = dataset.train_images[:n], trainer.labels[:n]
    rest = theta, layout, circuit, loss, np.empty(0, np.float32), np.zeros_like(theta), space
    limit = multiply_adds_per_second(repetitions)

    def microseconds(stage, l=0):
        arguments = stage, l, *samples, *rest
        _repeat(*arguments)
        return 1e6 * min(seconds_of(_repeat, arguments, repetitions)) / n

    both, forward = microseconds(BOTH), microseconds(FORWARD)
    rows = []
    for l in range(trainer.layout.n_layers):
        events = _repeat(FORWARD, l, *samples, *rest) / n  # and leaves spikes of the last sample
        own = int((space.counts[l] * layout.table[l, maps.N_OUT]).sum())
        for name, stage in (("spikes of lines", LINES), ("deal", DEAL), ("sweeps", CHARGE)):
            row = {"stage": f"layer {l + 1}, {name}", "microseconds": microseconds(stage, l)}
            if stage == CHARGE:
                rate = own * _MULTIPLY_ADDS / (row["microseconds"] * 1e-6)
                row |= {"neuron_events": events, "of_limit": rate / limit}
            rows.append(row)
    rows.append({"stage": "forward", "microseconds": forward})
    rows.append({"stage": "backward", "microseconds": both - forward})
    rows.append({"stage": "all", "microseconds": both})
    return [{**row, "share": row["microseconds"] / both} for row in rows]
