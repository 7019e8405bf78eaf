"""Compiled training step of networks with convolutions; see also `rcspike_brian.core.fused`.

The neurons of one place see one patch of the map in front of them, through the same weights. So a
place is a small dense layer: the spikes of its patch in order, and sweeps of one tile of channels
after another. No patch is sorted: the spikes of the whole map are, once, and in that order each is
dealt to the patches that it belongs to, at most size^2 of them. A dense layer is a convolution with
one place.

The adjoint makes the record of a patch again, in the cache, instead of keeping those of all
patches. The gradient of a shared weight is summed patch after patch and sample after sample within
a shard, so that its bits do not depend on the number of threads.
"""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from rcspike_brian.core.compiling import compiled
from rcspike_brian.core.firing import rise_slope, rise_time
from rcspike_brian.core.kernels import POTENTIAL, record_length, sweep_backward, sweep_forward
from rcspike_brian.core.layout import Layout, aligned_zeros
from rcspike_brian.core.ordering import sort_spikes, sorting
from rcspike_brian.core.segments import segments_between, table_length
from rcspike_brian.core.vectors import LANES, any_above, load, magnitude, store, total
from rcspike_brian.core.windows import Window

# What the kernels need to know of all layers. Columns of the table are below; then lists of
# numbers, in which a layer's begin where its row of the table says.
Maps = namedtuple("Maps", "table deals corners taps members")
(
    N_IN, N_OUT, N_TILES, OFFSET,  # of the crossbar, as in `Layout.table`
    N_LINES, N_PLACES, AREA, N_TAPS,  # lines of the map, places, lines and taps per channel
    DEALS, CORNERS, TAPS, PATCHES, STRIDE,  # where lists begin; and patches, so far apart
    MEMBERS, N_MEMBERS,  # neurons in front of a line
) = range(15)  # fmt: skip

MapScratch = namedtuple(
    "MapScratch",
    "times driver order sorting patch_order patch_times counts behind segments record potentials "
    "costates by_neuron by_line statistics",
)


# Columns of the statistics: two sums over samples, then per layer two sums over neurons.
LOSS, CORRECT, FIRST_LAYER = 0, 1, 2
SILENT, SATURATED = 0, 1


class Stage(NamedTuple):
    """Geometry of a layer: lines, columns of its crossbar, its window (none: dense), its pool."""

    n_lines: int
    n_columns: int
    window: Window | None
    pool: Window | None


@dataclass(frozen=True)
class MapLayout(Layout):
    """Place of the weights of a network with convolutions, see `Layout`; shapes are crossbars'."""

    stages: tuple[Stage, ...] = ()

    @cached_property
    def for_kernels(self):
        """The `Maps` of the network, made once."""
        rows, deals, corners, taps, members = [], [], [], [], []
        patches, in_front = 0, 1  # places of the layer in front
        for stage, crossbar in zip(self.stages, self.table, strict=True):
            window, n_lines = stage.window, stage.n_lines
            n_in = int(crossbar[N_IN])
            stride = n_in + 2 + LANES  # room to read beyond the last, see `segments_between`
            n_places, area, n_taps = 1, n_lines, 0
            begin = len(deals), len(corners), len(taps)
            if window:
                n_places, n_taps = window.n_places, window.size**2
                area = n_lines // window.shape[0]
                deals += _deals(window)
                row, column = window.corners().T
                corners += (row * window.shape[2] + column).tolist()
                taps += _taps(window)
            pooled, n_members = _members(stage.pool, in_front)
            geometry = n_lines, n_places, area, n_taps, *begin, patches, stride
            rows.append((*crossbar, *geometry, len(members), n_members))
            members += pooled
            patches += n_places * stride
            in_front = n_places
        lists = (np.array(numbers, np.int32) for numbers in (deals, corners, taps, members))
        return Maps(np.array(rows, np.int64), *lists)

    @property
    def sparse(self):
        """Shared weights have a gradient in every sample: none is sparse."""
        return 0, 1

    def scratch(self, dtype):
        """Scratch arrays for one thread."""
        table = self.for_kernels.table
        n_layers, widest = self.n_layers, int(table[:, N_IN].max()) + 1
        n_lines = int(table[:, N_LINES].max())
        n_neurons = int((table[:, N_PLACES] * table[:, N_TILES]).max()) * LANES
        n_patches = int((table[:, N_PLACES] * table[:, STRIDE]).sum())
        return MapScratch(
            times=aligned_zeros((n_layers, n_lines), dtype),
            driver=aligned_zeros((n_layers, n_lines), np.int32),
            order=aligned_zeros(n_lines, np.int32),
            sorting=sorting(n_lines, dtype),
            patch_order=aligned_zeros(n_patches, np.int32),
            patch_times=aligned_zeros(n_patches, dtype),
            counts=aligned_zeros((n_layers, int(table[:, N_PLACES].max())), np.int32),
            behind=aligned_zeros(widest, np.int32),
            segments=aligned_zeros(table_length(widest), dtype),
            record=aligned_zeros(record_length(widest), dtype),
            potentials=aligned_zeros((n_layers, n_neurons), dtype),
            costates=aligned_zeros(n_neurons, dtype),
            by_neuron=aligned_zeros((widest, LANES), dtype),
            by_line=aligned_zeros(n_lines, dtype),
            statistics=aligned_zeros(FIRST_LAYER + 2 * n_layers, np.float64),
        )


