"""Experiments that put the parts together: training, exact solver, Brian2 and SPICE."""

from rcspike_brian.experiments.iris import (
    IrisNetworks,
    compare_iris,
    iris_accuracy,
    iris_rmse,
    iris_tolerances,
    train_iris,
)

__all__ = [
    "IrisNetworks",
    "compare_iris",
    "iris_accuracy",
    "iris_rmse",
    "iris_tolerances",
    "train_iris",
]
