"""Tables on the terminal and files of results."""

import math

import click

from benchmarks.machine import circumstances
from rcspike_brian.storage import make_folder, write_json


def table(head, rows):
    """Text of a table with aligned columns, the first to the left."""
    cells = [tuple(head), *(tuple(str(cell) for cell in row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if k == 0 else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def mib(n_bytes):
    """Bytes as MiB, for tables."""
    return f"{n_bytes / 2**20:,.0f}"


def digits(value, n=3):
    """A number with so many significant digits and without an exponent.

    Examples
    --------
    >>> digits(896.2), digits(2.4), digits(0.0912)
    ('896', '2.40', '0.0912')
    """
    if not math.isfinite(value):
        return "-"
    leading = math.floor(math.log10(abs(value))) if value else 0
    return f"{value:,.{max(0, n - 1 - leading)}f}"


class Report:
    """A JSON file of results that is brought up to date as the measurements proceed.

    Parameters
    ----------
    folder : str or Path
    name : str
        Of the file, without suffix.
    settings : dict
        Of the measurement.
    """

    def __init__(self, folder, name, settings):
        self.folder = make_folder(folder)
        self.name = name
        self._file = self.folder / f"{name}.json"
        self.content = {"benchmark": name, **circumstances(), "settings": settings}

    def save(self, **results):
        """Add results to the file."""
        self.content |= results
        write_json(self._file, self.content)

    def save_frame(self, frame, suffix=""):
        """Write a data frame as CSV."""
        from rcspike_brian.figures import save_table

        save_table(frame, self.folder, self.name + suffix)

    def save_figure(self, figure, suffix=""):
        """Write a figure as PNG and PDF."""
        from rcspike_brian.figures import save_figure

        save_figure(figure, self.folder, self.name + suffix)

    def say_where(self):
        """Name the file of results."""
        click.echo(f"Written: {self._file}")

    def say_header(self):
        """Machine and versions, so that a table copied from the terminal can be understood."""
        machine, versions = self.content["machine"], self.content["versions"]
        click.echo(
            f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB; "
            f"{machine['os']}; "
            + ", ".join(f"{name} {version}" for name, version in versions.items())
        )
