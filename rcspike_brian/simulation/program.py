"""A compiled program: the compiler, building it from a plan, checking it, running it."""

import hashlib
import json
import os
import shlex
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE, STDOUT
from tempfile import TemporaryDirectory
from threading import Lock
from time import perf_counter

import numpy as np

from rcspike_brian.brian import CPPStandaloneDevice, prefs
from rcspike_brian.core.threads import default_threads
from rcspike_brian.errors import CompilerError
from rcspike_brian.processes import Workshop
from rcspike_brian.simulation.devices import double_precision, private_device, same_environment
from rcspike_brian.simulation.model import build_model
from rcspike_brian.simulation.plan import name_of

MANIFEST, BINARY, STATIC = "manifest.json", "main", "static_arrays"
# What the generated C++ prints when it goes on without its values or results.
_COMPLAINTS = ("Error ", "Could not read", "Cannot set")


def compiler() -> str:
    """Return the command of the C++ compiler that Brian2's makefile will call."""
    return os.environ.get("CXX") or "g++"


def check_tools():
    """Raise `CompilerError` if the compiler or make is missing."""
    for tool in (compiler(), prefs.devices.cpp_standalone.make_cmd_unix):
        if shutil.which(shlex.split(tool)[0]) is None:
            raise CompilerError(
                f"target='cpp_standalone' needs a C++ compiler and make, but {tool!r} was not "
                "found. Install them (Debian, Ubuntu: apt install g++ make), set the "
                "environment variable CXX to your compiler, or use target='runtime'."
            )


@contextmanager
def temporary_files():
    """Say what to do where the folder of temporary files is full or cannot be written."""
    try:
        yield
    except OSError as error:
        raise CompilerError(
            f"cannot write the files of a C++ program in {tempfile.gettempdir()}: "
            f"{error.strerror or error}. Make room there, choose another folder with the "
            "environment variable TMPDIR, or use target='runtime'."
        ) from None


def _make_arguments(settings):
    """The user's, but not a compiler (100 MiB) for every file at once, as Brian2 has it."""
    arguments = list(settings.extra_make_args_unix)
    return [f"-j{default_threads()}" if argument == "-j" else argument for argument in arguments]


def make(workshop):
    """Compile the project in a workshop, or raise what the compiler said: Brian2 only prints it."""
    settings = prefs.devices.cpp_standalone
    command = [*shlex.split(settings.make_cmd_unix), *_make_arguments(settings)]
    process = workshop.start(
        command, cwd=workshop.path, stdout=PIPE, stderr=STDOUT, text=True, errors="replace",
        env={**os.environ, "TMPDIR": str(workshop.path)},  # the compiler's files go with the rest
    )  # fmt: skip
    said, _ = process.communicate()
    if process.returncode != 0:
        tail = "\n".join(said.splitlines()[-20:])
        raise CompilerError(
            f"compiling the C++ standalone model failed ({' '.join(command)!r} returned "
            f"{process.returncode}). Use target='runtime', or mend the compiler, which said:\n"
            f"{tail}"
        )


def build_program(plan, content, workshop):
    """Compile the C++ of a plan in a workshop, and describe it in a manifest with ``content``."""
    started, folder = perf_counter(), workshop.path
    device = CPPStandaloneDevice()
    with double_precision(), private_device(device), same_environment():
        model = build_model(plan)
        model.run()
        device.build(directory=str(folder), compile=False, run=False)
        arrays = _arrays(plan, model.network, device)
    make(workshop)
    write_manifest(folder, content, arrays, round(perf_counter() - started, 3))


def write_manifest(folder, content, arrays, seconds):
    """Describe a program, with digests of its files and of the description itself."""
    files = [BINARY, *sorted(f"{STATIC}/{path.name}" for path in (folder / STATIC).iterdir())]
    manifest = {
        "ingredients": content,
        "arrays": arrays,
        "files": {name: _digest((folder / name).read_bytes()) for name in files},
        "build_seconds": seconds,
    }
    sealed = {**manifest, "digest": _digest_of_manifest(manifest)}
    (folder / MANIFEST).write_text(json.dumps(sealed, indent=1), encoding="utf-8")


def recorded_variables(plan):
    """List ``(object name, variable)`` of everything a run is read for."""
    listed = []
    for number, probes in enumerate(plan.probes, start=1):
        for monitor in (name_of("spikes", number), name_of("charged", number)):
            listed += [(monitor, variable) for variable in ("i", "t", "V", "N")]
        if probes:
            listed += [(name_of("traces", number), variable) for variable in ("V", "N")]
    return listed


def _arrays(plan, network, device):
    arrays = {}
    for name, variable in recorded_variables(plan):
        array = network[name].variables[variable]
        arrays[f"{name}.{variable}"] = [device.get_array_filename(array), np.dtype(array.dtype).str]
    return arrays


def _digest(content):
    return hashlib.sha256(content).hexdigest()


def _digest_of_manifest(manifest):
    return _digest(json.dumps(manifest, sort_keys=True).encode())


