"""Membrane potential at the end of the charging phase, and its exact gradient.

The event sweep sorts the input spikes of a sample once and then needs one multiply-add chain per
input and neuron: the order of a dot product, in time and in memory.
"""

import functools
import math

import numpy as np
from numpy.typing import ArrayLike

from rcspike_brian.core.charge import synaptic_charge
from rcspike_brian.core.checks import (
    LARGEST,
    beta_pair,
    finite_result,
    float_array,
    largest_sum,
    layer_arrays,
)
from rcspike_brian.core.coupling import FAR, coupling_of, in_range, keeps_digits
from rcspike_brian.core.rails import gradients_from_rails
from rcspike_brian.core.sweeps import Sweep
from rcspike_brian.core.threads import thread_count
from rcspike_brian.errors import InvalidInput

_DOUBLE = np.dtype(float)


class Charging:
    """The charging phase of a layer for one batch: v(1), and the gradient of a loss.

    In the precision of the arrays where that is enough, else in double precision: beyond the range
    of float32, where one rail is much nearer than the other, where neurons come close to a rail.
    The gradient goes on from what the potential has been made of.

    Parameters
    ----------
    times : (batch, n_axons) C-contiguous array
    weights : (n_in, n_out) C-contiguous array of the same type, float32 or float64
        Rows beyond n_axons belong to bias lines, which spike at 0.
    beta : (float, float)
    threads : int, optional

    Raises
    ------
    InvalidInput
        By `potential` and `gradients`: arrays that are not finite, times outside [0, 1], weights or
        upstream gradients too large.
    """

    def __init__(
        self, times: np.ndarray, weights: np.ndarray, beta: tuple[float, float],
        threads: int | None = None,
    ):  # fmt: skip
        self._times, self._weights, self._beta = times, weights, beta
        self._threads = thread_count(threads)
        self._sweep: Sweep | None = None

    def _sweeps(self):
        """The sweep that has been good before; else in the arrays' precision, and in double."""
        if self._sweep:
            yield self._sweep
        for real in dict.fromkeys((self._times.dtype, _DOUBLE)):
            if scale := kernel_scale(self._beta, real):
                times = self._times.astype(real, copy=False)
                weights = self._weights.astype(real, copy=False)
                self._sweep = Sweep(times, weights, *scale, self._threads)
                yield self._sweep

    def potential(self) -> np.ndarray:
        """v(1) (batch, n_out) in units of V_th."""
        for sweep in self._sweeps():
            v = sweep.forward()
            if v is not None and keeps_digits(self._beta, sweep.largest, sweep.dtype):
                return self._rounded("v(1)", v)
        times, weights = self._checked()
        v, _ = synaptic_charge(times, weights, self._beta, threads=self._threads)
        return self._rounded("v(1)", v)

    def gradients(
        self, upstream: np.ndarray, by_time: bool = True
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """dL/dw (n_in, n_out), and dL/dt (batch, n_axons) unless it is not needed, for dL/dv(1)."""
        for sweep in self._sweeps():
            found = sweep.backward(upstream.astype(sweep.dtype, copy=False), by_time)
            if found is not None and self._keeps_digits(sweep, found[-1]):
                by_weight, time_gradient, _ = found
                break
        else:
            by_weight, time_gradient = self._from_rails(upstream)
        by_weight = self._rounded("the gradient of the weights", by_weight)
        if not by_time:
            return by_weight, None
        return by_weight, self._rounded("the gradient of the spike times", time_gradient)

    def _keeps_digits(self, sweep, upstream):
        """Whether its gradients have all digits, and nothing can have overflowed."""
        near = max(self._beta) * sweep.largest <= FAR
        if sweep.dtype == _DOUBLE:
            return near and math.isfinite(upstream)
        size = max(1.0, *self._beta) * max(1.0, sweep.largest)
        return near and upstream * size * size * self._weights.size < 1e30

    def _from_rails(self, upstream):
        times, weights = self._checked()
        upstream = float_array(upstream, "upstream")
        by_weight, by_time = gradients_from_rails(
            times, weights, self._beta, upstream, self._threads
        )
        return by_weight, by_time[:, : self._times.shape[1]]

    def _checked(self):
        """Times of all lines, and weights, in double precision, or `InvalidInput`."""
        n_lines = len(self._weights) - self._times.shape[1]
        bias = np.zeros((len(self._times), n_lines))
        times, weights, _ = layer_arrays(np.hstack([self._times, bias]), self._weights)
        largest_sum(weights, self._beta)
        return times, weights.astype(float)

    def _rounded(self, name, result):
        """The result in the precision of the arrays, or `InvalidInput`: it does not fit in."""
        if result.dtype != _DOUBLE:  # the sweeps leave room in single precision
            return result
        with np.errstate(over="ignore"):
            return finite_result(result.astype(self._times.dtype, copy=False), name)


@functools.lru_cache
def kernel_scale(beta: tuple[float, float], real: np.dtype) -> tuple[tuple, float] | None:
    """Coupling and largest sum of weights for kernels of a precision; None if it is too narrow."""
    if real != _DOUBLE and not in_range(beta, 0.0, real):
        return None
    largest = LARGEST if real == _DOUBLE else float(np.finfo(real).max) / 8
    return coupling_of(beta, real.type), largest / max(1.0, *beta)


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
        v(1) in units of V_th; float32 if spike times and weights both are, else float64. float32
        is computed in single precision where that is enough: to 2e-6, in units of 1 or of v if it
        is larger, for 1000 inputs, and to 1e-5 for 6000.

    Examples
    --------
    A single input of weight 1 at time 0, conventional and with beta = 1:

    >>> float(membrane_potential([0.0], [1.0], 0))
    1.0
    >>> round(float(membrane_potential([0.0], [1.0], 1)), 6)  # 1 - exp(-1)
    0.632121
    """
    times, weights, axes = layer_arrays(spike_times, weights)
    return _charging(times, weights, beta, threads).potential()[axes]


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

    Both are float32 if all three arrays are, else float64. In single precision they are off by
    1e-5 of the largest gradient of the same kind, and more where conductances exceed some 100 C/T.

    Examples
    --------
    v(1) = 1 - exp(-w (1 - t)) for beta = 1, so dv/dw = (1 - t) exp(-w (1 - t)):

    >>> dw, dt = membrane_gradients([0.5], [2.0], 1, 1.0)
    >>> round(float(dw[0]), 6), round(float(dt[0]), 6)
    (0.18394, -0.735759)
    """
    times, weights, axes = layer_arrays(spike_times, weights)
    upstream = float_array(upstream, "upstream")
    charging = _charging(times, weights, beta, threads, upstream)
    expected = np.empty((len(times), weights.shape[1]), bool)[axes].shape
    if upstream.shape != expected:
        raise InvalidInput(
            f"upstream must have shape (batch, n_out) = {expected}, got {upstream.shape}"
        )
    by_weight, by_time = charging.gradients(upstream.reshape(len(times), weights.shape[1]))
    return by_weight[:, axes[1]], by_time[axes[0]]


def _charging(times, weights, beta, threads, *others):
    """The charging phase of checked arrays, in the precision that all of them allow."""
    real = np.result_type(times, weights, *others)
    times, weights = times.astype(real, copy=False), weights.astype(real, copy=False)
    return Charging(times, weights, beta_pair(beta), threads)
