"""The charging phase of a layer for a whole batch, and its adjoint, in threads.

A task is one tile of neurons for many samples: its weights are copied together once, in the cache,
and the sweeps of `rcspike_brian.core.kernels` carry one sample after another through it. Results do
not depend on who takes a task: each writes its own neurons, and the time gradient, to which all
neurons add, has a few partial sums with a fixed share of the tiles each.

Nothing is checked beforehand, which would read all arrays once more. The tasks notice what they
cannot work with, leave it out and say so.
"""

import numpy as np

from rcspike_brian.core.barrier import FOREVER, increase, wait_for
from rcspike_brian.core.calling import without_refcount
from rcspike_brian.core.compiling import compiled
from rcspike_brian.core.helpers import call_together
from rcspike_brian.core.kernels import POTENTIAL, record_length, sweep_backward, sweep_forward
from rcspike_brian.core.layout import aligned_rows
from rcspike_brian.core.ordering import sort_spikes, sorting_like
from rcspike_brian.core.segments import segments_between, table_length
from rcspike_brian.core.vectors import LANES, any_above, load, magnitude, total

_TABLE = 2**21  # numbers in the segment tables of the samples that are worked on together
_TASKS = 4  # at least, among which they are shared out
_PARTIAL_SUMS = 4  # of the time gradient

# Counters that threads share: samples and tasks that are taken, and those that are done.
SORTING, SORTED, TAKEN, DONE = range(4)


@compiled
def _sort_samples(counters, times, unit, order, behind, segments, n_spikes):
    """Input spikes of each sample in order, and the segments between them; waits for all.

    Inputs without a time are bias lines, which spike at 0. A sample with a time outside [0, 1] gets
    -1 spikes.
    """
    n_samples, n_axons = times.shape
    lines = np.zeros(order.shape[1], times.dtype)
    space = sorting_like(order.shape[1], times)
    s = increase(counters[SORTING])
    while s < n_samples:
        good = True
        for j in range(n_axons):
            t = times[s, j]
            good &= (t >= 0) & (t <= 1)
            lines[j] = t
        n_spikes[s] = -1
        if good:
            n_spikes[s] = sort_spikes(lines, order[s], space)
            segments_between(space.ascending, n_spikes[s], unit, behind[s], segments[s])
        increase(counters[SORTED])
        s = increase(counters[SORTING])
    wait_for(counters[SORTED], n_samples, FOREVER)


@compiled
def _copy_tile(weights, first, limit, tile, size, sizes):
    """Columns ``first`` to ``first + LANES``, zeros beyond the last; and their sums of |w|.

    Returns whether all sums are below the limit, and none is NaN. No task makes an array, which may
    fail: the others would wait for it.
    """
    width = min(LANES, weights.shape[1] - first)
    size[:] = 0
    if width < LANES:
        tile[:] = 0
        for j in range(weights.shape[0]):
            for i in range(width):
                w = weights[j, first + i]
                tile[j, i] = w
                size[i] += abs(w)
    else:
        for j in range(weights.shape[0]):
            for i in range(LANES):
                w = weights[j, first + i]
                tile[j, i] = w
                size[i] += abs(w)
    good = True
    for i in range(width):
        sizes[first + i] = size[i]
        good &= size[i] < limit
    return good


@compiled
def _all_sorted(n_spikes, n_samples):
    """Whether the times of all samples are good."""
    for s in range(n_samples):  # noqa: SIM110 (no generators in compiled code)
        if n_spikes[s] < 0:
            return False
    return True


@compiled
def _largest(sums):
    """The largest of some numbers >= 0, or NaN."""
    largest = sums[0]
    for value in sums:
        if not value <= largest:
            largest = value
        if np.isnan(value):
            break
    return largest


