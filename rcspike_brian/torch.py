"""RC-Spike layers as modules of PyTorch, with the exact gradient.

All is computed on the processor: tensors of other devices are copied there and back.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from rcspike_brian.circuit import Circuit
from rcspike_brian.core.checks import positive_integer
from rcspike_brian.core.firing import spikes_of, through_ramp
from rcspike_brian.core.membrane import Charging
from rcspike_brian.core.threads import thread_count
from rcspike_brian.core.windows import Window
from rcspike_brian.core.windows import window as checked_window
from rcspike_brian.errors import InvalidInput, MissingExtra, expect, shown
from rcspike_brian.layers import Conv, Dense, Layer, Pool
from rcspike_brian.network import Network, as_circuit
from rcspike_brian.quantities import real_number

try:
    import torch
    from torch.autograd import Function
    from torch.nn import Module, Parameter, Sequential
except ImportError as error:
    # The names are public all the same: tools that go through all names must not fail on them.
    _REMEDY = f"RCSpikeLayer needs PyTorch ({error}): pip install 'rcspike-brian[torch]'"

    class Function:  # type: ignore[no-redef]
        """Stands in for the one of PyTorch."""

    class Module:  # type: ignore[no-redef]
        """Says what is missing."""

        def __new__(cls, *args, **kwargs):
            """Refuse."""
            raise MissingExtra(_REMEDY)

else:
    _TYPES = {torch.float32: np.float32, torch.float64: np.float64}

__all__ = ["RCSpikeConv", "RCSpikeLayer", "RCSpikePool", "sequential", "to_network"]

_OUTPUTS = ("times", "potentials")


class RCSpikeLayer(Module):
    """A layer of RC-Spike neurons: spike times in, spike times or membrane potentials out.

    A bias line, which spikes at t = 0, is one more input of each neuron. The gradient is the exact
    one, by `rcspike_brian.membrane_gradients`; a spike that is clipped to the firing phase, at 0 or
    1, does not move with the potential. There are no second derivatives.

    Parameters
    ----------
    n_in, n_out : int
        Axons without the bias line, and neurons.
    v_syn : float, (float, float) or Circuit
        Drive voltage V_syn/V_th, of both rails or as (plus, minus), infinite for the conventional
        circuit; or a circuit, with its ramp.
    output : {"times", "potentials"}
        Times t in units of T, in [0, 1], 1 for no spike; or v(1) in units of V_th, not clipped.
    scale : float
        Weights begin normal with standard deviation scale/sqrt(n_in), those of the bias line at 0.
    threads : int, optional
        Default: one per processor. The result does not depend on it.
    device, dtype
        Of the weights; float32 or float64.

    Attributes
    ----------
    w : (n_in + 1, n_out) torch.nn.Parameter
        Normalised weights w = s T E G/(C V_th); the last row belongs to the bias line.

    Raises
    ------
    InvalidInput
        When it is called: times of another type than the weights, of another shape, outside [0, 1]
        or NaN; weights that are not finite. In the backward pass: upstream gradients that are not
        finite, or a second derivative.

    Examples
    --------
    One input of weight 2 at t = 0.5, in the conventional circuit: v(1) = 1 - t, t_out = 1 - v(1).

    >>> import torch
    >>> layer = RCSpikeLayer(1, 1, v_syn=float("inf"), dtype=torch.float64)
    >>> _ = layer.load_state_dict({"w": torch.tensor([[1.0], [0.0]])})
    >>> times = torch.tensor([[0.25]], dtype=torch.float64, requires_grad=True)
    >>> t_out = layer(times)
    >>> t_out.backward()
    >>> t_out.item(), times.grad.item(), layer.w.grad.ravel().tolist()
    (0.25, 1.0, [-0.75, -1.0])
    """

    def __init__(
        self, n_in: int, n_out: int, v_syn: float | tuple[float, float] | Circuit = 1.0, *,
        output: str = "times", scale: float = 1.0, threads: int | None = None,
        device: torch.device | str | None = None, dtype: torch.dtype | None = None,
    ):  # fmt: skip
        super().__init__()
        self.n_in, self.n_out = positive_integer(n_in, "n_in"), positive_integer(n_out, "n_out")
        self._circuit = as_circuit(v_syn)
        self._circuit.check_exact()
        self._beta, ramp = self._circuit.beta, self._circuit.ramp
        self._ramps = {dtype: ramp.compiled(self._circuit, real) for dtype, real in _TYPES.items()}
        if output not in _OUTPUTS:
            raise InvalidInput(f"output must be 'times' or 'potentials', got {shown(output)}")
        self.output, self.threads = output, thread_count(threads)
        self.scale = real_number("scale", scale, ">= 0")
        dtype = torch.get_default_dtype() if dtype is None else dtype
        if dtype not in _TYPES:
            raise InvalidInput(f"dtype must be torch.float32 or torch.float64, got {shown(dtype)}")
        self.w = Parameter(torch.empty(self.n_in + 1, self.n_out, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the weights again, from PyTorch's random numbers."""
        with torch.no_grad():
            self.w.normal_(0, self.scale / math.sqrt(len(self.w) - 1))
            self.w[-1] = 0

    @classmethod
    def from_network(
        cls, network: Network, l: int = 1, *, output: str = "times", **options: Any
    ) -> RCSpikeLayer:
        """Layer l = 1, 2, ... of a network, with its weights, circuit and precision.

        A convolution becomes an `RCSpikeConv`; a pool in front is left to `sequential`. ``options``
        are those of the class. `InvalidInput`: there is no such layer, or it is of another kind.
        """
        expect("network", network, Network)
        if not 1 <= positive_integer(l, "l") <= len(network.layers):
            raise InvalidInput(
                f"l must be a layer of the network, 1 to {len(network.layers)}, got {l}"
            )
        layer = network.layers[l - 1]
        options["output"] = output
        made: RCSpikeLayer
        if isinstance(layer, Conv):
            made = RCSpikeConv(layer.window, layer.n_channels, network.circuit, **options)
        elif isinstance(layer, Dense):
            made = RCSpikeLayer(layer.n_lines, layer.n_out, network.circuit, **options)
        else:
            raise InvalidInput(
                f"layer {l} is {layer.kind}; PyTorch has dense ones and convolutions"
            )
        w = torch.tensor(layer.matrix)
        made.w = Parameter(w.to(made.w.device, options.get("dtype") or w.dtype))
        return made

    def to_layer(self) -> Layer:
        """The layer of a network with these weights; a copy."""
        return Dense(_array(self.w))

    def to_network(self, encoding: str = "linear") -> Network:
        """A network of this layer alone; see `to_network` for several."""
        return to_network(self, encoding)

    def forward(self, times: torch.Tensor) -> torch.Tensor:
        """Spike times (..., n_out), or potentials, for spike times (..., n_in) in units of T."""
        self._check_type(times)
        if times.ndim == 0 or times.shape[-1] != self.n_in:
            raise InvalidInput(
                f"spike times must have shape (..., n_in) = (..., {self.n_in}), without the bias "
                f"line, got {tuple(times.shape)}"
            )
        return self._charge(times)

    def _charge(self, lines):
        return _Charging.apply(lines, self.w, self)

    def _check_type(self, times):
        if not isinstance(times, torch.Tensor) or times.dtype != self.w.dtype:
            kind = times.dtype if isinstance(times, torch.Tensor) else shown(times)
            raise InvalidInput(
                f"spike times must be a tensor of the type of the weights, {self.w.dtype}, got "
                f"{kind}: convert the times, or the layer by layer.to(dtype)"
            )

    @property
    def circuit(self) -> Circuit:
        """What was made from ``v_syn``; as fixed as the sizes are."""
        return self._circuit

    def extra_repr(self) -> str:
        """Sizes, circuit and output."""
        return f"{self.n_in}, {self.n_out}, {self.circuit}, output={self.output!r}"


