"""One chip: the devices that a network was programmed into, each with its own value."""

import math
from dataclasses import dataclass

import numpy as np

from rcspike_brian.core.charge import synaptic_charge
from rcspike_brian.core.devices import device_spike_time, log_normal_factors, quantise
from rcspike_brian.core.membrane import membrane_potential
from rcspike_brian.devices.effects import DeviceEffects
from rcspike_brian.network import Network


@dataclass(frozen=True, eq=False)
class Chip:
    """The devices of a whole network; made by `make_chip`.

    Attributes
    ----------
    network : Network
        With the effective weights w = s T E G/(C_nominal V_th) of the resistors as they are.
    capacitances : tuple of (n_l,) arrays
        In units of the nominal capacitor.
    thresholds : tuple of (n_l,) arrays
        Of the comparators, in units of V_th.
    effects : DeviceEffects
    ramp : {"linear", "rc"}

    Examples
    --------
    >>> network = Network.random((4, 3, 2), v_syn=1.0, seed=0)
    >>> chip = make_chip(network, DeviceEffects(conductance_spread=0.1), seed=1)
    >>> [values.shape for values in chip.thresholds]
    [(3,), (2,)]
    """

    network: Network
    capacitances: tuple
    thresholds: tuple
    effects: DeviceEffects
    ramp: str = "linear"

    @property
    def ramp_drive(self):
        """``(I_0 T/(C V_th), G_ramp T/C)`` of the firing ramp."""
        if self.ramp == "linear":
            return 1.0, self.effects.ramp_conductance
        b = self.network.beta[0]
        conductance = -math.log1p(-b)
        return conductance / b, conductance + self.effects.ramp_conductance

    def layer_potential(self, l, times, *, threads=None):
        """v(1) of layer ``l`` (from 0) for the spike times of its axons, exactly.

        Parameters
        ----------
        l : int
        times : (batch, n_in) array
            Without the bias line.
        threads : int, optional
        """
        c, beta = self.capacitances[l], self.network.beta
        lines = np.hstack([times, np.zeros((len(times), 1))])
        weights = self.network.weights[l] / c
        if self.effects.leak:
            leak = self.effects.leak / c
            return synaptic_charge(lines, weights, beta, leak=leak, threads=threads)[0]
        return membrane_potential(lines, weights, beta, threads=threads)

    def layer_spike_time(self, l, v, rng=None):
        """Output spike times of layer ``l`` (from 0) from its v(1); ``rng`` for the jitter."""
        threshold = self.thresholds[l]
        if self.effects.comparator_jitter:
            rng = np.random.default_rng(rng)
            noise = rng.standard_normal(v.shape)
            threshold = threshold + self.effects.comparator_jitter * noise
        drive, conductance = self.ramp_drive
        return device_spike_time(
            v,
            capacitance=self.capacitances[l],
            threshold=threshold,
            discharge=conductance + self.effects.leak,
            drive=drive,
        )

    def spike_times(self, inputs, *, seed=0, threads=None):
        """Output spike times of every layer.

        Parameters
        ----------
        inputs : (batch, n_in) array
            uint8 grey levels, or spike times in units of T.
        seed : int
            Of the comparators' jitter.
        threads : int, optional

        Returns
        -------
        list of (batch, n_l) arrays
            In [0, 1]; 1 is no spike.
        """
        inputs = self.network.checked_inputs(inputs)
        times = 1 - inputs / 255 if inputs.dtype == np.uint8 else inputs
        rng, layers = np.random.default_rng(seed), []
        for l in range(len(self.network.weights)):
            v = self.layer_potential(l, times, threads=threads)
            times = self.layer_spike_time(l, v, rng)
            layers.append(times)
        return layers


def make_chip(network, effects, seed=0, *, ramp="linear"):
    """Program a network into a chip whose devices are drawn at random.

    Parameters
    ----------
    network : Network
    effects : DeviceEffects
    seed : int
        Of the devices. The same seed draws the same deviations, in units of the spread.
    ramp : {"linear", "rc"}

    Returns
    -------
    Chip

    Examples
    --------
    >>> network = Network.random((4, 3, 2), v_syn=1.0, seed=0)
    >>> chip = make_chip(network, DeviceEffects(conductance_spread=0.1), seed=1)
    >>> [times.shape for times in chip.spike_times([[0.0, 0.2, 0.5, 1.0]])]
    [(1, 3), (1, 2)]
    """
    # A stream for each kind of device: switching one on does not redraw the others.
    resistors, capacitors, comparators = (
        np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(3)
    )
    weights = []
    for w in network.weights:
        programmed = (
            quantise(w, effects.weight_levels) if effects.weight_levels else w.astype(float)
        )
        spread = effects.conductance_spread
        weights.append(programmed * log_normal_factors(resistors, spread, w.shape, np.float64))
    sizes = network.sizes[1:]
    return Chip(
        network=Network(tuple(weights), network.beta),
        capacitances=tuple(
            log_normal_factors(capacitors, effects.capacitor_spread, n, np.float64) for n in sizes
        ),
        thresholds=tuple(
            1 + effects.comparator_offset * comparators.standard_normal(n) for n in sizes
        ),
        effects=effects,
        ramp=ramp,
    )
