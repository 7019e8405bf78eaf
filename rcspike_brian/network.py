"""A network: layers of synapses on a circuit."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from rcspike_brian import memory
from rcspike_brian.circuit import Circuit
from rcspike_brian.core import fused
from rcspike_brian.core.checks import (
    finite_result,
    float_array,
    largest_sum,
    network_inputs,
    positive_integer,
)
from rcspike_brian.core.coupling import coupling_of, in_range, keeps_digits
from rcspike_brian.core.layout import Layout
from rcspike_brian.core.maps import MapLayout, Stage
from rcspike_brian.core.threads import ThreadPool
from rcspike_brian.core.windows import Window
from rcspike_brian.encodings import ENCODINGS, Encoding
from rcspike_brian.errors import InvalidInput, expect, shown
from rcspike_brian.layers import LAYERS, Conv, Dense, Layer, Pool
from rcspike_brian.layers.notation import layer_shapes
from rcspike_brian.quantities import as_list, has_unit, real_number
from rcspike_brian.registry import look_up
from rcspike_brian.storage import read_arrays, usable, write_arrays

_FORMAT = 2
_BLOCK = 256
_NUMBERS = 2**24  # potentials of networks with convolutions that are made together
_BYTES_PER_WEIGHT = 32  # that training takes: weights, moments, gradients of two shards


class LayerState(NamedTuple):
    """One layer on the way through a network.

    ``lines`` (batch, n_lines + 1) are the spike times of its axons in units of T, the bias line
    last, at 0; ``v`` (batch, n_out) the membrane potentials at the end of its charging phase in
    units of V_th; ``times`` (batch, n_out) the output spike times from the start of its firing
    phase in units of T, 1 for no spike.
    """

    lines: np.ndarray
    v: np.ndarray
    times: np.ndarray


def walk(
    times: np.ndarray,
    layers: Sequence[Layer],
    potential: Callable[[int, np.ndarray], np.ndarray],
    spike_time: Callable[[int, np.ndarray], np.ndarray],
) -> Iterator[LayerState]:
    """Go through the layers: the spikes of each are in front of the next; times (batch, n_in).

    Of layer l, from 0, ``potential(l, lines)`` gives v(1), ``spike_time(l, v)`` the output times.
    """
    for l, layer in enumerate(layers):
        lines = layer.lines(times)
        v = potential(l, lines)
        times = spike_time(l, v)
        yield LayerState(lines, v, times)


def as_circuit(circuit: Circuit | float | tuple[float, float]) -> Circuit:
    """Return a circuit as it is, or the normalised one of a drive voltage V_syn/V_th."""
    return circuit if isinstance(circuit, Circuit) else Circuit.normalised(circuit)


def compiled_circuit(circuit: Circuit, real: type) -> tuple:
    """Coupling and ramp of a circuit as the kernels take them, in a floating-point type."""
    circuit.check_exact()
    return coupling_of(circuit.beta, real), circuit.ramp.compiled(circuit, real)


@dataclass(frozen=True, eq=False)
class Network:
    """Layers of synapses on a circuit; `InvalidInput` if they are not finite or do not fit.

    Parameters
    ----------
    layers : sequence of Layer, Pool or (n_in + 1, n_out) arrays
        An array is a dense layer: normalised weights w = s T E G/(C V_th), or signed conductances
        in siemens; the last row belongs to the bias line, an input that spikes at t = 0. A pool
        joins the layer behind it, of which it is the lines.
    circuit : Circuit
    encoding : str or Encoding
        How grey levels become input spike times.

    Examples
    --------
    >>> network = Network.random((4, 3, 2), v_syn=1.0, seed=0)
    >>> network.sizes, network.circuit.beta
    ((4, 3, 2), (1.0, 1.0))
    >>> network.potentials([[0.0, 0.5, 0.5, 1.0]]).shape
    (1, 2)
    """

    layers: tuple[Layer, ...]
    circuit: Circuit
    encoding: Encoding = ENCODINGS["linear"]

    if TYPE_CHECKING:  # more is accepted than is kept

        def __init__(
            self, layers: Sequence[Layer | Pool | ArrayLike], circuit: Circuit,
            encoding: Encoding | str = ...,
        ) -> None: ...  # fmt: skip

    def __post_init__(self):
        expect("circuit", self.circuit, Circuit)
        layers = _layers(as_list("layers", self.layers), self.circuit)
        if not layers:
            raise InvalidInput("a network needs at least one layer of weights")
        for l, pair in enumerate(itertools.pairwise(layers), start=1):
            check_fit(l, *pair)
        object.__setattr__(self, "layers", layers)
        encoding = look_up("encoding", self.encoding, ENCODINGS, Encoding)
        object.__setattr__(self, "encoding", encoding)

    def __repr__(self):
        return f"<Network {'-'.join(map(str, self.sizes))}, {self.dtype}, on {self.circuit}>"

    def _repr_html_(self):
        rows = "".join(
            f"<tr><td>{l}</td><td>{layer.kind}</td><td>{layer.n_lines} + bias</td>"
            f"<td>{layer.n_out}</td><td>{layer.parameters.size:,}</td></tr>"
            for l, layer in enumerate(self.layers, start=1)
        )
        names = ("layer", "kind", "axons", "neurons", "parameters")
        header = "".join(f"<th>{name}</th>" for name in names)
        sizes = "-".join(map(str, self.sizes))
        return f"Network {sizes} on {self.circuit}<table><tr>{header}</tr>{rows}</table>"

    @classmethod
    def random(
        cls, sizes: Sequence[int | str | tuple[int, ...]] = (784, 200, 200, 10),
        v_syn: float | tuple[float, float] | Circuit = 1.0,
        seed: int | np.random.Generator = 0, scale: float = 1.0, dtype: type = np.float32,
    ) -> Network:  # fmt: skip
        """Layers with normal weights of standard deviation scale/sqrt(n_in), bias zero.

        ``sizes`` are neurons per layer, inputs first, or layers in short, such as
        ``((1, 28, 28), "16C3", "P2", 10)``: a convolution of 16 channels and 3 x 3 lines, the
        earliest spike of 2 x 2 neurons, a dense layer. ``v_syn`` is V_syn/V_th, or a circuit.
        """
        scale = real_number("scale", scale, ">= 0")
        if not isinstance(seed, np.random.Generator):
            seed = positive_integer(seed, "seed", least=0)
        rng, real = np.random.default_rng(seed), precision(dtype)
        layers = []
        for kind, (rows, columns), settings in checked_shapes(sizes):
            w = rng.normal(0, scale / math.sqrt(rows - 1), (rows - 1, columns))
            layers.append(kind(np.vstack([w, np.zeros((1, columns))]).astype(real), **settings))
        return cls(tuple(layers), as_circuit(v_syn))

    @property
    def weights(self) -> tuple[np.ndarray, ...]:
        """Weights (n_in + 1, n_out) of all synapses, layer by layer; the bias line last."""
        return tuple(layer.weights for layer in self.layers)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Neurons per layer, inputs first."""
        return (self.layers[0].n_in, *(layer.n_out for layer in self.layers))

    @property
    def beta(self) -> tuple[float, float]:
        """V_th/E of both signs of the circuit; 0 if conventional."""
        return self.circuit.beta

    @property
    def v_syn(self) -> tuple[float, float]:
        """V_syn/V_th of both rails of the circuit; infinite if conventional."""
        return self.circuit.v_syn

    @property
    def dtype(self) -> np.dtype:
        """Precision of the weights."""
        return np.result_type(*(layer.parameters for layer in self.layers))

    @property
    def is_dense(self) -> bool:
        """Whether all layers are dense, without pools."""
        return all(type(layer) is Dense and not layer.pool for layer in self.layers)

    @property
    def is_compiled(self) -> bool:
        """Whether the compiled kernels have all layers: dense ones, convolutions, their pools."""
        known = {type(layer) for layer in self.layers} <= {Dense, Conv}
        fronts = zip((None, *self.layers), self.layers, strict=False)
        pools = all(
            layer.pool is None or getattr(front, "out_shape", None) == layer.pool.window.shape
            for front, layer in fronts
        )
        return known and pools and type(self.layers[-1]) is Dense

    @property
    def layout(self) -> Layout:
        """Where the kernels have the parameters."""
        shapes = tuple((len(layer.matrix) - 1, layer.matrix.shape[1]) for layer in self.layers)
        if self.is_dense:
            return Layout(shapes)
        stages = tuple(
            Stage(
                layer.n_lines, layer.matrix.shape[1],
                layer.window if isinstance(layer, Conv) else None,
                layer.pool.window if layer.pool else None,
            )
            for layer in self.layers
        )  # fmt: skip
        return MapLayout(shapes, stages=stages)

    def on_circuit(self, circuit: Circuit | float | tuple[float, float]) -> Network:
        """The same weights on another circuit, or with the same ramp at another V_syn/V_th."""
        if not isinstance(circuit, Circuit):
            circuit = Circuit.normalised(circuit, ramp=self.circuit.ramp)
        return replace(self, circuit=circuit)

    def checked_inputs(self, inputs: ArrayLike) -> np.ndarray:
        """Grey levels (uint8) as they are, else spike times in [0, 1], or `InvalidInput`.

        Times are plain numbers in units of T, or have a unit.
        """
        if has_unit("inputs", inputs):
            inputs = self.circuit.as_times(inputs, "inputs")
        inputs = np.atleast_2d(network_inputs(inputs))
        if inputs.ndim != 2 or inputs.shape[1] != self.sizes[0]:
            raise InvalidInput(
                f"inputs must have shape (batch, {self.sizes[0]}) for a network of sizes "
                f"{self.sizes}, got {inputs.shape}"
            )
        return np.ascontiguousarray(inputs)

    def input_spike_times(self, inputs: ArrayLike) -> np.ndarray:
        """Spike times (batch, n_in) of the inputs in units of T, by the network's encoding."""
        return self.encoding.spike_times(self.checked_inputs(inputs))

    def walk(
        self, inputs: ArrayLike, noise: np.ndarray | None = None, *, threads: int | None = None
    ) -> Iterator[LayerState]:
        """Go through the layers exactly, in double precision.

        Inputs (batch, n_in) are uint8 grey levels, or spike times in units of T. The noise
        (batch, n_hidden), if any, is added to the spike times of the hidden neurons, layer after
        layer. If it is of all neurons, (batch, n_neurons), the rest, in units of V_th, is added to
        the thresholds of the outputs: taken off their potentials. Yields the `LayerState` of one
        layer after another.
        """
        self.circuit.check_exact()
        noise_of: list[Any] = [0.0] * (len(self.layers) + 1)
        times, n_hidden = self.input_spike_times(inputs), sum(self.sizes[1:-1])
        if noise is not None:
            noise = self.circuit.as_times(noise, "noise")
            allowed = n_hidden, n_hidden + self.sizes[-1], 0
            if noise.shape not in ((len(times), columns) for columns in allowed):
                wanted = f"(batch, n_hidden) = {(len(times), n_hidden)}"
                raise InvalidInput(f"noise must have shape {wanted}, got {noise.shape}")
            if noise.shape[1]:
                *hidden, outputs = np.split(noise, np.cumsum(self.sizes[1:-1]), axis=1)
                noise_of[:-2] = hidden
                noise_of[-1] = outputs if outputs.shape[1] else 0.0

        def potential(l, lines):
            v = self.layers[l].potential(lines, self.beta, threads=threads)
            return v - noise_of[-1] if l == len(self.layers) - 1 else v

        def spike_time(l, v):
            return self.circuit.spike_time(v, noise_of[l])

        return walk(times, self.layers, potential, spike_time)

    def potentials(
        self, inputs: ArrayLike, *, all_layers: bool = False,
        noise: float | tuple[float, float, float] = 0.0, seed: int | np.random.Generator = 0,
        threads: int | None = None, dtype: type | None = None,
    ) -> np.ndarray | list[np.ndarray]:  # fmt: skip
        """Membrane potentials v(1) at the end of each charging phase.

        Parameters
        ----------
        inputs : (batch, n_in) array_like
            uint8 grey levels, or spike times in units of T.
        all_layers : bool
            Return those of the hidden layers too.
        noise : float or (float, float, float)
            Standard deviation of Gaussian noise on hidden spike times, >= 0, in units of T or with
            a unit of time; or those of the noise on input spikes, on hidden spikes and, in units of
            V_th, on the thresholds of the outputs, which is taken off their potentials: with a
            linear ramp it is noise on their spike times. Inputs without a spike get none.
        seed : int or numpy.random.Generator
            Of the noise.
        dtype : numpy dtype, optional
            Precision of the computation; default: that of the weights. Where single precision is
            too narrow for the weights or the circuit, it is that of the result only.

        Returns
        -------
        (batch, n_out) array, or a list of (batch, n_l) arrays, one per layer
            In units of V_th, not clipped.
        """
        inputs = self.checked_inputs(inputs)
        if not isinstance(seed, np.random.Generator):
            seed = np.random.default_rng(positive_integer(seed, "seed", least=0))
        blocks = self.blocks(len(inputs))
        if len(blocks) > 1 and (all_layers or np.any(noise) or not self.is_compiled):
            options: dict[str, Any] = {"noise": noise, "seed": seed, "dtype": dtype}
            options |= {"all_layers": all_layers, "threads": threads}
            parts = [self.potentials(inputs[block], **options) for block in blocks]
            if not all_layers:
                return np.concatenate(parts)
            return [np.concatenate(layers) for layers in zip(*parts, strict=True)]
        self.circuit.check_exact()
        real = precision(self.dtype if dtype is None else dtype)
        inputs, jitter = self._disturbed(inputs, noise, seed, real)
        coupling_of(self.beta, real.type)  # refuses a circuit that is beyond the precision
        total = max(largest_sum(layer.matrix, self.beta) for layer in self.layers)
        exact = in_range(self.beta, total, real) and keeps_digits(self.beta, total)
        fast = self.is_compiled and exact
        forward = self._compiled if fast else self._layer_by_layer
        potentials = finite_result(
            forward(inputs, jitter, real, threads, all_layers), "membrane potentials"
        )
        if not all_layers:
            return potentials
        return np.split(potentials, np.cumsum(self.sizes[1:-1]), axis=1)

    def spike_times(self, inputs: ArrayLike, **options: Any) -> list[np.ndarray]:
        """Output spike times of every layer in [0, 1], in double precision; 1 means silent.

        Options are those of `potentials`.
        """
        layers = self.potentials(inputs, all_layers=True, **options)
        return [self.circuit.spike_time(v) for v in layers]

    def blocks(self, n: int) -> list[slice]:
        """Slices of n samples whose potentials, and noise, of all layers fit into memory."""
        together = n if self.is_dense else max(1, _NUMBERS // sum(self.sizes[1:]))
        return [slice(begin, begin + together) for begin in range(0, n, max(1, together))]

    def activity(self, inputs: ArrayLike, *, threads: int | None = None) -> np.ndarray:
        """Fractions (n_layers, 2) of silent (v <= 0) and saturated (v >= 1) neurons."""
        layers = self.potentials(inputs, all_layers=True, threads=threads)
        return np.array([[np.mean(v <= 0), np.mean(v >= 1)] for v in layers])

    def _disturbed(self, inputs, noise, seed, dtype):
        """Inputs with their noise, and that of the neurons for `fused.forward_sample`."""
        noise = self.circuit.as_times(noise, "noise")
        own, hidden, output = noise if np.shape(noise) == (3,) else (0.0, noise, 0.0)
        own, hidden, output = (real_number("noise", n, ">= 0") for n in (own, hidden, output))
        counts = sum(self.sizes[1:-1]), self.sizes[-1]
        counts = (counts[0] if hidden or output else 0, counts[1] if output else 0)
        scales = np.repeat([hidden, output], counts)
        jitter = (scales * seed.standard_normal((len(inputs), len(scales)))).astype(dtype)
        if own:
            times = self.encoding.spike_times(inputs)
            moved = np.clip(times + own * seed.standard_normal(times.shape), 0, 1)
            inputs = np.where(times < 1, moved, times)
        return inputs, jitter

    def _compiled(self, inputs, noise, dtype, threads, all_layers):
        """Dense layers and convolutions, by the compiled kernels."""
        inputs = self.encoding.for_kernels(inputs, dtype).view()
        # A writable array is another type for compiled code: this saves compiling for both.
        inputs.flags.writeable = False
        layout = self.layout
        theta = layout.pack([layer.matrix for layer in self.layers], dtype)
        circuit = compiled_circuit(self.circuit, dtype.type)
        columns = sum(self.sizes[1:]) if all_layers else self.sizes[-1]
        potentials = np.empty((len(inputs), columns), dtype)
        network = theta, layout.for_kernels, circuit, noise, potentials

        def task(start):
            end = min(start + _BLOCK, len(inputs))
            counts = np.zeros(2 + 2 * layout.n_layers)
            space = fused.scratch(layout, dtype, history=False)
            fused.forward_shard(inputs, start, end, *network, counts, space)

        with ThreadPool(threads) as pool:
            pool.run(task, ((start,) for start in range(0, len(inputs), _BLOCK)))
        return potentials

    def _layer_by_layer(self, inputs, noise, dtype, threads, all_layers):
        """Layers of any kind, by their own exact solutions."""
        with np.errstate(over="ignore"):
            layers = [state.v.astype(dtype) for state in self.walk(inputs, noise, threads=threads)]
        return np.hstack(layers) if all_layers else layers[-1]

    def save(self, path: str | Path, **extra: Any) -> None:
        """Write layers, circuit and JSON-able ``extra`` to an .npz file, atomically."""
        circuit, encoding = self.circuit.to_dict(), {"name": self.encoding.name}
        rest: dict[str, Any] = {"circuit": circuit, "encoding": encoding, "extra": extra}
        write_arrays(path, "network", _FORMAT, **layers_as_content(self.layers), **rest)

    @classmethod
    def load(cls, path: str | Path) -> Network:
        """Read a network written by `save`, or `RunFolderError`; nothing in it is executed."""
        content = read_arrays(path, "network", _FORMAT, older=(1,))
        with usable(path, "a usable network"):
            if "circuit" not in content:  # format 1: dense layers on a normalised circuit
                plus, minus = (1 / b if b else math.inf for b in content["beta"].tolist())
                content["circuit"] = Circuit.normalised((plus, minus)).to_dict()
            layers = layers_of_content(content)
            encoding = content.get("encoding", {"name": "linear"})["name"]
            return cls(tuple(layers), Circuit.from_dict(content["circuit"]), encoding)


def layers_as_content(layers: Sequence[Layer]) -> dict[str, Any]:
    """Kinds, settings and parameters, as `rcspike_brian.storage.write_arrays` takes them."""
    arrays = {f"layer_{l}": layer.parameters for l, layer in enumerate(layers, start=1)}
    return {"layers": layer_kinds(layers), **arrays}


def layer_kinds(layers: Sequence[Layer]) -> list[dict[str, Any]]:
    """Kinds and settings of layers, JSON-able."""
    return [{"kind": layer.kind, "settings": layer.settings()} for layer in layers]


def layers_of_content(content: dict[str, Any]) -> list[Layer]:
    """The layers in a file; one of format 1 says no kinds and has dense layers."""
    n = sum(name.startswith("layer_") for name in content)
    kinds = content.get("layers", [{"kind": "dense", "settings": {}}] * n)
    return [
        look_up("kind of layer", entry["kind"], LAYERS)(content[f"layer_{l}"], **entry["settings"])
        for l, entry in enumerate(kinds, start=1)
    ]


def check_fit(l: int, layer: Layer, following: Layer) -> None:
    """`InvalidInput` if what layer ``l`` has is not what the following one is for."""
    has, needs = layer.out_shape, following.in_shape
    if has and needs and has != needs:
        behind = f"the pool in front of layer {l + 1}" if following.pool else f"layer {l + 1}"
        raise InvalidInput(f"layer {l} has a map {has} of neurons, and {behind} is for {needs}")
    if following.n_in == layer.n_out:
        return
    if needs:
        raise InvalidInput(
            f"layer {l} has {layer.n_out} neurons, and layer {l + 1} is for a map {needs} of "
            f"{following.n_in}"
        )
    raise InvalidInput(
        f"layer {l} has {layer.n_out} neurons, so layer {l + 1} needs {layer.n_out + 1} rows of "
        f"weights (bias last), got {following.n_in + 1}"
    )


def _layers(given, circuit):
    """Layers whose parameters are finite, each with the pool in front of it."""
    layers: list[Layer] = []
    pool = None
    for item in given:
        if isinstance(item, Pool):
            if pool:
                raise InvalidInput("two pools follow each other: one of both sizes does the same")
            pool = item
            continue
        layer = _layer(item, len(layers) + 1, circuit)
        layers.append(layer.behind(pool) if pool else layer)
        pool = None
    if pool:
        raise InvalidInput("a pool needs a layer behind it, whose lines it drives")
    return tuple(layers)


def _layer(given, l, circuit):
    """A layer whose parameters are finite, from a layer or an array."""
    name = f"weights of layer {l}"
    weights = given.matrix if isinstance(given, Layer) else circuit.as_weights(given, name)
    weights = float_array(weights, name, 2)
    if len(weights) < 2 or weights.shape[1] == 0:
        raise InvalidInput(
            f"{name} must have the shape (n_in + 1, n_out), bias line last, n_in and n_out at "
            f"least 1, got {weights.shape}"
        )
    return given if isinstance(given, Layer) else Dense(weights)


def checked_shapes(sizes: Sequence[Any]) -> list[tuple[type[Layer], tuple[int, int], dict]]:
    """Class, shape of parameters and settings of layers in short, the inputs first.

    `InvalidInput`: layers that do not fit each other, or too many weights for this machine.
    """
    sizes = as_list("sizes", sizes)
    if len(sizes) < 2:
        raise InvalidInput(
            f"sizes must be neurons per layer, at least two, got {shown(tuple(sizes))}"
        )
    shapes, needed, there = [], 0, memory.physical()
    for number, shape in enumerate(layer_shapes(sizes[0], sizes[1:]), start=1):
        needed += _bytes_of(*shape)
        if needed > there:  # before the next one is looked at
            raise InvalidInput(
                f"a network of the sizes {shown(tuple(sizes))} takes {needed / 2**30:,.0f} GiB up "
                f"to its layer {number} of synapses, and this machine has {there / 2**30:,.1f}: "
                "choose fewer neurons"
            )
        shapes.append(shape)
    return shapes


def _bytes_of(kind, shape, settings):
    """Memory that training takes for a layer: its parameters, and spikes of all its patches."""
    rows, columns = shape
    n_places = 1
    if kind is Conv:
        size = math.isqrt((rows - 1) // settings["shape"][0])
        n_places = Window(settings["shape"], size, settings["stride"], settings["padding"]).n_places
    return _BYTES_PER_WEIGHT * rows * columns + 16 * (rows + columns) * n_places


def precision(dtype: DTypeLike) -> np.dtype:
    """float32 or float64, or `InvalidInput`."""
    try:
        real = np.dtype(dtype)
    except TypeError:
        real = None
    if real not in (np.float32, np.float64):
        raise InvalidInput(f"dtype must be float32 or float64, got {dtype!r}")
    return real
