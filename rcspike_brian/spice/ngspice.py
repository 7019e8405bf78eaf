"""Run ngspice with a time limit, and read what it wrote; a failure keeps its evidence."""

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from subprocess import STDOUT, TimeoutExpired

import numpy as np

from rcspike_brian.errors import SpiceError
from rcspike_brian.processes import Workshop
from rcspike_brian.quantities import has_unit, real_number, si_number
from rcspike_brian.spice.netlist import check_ascii
from rcspike_brian.storage import atomic_write, make_folder

TIME_LIMIT = 120.0
"""Seconds that a run may take."""

NETLIST, RAWFILE, LOG = "circuit.cir", "circuit.raw", "ngspice.log"

# ngspice says these and may still end with exit code 0 and a shortened raw file.
_FAILURES = (
    "Timestep too small", "timestep too small", "singular matrix", "No convergence",
    "no convergence", "simulation(s) aborted", "Error:", "fatal error",
)  # fmt: skip


def find_ngspice() -> str:
    """Path of the program, or `SpiceError` that says how to install it.

    Examples
    --------
    >>> find_ngspice()  # doctest: +SKIP
    '/usr/bin/ngspice'
    """
    path = shutil.which("ngspice")
    if path is None:
        raise SpiceError(
            "the program ngspice is not installed (or not on PATH). Install it with your system's "
            "package manager, e.g. 'apt-get install ngspice' or 'conda install -c conda-forge "
            "ngspice'. Netlists can be written without it: rcspike spice netlist"
        )
    return path


def run_ngspice(
    netlist: str, end: float, *, time_limit: float = TIME_LIMIT, keep: str | Path | None = None,
    axis: str = "time",
) -> dict[str, np.ndarray]:  # fmt: skip
    """Run a netlist in batch mode.

    Parameters
    ----------
    netlist : str
    end : float
        Where the simulation ends, in seconds of the circuit, or in volts of a ``.dc`` sweep; a
        shorter output is an error.
    time_limit : float
        Seconds of real time after which the run is stopped.
    keep : str or Path, optional
        Folder for netlist, raw file and log. Without it they are kept only if the run fails, in a
        temporary folder that the message names.
    axis : str
        What is swept: "time", or "v(v-sweep)" for ``.dc`` of a voltage source.

    Returns
    -------
    dict of str to (n_points,) numpy.ndarray
        As `read_rawfile`.

    Raises
    ------
    SpiceError
        ngspice is missing, failed, did not converge, ran too long or wrote something else.

    Examples
    --------
    >>> lines = ["* RC", "V1 a 0 1", "R1 a b 1k", "C1 b 0 1n ic=0"]
    >>> lines += [".tran 10n 1u 0 10n uic", ".end", ""]
    >>> run_ngspice("\\n".join(lines), 1e-6)["v(b)"]  # doctest: +SKIP
    """
    time_limit = _seconds("time_limit", time_limit)
    end = _seconds("end", end) if axis == "time" else real_number("end", end)
    check_ascii(netlist)
    program = find_ngspice()
    with _workshop() as workshop:
        try:
            (workshop.path / NETLIST).write_text(netlist, encoding="ascii")
            log = _run(program, workshop, time_limit)
            output = _checked_output(workshop.path, end, log, axis)
        except SpiceError as error:
            kept = _kept(workshop.path, keep or tempfile.mkdtemp(prefix="rcspike-spice-"))
            raise SpiceError(f"{error}. Netlist and log are kept in {kept}") from None
        if keep:
            _kept(workshop.path, keep)
    return output


@contextmanager
def _workshop():
    """A temporary folder for a run, with what to do where it is full or cannot be written."""
    try:
        with Workshop() as workshop:
            yield workshop
    except OSError as error:
        raise SpiceError(
            f"cannot write what ngspice needs in {tempfile.gettempdir()}: "
            f"{error.strerror or error}. Make room there, or choose another folder with the "
            "environment variable TMPDIR"
        ) from None


def _kept(folder, keep):
    """Copy the files of a run to a folder, which has no others of their names then."""
    keep = make_folder(keep)
    for name in (NETLIST, LOG, RAWFILE):
        if (folder / name).exists():
            with atomic_write(keep / name) as temporary:
                shutil.copyfile(folder / name, temporary)
        else:
            (keep / name).unlink(missing_ok=True)
    return keep


def _seconds(name, value):
    """Seconds > 0, as a plain number or with a unit."""
    if has_unit(name, value):
        value = si_number(name, value, "second", "a time")
    return real_number(f"{name}, in seconds,", value, "> 0")


