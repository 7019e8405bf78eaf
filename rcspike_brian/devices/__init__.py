"""Chips whose devices are not perfect: one by one, exactly, in Brian2, and by the dozen."""

from rcspike_brian.devices.chip import Chip, make_chip
from rcspike_brian.devices.effects import DeviceEffects
from rcspike_brian.devices.montecarlo import accuracy_over_chips, chip_accuracies
from rcspike_brian.devices.simulate import chip_values, simulate_chip_layer

__all__ = [
    "Chip", "DeviceEffects", "accuracy_over_chips", "chip_accuracies", "chip_values",
    "make_chip", "simulate_chip_layer",
]  # fmt: skip
