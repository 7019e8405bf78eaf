"""One chip: the devices that a network was programmed into, each with its own value."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from rcspike_brian.core.charge import synaptic_charge
from rcspike_brian.core.checks import positive_integer
from rcspike_brian.core.devices import log_normal_factors, quantise
from rcspike_brian.core.membrane import membrane_potential
from rcspike_brian.devices.effects import DeviceEffects
from rcspike_brian.errors import expect
from rcspike_brian.layers import Dense
from rcspike_brian.network import LayerState, Network, walk


@dataclass(frozen=True, eq=False)
class Chip:
    """The devices of a whole network; made by `make_chip`.

    Attributes
    ----------
    network : Network
        With the effective weights w = s T E G/(C_nominal V_th) of the resistors as they are.
    capacitances : tuple of (n_columns,) arrays
        In units of the nominal capacitor. Neurons of one channel of a convolution, which see one
        patch after another, take turns on one column: its synapses, capacitor and comparator.
    thresholds : tuple of (n_columns,) arrays
        Of the comparators, in units of V_th.
    effects : DeviceEffects

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

    def layer_potential(
        self, l: int, lines: np.ndarray, *, threads: int | None = None
    ) -> np.ndarray:
        """v(1) of layer ``l`` (from 0), exactly; lines (batch, n_in + 1) with the bias line."""
        beta, effects = self.network.beta, self.effects
        lines = self.network.circuit.as_times(lines, "lines")

        def potential(lines, weights, c):
            if effects.leak:
                leak = effects.leak / c
                return synaptic_charge(lines, weights / c, beta, leak=leak, threads=threads)[0]
            return membrane_potential(lines, weights / c, beta, threads=threads)

        return self.network.layers[l].through(lines, potential, (self.capacitances[l],))

    def layer_threshold(self, l: int, n: int, rng: np.random.Generator | int) -> np.ndarray:
        """Thresholds of layer ``l`` in n presentations, jitter included; (n_out,) or (n, n_out)."""
        threshold = self.network.layers[l].of_neurons(self.thresholds[l])
        if self.effects.comparator_jitter:
            noise = np.random.default_rng(rng).standard_normal((n, len(threshold)))
            threshold = threshold + self.effects.comparator_jitter * noise
        return threshold

    def layer_spike_time(
        self, l: int, v: np.ndarray, rng: np.random.Generator | int = 0
    ) -> np.ndarray:
        """Output spike times of layer ``l`` (from 0) from its v(1); ``rng`` for the jitter."""
        circuit, threshold = self.network.circuit, self.layer_threshold(l, len(v), rng)
        conductance = self.effects.ramp_conductance + self.effects.leak
        capacitance = self.network.layers[l].of_neurons(self.capacitances[l])
        devices: dict[str, Any] = {"capacitance": capacitance, "conductance": conductance}
        return circuit.ramp.spike_time(v, circuit, threshold=threshold, **devices)

    def walk(
        self, inputs: ArrayLike, *, seed: int | np.random.Generator = 0,
        threads: int | None = None,
    ) -> Iterator[LayerState]:  # fmt: skip
        """Go through the layers, as `Network.walk`; ``seed`` is that of the jitter."""
        self.network.circuit.check_exact()
        if not isinstance(seed, np.random.Generator):
            seed = positive_integer(seed, "seed", least=0)
        rng = np.random.default_rng(seed)
        return walk(
            self.network.input_spike_times(inputs),
            self.network.layers,
            lambda l, lines: self.layer_potential(l, lines, threads=threads),
            lambda l, v: self.layer_spike_time(l, v, rng),
        )

    def spike_times(
        self, inputs: ArrayLike, *, seed: int | np.random.Generator = 0,
        threads: int | None = None,
    ) -> list[np.ndarray]:  # fmt: skip
        """Output spike times (batch, n_l) of every layer in [0, 1]; 1 is no spike.

        Inputs (batch, n_in) are uint8 grey levels, or spike times in units of T.
        """
        return [state.times for state in self.walk(inputs, seed=seed, threads=threads)]


def make_chip(network: Network, effects: DeviceEffects, seed: int = 0) -> Chip:
    """Program a network into a chip whose devices are drawn at random.

    Parameters
    ----------
    network : Network
    effects : DeviceEffects
    seed : int
        Of the devices. The same seed draws the same deviations, in units of the spread.

    Examples
    --------
    >>> network = Network.random((4, 3, 2), v_syn=1.0, seed=0)
    >>> chip = make_chip(network, DeviceEffects(conductance_spread=0.1), seed=1)
    >>> [times.shape for times in chip.spike_times([[0.0, 0.2, 0.5, 1.0]])]
    [(1, 3), (1, 2)]
    """
    # A stream for each kind of device: switching one on does not redraw the others.
    expect("network", network, Network)
    expect("effects", effects, DeviceEffects)
    seed = positive_integer(seed, "seed", least=0)
    streams = np.random.SeedSequence(seed).spawn(3)
    resistors, capacitors, comparators = map(np.random.default_rng, streams)
    spread, levels = effects.conductance_spread, effects.weight_levels
    layers = []
    for layer in network.layers:
        w = layer.matrix
        programmed = quantise(w, levels) if levels else w.astype(float)
        w = programmed * log_normal_factors(resistors, spread, w.shape, np.float64)
        own = layer.matrix is layer.parameters  # else devices that share a weight differ now
        layers.append(layer.with_parameters(w) if own else Dense(w, layer.pool))
    sizes = [layer.matrix.shape[1] for layer in layers]
    off = (log_normal_factors(capacitors, effects.capacitor_spread, n, np.float64) for n in sizes)
    offsets = (effects.comparator_offset * comparators.standard_normal(n) for n in sizes)
    return Chip(
        network=replace(network, layers=tuple(layers)),
        capacitances=tuple(off),
        thresholds=tuple(1 + offset for offset in offsets),
        effects=effects,
    )
