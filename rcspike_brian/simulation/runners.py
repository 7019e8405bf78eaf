"""The ways to run presentations: in this process, as a compiled program, or without Brian2."""

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import numpy as np

from rcspike_brian.brian import RuntimeDevice, get_cython_cache_dir, prefs, second
from rcspike_brian.errors import CompilerError
from rcspike_brian.simulation.cache import open_program, say
from rcspike_brian.simulation.devices import preferences, private_device
from rcspike_brian.simulation.inputs import TARGETS, one_of
from rcspike_brian.simulation.model import build_model
from rcspike_brian.simulation.plan import run_values
from rcspike_brian.simulation.program import recorded_variables
from rcspike_brian.simulation.recording import read_chunk
from rcspike_brian.simulation.solve_ivp import SolveIvpRunner


def _preferences_of_a_run():
    needed = {
        "core.default_float_dtype": np.float64,
        # Brian2 would end a run at Ctrl-C as if it were complete.
        "core.stop_on_keyboard_interrupt": False,
    }
    homeless = not os.path.isabs(os.path.expanduser("~"))
    if homeless and prefs["codegen.runtime.cython.cache_dir"] is None:
        needed["codegen.target"] = "numpy"  # Cython's files would go to a folder that is called "~"
    return needed


class RuntimeRunner:
    """Runs presentations one chunk after another with Brian2's runtime target."""

    target, build_seconds, workers = "runtime", 0.0, 1
    read = staticmethod(read_chunk)

    def __init__(self, setup, tell=say):
        self.setup, self.tell = setup, tell

    def __enter__(self):
        if _cython_has_compiled_nothing():
            self.tell(
                "Brian2 compiles this circuit with Cython (once for each kind, up to a minute) ... "
                'Small circuits are done sooner with brian2.prefs.codegen.target = "numpy".'
            )
        return self

    def __exit__(self, *exception):
        return None

    def run(self, chunks, report=None):
        """Yield ``(arrays, seconds)`` for each chunk; ``report`` is called as Brian2 does."""
        for times in chunks:
            started = perf_counter()
            plan = replace(self.setup.plan, presentations=len(times))
            values = run_values(plan, self.setup.circuit, times)
            with preferences(_preferences_of_a_run()), private_device(RuntimeDevice()):
                model = build_model(plan, self.setup.values | values)
                loaded = perf_counter()
                model.run(report, report_period=0.5 * second)
                finished = perf_counter()
                arrays = read_monitors(model)
            seconds = {"load": loaded - started, "run": finished - loaded}
            yield arrays, seconds | {"read": perf_counter() - finished}


def _cython_has_compiled_nothing():
    """Whether Brian2 may compile within Python, and its cache does not know any circuit yet."""
    if "numpy" in (prefs["codegen.target"], _preferences_of_a_run().get("codegen.target")):
        return False
    folder = get_cython_cache_dir()
    return folder is not None and not any(Path(folder).glob("*.so"))


def read_monitors(model):
    """Return what the monitors of a model hold, by "monitor.variable", in SI units."""
    return {
        f"{name}.{variable}": np.array(model.network[name].variables[variable].get_value())
        for name, variable in recorded_variables(model.plan)
    }


class CompiledRunner:
    """Runs presentations with a compiled program, several processes side by side."""

    target = "cpp_standalone"
    read = staticmethod(read_chunk)

    def __init__(self, setup, workers=1, tell=say):
        self.setup, self.workers = setup, workers
        self.program, self.build_seconds = open_program(setup.plan, tell)

    def __enter__(self):
        self.stack = ExitStack()
        self.session = self.stack.enter_context(self.program.session(self.setup.values))
        self.pool = ThreadPoolExecutor(self.workers, thread_name_prefix="rcspike")
        self.stack.callback(self.pool.shutdown, cancel_futures=True)
        # Before the pool waits for its threads, they must have nothing left to wait for.
        self.stack.callback(self.session.stop)
        return self

    def __exit__(self, *exception):
        self.stack.close()

    def run(self, chunks, report=None):
        """Yield ``(arrays, seconds)`` in order; few chunks, for memory, are under way at a time."""
        waiting = deque()
        for times in chunks:
            values = run_values(self.setup.plan, self.setup.circuit, times)
            waiting.append(self.pool.submit(self.session.run, values))
            if len(waiting) > self.workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


IN_THIS_PROCESS = {runner.target: runner for runner in (RuntimeRunner, SolveIvpRunner)}


def open_runner(setup, target, workers=1, tell=say):
    """Return the runner of a target; "auto" makes do without a compiler that works."""
    one_of("target", target, TARGETS)
    if target in IN_THIS_PROCESS:
        return IN_THIS_PROCESS[target](setup, tell)
    try:
        return CompiledRunner(setup, workers, tell)
    except CompilerError as error:
        if target != "auto":
            raise
        tell(f"{error}\nSo Brian2 runs in this process (target 'runtime', much slower).")
        return RuntimeRunner(setup, tell)
