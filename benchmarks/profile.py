"""Where the time of a training step goes: microseconds of every stage of one sample.

A stage is timed as the difference between two compiled loops over the same samples, one with it and
one without it. A layer is left out by telling the kernels that it has no tiles of neurons.
"""

import numpy as np
from numba import njit

from benchmarks.clock import seconds_of
from rcspike_brian.core.fused import (
    backward_sample,
    forward_sample,
    prepare_samples,
    scratch,
    sort_sample,
)
from rcspike_brian.core.loss import sample_loss
from rcspike_brian.core.vectors import LANES
from rcspike_brian.optimizers.adam import adam_step
from rcspike_brian.training import Trainer, recipe

SORTED, FORWARD, LOSS, BACKWARD = range(4)
_N_TILES = 2  # a column of ``Layout.table``


@njit(nogil=True)
def _up_to(stage, samples, labels, theta, forward, backward, circuit, loss, noise, gradient, s):
    """Work on all samples up to a stage; ``forward`` and ``backward`` are the tables of layers."""
    prepare_samples(samples, circuit[0], s)
    for k in range(samples.shape[0]):
        if stage == SORTED:
            sort_sample(samples[k], circuit[0].unit, s)
            continue
        forward_sample(samples[k], theta, forward, circuit, noise, s)
        if stage >= LOSS:
            sample_loss(s.potentials[-1, : forward[-1, 1]], labels[k], loss, s.costates)
        if stage >= BACKWARD:
            backward_sample(theta, backward, circuit, gradient, s)


class StageClock:
    """Times the stages of a training step of a trainer's network.

    Parameters
    ----------
    trainer : Trainer
    n_samples : int
        The first so many training images.
    repetitions : int
        The fastest counts.

    Attributes
    ----------
    gradient : (n_parameters,) float32 array
        What the backward stages have added up.
    """

    def __init__(self, trainer, n_samples, repetitions):
        self._optimizer, self._batch_size = trainer.optimizer, trainer.config.batch_size
        self._samples = trainer.dataset.train_images[:n_samples], trainer.labels[:n_samples]
        self._table, circuit, loss = trainer.kernel_settings()
        self.gradient = np.zeros_like(trainer.optimizer.theta)
        space = scratch(trainer.layout, np.float32)
        self._rest = circuit, loss, np.empty(0, np.float32), self.gradient, space
        self._repetitions = repetitions

    def work(self, stage, n_forward=None, first_backward=0):
        """Work up to a stage: forward in the first layers, backward in the last ones."""
        backward = self._table.copy()
        backward[:first_backward, _N_TILES] = 0
        tables = self._table[:n_forward], backward
        _up_to(stage, *self._samples, self._optimizer.theta, *tables, *self._rest)

    def microseconds(self, *stage_and_layers):
        """Of one sample; arguments as for `work`."""
        return _fastest(self.work, stage_and_layers, self._repetitions) / len(self._samples[0])

    def microseconds_of_adam(self):
        """Of the optimiser, for one sample."""
        numbers = (np.float32(x) for x in (1 / self._batch_size, 1e-3, 1e-8, 1))
        arguments = self._optimizer.state, 0, self._optimizer.theta.size // LANES, *numbers
        return _fastest(adam_step, arguments, 20 * self._repetitions) / self._batch_size


def _fastest(run, arguments, repetitions):
    """Microseconds of the fastest of several runs, after one that compiles."""
    run(*arguments)
    return 1e6 * min(seconds_of(run, arguments, repetitions))


def measure_stages(dataset, *, batch_size=64, hidden=(200, 200), v_syn=1.0, n=5000, repetitions=5):
    """Microseconds of one sample in one thread, stage by stage, after one epoch of training.

    Returns
    -------
    list of dict
        stage, microseconds, share.
    """
    shape = {"v_syn": v_syn, "hidden": tuple(hidden), "batch_size": batch_size}
    config = recipe("plain", dataset, **shape)
    trainer = Trainer(dataset, config, threads=1)
    trainer.run_epoch()
    trainer.arrange(trainer.new_arrangement())  # as in the next epoch
    clock = StageClock(trainer, n, repetitions)
    layers = range(1, trainer.layout.n_layers + 1)
    marks = {"sort the pixels": clock.microseconds(SORTED)}
    for l in layers:
        marks[f"layer {l} forward"] = clock.microseconds(FORWARD, l)
    marks["loss"] = clock.microseconds(LOSS)
    for l in reversed(layers):
        marks[f"layer {l} backward"] = clock.microseconds(BACKWARD, None, l - 1)
    stages = dict(zip(marks, np.diff([0, *marks.values()]), strict=True))
    stages["optimiser"] = clock.microseconds_of_adam()
    total = sum(stages.values())
    return [
        {"stage": stage, "microseconds": float(value), "share": float(value / total)}
        for stage, value in (*stages.items(), ("all", total))
    ]
