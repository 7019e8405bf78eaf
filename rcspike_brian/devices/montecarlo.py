"""Accuracy over many chips."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from rcspike_brian.core.checks import positive_integer
from rcspike_brian.data import Dataset
from rcspike_brian.devices.chip import make_chip
from rcspike_brian.devices.effects import DeviceEffects
from rcspike_brian.errors import InvalidInput, expect, shown
from rcspike_brian.network import Network
from rcspike_brian.quantities import finite_array
from rcspike_brian.readout import class_labels, first_to_spike


def chip_accuracies(
    network: Network,
    dataset: Dataset,
    effects: DeviceEffects,
    chips: int = 20,
    *,
    seed: int = 0,
    images: int | None = None,
    threads: int | None = None,
) -> np.ndarray:
    """Test accuracy, by the earliest spike, of one network on many chips.

    Parameters
    ----------
    network, dataset, effects
        What is tested, on what, and how the devices are off.
    chips, seed : int
        Chip k has the seed ``seed + k``: all networks meet the same devices.
    images : int, optional
        Only the first test images.
    threads : int, optional

    Returns
    -------
    (chips,) numpy.ndarray

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> images, labels = np.full((2, 4), 0.5), np.array([0, 1])
    >>> data = SimpleNamespace(name="tiny", test_images=images, test_labels=labels)
    >>> network = Network.random((4, 3, 2), v_syn=1.0, seed=0)
    >>> chip_accuracies(network, data, DeviceEffects(leak=0.1), chips=3).shape
    (3,)
    """
    images = None if images is None else positive_integer(images, "images")
    seed = positive_integer(seed, "seed", least=0)
    test = dataset.test_images[:images]
    labels = class_labels(dataset.test_labels[:images], len(test))
    accuracies = []
    for k in range(positive_integer(chips, "chips")):
        times = output_times(make_chip(network, effects, seed + k), test, seed + k, threads)
        accuracies.append(np.mean(first_to_spike(times) == labels))
    return np.array(accuracies)


def output_times(chip, inputs, seed, threads):
    """Output spike times (n, n_out), by the fast kernels where they know all that is off."""
    circuit, known = chip.network.circuit, ["conductance_spread", "weight_levels"]
    if circuit.ramp.drive(circuit) == (1.0, 0.0):  # what moves thresholds moves spikes alike
        known.append("comparator_jitter")
    if chip.effects != DeviceEffects(**{name: getattr(chip.effects, name) for name in known}):
        rng = np.random.default_rng(seed)
        parts = (inputs[block] for block in chip.network.blocks(len(inputs)))
        how: dict[str, Any] = {"seed": rng, "threads": threads}
        return np.concatenate([chip.spike_times(part, **how)[-1] for part in parts])
    layers = chip.network.layers
    layers = tuple(layer.with_parameters(layer.parameters.astype("float32")) for layer in layers)
    jitter = chip.effects.comparator_jitter
    network = replace(chip.network, layers=layers)
    noise = 0.0, jitter, jitter
    return circuit.spike_time(network.potentials(inputs, noise=noise, seed=seed, threads=threads))


def accuracy_over_chips(
    networks: dict[str, Network],
    dataset: Dataset,
    spreads: Sequence[float],
    chips: int = 20,
    *,
    effects: DeviceEffects,
    each: Callable[[str, float, np.ndarray], object] | None = None,
    **options: Any,
) -> pd.DataFrame:
    """Accuracies of several networks against the spread of the conductances.

    Parameters
    ----------
    networks : dict of str to Network
        By the name of the model.
    dataset : Dataset
    spreads : sequence of float
        Conductance spreads; 0 is evaluated on one chip unless other devices differ.
    chips : int
    effects : DeviceEffects
        The other imperfections.
    each : function, optional
        Called with a row after each network and spread.
    **options
        seed, images, threads of `chip_accuracies`.

    Returns
    -------
    pandas.DataFrame
        One row per chip: dataset, model, spread, chip, accuracy.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> images, labels = np.full((2, 4), 0.5), np.array([0, 1])
    >>> data = SimpleNamespace(name="tiny", test_images=images, test_labels=labels)
    >>> networks, effects = {"a": Network.random((4, 3, 2), v_syn=1.0)}, DeviceEffects(leak=0.1)
    >>> len(accuracy_over_chips(networks, data, [0.0, 0.1], chips=3, effects=effects))
    4
    """
    spreads = np.atleast_1d(finite_array("spreads", spreads)).tolist()
    if not isinstance(networks, dict):
        raise InvalidInput(
            f"networks must be a dictionary of names to networks, got {shown(networks)}"
        )
    if not networks or not spreads:
        raise InvalidInput("there must be at least one network and one spread")
    frames = []
    expect("effects", effects, DeviceEffects)
    chips = positive_integer(chips, "chips")
    for name, network in networks.items():
        for spread in spreads:
            devices = replace(effects, conductance_spread=spread)
            random = spread or devices.capacitor_spread or devices.comparator_offset
            number = chips if random else 1
            found = chip_accuracies(network, dataset, devices, number, **options)
            row = {"dataset": dataset.name, "model": name, "spread": spread}
            frames.append(pd.DataFrame({**row, "chip": np.arange(number), "accuracy": found}))
            if each:
                each(name, spread, found)
    return pd.concat(frames, ignore_index=True)