def _run(program, workshop, time_limit):
    """Run the program in a workshop; returns what it printed."""
    # -n: a personal .spiceinit must not change results; nor may a personal choice of the format.
    # And a home: in a container that gives its user none, ngspice crashes before it begins.
    command = [program, "-n", "-b", "-r", RAWFILE, NETLIST]
    environment = {name: v for name, v in os.environ.items() if name != "SPICE_ASCIIRAWFILE"}
    environment["HOME"] = str(workshop.path)
    # Its threads wait for each other in a loop: a hundred times slower on shared processors.
    environment["OMP_THREAD_LIMIT"] = "1"
    with (workshop.path / LOG).open("wb") as log:
        try:
            process = workshop.start(
                command, cwd=workshop.path, env=environment, stdout=log, stderr=STDOUT
            )
        except OSError as error:
            raise SpiceError(f"cannot run {program}: {error.strerror or error}") from None
    try:
        code = process.wait(time_limit)
    except TimeoutExpired:
        workshop.end_programs()
        raise SpiceError(
            f"ngspice was stopped after the time limit of {time_limit:g} s: it hangs, or the "
            "circuit is too large; raise time_limit or lower the precision (tolerance)"
        ) from None
    text = (workshop.path / LOG).read_text(encoding="utf-8", errors="replace")
    if code != 0:
        raise SpiceError(f"ngspice failed with exit code {code}: {_complaint(text)}")
    return text


def _complaint(log):
    """The most telling line of a log."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    telling = (line for failure in _FAILURES for line in lines if failure in line)
    return next(telling, lines[-1] if lines else "it printed nothing")


def _checked_output(folder, end, log, axis):
    """The raw file, if it reaches the end of the simulation."""
    try:
        output = read_rawfile(folder / RAWFILE)
    except SpiceError as error:
        raise SpiceError(f"ngspice gave no usable result: {error} ({_complaint(log)})") from None
    unit = "s" if axis == "time" else "V"
    if axis not in output:
        raise SpiceError(f"ngspice gave no {axis} axis but {', '.join(output)}")
    last = output[axis][-1]
    if abs(last - end) > 1e-6 * abs(end) and last < end:
        raise SpiceError(
            f"ngspice did not converge: it stopped at {last:.4g} {unit} of {end:.4g} {unit} "
            f"({_complaint(log)}); try another tolerance or diode"
        )
    return output


def read_rawfile(path: str | Path) -> dict[str, np.ndarray]:
    """Read the real-valued plot in a binary raw file; `SpiceError` says what is wrong with it.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    dict of str to (n_points,) numpy.ndarray
        ``"time"`` and the saved quantities, such as ``"v(n1_0)"``, in SI units.

    Examples
    --------
    >>> output = read_rawfile("circuit.raw")  # doctest: +SKIP
    >>> output["time"], output["v(n1_0)"]  # doctest: +SKIP
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SpiceError(f"no output {path.name}: {error.strerror or error}") from None
    header, mark, body = content.partition(b"Binary:\n")
    if not mark:
        raise SpiceError(f"{path.name} has no binary part; it is {len(content)} bytes long")
    names, n_points = _header(header.decode("ascii", "replace"), path.name)
    needed = 8 * len(names) * n_points
    if n_points == 0 or len(body) < needed:
        raise SpiceError(
            f"{path.name} should hold {n_points} points of {len(names)} quantities "
            f"({needed} bytes) and holds {len(body)} bytes: the run was cut short, or the disk is "
            "full"
        )
    values = np.frombuffer(body, "<f8", len(names) * n_points).reshape(n_points, len(names))
    if not np.isfinite(values).all():
        raise SpiceError(f"{path.name} holds values that are not finite numbers")
    return dict(zip(names, values.T.copy(), strict=True))


def _header(text, name):
    """Names of the variables and number of points."""
    fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    try:
        n_variables, n_points = int(fields["No. Variables"]), int(fields["No. Points"])
    except (KeyError, ValueError):
        raise SpiceError(f"{name} does not say how many variables and points it holds") from None
    if fields.get("Flags", "").strip() != "real":
        raise SpiceError(f"{name} holds {fields.get('Flags', 'unknown').strip()} numbers, not real")
    rows = text.partition("Variables:\n")[2].splitlines()
    names = [row.split()[1] for row in rows if len(row.split()) >= 3]
    if len(names) != n_variables or n_variables < 1 or n_points < 0:
        raise SpiceError(f"{name} announces {n_variables} variables and lists {len(names)}")
    return names, n_points
