"""Compiled training step: all layers, loss and adjoint of one sample after another.

The loss is a sum over samples, so a sample can go forward through all layers and backward again
before the next one starts. Scratch memory is then that of one sample per thread, whatever the
batch, and stays in the cache.

A batch is cut into a fixed number of *shards*. Each has a gradient of its own and takes its
samples in order; the optimiser adds the shards up in order. The result therefore does not depend on
how many threads work on the shards.
"""

from collections import namedtuple

import numpy as np
from numba.extending import overload

from rcspike_brian.core import maps
from rcspike_brian.core.calling import without_refcount
from rcspike_brian.core.compiling import compiled
from rcspike_brian.core.firing import first_spike_is, rise_slope, rise_time
from rcspike_brian.core.kernels import POTENTIAL, record_length, sweep_backward, sweep_forward
from rcspike_brian.core.layout import aligned_zeros
from rcspike_brian.core.loss import sample_loss
from rcspike_brian.core.maps import (
    CORRECT,
    FIRST_LAYER,
    LOSS,
    SATURATED,
    SILENT,
    MapLayout,
    MapScratch,
)
from rcspike_brian.core.ordering import GREY_LEVELS, sort_grey_levels, sort_spikes, sorting
from rcspike_brian.core.segments import (
    GREY_ROWS,
    describe_grey_levels,
    segments_between,
    table_length,
)
from rcspike_brian.core.vectors import LANES, any_above, load, magnitude, store, total

# Per-sample scratch of one thread; a row per layer where the adjoint needs them all. See `scratch`.
Scratch = namedtuple(
    "Scratch",
    "times sorting order behind segments n_spikes n_fixed records potentials costates by_neuron "
    "statistics",
)


def scratch(layout, dtype, history=True):
    """Scratch arrays for one thread; ``history`` keeps what the adjoint needs of every layer."""
    if isinstance(layout, MapLayout):
        return layout.scratch(dtype)
    n_layers, widest_in = layout.n_layers, max(n_in for n_in, _ in layout.shapes) + 1
    n_tiles = int(layout.table[:, 2].max())
    n_records = n_tiles if history else 1
    return Scratch(
        times=aligned_zeros(widest_in, dtype),
        sorting=sorting(widest_in, dtype),
        order=aligned_zeros((n_layers, widest_in), np.int32),
        segments=aligned_zeros((n_layers, table_length(max(widest_in, GREY_LEVELS - 1))), dtype),
        behind=aligned_zeros((n_layers, widest_in), np.int32),
        n_spikes=aligned_zeros(n_layers, np.int64),
        n_fixed=aligned_zeros(n_layers, np.int64),
        records=aligned_zeros((n_layers, n_records, record_length(widest_in)), dtype),
        potentials=aligned_zeros((n_layers, n_tiles * LANES), dtype),
        costates=aligned_zeros(max(n_tiles * LANES, widest_in), dtype),
        by_neuron=aligned_zeros((widest_in, LANES), dtype),
        statistics=aligned_zeros(FIRST_LAYER + 2 * n_layers, np.float64),
    )


@compiled
def _sort_grey(levels, s):
    """Input spikes of an image: a pixel of grey level p spikes at 1 - p/255, the bias line at 0."""
    order, behind = s.order[0], s.behind[0]
    order[0] = levels.shape[0]
    n_spikes = 1 + sort_grey_levels(levels, order[1:], s.sorting)
    level = np.uintp(0)  # unsigned: nothing need be done for places counted from the end
    for k in range(n_spikes - 1, 0, -1):
        own = np.uintp(levels[order[k]])
        behind[k] = GREY_ROWS[own - level]
        level = own
    behind[0] = GREY_ROWS[np.uintp(255) - level]
    s.n_spikes[0] = n_spikes


@compiled
def _sort_times(times, l, unit, s):
    """Input spikes of layer ``l``; the last of the times belongs to the bias line."""
    times[-1] = 0
    order = s.order[l]
    n_spikes = sort_spikes(times, order, s.sorting)
    segments_between(s.sorting.ascending, n_spikes, unit, s.behind[l], s.segments[l])
    s.n_spikes[l] = n_spikes
    n_fixed = 1
    while n_fixed < s.n_spikes[l] and times[order[n_fixed]] <= 0:
        n_fixed += 1
    s.n_fixed[l] = n_fixed


