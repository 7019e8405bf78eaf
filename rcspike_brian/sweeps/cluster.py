"""Workers of a Dask cluster."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future

from rcspike_brian._version import __version__
from rcspike_brian.core.checks import positive_integer
from rcspike_brian.errors import InvalidInput, RCSpikeError
from rcspike_brian.sweeps.cell import Cell

_PATIENCE = 60  # seconds for the scheduler to answer and the first worker to join


class DaskWorkers:
    """The workers of the scheduler at an address, with the interface of `LocalWorkers`.

    Raises `InvalidInput` if there is no Dask here, no scheduler there, no workers, or workers with
    another version of this package.
    """

    def __init__(self, scheduler: str, threads: int = 1):
        self.threads = positive_integer(threads, "threads")
        self._client = _connect(scheduler)
        try:
            _check_workers(self._client, scheduler)
        except BaseException:
            self._client.close()
            raise
        # Not pure: Dask must not keep the outcome of a call for later calls that look alike.
        self._executor = self._client.get_executor(pure=False)

    def capacity(self) -> int:
        """How many steps can run at once; workers may come and go."""
        return max(1, sum(self._client.nthreads().values()) // self.threads)

    def prepare(self, cells: Iterable[Cell]) -> None:
        """Nothing: Dask's workers may not start processes, so each compiles for itself."""

    def submit(self, function: Callable, *arguments: object) -> Future:
        """Start a call on a worker."""
        return self._executor.submit(function, *arguments)

    def replace_lost(self) -> None:
        """Dask gives the work of a lost worker to another one; this is the scheduler lost."""
        raise RCSpikeError("the Dask scheduler is gone; start the sweep again to continue it")

    def close(self) -> None:
        """Leave the cluster."""
        self._executor.shutdown(wait=False)
        self._client.close()


def _connect(scheduler):
    try:
        from distributed import Client
    except ImportError:
        raise InvalidInput(
            "a sweep on a Dask cluster needs the package distributed: "
            'pip install "rcspike-brian[distributed]"'
        ) from None
    try:
        return Client(scheduler, timeout=_PATIENCE, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise InvalidInput(
            f"no Dask scheduler answers at {scheduler!r}: {error}; start one with `dask scheduler` "
            "and give the address that it prints"
        ) from None


def _check_workers(client, scheduler):
    try:
        client.wait_for_workers(1, timeout=_PATIENCE)
        found = client.run(_version)
    except TimeoutError:
        raise InvalidInput(
            f"the scheduler {scheduler} has no workers; start some with "
            f"`dask worker {scheduler} --nthreads 1`"
        ) from None
    except ImportError as error:
        raise InvalidInput(f"the workers lack this package: {error}; install it there") from None
    for worker, version in found.items():
        if version != __version__:
            raise InvalidInput(
                f"worker {worker} has rcspike-brian {version}, and this is {__version__}; "
                "install the same version everywhere"
            )


def _version():
    return __version__
