"""Workers of a sweep: processes on this machine, or those of a Dask cluster.

`concurrent.futures` of the standard library is enough: no server, no ports, no further package.
A Dask cluster offers the same interface, so a sweep does not know which one it has.
"""

import asyncio
import multiprocessing
import os
import pickle
from collections.abc import Callable, Iterable
from concurrent.futures import (
    BrokenExecutor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from contextlib import suppress
from functools import partial

from rcspike_brian import processes
from rcspike_brian._version import __version__
from rcspike_brian.core.checks import positive_integer
from rcspike_brian.core.threads import default_threads
from rcspike_brian.data.catalog import in_memory, register
from rcspike_brian.errors import InvalidInput, RCSpikeError
from rcspike_brian.sweeps.cell import Cell
from rcspike_brian.sweeps.work import compile_kernels, kinds_of

_NO_WORKERS = (
    "the processes of the sweep cannot start. Each imports the script that asked for it: so that "
    'must be a file, not standard input, and call run_sweep under `if __name__ == "__main__":`. '
    "If the processes said something else, it stands above"
)


class LocalWorkers:
    """A pool of processes, by default as many as keep every processor busy."""

    def __init__(self, workers: int | None = None, threads: int = 1):
        self.threads = positive_integer(threads, "threads")
        if workers is None:
            workers = max(1, default_threads() // self.threads)
        self._workers = positive_integer(workers, "workers")
        self._pool: ProcessPoolExecutor | None = None
        # The workers end at once when this process closes its end of the pipe, or is killed.
        self._theirs, self._ours = multiprocessing.get_context("spawn").Pipe(duplex=False)

    def __enter__(self) -> "LocalWorkers":
        return self

    def __exit__(self, kind, *exception) -> None:
        if kind is SystemExit:  # told to end: running steps are lost, as after a kill
            self.stop()
        self.close()

    def capacity(self) -> int:
        """How many steps can run at once."""
        return self._workers

    def prepare(self, cells: Iterable[Cell]) -> None:
        """Compile what the workers need, in processes that end with it."""
        with LocalWorkers(self._workers) as pool:
            try:
                pool.submit(os.getpid).result()
            except BrokenExecutor:
                raise RCSpikeError(_NO_WORKERS) from None
            # It saves memory only: what is wrong with a cell is found again when it is trained.
            with suppress(BrokenExecutor):
                try:
                    wait([pool.submit(compile_kernels, cell.to_dict()) for cell in kinds_of(cells)])
                except KeyboardInterrupt:
                    pool.stop()
                    raise

    def submit(self, function: Callable, *arguments: object) -> Future:
        """Start a call in a worker."""
        if self._pool is None:
            try:
                self._pool = _processes(self._workers, self._theirs)
            except OSError as error:
                why = f"the processes of a sweep cannot share locks ({error})"
                raise RCSpikeError(f"{why}: they need a /dev/shm that can be written") from None
        return self._pool.submit(function, *arguments)

    def replace_lost(self) -> None:
        """Begin with new workers: a process that was killed leaves its pool unusable."""
        self.close()
        self._pool = None

    def close(self) -> None:
        """Let the workers end after their steps."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def stop(self) -> None:
        """End the workers in the middle of their steps."""
        self._ours.close()


def _processes(n, pipe):
    # Not forked: this process may have threads, and compiled code has pools of its own.
    context = multiprocessing.get_context("spawn")
    # What was registered in this process only goes to the workers; read late, because it may take
    # seconds to import, and the pipe must be followed from the first moment.
    registered = pickle.dumps(partial(_register, in_memory()))
    return ProcessPoolExecutor(
        n, context, initializer=processes.worker, initargs=(pipe, registered)
    )


def _register(datasets):
    for dataset in datasets:
        register(dataset)


_PATIENCE = 60  # seconds for the scheduler to answer and the first worker to join


class DaskWorkers:
    """The workers of the scheduler at an address, with the interface of `LocalWorkers`."""

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

    def stop(self) -> None:
        """Nothing: Dask's workers drop what nobody waits for."""

    def __enter__(self) -> "DaskWorkers":
        return self

    def __exit__(self, *exception) -> None:
        self.close()

    def close(self) -> None:
        """Leave the cluster."""
        self._executor.shutdown(wait=False)
        self._client.close()


def _connect(scheduler):
    try:
        from distributed import Client
    except ImportError:
        remedy = 'pip install "rcspike-brian[distributed]"'
        need = "a sweep on a Dask cluster needs the package distributed"
        raise InvalidInput(f"{need}: {remedy}") from None
    try:
        # A client that cannot connect keeps the process from ending, so this comes before there is
        # one; in a thread, because a notebook has an event loop of its own.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, _ask(scheduler)).result()
        return Client(scheduler, timeout=_PATIENCE, set_as_default=False)
    except Exception as error:  # a wrong address is noticed in many places
        fault = f"no Dask scheduler answers at {scheduler!r}: {str(error) or type(error).__name__}"
        remedy = "start one with `dask scheduler` and give the address that it prints"
        raise InvalidInput(f"{fault}; {remedy}") from None


async def _ask(address):
    """Raise an error unless a scheduler answers at an address."""
    from distributed.core import rpc
    from distributed.security import Security

    arguments = Security().get_connection_args("client")
    async with rpc(address, timeout=_PATIENCE, connection_args=arguments) as server:
        found = await asyncio.wait_for(server.identity(), _PATIENCE)
    if found.get("type") != "Scheduler":
        raise InvalidInput(f"a {found.get('type')} answers")


def _check_workers(client, scheduler):
    try:
        client.wait_for_workers(1, timeout=_PATIENCE)
        found = client.run(_version)
    except TimeoutError:
        remedy = f"start some with `dask worker {scheduler} --nthreads 1`"
        raise InvalidInput(f"the scheduler {scheduler} has no workers; {remedy}") from None
    except ImportError as error:
        raise InvalidInput(f"the workers lack this package: {error}; install it there") from None
    for worker, version in found.items():
        if version != __version__:
            what = f"worker {worker} has rcspike-brian {version}, and this is {__version__}"
            raise InvalidInput(f"{what}; install the same version everywhere")


def _version():
    return __version__
