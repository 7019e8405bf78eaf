"""Sort the input spikes of one sample by time, in expected linear time.

Grey levels are dealt into one bucket each, which sorts them. Spike times lie in [0, 1): they are
dealt into as many equal buckets as there may be spikes, and an insertion pass finishes the nearly
sorted list. Should many times crowd into a few buckets, a comparison sort takes over.
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def _insertion_pass(times, order, n_spikes, budget):
    """Finish a nearly sorted order; False if it would take more moves than the budget."""
    for k in range(1, n_spikes):
        j = order[k]
        t = times[j]
        m = k
        while m > 0 and times[order[m - 1]] > t:
            order[m] = order[m - 1]
            m -= 1
        order[m] = j
        budget -= k - m
        if budget < 0:
            return False
    return True


@njit(cache=True, nogil=True)
def _comparison_sort(times, order, n_spikes):
    indices = np.sort(order[:n_spikes])  # a defined start, so that equal times keep their order
    ranks = np.argsort(times[indices], kind="mergesort")
    for k in range(n_spikes):
        order[k] = indices[ranks[k]]


@njit(cache=True, nogil=True)
def _spiking(times, spiking):
    """List the inputs that spike; returns how many. Without a branch: none could be predicted."""
    n_spikes = 0
    for j in range(times.shape[0]):
        spiking[n_spikes] = j
        n_spikes += times[j] < 1
    return n_spikes


@njit(cache=True, nogil=True)
def sort_spikes(times, order, spiking, buckets):
    """Order the inputs that spike by time, equal times by index.

    Parameters
    ----------
    times : (n_in,) float array
        Spike times in units of T; 1 and above mean no spike.
    order : (n_in,) int array
        Receives the indices of the inputs that spike.
    spiking : (n_in,) int array
        Scratch.
    buckets : (n_buckets + 1,) int array
        Scratch; n_buckets at least 16.

    Returns
    -------
    int
        The number of inputs that spike.
    """
    n_spikes = _spiking(times, spiking)
    n_buckets = 16
    while n_buckets < 2 * n_spikes and 2 * n_buckets < buckets.shape[0]:
        n_buckets *= 2
    buckets[: n_buckets + 1] = 0
    for k in range(n_spikes):
        buckets[int(times[spiking[k]] * n_buckets) + 1] += 1
    for b in range(n_buckets):
        buckets[b + 1] += buckets[b]
    for k in range(n_spikes):
        b = int(times[spiking[k]] * n_buckets)
        order[buckets[b]] = spiking[k]
        buckets[b] += 1
    if not _insertion_pass(times, order, n_spikes, 16 * n_spikes):
        _comparison_sort(times, order, n_spikes)
    return n_spikes


@njit(cache=True, nogil=True)
def sort_grey_levels(levels, order, spiking, buckets):
    """Order the pixels that spike, the brightest first, equal ones by index.

    Parameters
    ----------
    levels : (n_in,) uint8 array
        Grey levels p, which spike at 1 - p/255; 0 does not spike.
    order, spiking, buckets
        As for `sort_spikes`; at least 257 buckets.

    Returns
    -------
    int
        The number of pixels that spike.
    """
    n_spikes = 0
    for j in range(levels.shape[0]):  # without a branch, as in `_spiking`
        spiking[n_spikes] = j
        n_spikes += levels[j] > 0
    buckets[:257] = 0
    for k in range(n_spikes):
        buckets[256 - int(levels[spiking[k]])] += 1
    for b in range(1, 256):
        buckets[b + 1] += buckets[b]
    for k in range(n_spikes):
        b = 255 - int(levels[spiking[k]])
        order[buckets[b]] = spiking[k]
        buckets[b] += 1
    return n_spikes
