"""One layer of a chip in Brian2, with the equations of imperfect devices."""

import numpy as np
from brian2.devices.device import RuntimeDevice
from brian2.only import Clock, EventMonitor, NeuronGroup, SpikeMonitor, Synapses
from brian2.only import Network as BrianNetwork
from brian2.units import Quantity, amp, farad, second, siemens, volt

from rcspike_brian.equations import (
    AXON_RESET,
    AXON_THRESHOLD,
    CHARGED,
    DEVICE_CONVENTIONAL_NEURON,
    DEVICE_RC_SPIKE_NEURON,
    DEVICE_THRESHOLD,
    INPUT_AXON,
    RESET,
    SYNAPSE,
    SYNAPSE_ON_PRE,
    neuron_parameters,
)
from rcspike_brian.errors import InvalidInput
from rcspike_brian.simulation.devices import private_device
from rcspike_brian.simulation.inputs import check_stability, time_steps

_NEURONS = {"rc-spike": DEVICE_RC_SPIKE_NEURON, "conventional": DEVICE_CONVENTIONAL_NEURON}


def simulate_chip_layer(chip, l, spike_times, circuit, *, dt=None, threshold=None, method="euler"):
    """Simulate one layer of a chip for one presentation in Brian2's runtime target.

    Parameters
    ----------
    chip : Chip
    l : int
        Layer, from 0.
    spike_times : (n_in,) array
        Of the axons without the bias line, in units of T.
    circuit : Circuit
        The nominal components; its beta and ramp must be the chip's.
    dt : Quantity (second), optional
        T/1000 if not given.
    threshold : (n_out,) array, optional
        In this presentation, in units of V_th; default: the chip's, without jitter.
    method : str
        Brian2's integration method.

    Returns
    -------
    v_end, t_out : (n_out,) arrays
        v(T)/V_th, and output spike times in units of T; 1 is no spike.

    Raises
    ------
    InvalidInput
        The circuit is not the chip's, or dt is too large.

    Examples
    --------
    >>> from rcspike_brian import Circuit, Network
    >>> from rcspike_brian.devices import DeviceEffects, make_chip
    >>> circuit = Circuit.sky130()
    >>> network = Network.random((4, 3, 2), v_syn=circuit, seed=0)
    >>> chip = make_chip(network, DeviceEffects(conductance_spread=0.1), seed=1)
    >>> v_end, t_out = simulate_chip_layer(chip, 0, [0.0, 0.2, 0.5, 1.0], circuit)
    >>> t_out.shape
    (3,)
    """
    ramp = chip.network.circuit.ramp
    if not np.allclose(circuit.beta, chip.network.beta) or circuit.ramp is not ramp:
        raise InvalidInput(
            f"the circuit has beta = {circuit.beta} and ramp {circuit.ramp.name!r}, and the chip "
            f"{chip.network.beta} and {ramp.name!r}: they must agree"
        )
    weights = chip.network.weights[l]
    steps = time_steps(circuit, dt)
    G = circuit.conductances(weights)
    check_stability(circuit, np.asarray(G) / chip.capacitances[l].min(), steps)
    times = np.append(np.asarray(spike_times, float), 0.0)
    with private_device(RuntimeDevice()):
        clock = Clock(circuit.T / steps)
        axons = NeuronGroup(
            len(times), INPUT_AXON, threshold=AXON_THRESHOLD, reset=AXON_RESET, clock=clock
        )
        axons.T, axons.t_spike = circuit.T, Quantity(times * float(circuit.T), dim=second.dim)
        neurons = NeuronGroup(
            weights.shape[1],
            _NEURONS[circuit.kind],
            threshold=DEVICE_THRESHOLD,
            reset=RESET,
            events={"charged": CHARGED},
            method=method,
            clock=clock,
        )
        neurons.set_states(device_parameters(chip, l, circuit, threshold))
        synapses = Synapses(axons, neurons, SYNAPSE, on_pre=SYNAPSE_ON_PRE, clock=clock)
        synapses.connect()
        synapses.G = Quantity(np.asarray(G).ravel(), dim=siemens.dim)
        charged, spikes = EventMonitor(neurons, "charged", variables=["V"]), SpikeMonitor(neurons)
        network = BrianNetwork(axons, neurons, synapses, charged, spikes)
        network.run((2 * steps + 1) * circuit.T / steps, namespace={})
        v_end = np.empty(weights.shape[1])
        v_end[np.asarray(charged.i)] = np.asarray(charged.V_) / float(circuit.V_th)
        t_out = np.ones(weights.shape[1])
        t_out[np.asarray(spikes.i)] = np.asarray(spikes.t_) / float(circuit.T) - 1
    return v_end, t_out


def device_parameters(chip, l, circuit, threshold=None):
    """Constants of the neurons of layer ``l`` for ``NeuronGroup.set_states``.

    Returns
    -------
    dict of str to Quantity
    """
    values = neuron_parameters(circuit)
    values.pop("V_ramp", None)
    C, T, V_th = (float(v) for v in (circuit.C, circuit.T, circuit.V_th))
    drive, conductance = circuit.ramp.drive(circuit)
    conductance += chip.effects.ramp_conductance
    threshold = chip.thresholds[l] if threshold is None else np.asarray(threshold)
    return values | {
        "C": C * chip.capacitances[l] * farad,
        "I_0": drive * C * V_th / T * amp,
        "G_ramp": conductance * C / T * siemens,
        "G_leak": chip.effects.leak * C / T * siemens,
        "V_offset": (threshold - 1) * V_th * volt,
    }
