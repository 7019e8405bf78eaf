"""Compiled training step: all layers, loss and adjoint of one sample after another.

The loss is a sum over samples, so a sample can go forward through all layers and backward again
before the next one starts. Scratch memory is then that of one sample per thread, whatever the
batch, and stays in the cache.

A batch is cut into a fixed number of *shards*. Each has a gradient of its own and takes its
samples in order; the optimiser adds the shards up in order. The result therefore does not depend on
how many threads work on the shards.
"""

import math
from collections import namedtuple

import numpy as np
from numba import njit

from rcspike_brian.core.alignment import aligned_zeros
from rcspike_brian.core.kernels import COSTATE, POTENTIAL, sweep_backward, sweep_forward
from rcspike_brian.core.ordering import sort_spikes

# Per-sample scratch of one thread; one row per layer. See `scratch`.
Scratch = namedtuple(
    "Scratch",
    "times order n_spikes spiking buckets trace halvings record adjoint timing",
)

# Loss of one sample: cross-entropy of softmax(-t/temperature) over the unclipped output times
# t = 1 - v(1), plus window * sum (t - 0.9)^2, which keeps output spikes inside the firing phase
# (arXiv:2412.09010, Methods).
Loss = namedtuple("Loss", "temperature window")
TARGET_TIME = 0.9

# Columns of the statistics: two sums over samples, then per layer two sums over neurons.
LOSS, CORRECT, FIRST_LAYER = 0, 1, 2
SILENT, SATURATED = 0, 1


def scratch(layout, dtype, history=True):
    """Scratch arrays for one thread.

    Parameters
    ----------
    layout : Layout
    dtype : numpy dtype
        Precision of spike times and state.
    history : bool
        Keep the trace of every layer, as the adjoint needs it.
    """
    n_layers = layout.n_layers
    widest_in = max(layout.sizes[:-1]) + 1
    widest_out = int(layout.table[:, 2].max())
    n_records = widest_in + 1 if history else 2
    return Scratch(
        times=np.empty((n_layers, widest_in), dtype),
        order=np.empty((n_layers, widest_in), np.int32),
        n_spikes=np.empty(n_layers, np.int64),
        spiking=np.empty(widest_in, np.int32),
        buckets=np.empty(257, np.int32),
        trace=aligned_zeros((n_layers, n_records, 3, widest_out), dtype),
        halvings=np.empty((n_layers, n_records), np.int32),
        record=np.empty(n_layers, np.int64),
        adjoint=aligned_zeros((3, widest_out), dtype),
        timing=np.empty(widest_in, dtype),
    )


@njit(cache=True, nogil=True)
def _encode(sample, times):
    """Input spike times of one sample: grey levels become t = 1 - p/255, times stay."""
    grey = sample.itemsize == 1
    step = times.dtype.type(1 / 255)
    one = times.dtype.type(1)
    for j in range(sample.shape[0]):
        times[j] = one - times.dtype.type(sample[j]) * step if grey else sample[j]


@njit(cache=True, nogil=True)
def _forward(sample, theta, table, beta, noise, s):
    """All layers of one sample; returns the membrane potentials of the last one.

    ``noise`` (n_hidden,) is added to the unclipped spike times of the hidden neurons, layer after
    layer; an empty array means none.
    """
    zero, one = s.times.dtype.type(0), s.times.dtype.type(1)
    _encode(sample, s.times[0])
    position = 0
    for l in range(table.shape[0]):
        n_in, n_out, n_padded, offset = table[l]
        times, order = s.times[l, : n_in + 1], s.order[l]
        times[n_in] = zero  # the bias line
        s.n_spikes[l] = sort_spikes(times, order, s.spiking, s.buckets)
        weights = theta[offset : offset + (n_in + 1) * n_padded].reshape(n_in + 1, n_padded)
        s.record[l] = sweep_forward(
            times,
            order,
            s.n_spikes[l],
            weights,
            0,
            n_padded,
            beta[0],
            beta[1],
            s.trace[l],
            s.halvings[l],
        )
        v = s.trace[l, s.record[l], POTENTIAL]
        if l + 1 < table.shape[0]:
            following = s.times[l + 1]
            for i in range(n_out):
                t = one - v[i]
                if noise.shape[0]:
                    t += noise[position + i]
                following[i] = min(max(t, zero), one)
            position += n_out
    return s.trace[table.shape[0] - 1, s.record[table.shape[0] - 1], POTENTIAL]


@njit(cache=True, nogil=True)
def _backward(theta, table, beta, gradient, s):
    """Adjoint of `_forward`; dL/dv(1) of the last layer stands in ``s.adjoint``."""
    for l in range(table.shape[0] - 1, -1, -1):
        n_in, _, n_padded, offset = table[l]
        block = slice(offset, offset + (n_in + 1) * n_padded)
        timing = s.timing[: n_in + 1 if l else 0]  # the images need no gradient
        timing[:] = 0
        times = s.times[l, : n_in + 1]
        sweep_backward(
            times,
            s.order[l],
            s.n_spikes[l],
            theta[block].reshape(n_in + 1, n_padded),
            0,
            n_padded,
            beta[0],
            beta[1],
            s.trace[l],
            s.halvings[l],
            s.record[l],
            s.adjoint,
            gradient[block].reshape(n_in + 1, n_padded),
            timing,
        )
        if l:
            s.adjoint[COSTATE] = 0
            for j in range(n_in):
                # Clipped spikes, silent or at once, do not move with v.
                if 0 < times[j] < 1:
                    s.adjoint[COSTATE, j] = -timing[j]


