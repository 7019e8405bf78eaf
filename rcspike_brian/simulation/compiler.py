"""The C++ compiler and make: whether they are there, and what they said when they failed."""

import os
import shlex
import shutil
import tempfile
from contextlib import contextmanager
from subprocess import DEVNULL, PIPE, STDOUT, run

from brian2.only import prefs

from rcspike_brian.core.threads import default_threads
from rcspike_brian.errors import CompilerError

_TAIL = 20


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
    """The user's, but not as many compilers at once as there are files, which is Brian2's default.

    Each takes some 100 MiB, and more of them than processors gain nothing.
    """
    arguments = list(settings.extra_make_args_unix)
    return [f"-j{default_threads()}" if argument == "-j" else argument for argument in arguments]


def make(folder):
    """Compile the project in a folder, or raise `CompilerError` with what the compiler said last.

    Brian2 itself would only print it.
    """
    settings = prefs.devices.cpp_standalone
    command = [*shlex.split(settings.make_cmd_unix), *_make_arguments(settings)]
    streams = {"stdin": DEVNULL, "stdout": PIPE, "stderr": STDOUT}
    result = run(command, cwd=folder, text=True, errors="replace", check=False, **streams)
    if result.returncode != 0:
        tail = "\n".join(result.stdout.splitlines()[-_TAIL:])
        raise CompilerError(
            f"compiling the C++ standalone model failed ({' '.join(command)!r} returned "
            f"{result.returncode}). Use target='runtime', or mend the compiler, which said:\n"
            f"{tail}"
        )
