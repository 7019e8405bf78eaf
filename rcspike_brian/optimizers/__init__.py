"""Optimisers: one file each.

``OPTIMIZERS`` has the classes by the name that ``TrainingConfig(optimizer=...)`` takes; put one of
your own there.
"""

from rcspike_brian.optimizers.adam import Adam
from rcspike_brian.optimizers.base import Optimizer
from rcspike_brian.optimizers.scipy_methods import (
    LBFGS,
    ConjugateGradient,
    NewtonCG,
    TrustKrylov,
)
from rcspike_brian.optimizers.sgd import SGD

_ALL = (Adam, SGD, LBFGS, ConjugateGradient, NewtonCG, TrustKrylov)
OPTIMIZERS: dict[str, type[Optimizer]] = {kind.name: kind for kind in _ALL}
OPTIMIZERS[LBFGS.method] = LBFGS  # as SciPy spells it

__all__ = ["OPTIMIZERS", "SGD", "Adam", "Optimizer"]