@compiled
def _forward(calls, counters, times, weights, coupling, limit, spikes, sizes, potentials):
    """Sort, then tasks of one tile of neurons for a part of the samples.

    Returns whether times and weights are good, and the largest of the sizes.
    """
    increase(calls)
    times, weights, spikes, sizes, potentials = without_refcount(
        (times, weights, spikes, sizes, potentials)
    )
    order, behind, segments, n_spikes = spikes
    n_samples, n_in, n_out = times.shape[0], weights.shape[0], weights.shape[1]
    tile, record = aligned_rows(n_in, weights), aligned_rows(record_length(n_in) // LANES, weights)
    _sort_samples(counters, times, coupling.unit, order, behind, segments, n_spikes)
    good = _all_sorted(n_spikes, n_samples)
    size = np.zeros(LANES, weights.dtype)
    n_tiles = -(-n_out // LANES)
    n_parts = -(-_TASKS // n_tiles)
    task = increase(counters[TAKEN])
    while task < n_tiles * n_parts:
        first, part = task // n_parts * LANES, task % n_parts
        width = min(LANES, n_out - first)
        if _copy_tile(weights, first, limit, tile, size, sizes) and good:
            for s in range(n_samples * part // n_parts, n_samples * (part + 1) // n_parts):
                layer = (order[s], behind[s], segments[s], n_spikes[s], tile, 0, coupling)
                sweep_forward(*layer, record, 0)
                for i in range(width):
                    potentials[s, first + i] = record[POTENTIAL // LANES, i] / coupling.unit
        increase(counters[DONE])
        task = increase(counters[TAKEN])
    wait_for(counters[DONE], n_tiles * n_parts, FOREVER)
    largest = _largest(sizes)
    return good and largest < limit, largest


@compiled
def _add_up(time_gradients, order, n_spikes, result):
    """Add dL/dtau of each input spike over the lanes, to the place of its input."""
    for k in range(n_spikes):
        result[order[k]] += total(load(time_gradients, LANES * k))


@compiled
def _backward(
    calls, counters, times, weights, coupling, limit, spikes, sizes, upstream, upstream_sizes,
    by_weight, before, partial,
):  # fmt: skip
    """Tasks of all tiles that add to the same partial sum of the time gradient, in order.

    Returns whether all is good, the largest of the sizes, and the largest sum of |dL/dv(1)| of a
    neuron. The weight gradient is added to what has been there ``before``, if anything has.
    """
    increase(calls)
    times, weights, spikes, sizes = without_refcount((times, weights, spikes, sizes))
    upstream, upstream_sizes, by_weight, partial = without_refcount(
        (upstream, upstream_sizes, by_weight, partial)
    )
    order, behind, segments, n_spikes = spikes
    n_samples, n_in, n_out = times.shape[0], weights.shape[0], weights.shape[1]
    tile, record = aligned_rows(n_in, weights), aligned_rows(record_length(n_in) // LANES, weights)
    gradient, by_neuron = aligned_rows(n_in, weights), aligned_rows(n_in, weights)
    costates, size = np.zeros(LANES, weights.dtype), np.zeros(LANES, weights.dtype)
    zero = weights.dtype.type(0)
    _sort_samples(counters, times, coupling.unit, order, behind, segments, n_spikes)
    good = _all_sorted(n_spikes, n_samples)
    n_shares, by_time = partial.shape[0], partial.shape[1] > 0
    share = increase(counters[TAKEN])
    while share < n_shares:
        for first in range(share * LANES, n_out, n_shares * LANES):
            width = min(LANES, n_out - first)
            if not (_copy_tile(weights, first, limit, tile, size, sizes) and good):
                continue
            gradient[:] = 0
            costates[:] = 0
            size[:] = 0  # from here on the sums of |upstream|
            for s in range(n_samples):
                for i in range(width):
                    costates[i] = upstream[s, first + i] / coupling.unit
                    size[i] += abs(upstream[s, first + i])
                if not any_above(magnitude(load(costates, 0)), 0.0):
                    continue  # such as neurons that do not spike
                n = n_spikes[s]
                layer = (order[s], behind[s], segments[s], n, tile, 0, coupling, record, 0)
                sweep_forward(*layer)
                if by_time:
                    by_neuron[:n] = 0
                    sweep_backward(*layer, costates, 0, gradient, by_neuron, 0)
                    _add_up(by_neuron, order[s], n, partial[share, s])
                else:
                    sweep_backward(*layer, costates, 0, gradient, by_neuron, n)
            upstream_sizes[first : first + width] = size[:width]
            for j in range(n_in):
                for i in range(width):
                    so_far = by_weight[j, first + i] if before else zero
                    by_weight[j, first + i] = so_far + gradient[j, i]
        increase(counters[DONE])
        share = increase(counters[TAKEN])
    wait_for(counters[DONE], n_shares, FOREVER)
    largest = _largest(sizes)
    return good and largest < limit, largest, _largest(upstream_sizes)


@compiled
def _together(partial, unit, by_time):
    """The time gradient of the axons from its partial sums, in the units of t."""
    for s in range(by_time.shape[0]):
        for j in range(by_time.shape[1]):
            so_far = partial[0, s, j]
            for share in range(1, partial.shape[0]):
                so_far += partial[share, s, j]
            by_time[s, j] = unit * so_far


class Sweep:
    """The sweeps of one layer for one batch; backward uses what forward has sorted.

    Parameters
    ----------
    times : (batch, n_axons) C-contiguous array
        In units of T.
    weights : (n_in, n_out) C-contiguous array of the same type, float32 or float64
        Rows beyond n_axons belong to bias lines, which spike at 0.
    coupling : EqualRails or UnequalRails
        In that precision.
    limit : float
        The sum of |w| of each neuron has to be below it.
    threads : int

    Attributes
    ----------
    largest : float
        Largest sum of |w| over the inputs of a neuron, once a sweep has read the weights.
    """

    def __init__(self, times, weights, coupling, limit, threads):
        n, n_in = len(times), len(weights)
        self._batch = max(1, min(n, _TABLE // table_length(n_in)))  # samples in the tables
        self._layer = times, weights, coupling, weights.dtype.type(limit)
        self._spikes = (
            np.empty((self._batch, n_in), np.int32),
            np.empty((self._batch, n_in), np.int32),
            np.empty((self._batch, table_length(n_in)), times.dtype),
            np.empty(self._batch, np.int32),
        )
        self._threads = threads
        self._sorted = -1  # where the block of samples begins whose spikes are in order
        self._sizes = np.zeros(weights.shape[1], times.dtype)
        self.dtype, self.largest = times.dtype, 0.0

    def forward(self):
        """v(1) (batch, n_out), or None: a time is outside [0, 1], or weights are not in range."""
        times, weights, *_ = self._layer
        potentials = np.empty((len(times), weights.shape[1]), times.dtype)
        for block, layer in self._blocks():
            arguments = *layer, potentials[block]
            good, self.largest = call_together(_forward, arguments, self._threads)
            if not good:
                return None
        return potentials

    def backward(self, upstream, by_time=True):
        """dL/dw (n_in, n_out) and dL/dt (batch, n_axons) for dL/dv(1), or None as forward.

        Whoever needs no dL/dt gets None in its place. The third result is the largest sum of
        |dL/dv(1)| of a neuron, over the samples of a block.
        """
        times, weights, coupling, _ = self._layer
        by_weight = np.empty_like(weights) if len(times) else np.zeros_like(weights)
        time_gradient = np.empty_like(times) if by_time else None
        n_shares = min(_PARTIAL_SUMS, -(-weights.shape[1] // LANES))
        upstream_sizes, most = np.zeros_like(self._sizes), 0.0
        for block, layer in self._blocks():
            n = block.stop - block.start
            partial = np.zeros((n_shares, n if by_time else 0, len(weights)), times.dtype)
            gradients = upstream[block], upstream_sizes, by_weight, block.start > 0, partial
            good, self.largest, size = call_together(_backward, (*layer, *gradients), self._threads)
            if not good:
                return None
            most = most if size <= most else size
            if time_gradient is not None:
                _together(partial, coupling.unit, time_gradient[block])
        return by_weight, time_gradient, most

    def _blocks(self):
        """Slices of the samples, and arguments of a kernel for them."""
        times, *layer = self._layer
        for begin in range(0, len(times), self._batch):
            block = slice(begin, min(begin + self._batch, len(times)))
            counters = np.zeros((4, 16), np.int64)  # each in cache lines of its own
            if self._sorted == begin:
                counters[SORTING:TAKEN] = block.stop - begin
            self._sorted = begin
            yield block, (counters, times[block], *layer, self._spikes, self._sizes)
