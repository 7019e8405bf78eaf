"""A trained or random network of RC-Spike (or conventional) layers."""

import itertools
import math
from dataclasses import dataclass, replace

import numpy as np

from rcspike_brian.core.checks import beta_pair, float_array, spike_time_array
from rcspike_brian.core.firing import spike_time
from rcspike_brian.core.layout import Layout
from rcspike_brian.errors import InvalidInput, RunFolderError
from rcspike_brian.storage import read_arrays, write_arrays

_FORMAT = 1
_BLOCK = 256


def reversal_to_beta(v_syn):
    """Resistive coupling beta from the drive voltage in units of V_th.

    Parameters
    ----------
    v_syn : float or (float, float)
        (V_syn - V_d)/V_th > 0, for both rails or as (plus, minus); infinity is the conventional
        circuit.

    Returns
    -------
    (float, float)
        (beta_plus, beta_minus) = 1/v_syn.

    Raises
    ------
    InvalidInput
        Not one or two positive numbers.

    Examples
    --------
    >>> reversal_to_beta((2.0, float("inf")))
    (0.5, 0.0)
    """
    try:
        values = [float(v) for v in np.atleast_1d(v_syn)]
    except (TypeError, ValueError):
        values = []
    if len(values) not in (1, 2) or not all(v > 0 for v in values):
        raise InvalidInput(
            f"v_syn must be a number > 0 in units of V_th, or a pair of them (inf: conventional "
            f"circuit), got {v_syn!r}"
        )
    return beta_pair([1 / v for v in values])


