"""Samples of several mini-batches, and compiled training on them, batch after batch.

All threads run the same function. They share out the shards of a batch, wait at a barrier, share
out the optimiser's rows, and wait again. What a shard computes does not depend on who does it, so
the number of threads does not change a bit.
"""

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from rcspike_brian.core.barrier import barrier_wait
from rcspike_brian.core.compiling import compiled
from rcspike_brian.core.fused import gradient_shard
from rcspike_brian.core.vectors import LANES
from rcspike_brian.optimizers.adam import adam_step, clear_gradient


class Batches(NamedTuple):
    """The samples of a few batches, drawn and distorted, one batch after another."""

    inputs: np.ndarray  # (n, n_in) uint8 grey levels, or spike times
    labels: np.ndarray  # (n,) int64
    noise: np.ndarray  # float32, see `rcspike_brian.core.fused.forward_sample`
    bounds: np.ndarray  # (n_batches + 1,) int64: where each batch begins and ends
    rates: np.ndarray  # (n_batches,) float64 learning rates

    def one_by_one(self) -> Iterator["Batches"]:
        """The batches one by one, without a copy."""
        for k, (begin, end) in enumerate(itertools.pairwise(self.bounds)):
            inputs, labels, noise = (a[begin:end] for a in (self.inputs, self.labels, self.noise))
            bounds = np.array([0, end - begin])
            yield Batches(inputs, labels, noise, bounds, self.rates[k : k + 1])


@compiled
def train_batches(
    rank, parties, arrived, batches, steps, state, table, circuit, loss, statistics, scratch
):
    """What thread ``rank`` of ``parties`` does on several batches; see also `gradient_shard`.

    The threads share ``arrived`` (1,) int64, which is 0; all return at once when it is set to
    `rcspike_brian.core.barrier.GIVEN_UP`. ``steps`` (n_batches, 3) has learning rate, epsilon and
    decay; gradients and statistics have a row for each shard.
    """
    n_shards, n_rows = state.gradients.shape[0], state.theta.shape[0] // LANES
    real = state.theta.dtype.type
    generation = 0
    for b in range(steps.shape[0]):
        first = batches.bounds[b]
        n = batches.bounds[b + 1] - first
        for shard in range(rank, n_shards, parties):
            begin, end = first + n * shard // n_shards, first + n * (shard + 1) // n_shards
            network = state.theta, table, circuit, loss, batches.noise
            results = state.gradients[shard], state.touched[shard], statistics[shard]
            gradient_shard(batches.inputs, batches.labels, begin, end, *network, *results, scratch)
        generation += 1
        if not barrier_wait(arrived, generation, parties):
            return
        begin, end = n_rows * rank // parties, n_rows * (rank + 1) // parties
        rate, epsilon, kept = steps[b]
        adam_step(state, begin, end, real(1 / n), real(rate), real(epsilon), real(kept))
        generation += 1
        if not barrier_wait(arrived, generation, parties):
            return
        for shard in range(rank, n_shards, parties):
            clear_gradient(state, shard)
