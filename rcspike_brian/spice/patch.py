"""One place of a convolution: its crossbar, as a network that a netlist can be made of."""

import numpy as np
from numpy.typing import ArrayLike

from rcspike_brian.core.checks import positive_integer
from rcspike_brian.errors import InvalidInput, expect
from rcspike_brian.layers import Conv
from rcspike_brian.network import Network


def patch_of(
    network: Network, inputs: ArrayLike, layer: int, place: int
) -> tuple[Network, np.ndarray]:
    """Return the crossbar of one place of a convolution, and the spikes of the patch it sees.

    A whole map has more synapses than a netlist; this has those of one neuron of each channel.

    Parameters
    ----------
    network : rcspike_brian.Network
    inputs : (n_in,) array_like
        One presentation: uint8 grey levels, or spike times in units of T. The layers in front of
        the patch are solved exactly.
    layer : int
        A convolution of the network, counted from 1.
    place : int
        Where, counted row by row from 0.

    Returns
    -------
    Network, (rows,) array
        One dense layer of as many neurons as there are channels, on the same circuit, and the spike
        times of its lines in units of T; lines beyond the edge of the map do not spike.

    Examples
    --------
    >>> network = Network.random(((1, 6, 6), "4C3", 2), scale=2.0)
    >>> patch, times = patch_of(network, np.linspace(0, 1, 36), layer=1, place=7)
    >>> patch.sizes, times.round(2)
    ((9, 4), array([0.  , 0.03, 0.06, 0.17, 0.2 , 0.23, 0.34, 0.37, 0.4 ]))

    ``simulate_spice(patch.circuit, patch, times)`` simulates it with ngspice.
    """
    expect("network", network, Network)
    layers = enumerate(network.layers, start=1)
    convolutions = {number: one for number, one in layers if isinstance(one, Conv)}
    if positive_integer(layer, "layer") not in convolutions:
        allowed = ", ".join(map(str, convolutions)) or "none in this network"
        raise InvalidInput(f"layer must be that of a convolution ({allowed}), got {layer}")
    convolution = convolutions[layer]
    n_places = convolution.window.n_places
    if positive_integer(place, "place", least=0) >= n_places:
        raise InvalidInput(
            f"place must be one of the {n_places} places of layer {layer}, from 0, got {place}"
        )
    inputs = network.checked_inputs(inputs)
    if len(inputs) != 1:
        raise InvalidInput(f"inputs must be one presentation (n_in,), got {inputs.shape}")
    states = zip(range(layer), network.walk(inputs), strict=False)
    lines = [state.lines for _, state in states][-1]
    neurons = (np.arange(convolution.n_channels) * n_places + place).tolist()
    ((_, times, weights),) = convolution.views(lines, neurons)
    return Network([weights], network.circuit), times[0, :-1]