@dataclass(frozen=True, eq=False)
class Network:
    """Weights of all layers and the resistive coupling beta of the circuit.

    Parameters
    ----------
    weights : sequence of (n_in + 1, n_out) arrays
        Normalised weights w = s T E G/(C V_th) of each layer; the last row belongs to the bias
        line, an input that spikes at t = 0.
    beta : float or (float, float)
        V_th/E of positive and negative synapses; 0 is the conventional circuit.

    Raises
    ------
    InvalidInput
        Weights that are not finite or do not fit together, negative beta.

    Examples
    --------
    >>> network = Network.random((4, 3, 2), v_syn=1.0, seed=0)
    >>> network.sizes
    (4, 3, 2)
    >>> network.potentials([[0.0, 0.5, 0.5, 1.0]]).shape
    (1, 2)
    """

    weights: tuple
    beta: tuple = (0.0, 0.0)

    def __post_init__(self):
        """Check the weights and make them read-only."""
        layers = [
            float_array(w, f"weights of layer {l}", 2) for l, w in enumerate(self.weights, start=1)
        ]
        if not layers:
            raise InvalidInput("a network needs at least one layer of weights")
        for l, (w, following) in enumerate(itertools.pairwise(layers), start=1):
            if len(following) != w.shape[1] + 1:
                raise InvalidInput(
                    f"layer {l} has {w.shape[1]} neurons, so layer {l + 1} needs "
                    f"{w.shape[1] + 1} rows of weights (bias last), got {len(following)}"
                )
        layers = tuple(w.copy() for w in layers)
        for w in layers:
            w.flags.writeable = False
        object.__setattr__(self, "weights", layers)
        object.__setattr__(self, "beta", beta_pair(self.beta))

    @classmethod
    def random(cls, sizes=(784, 200, 200, 10), v_syn=1.0, seed=0, scale=1.0, dtype=np.float32):
        """Normal weights of standard deviation scale/sqrt(n_in), bias zero.

        Parameters
        ----------
        sizes : sequence of int
            Neurons per layer, inputs first.
        v_syn : float or pair
            As in `reversal_to_beta`.
        seed : int or numpy.random.Generator
        scale : float
        dtype : numpy dtype
        """
        rng = np.random.default_rng(seed)
        weights = [
            np.vstack([rng.normal(0, scale / math.sqrt(n_in), (n_in, n_out)), np.zeros((1, n_out))])
            for n_in, n_out in itertools.pairwise(sizes)
        ]
        return cls(tuple(w.astype(dtype) for w in weights), reversal_to_beta(v_syn))

    @property
    def sizes(self):
        """Neurons per layer, inputs first."""
        return (len(self.weights[0]) - 1, *(w.shape[1] for w in self.weights))

    @property
    def v_syn(self):
        """(V_syn - V_d)/V_th of both rails; infinity for the conventional circuit."""
        return tuple(1 / b if b else math.inf for b in self.beta)

    def on_circuit(self, v_syn):
        """The same weights on the circuit with another drive voltage."""
        return replace(self, beta=reversal_to_beta(v_syn))

    def checked_inputs(self, inputs):
        """Grey-level images (uint8) as they are, anything else as spike times in [0, 1].

        Raises
        ------
        InvalidInput
            Another number of inputs than the network has, NaN, or times outside [0, 1].
        """
        inputs = np.asarray(inputs)
        if inputs.dtype != np.uint8:
            inputs = spike_time_array(inputs)
        if inputs.ndim != 2 or inputs.shape[1] != self.sizes[0]:
            raise InvalidInput(
                f"inputs must have shape (batch, {self.sizes[0]}) for a network of sizes "
                f"{self.sizes}, got {inputs.shape}"
            )
        return np.ascontiguousarray(inputs)

    def potentials(self, inputs, *, all_layers=False, noise=0.0, seed=0, threads=None, dtype=None):
        """Membrane potentials v(1) at the end of each charging phase.

        Parameters
        ----------
        inputs : (batch, n_in) array
            uint8 grey levels p (spike time 1 - p/255), or spike times in units of T.
        all_layers : bool
            Return those of the hidden layers too.
        noise : float
            Standard deviation of Gaussian noise on hidden spike times, in units of T.
        seed : int
            Of the noise.
        threads : int, optional
        dtype : numpy dtype, optional
            Precision of the computation; default: that of the weights.

        Returns
        -------
        (batch, n_out) array, or a list of (batch, n_l) arrays, one per layer
            In units of V_th, not clipped.
        """
        potentials, _ = self._forward(inputs, all_layers, noise, seed, threads, dtype)
        if not all_layers:
            return potentials
        return np.split(potentials, np.cumsum(self.sizes[1:-1]), axis=1)

    def spike_times(self, inputs, **options):
        """Output spike times of every layer in [0, 1]; 1 means silent.

        Parameters and shapes are those of `potentials` with ``all_layers=True``.
        """
        return [spike_time(v) for v in self.potentials(inputs, all_layers=True, **options)]

    def activity(self, inputs, **options):
        """Fraction of silent (v <= 0) and saturated (v >= 1) neurons of each layer.

        Returns
        -------
        (n_layers, 2) numpy.ndarray
        """
        _, counts = self._forward(inputs, False, **{**_PLAIN, **options})
        return _fractions(counts, self.sizes, len(inputs))

    def _forward(self, inputs, all_layers, noise, seed, threads, dtype):
        from rcspike_brian.core import fused
        from rcspike_brian.core.coupling import coupling_of
        from rcspike_brian.core.threads import ThreadPool

        inputs = self.checked_inputs(inputs).view()
        # A writable array is another type for compiled code: this saves compiling for both.
        inputs.flags.writeable = False
        layout = Layout(self.sizes)
        dtype = np.dtype(dtype or np.result_type(*self.weights))
        theta = layout.pack(self.weights, dtype)
        coupling = coupling_of(self.beta, dtype.type)
        columns = sum(self.sizes[1:]) if all_layers else self.sizes[-1]
        potentials = np.empty((len(inputs), columns), dtype)
        hidden = sum(self.sizes[1:-1]) if noise else 0
        jitter = np.zeros((len(inputs), hidden), dtype)
        if noise:
            jitter[...] = noise * np.random.default_rng(seed).standard_normal(jitter.shape)
        starts = range(0, len(inputs), _BLOCK)
        counts = np.zeros((len(starts), 2 + 2 * layout.n_layers))

        def task(k, start):
            end = min(start + _BLOCK, len(inputs))
            space = fused.scratch(layout, dtype, history=False)
            table = layout.table
            fused.forward_shard(
                inputs, start, end, theta, table, coupling, jitter, potentials, counts[k], space
            )

        with ThreadPool(threads) as pool:
            pool.run(task, enumerate(starts))
        return potentials, counts.sum(axis=0)

    def save(self, path, **extra):
        """Write weights, beta and JSON-able ``extra`` to an .npz file, atomically."""
        layers = {f"layer_{l + 1}": w for l, w in enumerate(self.weights)}
        write_arrays(path, "network", _FORMAT, beta=np.array(self.beta), extra=extra, **layers)

    @classmethod
    def load(cls, path):
        """Read a network written by `save`; nothing in the file is executed.

        Raises
        ------
        RunFolderError
            Missing, damaged, pickled, another format, or weights that do not fit together.
        """
        content = read_arrays(path, "network", _FORMAT)
        try:
            layers = [content[f"layer_{l + 1}"] for l in range(len(content) - 2)]
            return cls(tuple(layers), tuple(content["beta"]))
        except (KeyError, TypeError, InvalidInput) as error:
            raise RunFolderError(f"{path} does not hold a usable network: {error}") from None


_PLAIN = {"noise": 0.0, "seed": 0, "threads": None, "dtype": None}


def _fractions(counts, sizes, n_samples):
    """Silent and saturated fractions (n_layers, 2) from the sums of the kernels."""
    per_layer = np.asarray(counts)[2:].reshape(-1, 2)
    return per_layer / (np.array(sizes[1:])[:, None] * max(n_samples, 1))