class RCSpikeConv(RCSpikeLayer):
    """A convolution: an `RCSpikeLayer` of n_channels neurons that sees one patch after another.

    Spike times (..., n_in) and (..., n_out) are those of whole maps, channel after channel and row
    by row; `torch.nn.Unflatten` and `torch.nn.Flatten` change between them and maps.

    Parameters
    ----------
    window : Window or (shape, size, stride, padding)
        Shape (channels, height, width) of the map in front; lines along each side of the kernel,
        its step, and lines beyond each edge, which never spike.
    n_channels : int
    v_syn, **options
        Of `RCSpikeLayer`.

    Examples
    --------
    >>> layer = RCSpikeConv(((1, 5, 5), 3, 1, 1), 4)
    >>> layer(torch.rand(2, 25)).shape, tuple(layer.w.shape)
    (torch.Size([2, 100]), (10, 4))
    """

    def __init__(
        self, window: Window | tuple[tuple[int, int, int], int, int, int], n_channels: int,
        v_syn: float | tuple[float, float] | Circuit = 1.0, **options: Any,
    ):  # fmt: skip
        if len(window) != len(Window._fields):
            raise InvalidInput(
                "window must be ((channels, height, width), size, stride, padding), got "
                f"{shown(window)}"
            )
        self.window = checked_window("the convolution", *window)
        n_channels = positive_integer(n_channels, "n_channels")
        super().__init__(self.window.shape[0] * self.window.size**2, n_channels, v_syn, **options)
        self.n_in, self.n_out = self.window.n_lines, n_channels * self.window.n_places

    def forward(self, times: torch.Tensor) -> torch.Tensor:
        """Spike times (..., n_out) of the maps of all channels, or potentials."""
        self._check_type(times)
        _check_maps(times, self.n_in)
        shape, size, stride, padding = self.window
        maps = torch.nn.functional.pad(times.reshape(-1, *shape), [padding] * 4, value=1.0)
        # The way back of indexing adds in an order that depends on the threads; not so this one's.
        patches = torch.nn.functional.unfold(maps, size, stride=stride).transpose(-1, -2)
        found = self._charge(patches).transpose(-1, -2)
        return found.reshape(*times.shape[:-1], self.n_out)

    def to_layer(self) -> Layer:
        """The layer of a network with these weights; a copy."""
        shape, _, stride, padding = self.window
        return Conv(_array(self.w), shape, stride, padding)

    def extra_repr(self) -> str:
        """Window, circuit and output."""
        shape, size, stride, padding = self.window
        window = f"{shape}, size={size}, stride={stride}, padding={padding}"
        return f"{window}, n_channels={self.w.shape[1]}, {self.circuit}, output={self.output!r}"