@compiled
def prepare_samples(samples, coupling, s):
    """Do once what all samples have in common: the segments between grey levels."""
    if samples.itemsize == 1:
        describe_grey_levels(coupling.unit, s.segments[0])


@compiled
def sort_sample(sample, unit, s):
    """Input spikes of the first layer: of grey levels, after `prepare_samples`, or of times."""
    if sample.itemsize == 1:
        _sort_grey(sample, s)
    else:
        times = s.times[: sample.shape[0] + 1]
        for j in range(sample.shape[0]):
            times[j] = sample[j]
        _sort_times(times, 0, unit, s)


@compiled
def _place(table, l, tile, s):
    """Where the weights of a tile and its record begin, counted flat."""
    n_in, _, _, offset = table[l]
    n_records, length = s.records.shape[1:]
    record = l * n_records + tile % n_records  # without history all tiles share one
    return offset + tile * (n_in + 1) * LANES, record * length


@compiled
def forward_sample(sample, theta, table, circuit, noise, s):
    """All layers of one sample, after `prepare_samples`; leaves potentials in ``s.potentials``.

    ``noise`` (n_hidden,) is added to the unclipped spike times of the hidden neurons, layer after
    layer; an empty array means none. If it is of all neurons, the rest is added to the thresholds
    of the outputs: only their distance from the potential counts, so it is taken off that.
    """
    zero, one = s.times.dtype.type(0), s.times.dtype.type(1)
    coupling, ramp = circuit
    sort_sample(sample, coupling.unit, s)
    position = 0
    for l in range(table.shape[0]):
        n_out, n_tiles = table[l, 1], table[l, 2]
        spikes = s.order[l], s.behind[l], s.segments[l], s.n_spikes[l]
        for tile in range(n_tiles):
            first, record = _place(table, l, tile, s)
            sweep_forward(*spikes, theta, first, coupling, s.records, record)
            v = load(s.records, record + POTENTIAL) / coupling.unit
            store(s.potentials, l * s.potentials.shape[1] + tile * LANES, v)
        if l + 1 < table.shape[0]:
            times = s.times[: n_out + 1]
            for i in range(n_out):
                t = rise_time(s.potentials[l, i], ramp)
                if noise.shape[0]:
                    t += noise[position + i]
                times[i] = min(max(t, zero), one)
            position += n_out
            _sort_times(times, l + 1, coupling.unit, s)
        elif noise.shape[0] > position:
            for i in range(n_out):
                s.potentials[l, i] -= noise[position + i]


@compiled
def backward_sample(theta, table, circuit, gradient, s):
    """Adjoint of `forward_sample`; dL/dv(1) of the last layer stands in ``s.costates``.

    From there on costates are dL/dV, V = unit v, and spike times are tau = unit t, so that dL/dV of
    a neuron is dL/dtau of its spike times the slope dt/dv of the ramp.
    """
    coupling, ramp = circuit
    for i in range(s.costates.shape[0]):
        s.costates[i] /= coupling.unit
    for l in range(table.shape[0] - 1, -1, -1):
        n_tiles, n_spikes = table[l, 2], s.n_spikes[l]
        n_fixed = s.n_fixed[l] if l else n_spikes  # the images need no gradient
        s.by_neuron[n_fixed:n_spikes] = 0
        layer = s.order[l], s.behind[l], s.segments[l], n_spikes, theta
        for tile in range(n_tiles):
            if not any_above(magnitude(load(s.costates, tile * LANES)), 0.0):
                continue  # all its neurons are silent or saturated
            first, record = _place(table, l, tile, s)
            state = coupling, s.records, record, s.costates, tile * LANES
            sweep_backward(*layer, first, *state, gradient, s.by_neuron, n_fixed)
        if l:
            # Clipped spikes, silent or at once, do not move with V.
            s.costates[:] = 0
            for k in range(n_fixed, n_spikes):
                i = s.order[l, k]
                slope = rise_slope(s.potentials[l - 1, i], ramp)
                s.costates[i] = total(load(s.by_neuron, LANES * k)) * slope


