"""Figures and the numbers behind them as files that are either complete or not there."""

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from rcspike_brian.figures.style import style
from rcspike_brian.storage import atomic_write, make_folder

# Without a date, the same figure gives the same bytes.
_METADATA = {"png": {"Software": None}, "pdf": {"CreationDate": None}}


def save_figure(figure: Figure, folder: str | Path, name: str) -> list[Path]:
    """Save a figure as PNG (300 dots per inch) and PDF; return their paths.

    Raises `RunFolderError`: the folder cannot be written.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    folder : str or pathlib.Path, created if it is missing
    name : str, file name without ending

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     [path.name for path in save_figure(Figure(), folder, "empty")]
    ['empty.png', 'empty.pdf']
    """
    into, paths = make_folder(folder), []
    for kind, metadata in _METADATA.items():
        path = into / f"{name}.{kind}"
        with style(), atomic_write(path) as temporary:
            figure.savefig(temporary, format=kind, metadata=metadata)
        paths.append(path)
    return paths


def save_table(frame: pd.DataFrame, folder: str | Path, name: str) -> Path:
    """Save a data frame as CSV, without its index; return its path.

    Parameters
    ----------
    frame : pandas.DataFrame
        With any columns.
    folder, name : as for `save_figure`, which raises the same errors

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     save_table(pd.DataFrame({"v": [0.5]}), folder, "potentials").read_text()
    'v\\n0.5\\n'
    """
    path = make_folder(folder) / f"{name}.csv"
    with atomic_write(path) as temporary:
        frame.to_csv(temporary, index=False)
    return path