def _deals(window):
    """For each pixel of a channel size^2 pairs of a place and its tap there; -1 where no more."""
    deals = [[] for _ in range(window.shape[1] * window.shape[2])]
    for place, pixels in enumerate(window.pixels()):
        for tap, pixel in enumerate(pixels):
            if pixel >= 0:
                deals[pixel] += [place, tap]
    return [number for deal in deals for number in deal + [-1] * (2 * window.size**2 - len(deal))]


def _taps(window):
    """How far the line of each tap of each channel is from that of the upper left corner."""
    channels, height, width = window.shape
    down, right = np.divmod(np.arange(window.size**2), window.size)
    first = np.arange(channels)[:, None] * (height * width)
    return (first + down * width + right).ravel().tolist()


def _members(pool, in_front):
    """Places of the neurons that drive the lines of one channel, and how many each line has."""
    if pool is None:
        return list(range(in_front)), 1
    return pool.pixels().ravel().tolist(), pool.size**2


@compiled
def lines_of_sample(sample, s):
    """Spike times of the first lines: of grey levels, or times as they are."""
    one, scale = s.times.dtype.type(1), s.times.dtype.type(1 / 255)
    for j in range(sample.shape[0]):
        s.times[0, j] = one - scale * sample[j] if sample.itemsize == 1 else sample[j]


