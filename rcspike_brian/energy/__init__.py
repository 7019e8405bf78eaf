"""Energy of an inference: what the supplies deliver, exactly, and where it goes.

``SUPPLY`` and ``DISSIPATION`` name the terms of the two sides of a budget.
"""

from rcspike_brian.energy.budget import (
    DISSIPATION,
    SUPPLY,
    EnergyBudget,
    EnergyCosts,
    energy_budget,
)
from rcspike_brian.energy.runs import (
    class_energy,
    equal_accuracy_ratio,
    layer_energy,
    network_energy,
)

__all__ = [
    "DISSIPATION", "SUPPLY", "EnergyBudget", "EnergyCosts", "class_energy", "energy_budget",
    "equal_accuracy_ratio", "layer_energy", "network_energy",
]  # fmt: skip
