"""Experiments that put the parts together: training, exact solver, Brian2 and SPICE."""

from rcspike_brian.experiments.agreement import Agreement, compare_with_exact
from rcspike_brian.experiments.figure2 import example_inputs, simulate_example
from rcspike_brian.experiments.iris import (
    IrisNetworks,
    compare_iris,
    iris_accuracy,
    iris_rmse,
    iris_tolerances,
    train_iris,
)
from rcspike_brian.experiments.transistors import (
    compare_transistors,
    train_for_transistors,
    transistor_rmse,
)

__all__ = [
    "Agreement", "IrisNetworks", "compare_iris", "compare_transistors", "compare_with_exact",
    "example_inputs", "iris_accuracy", "iris_rmse", "iris_tolerances", "simulate_example",
    "train_for_transistors", "train_iris", "transistor_rmse",
]  # fmt: skip