class RCSpikePool(Module):
    """The earliest spike of each window of neurons, see `rcspike_brian.layers.Pool`.

    Parameters
    ----------
    shape : (int, int, int)
        Channels, height and width of the map of neurons.
    size : int
        Neurons along each side of a window.

    Examples
    --------
    >>> RCSpikePool((1, 2, 4), 2)(torch.tensor([0.4, 0.9, 1.0, 1.0, 0.2, 0.5, 1.0, 0.7]))
    tensor([0.2000, 0.7000])
    """

    def __init__(self, shape: tuple[int, int, int], size: int):
        super().__init__()
        self.pool = Pool(shape, size)
        neurons = torch.from_numpy(self.pool.neurons.copy())
        self.register_buffer("_neurons", neurons, persistent=False)

    def forward(self, times: torch.Tensor) -> torch.Tensor:
        """Spike times (..., n_out) of the lines, from those (..., n_in) of the neurons."""
        _check_maps(times, self.pool.n_in)
        return times[..., self._neurons].min(dim=-1).values

    def extra_repr(self) -> str:
        """Shape and size."""
        return f"{self.pool.window.shape}, size={self.pool.window.size}"


def _check_maps(times, n):
    if not isinstance(times, torch.Tensor) or times.ndim == 0 or times.shape[-1] != n:
        found = tuple(times.shape) if isinstance(times, torch.Tensor) else shown(times)
        raise InvalidInput(f"spike times must be a tensor (..., {n}) of a whole map, got {found}")


