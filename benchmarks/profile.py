"""Where the time of a training step goes: microseconds of every stage of one sample.

A stage is timed as the difference between two compiled loops over the same samples, one with it and
one without it. A layer is left out by telling the kernels that it has no tiles of neurons.
"""

import time

import numpy as np
from numba import njit

from rcspike_brian.core.adam import adam_step
from rcspike_brian.core.fused import backward_sample, forward_sample, sample_loss, sort_sample
from rcspike_brian.core.vectors import LANES
from rcspike_brian.training import Trainer, TrainingConfig

_SORTED, _FORWARD, _LOSS, _BACKWARD = range(4)
_N_TILES = 2  # a column of ``Layout.table``


@njit(nogil=True)
def _up_to(stage, samples, labels, theta, forward, backward, beta, loss, noise, gradient, s):
    """Work on all samples up to a stage; ``forward`` and ``backward`` are the tables of layers."""
    for k in range(samples.shape[0]):
        if stage == _SORTED:
            sort_sample(samples[k], s)
            continue
        forward_sample(samples[k], theta, forward, beta, noise, s)
        if stage >= _LOSS:
            v = s.potentials[forward.shape[0] - 1, : forward[-1, 1]]
            sample_loss(v, labels[k], loss, s.costates)
        if stage >= _BACKWARD:
            backward_sample(theta, backward, beta, gradient, s)


class _Clock:
    """Times the stages of a trainer's network, the fastest of several repetitions."""

    def __init__(self, trainer, n_samples, repetitions):
        self._table, beta, loss = trainer._settings()
        self._samples = trainer.dataset.train_images[:n_samples], trainer.labels[:n_samples]
        self._theta = trainer.adam.theta
        noise = np.empty(0, np.float32)
        self._rest = beta, loss, noise, trainer.adam.gradients[0], trainer._scratch[0]
        self._repetitions = repetitions

    def microseconds(self, stage, n_forward=None, first_backward=0):
        """Of one sample up to a stage, with some of the layers only."""
        backward = self._table.copy()
        backward[:first_backward, _N_TILES] = 0
        tables = self._table[:n_forward], backward
        arguments = stage, *self._samples, self._theta, *tables, *self._rest
        return _fastest(_up_to, arguments, self._repetitions) / len(self._samples[0])

    def microseconds_of_adam(self, trainer):
        """Of one step of the optimiser."""
        numbers = (np.float32(x) for x in (1 / trainer.config.batch_size, 1e-3, 1e-8, 1))
        arguments = trainer.adam.state, 0, self._theta.size // LANES, *numbers
        return _fastest(adam_step, arguments, 20 * self._repetitions)


def _fastest(function, arguments, repetitions):
    function(*arguments)
    seconds = []
    for _ in range(repetitions):
        start = time.perf_counter()
        function(*arguments)
        seconds.append(time.perf_counter() - start)
    return 1e6 * min(seconds)


def measure_stages(dataset, *, batch_size=64, hidden=(200, 200), v_syn=1.0, n=5000, repetitions=5):
    """Microseconds of one sample in one thread, stage by stage, after one epoch of training.

    Returns
    -------
    list of dict
        stage, microseconds, share.
    """
    config = TrainingConfig(v_syn=v_syn, hidden=tuple(hidden), batch_size=batch_size, epochs=10)
    trainer = Trainer(config, dataset, threads=1)
    trainer.run_epoch()
    clock = _Clock(trainer, n, repetitions)
    layers = range(1, trainer.layout.n_layers + 1)
    marks = {"sort the pixels": clock.microseconds(_SORTED)}
    for l in layers:
        marks[f"layer {l} forward"] = clock.microseconds(_FORWARD, n_forward=l)
    marks["loss"] = clock.microseconds(_LOSS)
    for l in reversed(layers):
        marks[f"layer {l} backward"] = clock.microseconds(_BACKWARD, first_backward=l - 1)
    stages = dict(zip(marks, np.diff([0, *marks.values()]), strict=True))
    stages["optimiser"] = clock.microseconds_of_adam(trainer) / batch_size
    total = sum(stages.values())
    return [
        {"stage": stage, "microseconds": float(value), "share": float(value / total)}
        for stage, value in (*stages.items(), ("all", total))
    ]
