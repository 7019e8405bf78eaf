"""Sort the input spikes of one sample by time, in expected linear time.

Grey levels are dealt into one bucket each, which sorts them. Spike times lie in [0, 1): they are
dealt into as many equal buckets as there may be spikes, and an insertion pass finishes the nearly
sorted list. Should many times crowd into a few buckets, a comparison sort takes over. Where there
are few spikes, the place of each is the number of those before it: comparing all with all, many at
a time and without a branch to predict, is faster.
"""

from collections import namedtuple

import numpy as np

from rcspike_brian.core.compiling import compiled
from rcspike_brian.core.layout import aligned_zeros
from rcspike_brian.core.vectors import LANES, filled, load, one_more, store

# Scratch memory: the inputs that spike, their times and how many are before each, counts, and the
# times in order, which the segments between them are made of.
Sorting = namedtuple("Sorting", "spiking times before buckets ascending")

_FEW = 256  # spikes that are compared all with all
_GROUP = 4 * LANES  # of them, those whose places are counted together
GREY_LEVELS = 256


def sorting(n_in, dtype):
    """Scratch memory to sort up to ``n_in`` spikes, with times of the given type."""
    return Sorting(
        spiking=aligned_zeros(n_in, np.int32),
        times=aligned_zeros(n_in + _GROUP, dtype),
        before=aligned_zeros(min(n_in, _FEW) + _GROUP, dtype),
        buckets=aligned_zeros(max(n_in, GREY_LEVELS) + 1, np.int32),
        ascending=aligned_zeros(n_in + 1 + LANES, dtype),
    )


@compiled
def sorting_like(n_in, times):
    """The same from compiled code, for times of the type of that array."""
    return Sorting(
        np.empty(n_in, np.int32),
        np.empty(n_in + _GROUP, times.dtype),
        np.empty(min(n_in, _FEW) + _GROUP, times.dtype),
        np.empty(max(n_in, GREY_LEVELS) + 1, np.int32),
        np.empty(n_in + 1 + LANES, times.dtype),
    )


@compiled
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


@compiled
def _comparison_sort(times, order, n_spikes):
    indices = np.sort(order[:n_spikes])  # a defined start, so that equal times keep their order
    ranks = np.argsort(times[indices], kind="mergesort")
    for k in range(n_spikes):
        order[k] = indices[ranks[k]]


@compiled
def _spiking(times, s):
    """List the inputs that spike, and their times; returns how many.

    Without a branch: none could be predicted.
    """
    n_spikes = 0
    for j in range(times.shape[0]):
        s.spiking[n_spikes] = j
        s.times[n_spikes] = times[j]
        n_spikes += times[j] < 1
    return n_spikes


@compiled
def _count_before(n_spikes, s):
    """Count the spikes before each. Four sums at a time: one would have to wait for itself."""
    for first in range(0, n_spikes, _GROUP):
        t_0, t_1 = load(s.times, first), load(s.times, first + LANES)
        t_2, t_3 = load(s.times, first + 2 * LANES), load(s.times, first + 3 * LANES)
        n_0 = n_1 = n_2 = n_3 = filled(s.times.dtype.type(0))
        for k in range(n_spikes):
            t = s.times[k]
            n_0, n_1 = one_more(n_0, t_0, t), one_more(n_1, t_1, t)
            n_2, n_3 = one_more(n_2, t_2, t), one_more(n_3, t_3, t)
        store(s.before, first, n_0)
        store(s.before, first + LANES, n_1)
        store(s.before, first + 2 * LANES, n_2)
        store(s.before, first + 3 * LANES, n_3)


@compiled
def _sort_few(n_spikes, order, s):
    _count_before(n_spikes, s)
    places = 0
    for k in range(n_spikes):
        place = int(s.before[k])
        order[place] = s.spiking[k]
        s.ascending[place] = s.times[k]
        places += place
    if places < n_spikes * (n_spikes - 1) // 2:  # some share a place
        _part_equals(n_spikes, order, s)


@compiled
def _part_equals(n_spikes, order, s):
    """Give spikes at the same time, which have the same number before them, different places."""
    s.buckets[:n_spikes] = 0
    for k in range(n_spikes):
        before = int(s.before[k])
        place = before + s.buckets[before]
        s.buckets[before] += 1
        order[place] = s.spiking[k]
        s.ascending[place] = s.times[k]


@compiled
def _sort_many(n_spikes, times, order, s):
    n_buckets = 16
    while n_buckets < 2 * n_spikes and 2 * n_buckets < s.buckets.shape[0]:
        n_buckets *= 2
    s.buckets[: n_buckets + 1] = 0
    for k in range(n_spikes):
        s.buckets[int(s.times[k] * n_buckets) + 1] += 1
    for b in range(n_buckets):
        s.buckets[b + 1] += s.buckets[b]
    for k in range(n_spikes):
        b = int(s.times[k] * n_buckets)
        order[s.buckets[b]] = s.spiking[k]
        s.buckets[b] += 1
    if not _insertion_pass(times, order, n_spikes, 16 * n_spikes):
        _comparison_sort(times, order, n_spikes)
    for k in range(n_spikes):
        s.ascending[k] = times[order[k]]


@compiled
def sort_spikes(times, order, s):
    """Order the inputs that spike by time, equal times by index; returns how many spike.

    Times (n_in,) are in units of T; 1 and above mean no spike. ``order`` (n_in,) receives the
    indices of the inputs, and ``s.ascending`` their times.
    """
    n_spikes = _spiking(times, s)
    if n_spikes <= _FEW:
        _sort_few(n_spikes, order, s)
    else:
        _sort_many(n_spikes, times, order, s)
    return n_spikes


@compiled
def sort_grey_levels(levels, order, s):
    """The same for grey levels p (n_in,) uint8, which spike at 1 - p/255, or never if 0."""
    n_spikes = 0
    for j in range(levels.shape[0]):  # without a branch, as in `_spiking`
        s.spiking[n_spikes] = j
        n_spikes += levels[j] > 0
    s.buckets[: GREY_LEVELS + 1] = 0
    for k in range(n_spikes):
        s.buckets[GREY_LEVELS - int(levels[s.spiking[k]])] += 1
    for b in range(1, GREY_LEVELS):
        s.buckets[b + 1] += s.buckets[b]
    for k in range(n_spikes):
        b = GREY_LEVELS - 1 - int(levels[s.spiking[k]])
        order[s.buckets[b]] = s.spiking[k]
        s.buckets[b] += 1
    return n_spikes
