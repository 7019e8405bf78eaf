"""Membrane potential at the end of the charging phase, and its exact gradient.

The event sweep sorts the input spikes of a sample once and then needs one multiply-add chain per
input and neuron: the order of a dot product, in time and in memory.
"""

import itertools

import numpy as np
from numpy.typing import ArrayLike

from rcspike_brian.core.calling import without_refcount
from rcspike_brian.core.charge import synaptic_charge
from rcspike_brian.core.checks import (
    beta_pair,
    finite_result,
    float_array,
    largest_sum,
    layer_arrays,
)
from rcspike_brian.core.compiling import compiled
from rcspike_brian.core.coupling import FAR, coupling_of, keeps_digits
from rcspike_brian.core.kernels import POTENTIAL, record_length, sweep_backward, sweep_forward
from rcspike_brian.core.ordering import sort_spikes, sorting
from rcspike_brian.core.rails import gradients_from_rails
from rcspike_brian.core.segments import segments_between, table_length
from rcspike_brian.core.threads import ThreadPool
from rcspike_brian.core.vectors import LANES, load, total
from rcspike_brian.errors import InvalidInput

_TABLE = 2**21  # numbers in the segment tables of the samples that are worked on together
_TASKS = 8  # at least, among which they are shared out
_PARTIAL_SUMS = 4  # of the time gradient


@compiled
def _sort_samples(times, order, behind, segments, n_spikes, unit, space):
    for s in range(times.shape[0]):
        n_spikes[s] = sort_spikes(times[s], order[s], space)
        segments_between(space.ascending, n_spikes[s], unit, behind[s], segments[s])


@compiled
def _copy_tile(weights, first, tile):
    """Columns ``first`` to ``first + LANES`` in double precision; zeros beyond the last."""
    for j in range(weights.shape[0]):
        for i in range(LANES):
            tile[j, i] = weights[j, first + i] if first + i < weights.shape[1] else 0.0


@compiled
def _forward_task(order, behind, segments, n_spikes, weights, coupling, samples, first, result):
    """One tile of neurons for some of the samples."""
    order, behind, segments, weights, result = without_refcount(
        (order, behind, segments, weights, result)
    )
    n_in, width = weights.shape[0], min(LANES, weights.shape[1] - first)
    tile = np.empty((n_in, LANES))
    record = np.empty(record_length(n_in))
    _copy_tile(weights, first, tile)
    for s in range(samples[0], samples[1]):
        spikes = order[s], behind[s], segments[s], n_spikes[s]
        sweep_forward(*spikes, tile, 0, coupling, record, 0)
        result[s, first : first + width] = record[POTENTIAL : POTENTIAL + width] / coupling.unit


@compiled
def _add_up(time_gradients, order, n_spikes, result):
    """Add dL/dtau of each input spike over the lanes, to the place of its input."""
    for k in range(n_spikes):
        result[order[k]] += total(load(time_gradients, LANES * k))


@compiled
def _backward_task(
    order, behind, segments, n_spikes, weights, coupling, upstream, first,
    weight_gradient, time_gradient,
):  # fmt: skip
    """One tile of neurons for all samples; adds to the gradients."""
    order, behind, segments, weights = without_refcount((order, behind, segments, weights))
    n_in, width = weights.shape[0], min(LANES, weights.shape[1] - first)
    tile = np.empty((n_in, LANES))
    record = np.empty(record_length(n_in))
    gradient = np.zeros((n_in, LANES))
    by_neuron = np.empty((n_in, LANES))
    costates = np.zeros(LANES)
    _copy_tile(weights, first, tile)
    for s in range(upstream.shape[0]):
        layer = (order[s], behind[s], segments[s], n_spikes[s], tile, 0, coupling, record, 0)
        sweep_forward(*layer)
        costates[:width] = upstream[s, first : first + width] / coupling.unit
        by_neuron[: n_spikes[s]] = 0
        sweep_backward(*layer, costates, 0, gradient, by_neuron, 0)
        _add_up(by_neuron, order[s], n_spikes[s], time_gradient[s])
    weight_gradient[:, first : first + width] += gradient[:, :width]