@compiled
def _count_clipped(table, s):
    """Count silent and saturated neurons of every layer."""
    for l in range(table.shape[0]):
        v = s.potentials[l]
        silent = saturated = 0
        for i in range(table[l, 1]):
            silent += v[i] <= 0
            saturated += v[i] >= 1
        s.statistics[FIRST_LAYER + 2 * l + SILENT] += silent
        s.statistics[FIRST_LAYER + 2 * l + SATURATED] += saturated


@compiled
def _note_spiking(touched, s):
    """Note which inputs have spiked."""
    for spike in range(s.n_spikes[0]):
        j = s.order[0, spike]
        if not touched[j]:  # reading is cheap, writing next to another thread is not
            touched[j] = True


@compiled
def _write_potentials(table, potentials, s):
    """Write the potentials of the last layer, or of all layers side by side, as many as fit."""
    column = potentials.shape[0]
    for l in range(table.shape[0] - 1, -1, -1):
        n_out = table[l, 1]
        if column >= n_out:
            column -= n_out
            potentials[column : column + n_out] = s.potentials[l, :n_out]


@compiled
def _outputs(table, s):
    """Potentials of the output neurons."""
    return s.potentials[-1, : table[-1, 1]]


def _either(dense, with_maps):
    """A function for compiled code: one of two, by the type of the scratch, its last argument.

    Code that is compiled for dense layers has no trace of the other.
    """

    def function(*arguments):
        """Stands for one of them."""

    def chosen(*arguments):
        if getattr(arguments[-1], "instance_class", None) is MapScratch:
            return lambda *arguments: with_maps(*arguments)
        return lambda *arguments: dense(*arguments)

    overload(function)(chosen)
    return function


_prepare = _either(prepare_samples, maps.prepare_nothing)
_forward = _either(forward_sample, maps.forward_sample)
_backward = _either(backward_sample, maps.backward_sample)
_clipped = _either(_count_clipped, maps.count_clipped)
_spiking = _either(_note_spiking, maps.note_nothing)
_last = _either(_outputs, maps.outputs)
_write = _either(_write_potentials, maps.write_potentials)


@compiled
def gradient_shard(
    inputs, labels, begin, end, theta, table, circuit, loss, noise, gradient, touched, statistics, s
):
    """Add the gradients and statistics of the samples ``begin`` to ``end``.

    Inputs (n, n_in) are uint8 grey levels, or spike times; theta (n_parameters,) lies in a `Layout`
    with that table, or a `MapLayout` with those maps; the circuit is (EqualRails or UnequalRails,
    ConstantRamp or BentRamp) in the precision of theta; noise is (n, n_neurons), (n, n_hidden) or
    (n, 0). To ``gradient`` dL/dtheta is added, L summed over the samples, and to ``statistics``
    (2 + 2 n_layers,) loss, correct first spikes, and silent and saturated neurons per layer.
    ``touched`` (n_in + 1,) receives which inputs have spiked: only their weights have a gradient.
    The scratch ``s`` has a history.
    """
    inputs, labels, theta, table, noise, gradient, touched, statistics, s = without_refcount(
        (inputs, labels, theta, table, noise, gradient, touched, statistics, s)
    )
    ramp = circuit[1]
    touched[:] = False
    s.statistics[:] = 0
    _prepare(inputs, circuit[0], s)
    for k in range(begin, end):
        _forward(inputs[k], theta, table, circuit, noise[k], s)
        v = _last(table, s)
        s.statistics[LOSS] += sample_loss(v, labels[k], loss, s.costates)
        s.statistics[CORRECT] += first_spike_is(v, labels[k], ramp)
        _clipped(table, s)
        _backward(theta, table, circuit, gradient, s)
        _spiking(touched, s)
    statistics += s.statistics


@compiled
def forward_shard(inputs, begin, end, theta, table, circuit, noise, potentials, statistics, s):
    """Write membrane potentials for the samples ``begin`` to ``end``; see `gradient_shard`.

    ``potentials`` (n, n_out) or (n, n_neurons) receives v(1) of the last layer, or of all layers
    side by side; ``s`` needs no history.
    """
    inputs, theta, table, noise, potentials, statistics, s = without_refcount(
        (inputs, theta, table, noise, potentials, statistics, s)
    )
    s.statistics[:] = 0
    _prepare(inputs, circuit[0], s)
    for k in range(begin, end):
        _forward(inputs[k], theta, table, circuit, noise[k], s)
        _clipped(table, s)
        _write(table, potentials[k], s)
    statistics += s.statistics
