"""The two ways to run presentations: in this process, or as a compiled program."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from time import perf_counter

import numpy as np
from brian2.devices.device import RuntimeDevice

from rcspike_brian.simulation.devices import double_precision, private_device
from rcspike_brian.simulation.network import names
from rcspike_brian.simulation.network.cache import open_program
from rcspike_brian.simulation.network.model import build_model
from rcspike_brian.simulation.network.program import recorded_variables
from rcspike_brian.simulation.network.values import input_values


class RuntimeNetwork:
    """Runs presentations one chunk after another with Brian2's runtime target."""

    build_seconds = 0.0

    def __init__(self, plan, circuit, values):
        self.plan, self.circuit, self.values = plan, circuit, values

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        return None

    def run(self, chunks):
        """Yield ``(arrays, seconds)`` for each chunk of input spike times."""
        for times in chunks:
            started = perf_counter()
            inputs = input_values(self.plan, self.circuit, times)
            with double_precision(), private_device(RuntimeDevice()):
                model = build_model(self.plan, inputs[f"{names.INPUT_TIMES}.values"])
                model.assign(self.values)
                loaded = perf_counter()
                model.run()
                finished = perf_counter()
                arrays = read_monitors(model)
            seconds = {"load": loaded - started, "run": finished - loaded}
            yield arrays, seconds | {"read": perf_counter() - finished}


def read_monitors(model):
    """Return what the monitors of a model hold, by "monitor.variable", in SI units."""
    arrays = {}
    for name, variable in recorded_variables(model.plan):
        monitor = model.network[name]
        if variable != "N":
            values = np.array(getattr(monitor, variable if variable == "i" else f"{variable}_"))
            arrays[f"{name}.{variable}"] = values.T if values.ndim == 2 else values
    return arrays


class StandaloneNetwork:
    """Runs presentations with a compiled program, several processes side by side."""

    def __init__(self, plan, circuit, values, workers, tell):
        self.plan, self.circuit, self.values, self.workers = plan, circuit, values, workers
        self.program, self.build_seconds = open_program(plan, tell)

    def __enter__(self):
        self.stack = ExitStack()
        self.session = self.stack.enter_context(self.program.session(self.values))
        self.pool = ThreadPoolExecutor(self.workers, thread_name_prefix="rcspike")
        self.stack.callback(self.pool.shutdown, cancel_futures=True)
        # Before the pool waits for its threads, they must have nothing left to wait for.
        self.stack.callback(self.session.stop)
        return self

    def __exit__(self, *exception):
        self.stack.close()

    def run(self, chunks):
        """Yield ``(arrays, seconds)`` for each chunk, in order.

        Only a few chunks are under way at a time, so memory does not grow with their number.
        """
        waiting = deque()
        for times in chunks:
            inputs = input_values(self.plan, self.circuit, times)
            waiting.append(self.pool.submit(self.session.run, inputs))
            if len(waiting) > self.workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