def _blocks(times, coupling):
    """A slice of the samples at a time, and its sorted input spikes as the sweeps need them."""
    n, n_in = times.shape
    together = max(1, min(n, _TABLE // table_length(n_in)))
    order = np.empty((together, n_in), np.int32)
    behind = np.empty((together, n_in), np.int32)
    segments = np.empty((together, table_length(n_in)))
    n_spikes = np.empty(together, np.int32)
    space = sorting(n_in, np.float64)
    for begin in range(0, n, together):
        block = slice(begin, min(begin + together, n))
        some = times[block].astype(np.float64, copy=False)
        _sort_samples(some, order, behind, segments, n_spikes, coupling.unit, space)
        yield block, (order, behind, segments, n_spikes)


def membrane_potential(
    spike_times: ArrayLike, weights: ArrayLike, beta: float | tuple[float, float], *,
    threads: int | None = None,
) -> np.ndarray:  # fmt: skip
    """Normalised membrane potential v(1) at the end of the charging phase.

    Exact solution of dv/dt = g(t) - f(t) v with v(0) = 0, where g sums w and f sums beta |w| over
    the inputs that have spiked (arXiv:2412.09010, Methods). Time and memory grow in proportion to
    n_in and to n_out. `InvalidInput`: shapes that do not fit, NaN, spike times outside [0, 1],
    negative beta, weights so large that their sum, or the result, has no finite value.

    Parameters
    ----------
    spike_times : (batch, n_in) array_like, or (n_in,) for one sample
        Times in units of T, in [0, 1]; 1 means no spike.
    weights : (n_in, n_out) array_like, or (n_in,) for one neuron
        Normalised weights w = s T E G/(C V_th), signed.
    beta : float or (float, float)
        V_th/E >= 0, for both signs or as (beta_plus, beta_minus); 0 is the conventional circuit.
    threads : int, optional
        Default: one per processor. The result does not depend on it.

    Returns
    -------
    (batch, n_out) numpy.ndarray, without the axes that the arguments lack
        v(1) in units of V_th; float32 if spike times and weights both are, else float64. The
        state is always carried in double precision, so float32 results are rounded once.

    Examples
    --------
    A single input of weight 1 at time 0, conventional and with beta = 1:

    >>> float(membrane_potential([0.0], [1.0], 0))
    1.0
    >>> round(float(membrane_potential([0.0], [1.0], 1)), 6)  # 1 - exp(-1)
    0.632121
    """
    times, weights, axes = layer_arrays(spike_times, weights)
    beta = beta_pair(beta)
    dtype = np.result_type(times, weights)
    if not keeps_digits(beta, largest_sum(weights, beta)):
        v, _ = synaptic_charge(times, weights, beta, threads=threads)
        with np.errstate(over="ignore"):
            return finite_result(v.astype(dtype), "v(1)")[axes]
    coupling = coupling_of(beta, np.float64)
    result = np.empty((len(times), weights.shape[1]), dtype)
    tiles = range(0, weights.shape[1], LANES)
    parts = -(-_TASKS // len(tiles))
    with ThreadPool(threads) as pool:
        for block, spikes in _blocks(times, coupling):
            some, layer = result[block], (*spikes, weights, coupling)
            bounds = [len(some) * k // parts for k in range(parts + 1)]
            pairs = itertools.product(itertools.pairwise(bounds), tiles)
            pool.run(_forward_task, ((*layer, samples, first, some) for samples, first in pairs))
    return finite_result(result, "v(1)")[axes]


def membrane_gradients(
    spike_times: ArrayLike, weights: ArrayLike, beta: float | tuple[float, float],
    upstream: ArrayLike, *, threads: int | None = None,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Exact gradient of a loss L with respect to weights and spike times.

    Adjoint of the event sweep: p(t) = dL/dv(t) runs backwards over the same events. At w = 0, where
    |w| has a kink, the two one-sided derivatives are averaged for equal betas. `InvalidInput`: as
    `membrane_potential`; upstream of another shape, or not finite. Where conductances are so large
    that neurons come close to a rail, another sweep keeps the digits, at some ten times the cost.

    Parameters
    ----------
    spike_times, weights, beta, threads
        As for `membrane_potential`.
    upstream : (batch, n_out) array_like, in the shape of the potential
        dL/dv(1) of each sample.

    Returns
    -------
    weight_gradient : (n_in, n_out) numpy.ndarray, in the shape of the weights
        dL/dw, summed over the batch.
    time_gradient : (batch, n_in) numpy.ndarray, in the shape of the spike times
        dL/dt in units of 1/T. An input that does not spike (t = 1) has gradient 0.

    Both are float32 if all three arrays are, else float64.

    Examples
    --------
    v(1) = 1 - exp(-w (1 - t)) for beta = 1, so dv/dw = (1 - t) exp(-w (1 - t)):

    >>> dw, dt = membrane_gradients([0.5], [2.0], 1, 1.0)
    >>> round(float(dw[0]), 6), round(float(dt[0]), 6)
    (0.18394, -0.735759)
    """
    times, weights, axes = layer_arrays(spike_times, weights)
    beta = beta_pair(beta)
    n_out = weights.shape[1]
    expected = np.empty((len(times), n_out), bool)[axes].shape
    upstream = float_array(upstream, "upstream")
    if upstream.shape != expected:
        raise InvalidInput(
            f"upstream must have shape (batch, n_out) = {expected}, got {upstream.shape}"
        )
    upstream = upstream.reshape(len(times), n_out)
    far = max(beta) * largest_sum(weights, beta) > FAR
    sweep = gradients_from_rails if far else _gradients
    by_weight, by_time = sweep(times, weights, beta, upstream, threads)
    dtype = np.result_type(times, weights, upstream)
    with np.errstate(over="ignore"):
        by_weight, by_time = by_weight.astype(dtype, copy=False), by_time.astype(dtype, copy=False)
    finite_result(by_weight, "the gradient of the weights")
    finite_result(by_time, "the gradient of the spike times")
    return by_weight[:, axes[1]], by_time[axes[0]]


def _gradients(times, weights, beta, upstream, threads):
    coupling = coupling_of(beta, np.float64)
    tiles = range(0, weights.shape[1], LANES)
    weight_gradient = np.zeros(weights.shape)
    partial = np.zeros((min(_PARTIAL_SUMS, len(tiles)), *times.shape))
    shares = [tiles[k :: len(partial)] for k in range(len(partial))]
    with ThreadPool(threads) as pool:
        for block, spikes in _blocks(times, coupling):
            layer = (*spikes, weights, coupling, upstream[block], weight_gradient)
            pairs = zip(shares, partial[:, block], strict=True)
            pool.run(_backward_tiles, ((*layer, share, sums) for share, sums in pairs))
    return weight_gradient, coupling.unit * partial.sum(axis=0)


def _backward_tiles(*task):
    """All tiles that add to the same partial sum of the time gradient, in a fixed order."""
    *layer, weight_gradient, tiles, time_gradient = task
    for first in tiles:
        _backward_task(*layer, first, weight_gradient, time_gradient)