def read_manifest(folder, content):
    """Return the manifest of a program, or None if it is missing, damaged or another one's."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest.pop("digest") != _digest_of_manifest(manifest):
            return None
        same = manifest["ingredients"] == json.loads(json.dumps(content))
        files = manifest["files"].items()
        whole = all(_digest((folder / name).read_bytes()) == given for name, given in files)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return manifest if same and whole else None


@dataclass(frozen=True, eq=False)
class Program:
    """A compiled program in a folder, which it only reads."""

    folder: Path
    manifest: dict
    owner: object = None  # a workshop, which ends with the program

    @contextmanager
    def session(self, values):
        """Set values that stay the same for several runs: "object.variable" to SI numbers."""
        with temporary_files():
            workshop = Workshop()
        with workshop:
            with temporary_files():
                session = Session(self, workshop, values)
            try:
                yield session
            finally:
                session.stop()


@dataclass(eq=False)
class Session:
    """Runs of one program; several may go side by side, in threads."""

    program: Program
    workshop: Workshop
    values: dict
    arguments: list = field(init=False)
    running: set = field(default_factory=set)
    stopped: bool = False
    lock: Lock = field(default_factory=Lock)

    def __post_init__(self):
        self.arguments = _write_values(self.workshop.path, self.values)

    def run(self, values):
        """Run once with further values; return what was recorded and where the time went.

        Load is start, values, synapses and results to disk; read is results into memory.
        """
        started = perf_counter()
        with temporary_files(), TemporaryDirectory(dir=self.workshop.path, prefix="run-") as name:
            scratch = Path(name)
            (scratch / "results").mkdir()
            (scratch / STATIC).symlink_to(self.program.folder.resolve() / STATIC)
            arguments = [*self.arguments, *_write_values(scratch, values)]
            self._launch(scratch, arguments)
            finished = perf_counter()
            stepping = _seconds_of_steps(scratch / "results")
            arrays = _read_arrays(scratch / "results", self.program)
        seconds = {"load": finished - started - stepping, "run": stepping}
        return arrays, seconds | {"read": perf_counter() - finished}

    def _launch(self, folder, arguments):
        program = str(self.program.folder.resolve() / BINARY)
        prefix = prefs.devices.cpp_standalone.run_cmd_unix  # such as a scheduler, with the program
        prefix = shlex.split(prefix) if isinstance(prefix, str) else list(prefix)
        command = [*prefix[:-1], program, "--results_dir", "results/", *arguments]
        environment = {**os.environ, **prefs.devices.cpp_standalone.run_environment_variables}
        output = folder / "output.txt"
        with output.open("wb") as log:
            process = self._start(command, folder, environment, log)
            try:
                code = process.wait()
            finally:
                self.running.discard(process)
        said = output.read_text(encoding="utf-8", errors="replace")
        complaints = [line for line in said.splitlines() if line.startswith(_COMPLAINTS)]
        if code != 0 or complaints:
            why = " ".join(complaints[:3]) or said[-500:] or "no message"
            raise CompilerError(
                f"the compiled C++ program failed (it returned {code}): {why}. Is the disk of "
                f"{tempfile.gettempdir()} full? Otherwise clear the cache with 'rcspike cache "
                "clear', or use target='runtime'."
            )

    def _start(self, command, folder, environment, log):
        with self.lock:
            if self.stopped:
                raise CompilerError("the simulation was stopped.")
            try:
                process = self.workshop.start(
                    command, cwd=folder, env=environment, stdout=log, stderr=STDOUT
                )
            except OSError as error:
                raise CompilerError(
                    f"cannot start {command[0]}: {error.strerror}. If the "
                    "cache has been cleared meanwhile, run this again; otherwise choose another "
                    "folder with the environment variable RCSPIKE_CACHE, or use target='runtime'."
                ) from None
            self.running.add(process)
        return process

    def stop(self):
        """End what still runs."""
        with self.lock:
            self.stopped = True
            running = list(self.running)
        for process in running:
            process.kill()
            process.wait()


def _write_values(folder, values):
    """Write arrays to files, and return the arguments that name them."""
    arguments = []
    for place, value in values.items():
        if np.ndim(value) == 0:
            arguments.append(f"{place}={value!r}")
        else:
            path = folder / f"{place}.dat"
            np.ascontiguousarray(value).tofile(path)
            arguments.append(f"{place}={path}")
    return arguments


def _seconds_of_steps(results):
    try:
        seconds, completed = (results / "last_run_info.txt").read_text().split()
    except (OSError, ValueError):
        seconds, completed = 0.0, 0.0
    if float(completed) < 1 - 1e-6:
        raise CompilerError(
            "the compiled C++ program ended before its last time step, or the disk of "
            f"{tempfile.gettempdir()} is full."
        )
    return float(seconds)


def _read_arrays(results, program):
    arrays = {
        place: np.fromfile(results / name, dtype=dtype)
        for place, (name, dtype) in program.manifest["arrays"].items()
    }
    for place, array in arrays.items():
        count = int(arrays[place.rpartition(".")[0] + ".N"][0])
        whole = bool(len(array)) == bool(count) and len(array) % max(count, 1) == 0
        if not place.endswith(".N") and not whole:
            raise CompilerError(
                f"the results of the compiled program are incomplete ({place}). Is the disk of "
                f"{tempfile.gettempdir()} full?"
            )
    return arrays
