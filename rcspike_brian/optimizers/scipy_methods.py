"""Methods of `scipy.optimize.minimize`, which take all samples at once and find their own steps."""

import numpy as np

from rcspike_brian.errors import InvalidInput
from rcspike_brian.optimizers.base import Optimizer


class ScipyMethod(Optimizer):
    """A method of SciPy; `rcspike_brian.training.full_batch.FullBatchTrainer` calls it.

    Attributes
    ----------
    method : str
        What `scipy.optimize.minimize` calls it.
    """

    method: str

    def update(self, gradient: np.ndarray, rate: float) -> None:
        """Not how it works: `InvalidInput`."""
        raise InvalidInput(f"{self.method} chooses its own steps, on all samples: use train()")


class LBFGS(ScipyMethod):
    """Quasi-Newton with limited memory (Liu and Nocedal, Math. Program. 45:503, 1989)."""

    name, method = "l-bfgs", "L-BFGS-B"


class ConjugateGradient(ScipyMethod):
    """Nonlinear conjugate gradient (Polak and Ribiere)."""

    name = method = "CG"


class NewtonCG(ScipyMethod):
    """Newton steps by conjugate gradient, with a line search."""

    name = method = "Newton-CG"


class TrustKrylov(ScipyMethod):
    """Newton steps within a trust region, by a Krylov method."""

    name = method = "trust-krylov"
