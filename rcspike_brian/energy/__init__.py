"""Energy of an inference: what the supplies deliver, exactly, and where it goes.

``SUPPLY`` and ``DISSIPATION`` name the terms of the two sides of a budget.
"""

# isort: skip_file
from rcspike_brian.energy.budget import (
    DISSIPATION, SUPPLY, EnergyBudget, EnergyCosts, class_energy, energy_budget,
    equal_accuracy_ratio, layer_energy, network_energy, ramp_savings,
)  # fmt: skip
from rcspike_brian.energy.parts import PARTS, Parts, line_energy

__all__ = [
    "DISSIPATION", "PARTS", "SUPPLY", "EnergyBudget", "EnergyCosts", "Parts", "class_energy",
    "energy_budget", "equal_accuracy_ratio", "layer_energy", "line_energy", "network_energy",
    "ramp_savings",
]  # fmt: skip
