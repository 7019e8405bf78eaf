"""Brian2's C++ standalone target: compiled once per structure, then run with new values."""

import tempfile
from pathlib import Path
from time import perf_counter

from brian2.devices.cpp_standalone.device import CPPStandaloneDevice
from brian2.units import second

from rcspike_brian.errors import CompilerError
from rcspike_brian.simulation.compiler import check_tools, make
from rcspike_brian.simulation.devices import private_device, same_environment
from rcspike_brian.simulation.model import Recording, build, duration, read, structure, values
from rcspike_brian.simulation.progress import REPORT_PERIOD


class StandaloneBackend:
    """Compiles models in a temporary folder, which goes away at the end of the block."""

    def __enter__(self):
        check_tools()
        self.folder = tempfile.TemporaryDirectory(prefix="rcspike-standalone-")
        self.compiled = {}
        self.models = 0
        return self

    def __exit__(self, *exception):
        self.compiled.clear()
        self.folder.cleanup()

    def run(self, circuit, inputs, report) -> Recording:
        """Run one presentation; compile first if no compiled model serves it."""
        key = (structure(circuit, inputs), report == "text")
        if key not in self.compiled or self.compiled[key].steps < inputs.steps:
            self.models += 1
            folder = Path(self.folder.name) / f"model-{self.models}"
            self.compiled[key] = CompiledModel(circuit, inputs, folder, print_report=key[1])
        return self.compiled[key].run(circuit, inputs, report)


class CompiledModel:
    """One compiled structure, on a standalone device of its own."""

    def __init__(self, circuit, inputs, folder, print_report):
        self.folder = folder
        self.steps = inputs.steps
        self.with_output = print_report
        self.device = CPPStandaloneDevice()
        with private_device(self.device):
            self.model = build(circuit, inputs)
            self.model.network.run(
                duration(circuit, inputs),
                report="text" if print_report else None,
                report_period=REPORT_PERIOD,
                namespace={},
            )
            self.device.build(directory=str(folder), compile=False, run=False)
        make(folder)

    def run(self, circuit, inputs, report) -> Recording:
        """Run with the values of this circuit and these inputs."""
        arguments = {
            getattr(group, name): value
            for group, name, value in values(self.model, circuit, inputs)
        }
        total = duration(circuit, inputs)
        started = perf_counter()
        if callable(report):
            report(0 * second, 0.0, 0 * second, total)
        with private_device(self.device), same_environment():
            try:
                self.device.run(with_output=self.with_output, run_args=arguments)
            except RuntimeError as error:
                raise CompilerError(f"the compiled C++ model failed: {error}") from error
            recording = read(self.model, inputs, circuit.T / inputs.steps)
        if callable(report):
            report((perf_counter() - started) * second, 1.0, 0 * second, total)
        return recording