class _Charging(Function):
    """Both phases of a layer."""

    @staticmethod
    def forward(ctx, times, w, layer):
        axons = _array(times).reshape(-1, len(w) - 1)
        ctx.charging = Charging(axons, _array(w), layer._beta, layer.threads)
        ctx.save_for_backward(times, w)  # PyTorch notices when these are changed, or used up
        found = ctx.v = ctx.charging.potential()
        ctx.ramp = None
        if layer.output == "times":
            ctx.ramp = layer._ramps[w.dtype]
            found = spikes_of(found, ctx.ramp)
        return torch.from_numpy(found).reshape(*times.shape[:-1], w.shape[1]).to(times.device)

    @staticmethod
    def backward(ctx, upstream):
        times, w = ctx.saved_tensors
        by_v = _array(upstream).reshape(ctx.v.shape)
        if ctx.ramp:
            by_v = through_ramp(by_v, ctx.v, ctx.ramp)
        by_w, by_time = ctx.charging.gradients(by_v, ctx.needs_input_grad[0])
        by_w = torch.from_numpy(by_w).to(w.device)
        if by_time is not None:
            by_time = torch.from_numpy(by_time).reshape(times.shape).to(times.device)
        if torch.is_grad_enabled():
            by_time, by_w = _Once.apply(by_time, by_w, upstream, times, w)
        return by_time, by_w, None


class _Once(Function):
    """Gradients that cannot be differentiated again."""

    @staticmethod
    def forward(ctx, by_time, by_w, *inputs):
        return by_time, by_w

    @staticmethod
    def backward(ctx, *upstream):
        raise InvalidInput(
            "RCSpikeLayer has no second derivative: differentiate once, or use "
            "rcspike_brian.SpikeTimeObjective.hessp for products with the Hessian"
        )


def _array(tensor):
    """A tensor of any device as a contiguous array."""
    return tensor.detach().cpu().contiguous().numpy()


def sequential(network: Network, *, output: str = "potentials", **options: Any) -> Sequential:
    """A whole network as a `torch.nn.Sequential` of `RCSpikeLayer`, convolutions and pools.

    Parameters
    ----------
    network : Network
    output : {"potentials", "times"}
        Of the last layer; the others give spike times.
    **options
        Of `RCSpikeLayer`.

    Examples
    --------
    >>> network = Network.random((4, 3, 2), v_syn=1.0, seed=0)
    >>> model = sequential(network)
    >>> model(torch.tensor([[0.0, 0.5, 0.5, 1.0]])).shape
    torch.Size([1, 2])
    >>> to_network(model).sizes
    (4, 3, 2)
    """
    expect("network", network, Network)
    last = len(network.layers)
    outputs = {last: output}
    modules: list[Module] = []
    for l, layer in enumerate(network.layers, start=1):
        if layer.pool:
            modules.append(RCSpikePool(*layer.pool.window[:2]))
        how = {"output": outputs.get(l, "times"), **options}
        modules.append(RCSpikeLayer.from_network(network, l, **how))
    return Sequential(*modules)


def to_network(module: RCSpikeLayer | Sequential, encoding: str = "linear") -> Network:
    """The network of a layer, or of a sequence of layers and pools on one circuit; a copy.

    Parameters
    ----------
    module : RCSpikeLayer or torch.nn.Sequential
        `InvalidInput`: another module is among them, or another circuit.
    encoding : str
        How grey levels become input spike times.

    Examples
    --------
    >>> to_network(RCSpikeLayer(4, 3, v_syn=2.0)).sizes
    (4, 3)
    """
    modules = list(module) if isinstance(module, Sequential) and len(module) else [module]
    layers: list[Layer | Pool] = []
    circuits = [one.circuit for one in modules if isinstance(one, RCSpikeLayer)]
    for number, one in enumerate(modules):
        if isinstance(one, RCSpikePool):
            layers.append(one.pool)
        elif isinstance(one, RCSpikeLayer) and one.circuit == circuits[0]:
            layers.append(one.to_layer())
        else:
            raise InvalidInput(
                "a network is made of RCSpikeLayer modules on one circuit, and module "
                f"{number} is {shown(one)}: leave out what only changes shapes, such as Flatten"
            )
    circuit = circuits[0] if circuits else as_circuit(1.0)
    return Network(layers, circuit, encoding)