@njit(cache=True, nogil=True)
def first_spike_is(v, label):
    """Whether the labelled neuron spikes, and alone before all others."""
    own = min(v[label], v.dtype.type(1))
    if own <= 0:
        return False
    for i in range(v.shape[0]):  # noqa: SIM110 (no generators in compiled code)
        if i != label and v[i] >= own:
            return False
    return True


@njit(cache=True, nogil=True)
def _loss(v, label, loss, costate):
    """Loss of one sample; writes dL/dv(1)."""
    highest = v.max()
    total = 0.0
    for i in range(v.shape[0]):
        total += math.exp((v[i] - highest) / loss.temperature)
    value = math.log(total) - (v[label] - highest) / loss.temperature
    costate[:] = 0
    for i in range(v.shape[0]):
        share = math.exp((v[i] - highest) / loss.temperature) / total
        excess = v[i] - (1 - TARGET_TIME)
        value += loss.window * excess**2
        costate[i] = (share - (i == label)) / loss.temperature + 2 * loss.window * excess
    return value


@njit(cache=True, nogil=True)
def _count_clipped(table, s, statistics):
    """Count silent and saturated neurons of every layer."""
    for l in range(table.shape[0]):
        v = s.trace[l, s.record[l], POTENTIAL]
        silent = saturated = 0
        for i in range(table[l, 1]):
            silent += v[i] <= 0
            saturated += v[i] >= 1
        statistics[FIRST_LAYER + 2 * l + SILENT] += silent
        statistics[FIRST_LAYER + 2 * l + SATURATED] += saturated


@njit(cache=True, nogil=True)
def gradient_shard(
    inputs, labels, batch, begin, end, theta, table, beta, loss, noise, gradient, statistics, s
):
    """Add the gradients and statistics of the samples ``batch[begin:end]``.

    Parameters
    ----------
    inputs : (n, n_in) array
        uint8 grey levels, or spike times in units of T.
    labels : (n,) int array
    batch : (n_batch,) int array
        Which samples make up the batch.
    begin, end : int
        The part of the batch to work on.
    theta : (n_parameters,) array
        Weights, in a `Layout`.
    table : (n_layers, 4) int array
        ``Layout.table``.
    beta : tuple of 2 floats
        In the precision of theta.
    loss : Loss
    noise : (n_batch, n_hidden) or (n_batch, 0) array
        Added to hidden spike times.
    gradient : (n_parameters,) array
        dL/dtheta is added to it, L summed over the samples.
    statistics : (2 + 2 n_layers,) float64 array
        Loss, correct first spikes, and per layer silent and saturated neurons are added to it.
    s : Scratch
        With history.
    """
    n_out = table[-1, 1]
    for k in range(begin, end):
        sample = batch[k]
        v = _forward(inputs[sample], theta, table, beta, noise[k], s)[:n_out]
        statistics[LOSS] += _loss(v, labels[sample], loss, s.adjoint[COSTATE])
        statistics[CORRECT] += first_spike_is(v, labels[sample])
        _count_clipped(table, s, statistics)
        _backward(theta, table, beta, gradient, s)


@njit(cache=True, nogil=True)
def forward_shard(inputs, begin, end, theta, table, beta, noise, potentials, statistics, s):
    """Membrane potentials of all neurons for the samples ``begin`` to ``end``.

    Parameters
    ----------
    potentials : (n, n_out) or (n, n_neurons) array
        Receives v(1) of the last layer, or of all layers side by side.
    statistics : (2 + 2 n_layers,) float64 array
        Silent and saturated neurons are added to it.

    The others are those of `gradient_shard`; ``s`` needs no history.
    """
    for k in range(begin, end):
        _forward(inputs[k], theta, table, beta, noise[k], s)
        _count_clipped(table, s, statistics)
        column = potentials.shape[1]
        for l in range(table.shape[0] - 1, -1, -1):
            n_out = table[l, 1]
            if column >= n_out:
                column -= n_out
                v = s.trace[l, s.record[l], POTENTIAL]
                potentials[k, column : column + n_out] = v[:n_out]


@njit(cache=True, nogil=True, fastmath={"contract"})
def adam_step(theta, first_moment, second_moment, gradients, begin, end, scale, rate, adam):
    """Adam on ``theta[begin:end]``; takes the shards' gradients and clears them.

    Parameters
    ----------
    gradients : (n_shards, n_parameters) array
        Added up in order.
    scale : float
        Factor of the gradient: one over the batch size.
    rate : float
        Learning rate with the bias corrections of this step.
    adam : tuple of 3 floats
        beta_1, beta_2 and epsilon (the latter with its bias correction).
    """
    beta_1, beta_2, epsilon = adam
    one = theta.dtype.type(1)
    last = gradients.shape[0] - 1
    for shard in range(1, last):
        for i in range(begin, end):
            gradients[0, i] += gradients[shard, i]
            gradients[shard, i] = 0
    for i in range(begin, end):
        g = gradients[0, i]
        gradients[0, i] = 0
        if last > 0:
            g += gradients[last, i]
            gradients[last, i] = 0
        g *= scale
        m = beta_1 * first_moment[i] + (one - beta_1) * g
        u = beta_2 * second_moment[i] + (one - beta_2) * g * g
        first_moment[i] = m
        second_moment[i] = u
        theta[i] -= rate * m / (np.sqrt(u) + epsilon)
