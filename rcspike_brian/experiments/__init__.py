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

__all__ = [
    "Agreement", "IrisNetworks", "compare_iris", "compare_with_exact", "example_inputs",
    "iris_accuracy", "iris_rmse", "iris_tolerances", "simulate_example", "train_iris",
]  # fmt: skip
