"""Chips in Brian2: the devices that differ are values of the neurons' own equations."""

import numpy as np
from numpy.typing import ArrayLike

from rcspike_brian.brian import Quantity, farad, siemens, volt
from rcspike_brian.circuit import Circuit
from rcspike_brian.core.checks import positive_integer
from rcspike_brian.devices.chip import Chip
from rcspike_brian.errors import InvalidInput, expect
from rcspike_brian.simulation import simulate


def simulate_chip_layer(
    chip: Chip,
    l: int,
    spike_times: ArrayLike,
    circuit: Circuit,
    *,
    dt: Quantity | None = None,
    threshold: ArrayLike | None = None,
    method: str = "euler",
) -> tuple[np.ndarray, np.ndarray]:
    """Simulate one layer of a chip for one presentation in Brian2's runtime target.

    Parameters
    ----------
    chip : Chip
    l : int
        Layer, from 0.
    spike_times : (n_in,) array
        Of the axons without the bias line, in units of T or with a unit of time.
    circuit : Circuit
        The nominal components; its beta and ramp must be the chip's.
    threshold : (n_out,) array, optional
        In this presentation, in units of V_th or in volts; default: the chip's, without jitter.
    dt, method
        As for `rcspike_brian.simulate_network`.

    Returns
    -------
    v_end, t_out : (n_out,) arrays
        v(T)/V_th, and output spike times in units of T; 1 is no spike.

    Examples
    --------
    >>> from rcspike_brian import Network
    >>> from rcspike_brian.devices import DeviceEffects, make_chip
    >>> chip = make_chip(Network.random((4, 3, 2)), DeviceEffects(conductance_spread=0.1), seed=1)
    >>> v_end, t_out = simulate_chip_layer(chip, 0, [0.0, 0.2, 0.5, 1.0], Circuit())
    >>> t_out.shape
    (3,)
    """
    expect("chip", chip, Chip)
    expect("circuit", circuit, Circuit)
    l, ramp = positive_integer(l, "l", least=0), chip.network.circuit.ramp
    if l >= len(chip.thresholds):
        raise InvalidInput(f"l must be a layer, from 0 to {len(chip.thresholds) - 1}, got {l}")
    if not np.allclose(circuit.beta, chip.network.beta) or circuit.ramp is not ramp:
        raise InvalidInput(
            f"the circuit has beta = {circuit.beta} and ramp {circuit.ramp.name!r}, and the chip "
            f"{chip.network.beta} and {ramp.name!r}: they must agree"
        )
    values = chip_values(chip, circuit)
    of_layer = {name: value[l + 1] for name, value in values.items()}
    if threshold is not None:
        of_layer["V_th"] = circuit.as_potentials(threshold, "threshold") * circuit.V_th
    lines = np.append(circuit.as_times(spike_times, "spike_times"), 0.0)
    weights = chip.network.weights[l]
    result = simulate(circuit, lines, weights, dt=dt, method=method, record=None, values=of_layer)
    return result.v_end, result.t_out


def chip_values(chip: Chip, circuit: Circuit | None = None) -> dict[str, dict[int, Quantity]]:
    """Values of a chip's neurons for `rcspike_brian.simulate_network`, without jitter.

    Parameters
    ----------
    chip : Chip
    circuit : Circuit, optional
        The nominal components; the chip's if not given.

    Returns
    -------
    dict of str to dict
        By name and layer (1, 2, ...): capacitor, threshold, leak, output conductance of the ramp.

    Examples
    --------
    >>> from rcspike_brian import Network
    >>> from rcspike_brian.devices import DeviceEffects, make_chip
    >>> chip = make_chip(Network.random((4, 3, 2)), DeviceEffects(leak=0.2))
    >>> chip_values(chip)["G_leak"][2]
    28. * nsiemens
    """
    circuit = chip.network.circuit if circuit is None else circuit
    si, effects = circuit.si, chip.effects
    nominal = circuit.ramp.values(circuit).get("G_ramp", 0.0)
    G_ramp = (nominal + effects.ramp_conductance * si.C / si.T) * siemens
    G_leak = effects.leak * si.C / si.T * siemens
    layers = range(1, len(chip.capacitances) + 1)

    def of_neurons(l, columns):
        return chip.network.layers[l - 1].of_neurons(columns[l - 1])

    return {
        "C": {l: of_neurons(l, chip.capacitances) * si.C * farad for l in layers},
        "V_th": {l: of_neurons(l, chip.thresholds) * si.V_th * volt for l in layers},
        "G_leak": dict.fromkeys(layers, G_leak),
        "G_ramp": dict.fromkeys(layers, G_ramp),
    }
