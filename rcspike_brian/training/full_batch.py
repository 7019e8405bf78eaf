"""Training on all samples at once, by an optimiser of SciPy."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

from rcspike_brian.core.checks import float_array, positive_integer
from rcspike_brian.errors import InvalidInput, expect
from rcspike_brian.optimizers.scipy_methods import ScipyMethod
from rcspike_brian.progress import Progress, progress_bar
from rcspike_brian.training.objective import SpikeTimeObjective
from rcspike_brian.training.trainer import Trainer

if TYPE_CHECKING:
    from scipy.optimize import OptimizeResult

# Methods of SciPy for a function with its gradient, and those that take products with the Hessian.
_WITH_HESSIAN = ("Newton-CG", "trust-ncg", "trust-krylov", "trust-constr")
_METHODS = ("L-BFGS-B", "BFGS", "CG", *_WITH_HESSIAN)

# What is another function in every batch cannot be minimised.
_RANDOM = ("shift", "flip", "weight_spread", "weight_decay", "averaging", "output_noise")


def minimize(
    objective: SpikeTimeObjective, method: str = "L-BFGS-B", *, iterations: int = 100,
    start: np.ndarray | None = None, progress: Progress = True,
    callback: Callable[[OptimizeResult], object] | None = None, **options: Any,
) -> OptimizeResult:  # fmt: skip
    """Minimise an objective by a method of `scipy.optimize.minimize`.

    BLAS runs in one thread meanwhile: SciPy's own vectors are short, more threads gain nothing, and
    on a busy machine they wait for each other longer than the gradient takes. It also makes the
    result the same on any number of processors. `InvalidInput`: an unknown method.

    Parameters
    ----------
    objective : SpikeTimeObjective
    method : str
        SciPy's name; methods that ask for the Hessian get products of it.
    iterations : int
        At most.
    start : (n_parameters,) array, optional
        Default: ``objective.start``.
    progress : bool or function
        Whether to show a bar, or ``progress(done, total)``, called after each iteration.
    callback : callable, optional
        ``callback(intermediate_result)`` after each iteration, with the fields x and fun; it may
        raise StopIteration.
    **options
        Of the method.

    Returns
    -------
    scipy.optimize.OptimizeResult
        With the trained ``network`` as one more field.

    Examples
    --------
    >>> import rcspike_brian as rb
    >>> iris = rb.load_dataset("iris")
    >>> network = rb.Network.random((4, 5, 3), seed=0, scale=2.0)
    >>> objective = SpikeTimeObjective(network, iris.train_images, iris.train_labels)
    >>> result = minimize(objective, iterations=20, progress=False)
    >>> bool(result.fun < 0.5 * objective.loss(objective.start)), result.network.sizes
    (True, (4, 5, 3))
    """
    from scipy import optimize

    expect("objective", objective, SpikeTimeObjective)
    iterations = positive_integer(iterations, "iterations")
    start = objective.start if start is None else float_array(start, "start", 1)
    if method not in _METHODS:
        raise InvalidInput(f"method must be one of {', '.join(_METHODS)}, got {method!r}")
    bar = progress_bar(progress, iterations, "iteration", method)
    with threadpool_limits(1, user_api="blas"), bar as update:

        def after(intermediate_result):
            update(1, f"loss {intermediate_result.fun:.4g}")
            if callback:
                callback(intermediate_result)

        result = optimize.minimize(
            objective, start, jac=True, method=method,
            hessp=objective.hessp if method in _WITH_HESSIAN else None,
            callback=after, options={"maxiter": iterations, **options},
        )  # fmt: skip
    result.network = objective.network(result.x)
    return result


class FullBatchTrainer(Trainer):
    """A `Trainer` whose epochs are the iterations of a method of SciPy on all training samples.

    In double precision, for layers of any kind. SciPy's methods cannot be continued half-way: a run
    does not pause, and starts over when it is resumed, to the same bits. `InvalidInput`: a setting
    that makes the loss another function in every batch.
    """

    kernels = False
    optimizer: ScipyMethod

    def _parameters(self):
        config = self.config
        if set_to := [name for name in _RANDOM if getattr(config, name)]:
            raise InvalidInput(
                f"{config.optimizer} minimises one loss on all samples, and {' and '.join(set_to)} "
                "would change it from batch to batch: set to 0, as rcspike_brian.training.recipe "
                "does, or train by adam"
            )
        samples = self.dataset.train_images, self.labels
        how: dict[str, Any] = {"loss": config.loss, "noise": config.noise, "seed": config.seed}
        self.objective = SpikeTimeObjective(self._beginning, *samples, **how, threads=self.threads)
        return self.objective.start.copy(), (0, 1)

    def _new_scratch(self):
        return None

    @property
    def network(self):
        """The network as it is now (a copy)."""
        return self.objective.network(self.optimizer.theta)

    @property
    def n_batches(self):
        """One: all samples."""
        return 1

    def run_epoch(self, progress=None):
        """Not how it works: `InvalidInput`."""
        raise InvalidInput(f"{self.config.optimizer} takes all its iterations in one go: use run")

    def run(self, progress, after):
        """Minimise; ``after(row)`` is called after each iteration."""
        if self.epoch >= self.config.epochs:
            return
        self.epoch, self.metrics, self.optimizer.steps = 0, [], 0
        since = time.perf_counter()

        def iteration(intermediate_result):
            nonlocal since
            theta = self.optimizer.theta
            theta[:] = intermediate_result.x
            self.optimizer.steps += 1
            seconds = time.perf_counter() - since
            progress()
            after(self._completed(self.objective.statistics_at(theta), seconds))
            since = time.perf_counter()

        settings: dict[str, Any] = {
            "iterations": self.config.epochs,
            "progress": False,
            "callback": iteration,
        }
        self.solution = minimize(self.objective, self.optimizer.method, **settings)
        self.optimizer.theta[:] = self.solution.x

    def _row(self, totals, seconds):
        return super()._row(totals, seconds) | {"evaluations": self.objective.evaluations}
