"""Checks of data frames and drive voltages that come from outside."""

import numpy as np

from rcspike_brian.errors import InvalidInput


def require_columns(frame, columns, what):
    """Raise `InvalidInput` unless the frame has rows and all of the columns.

    Parameters
    ----------
    frame : pandas.DataFrame
    columns : iterable of str
    what : str
        Name of the frame in the message.
    """
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise InvalidInput(
            f"{what} lacks the columns {missing}; it has {list(frame.columns)}. "
            f"Required: {list(columns)}"
        )
    if frame.empty:
        raise InvalidInput(f"{what} has no rows")


def drive_voltages(v_syn):
    """One or several V_syn as an array, checked.

    Parameters
    ----------
    v_syn : float or iterable of float
        In units of V_th, > 0; infinity is the conventional circuit.

    Returns
    -------
    (n,) numpy.ndarray
    """
    values = np.atleast_1d(np.asarray(v_syn, dtype=float))
    if values.ndim != 1 or len(values) == 0 or not (values > 0).all():
        raise InvalidInput(
            "v_syn must be one or several numbers > 0, in units of V_th "
            f"(infinity is the conventional circuit), got {v_syn!r}"
        )
    return values
