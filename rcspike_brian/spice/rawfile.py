"""ngspice's binary raw file as arrays."""

from pathlib import Path

import numpy as np

from rcspike_brian.errors import SpiceError

_MARK = b"Binary:\n"


def read_rawfile(path):
    """Read the real-valued plot in a binary raw file.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    dict of str to (n_points,) numpy.ndarray
        ``"time"`` and the saved quantities, such as ``"v(n1_0)"``, in SI units.

    Raises
    ------
    SpiceError
        Missing, empty, cut short, complex, or not numbers; the message says what is wrong.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> header = ["Flags: real", "No. Variables: 2", "No. Points: 1", "Variables:"]
    >>> header += [" 0 time time", " 1 v(n1_0) voltage", "Binary:", ""]
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "rcspike.raw"
    ...     _ = file.write_bytes("\\n".join(header).encode() + np.array([1e-6, 0.5]).tobytes())
    ...     read_rawfile(file)["v(n1_0)"].tolist()
    [0.5]
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SpiceError(f"no output {path.name}: {error.strerror or error}") from None
    header, mark, body = content.partition(_MARK)
    if not mark:
        raise SpiceError(f"{path.name} has no binary part; it is {len(content)} bytes long")
    names, n_points = _header(header.decode("ascii", "replace"), path.name)
    needed = 8 * len(names) * n_points
    if n_points == 0 or len(body) < needed:
        raise SpiceError(
            f"{path.name} should hold {n_points} points of {len(names)} quantities "
            f"({needed} bytes) and holds {len(body)} bytes: the run was cut short"
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
