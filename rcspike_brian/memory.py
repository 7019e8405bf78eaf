"""Memory of the machine and of this process, from Linux' /proc.

Not ``resource.getrusage``: on Linux its ``ru_maxrss`` starts from the peak of the process that
started this one and cannot be reset.
"""

from math import inf
from pathlib import Path

STATUS = Path("/proc/self/status")


def field(file: Path, name: str) -> int:
    """A field of a /proc file in bytes; `OSError` where there is none (not Linux)."""
    for line in file.read_text().splitlines():
        if line.startswith(f"{name}:"):
            return 1024 * int(line.split()[1])
    raise OSError(f"{file} has no field {name}; these measurements need Linux")


def physical() -> float:
    """Memory of this machine in bytes, infinite if it cannot be told."""
    try:
        return field(Path("/proc/meminfo"), "MemTotal")
    except OSError:
        return inf


def is_too_large(needed: float) -> bool:
    """Whether one array of so many bytes would take more than a quarter of this machine."""
    return needed > physical() / 4


def resident() -> int:
    """Resident memory now, in bytes."""
    return field(STATUS, "VmRSS")


def peak() -> int:
    """Largest resident memory since the start or the last `reset_peak`, in bytes."""
    return field(STATUS, "VmHWM")


def reset_peak() -> None:
    """Let `peak` start again from what is resident now."""
    Path("/proc/self/clear_refs").write_text("5")
