"""Compiled training on several batches: gradients and optimiser, batch after batch.

All threads run the same function. They share out the shards of a batch, wait at a barrier, share
out the optimiser's rows, and wait again. What a shard computes does not depend on who does it, so the
number of threads does not change a bit.
"""

from collections import namedtuple

from numba import njit

from rcspike_brian.core.adam import adam_step, clear_gradient
from rcspike_brian.core.barrier import barrier_wait
from rcspike_brian.core.fused import gradient_shard
from rcspike_brian.core.vectors import LANES

# Samples of several batches one after another: ``bounds`` (n_batches + 1,) says where each begins
# and ends, ``steps`` (n_batches, 3) are learning rate, epsilon and decay of the optimiser.
Batches = namedtuple("Batches", "inputs labels noise bounds steps")


@njit(cache=True, nogil=True)
def train_batches(
    rank, parties, arrived, batches, state, table, coupling, loss, statistics, scratch
):
    """What thread ``rank`` of ``parties`` does in training on several batches.

    Parameters
    ----------
    rank, parties : int
    arrived : (1,) int64 array
        Shared by the threads; 0.
    batches : Batches
    state : State
        Of the optimiser; its gradients have a row for each shard.
    table, coupling, loss
        See `rcspike_brian.core.fused.gradient_shard`.
    statistics : (n_shards, 2 + 2 n_layers) float64 array
    scratch : Scratch
        Of this thread.
    """
    n_shards, n_rows = state.gradients.shape[0], state.theta.shape[0] // LANES
    real = state.theta.dtype.type
    generation = 0
    for b in range(batches.steps.shape[0]):
        first = batches.bounds[b]
        n = batches.bounds[b + 1] - first
        for shard in range(rank, n_shards, parties):
            gradient_shard(
                batches.inputs,
                batches.labels,
                first + n * shard // n_shards,
                first + n * (shard + 1) // n_shards,
                state.theta,
                table,
                coupling,
                loss,
                batches.noise,
                state.gradients[shard],
                state.touched[shard],
                statistics[shard],
                scratch,
            )
        generation += 1
        barrier_wait(arrived, generation, parties)
        begin, end = n_rows * rank // parties, n_rows * (rank + 1) // parties
        rate, epsilon, kept = batches.steps[b]
        adam_step(state, begin, end, real(1 / n), real(rate), real(epsilon), real(kept))
        generation += 1
        barrier_wait(arrived, generation, parties)
        for shard in range(rank, n_shards, parties):
            clear_gradient(state, shard)