@compiled
def lines_of_neurons(l, ramp, maps, noise, position, s):
    """Spike times of the lines of layer ``l``, and which neuron drives each: the earliest."""
    zero, one = s.times.dtype.type(0), s.times.dtype.type(1)
    row, front = maps.table[l], maps.table[l - 1]
    width, n_places = front[N_TILES] * LANES, front[N_PLACES]
    n_members, members = row[N_MEMBERS], row[MEMBERS]
    noisy = noise.shape[0] > 0
    j = 0
    for c in range(front[N_OUT]):
        for pixel in range(row[N_LINES] // front[N_OUT]):
            earliest, driver = one + one, 0
            for m in range(n_members):
                place = maps.members[members + pixel * n_members + m]
                i = place * width + c
                t = rise_time(s.potentials[l - 1, i], ramp)
                if noisy:
                    t += noise[position + c * n_places + place]
                t = min(max(t, zero), one)
                if t < earliest:
                    earliest, driver = t, i
            s.times[l, j] = earliest
            s.driver[l, j] = driver
            j += 1


@compiled
def deal_spikes(l, maps, s):
    """Spikes of all patches of layer ``l`` in order, the bias line in front."""
    row = maps.table[l]
    n_in, n_places, area, n_taps = row[N_IN], row[N_PLACES], row[AREA], row[N_TAPS]
    start, stride, deals = row[PATCHES], row[STRIDE], row[DEALS]
    n_spikes = sort_spikes(s.times[l, : row[N_LINES]], s.order, s.sorting)
    counts = s.counts[l]
    for p in range(n_places):
        s.patch_order[start + p * stride] = n_in
        s.patch_times[start + p * stride] = 0
        counts[p] = 1
    if n_taps == 0:
        for k in range(n_spikes):
            s.patch_order[start + 1 + k] = s.order[k]
            s.patch_times[start + 1 + k] = s.sorting.ascending[k]
        counts[0] = 1 + n_spikes
        return
    for k in range(n_spikes):
        j, t = s.order[k], s.sorting.ascending[k]
        channel = j // area
        first = deals + 2 * n_taps * (j - channel * area)
        for m in range(first, first + 2 * n_taps, 2):
            p = maps.deals[m]
            if p < 0:
                break
            place = start + p * stride + counts[p]
            s.patch_order[place] = channel * n_taps + maps.deals[m + 1]
            s.patch_times[place] = t
            counts[p] += 1


@compiled
def _patch(l, p, unit, maps, s):
    """The order of the spikes of a patch, and how many; describes the segments between them."""
    start, stride, n = maps.table[l, PATCHES], maps.table[l, STRIDE], s.counts[l, p]
    start += p * stride
    times = s.patch_times[start : start + stride]
    segments_between(times, n, unit, s.behind, s.segments)
    return s.patch_order[start : start + stride], n


@compiled
def charge_layer(l, theta, coupling, maps, s):
    """Potentials of all neurons of layer ``l``."""
    row = maps.table[l]
    n_in, n_tiles = row[N_IN], row[N_TILES]
    at = l * s.potentials.shape[1]
    width, empty = n_tiles * LANES, -1
    for p in range(row[N_PLACES]):
        if s.counts[l, p] == 1:  # no spike but that of the bias line: as at other such places
            if empty >= 0:
                for i in range(width):
                    s.potentials[l, p * width + i] = s.potentials[l, empty * width + i]
                continue
            empty = p
        order, n = _patch(l, p, coupling.unit, maps, s)
        for tile in range(n_tiles):
            first = row[OFFSET] + tile * (n_in + 1) * LANES
            sweep_forward(order, s.behind, s.segments, n, theta, first, coupling, s.record, 0)
            v = load(s.record, POTENTIAL) / coupling.unit
            store(s.potentials, at + p * width + tile * LANES, v)


@compiled
def forward_sample(sample, theta, maps, circuit, noise, s):
    """All layers of one sample; arguments as for `rcspike_brian.core.fused.forward_sample`."""
    coupling, ramp = circuit
    lines_of_sample(sample, s)
    position, last = 0, maps.table.shape[0] - 1
    for l in range(last + 1):
        if l:
            lines_of_neurons(l, ramp, maps, noise, position, s)
            position += maps.table[l - 1, N_OUT] * maps.table[l - 1, N_PLACES]
        deal_spikes(l, maps, s)
        charge_layer(l, theta, coupling, maps, s)
    if noise.shape[0] > position:
        for i in range(maps.table[last, N_OUT]):
            s.potentials[last, i] -= noise[position + i]


@compiled
def adjoint_layer(l, theta, coupling, maps, gradient, s):
    """Gradients of the weights of layer ``l``, and dL/dtau of its lines, from its costates."""
    row = maps.table[l]
    n_in, n_tiles = row[N_IN], row[N_TILES]
    s.by_line[: row[N_LINES]] = 0
    for p in range(row[N_PLACES]):
        active = False
        for tile in range(n_tiles):
            active |= any_above(magnitude(load(s.costates, (p * n_tiles + tile) * LANES)), 0.0)
        if not active:
            continue  # all its neurons are silent or saturated, or none drives a line
        order, n = _patch(l, p, coupling.unit, maps, s)
        start = row[PATCHES] + p * row[STRIDE]
        n_fixed = n
        if l:  # the images need no gradient
            n_fixed = 1
            while n_fixed < n and s.patch_times[start + n_fixed] <= 0:
                n_fixed += 1
        s.by_neuron[n_fixed:n] = 0
        for tile in range(n_tiles):
            at = (p * n_tiles + tile) * LANES
            if not any_above(magnitude(load(s.costates, at)), 0.0):
                continue
            first = row[OFFSET] + tile * (n_in + 1) * LANES
            layer = order, s.behind, s.segments, n, theta, first, coupling, s.record, 0
            sweep_forward(*layer)
            sweep_backward(*layer, s.costates, at, gradient, s.by_neuron, n_fixed)
        if row[N_TAPS]:
            corner = maps.corners[row[CORNERS] + p]
            for k in range(n_fixed, n):
                j = corner + maps.taps[row[TAPS] + order[k]]
                s.by_line[j] += total(load(s.by_neuron, LANES * k))
        else:
            for k in range(n_fixed, n):
                s.by_line[order[k]] = total(load(s.by_neuron, LANES * k))


@compiled
def backward_sample(theta, maps, circuit, gradient, s):
    """Adjoint of `forward_sample`; see `rcspike_brian.core.fused.backward_sample`."""
    coupling, ramp = circuit
    for i in range(s.costates.shape[0]):
        s.costates[i] /= coupling.unit
    for l in range(maps.table.shape[0] - 1, -1, -1):
        adjoint_layer(l, theta, coupling, maps, gradient, s)
        if l:
            s.costates[:] = 0
            for j in range(maps.table[l, N_LINES]):
                # Clipped spikes, silent or at once, do not move with V.
                if 0 < s.times[l, j] < 1:
                    i = s.driver[l, j]
                    s.costates[i] = s.by_line[j] * rise_slope(s.potentials[l - 1, i], ramp)


@compiled
def count_clipped(maps, s):
    """Count silent and saturated neurons of every layer."""
    for l in range(maps.table.shape[0]):
        row = maps.table[l]
        silent = saturated = 0
        for p in range(row[N_PLACES]):
            at = p * row[N_TILES] * LANES
            for i in range(at, at + row[N_OUT]):
                silent += s.potentials[l, i] <= 0
                saturated += s.potentials[l, i] >= 1
        s.statistics[FIRST_LAYER + 2 * l + SILENT] += silent
        s.statistics[FIRST_LAYER + 2 * l + SATURATED] += saturated


@compiled
def write_potentials(maps, potentials, s):
    """Write potentials of the last layer, or of all side by side, channel after channel."""
    column = potentials.shape[0]
    for l in range(maps.table.shape[0] - 1, -1, -1):
        row = maps.table[l]
        n_places, n_out, width = row[N_PLACES], row[N_OUT], row[N_TILES] * LANES
        if column >= n_places * n_out:
            column -= n_places * n_out
            for c in range(n_out):
                for p in range(n_places):
                    potentials[column + c * n_places + p] = s.potentials[l, p * width + c]


@compiled
def outputs(maps, s):
    """Potentials of the output neurons, of one place."""
    return s.potentials[-1, : maps.table[-1, N_OUT]]


@compiled
def prepare_nothing(samples, coupling, s):
    """Segments are those of a patch: samples have none in common."""


@compiled
def note_nothing(touched, s):
    """Shared weights have a gradient whichever inputs spike."""
