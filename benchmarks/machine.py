"""What a measurement was made on: machine, versions and command line."""

import os
import platform
import re
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks import memory
from benchmarks.processes import ROOT
from rcspike_brian import __version__
from rcspike_brian.storage import versions

# Folders say something about the person's machine and nothing about the measurement.
_PRIVATE = ("--data-dir", "--out")


def circumstances():
    """Everything that belongs beside the numbers, JSON-able."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command_line(sys.argv[1:]),
        "machine": machine(),
        "versions": {**versions(), "rcspike-brian": __version__, "torch": torch_version()},
        "commit": commit(),
    }


def command_line(arguments):
    """The command as it can be typed again, folders left out."""
    shown = ["python", "-m", "benchmarks"]
    hide = False
    for argument in arguments:
        name, has_value, _ = argument.partition("=")
        if name in _PRIVATE and has_value:
            argument = f"{name}=DIR"
        shown.append("DIR" if hide else argument)
        hide = argument in _PRIVATE
    return " ".join(shown)


def machine():
    """Processor, cores, memory and operating system."""
    return {
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory.total() / 2**30, 1),
        "os": _os_name(),
        "kernel": re.match(r"[\d.]+", platform.release())[0],
    }


def _cpu_model():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _os_name():
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.system()


def torch_version():
    """Version of PyTorch without importing it, or "not installed"."""
    try:
        return version("torch")
    except PackageNotFoundError:
        return "not installed"


def commit():
    """Commit of the checkout, with "+" if tracked files of the package differ; None outside git."""
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--abbrev=12", "--exclude=*", "--dirty=+"],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
    except OSError:
        return None
    return found.stdout.strip() or None
