"""Checks of data frames, drive voltages and weights that come from outside, and their axes."""

from collections.abc import Iterable

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from rcspike_brian.errors import InvalidInput
from rcspike_brian.quantities import real_array


def require_columns(frame: pd.DataFrame, columns: Iterable[str], what: str) -> None:
    """Raise `InvalidInput` unless the frame, called ``what``, has rows and all of the columns."""
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise InvalidInput(
            f"{what} lacks the columns {missing}; it has {list(frame.columns)}. "
            f"Required: {list(columns)}"
        )
    if frame.empty:
        raise InvalidInput(f"{what} has no rows")


def axes_or_current(axes: Axes | None) -> Axes:
    """The axes given, or else the current ones of pyplot."""
    return plt.gca() if axes is None else axes


def drive_voltages(v_syn: ArrayLike) -> np.ndarray:
    """One or several V_syn/V_th as an array (n,), checked.

    All functions that take V_syn assume ideal diodes: E = V_syn, and beta = 1/v_syn.
    """
    values = np.atleast_1d(real_array("v_syn", v_syn).astype(float))
    if values.ndim != 1 or len(values) == 0 or not (values > 0).all():
        raise InvalidInput(
            "v_syn must be one or several numbers > 0, in units of V_th "
            f"(infinity is the conventional circuit), got {v_syn!r}"
        )
    return values


def layer_weights(weights: ArrayLike) -> np.ndarray:
    """Weights (n_in, n_out); those of one neuron, (n_in,), become its only column."""
    weights = real_array("weights", weights)
    if weights.ndim not in (1, 2):
        raise InvalidInput(f"weights must be (n_in, n_out) or (n_in,), got {weights.shape}")
    return weights[:, None] if weights.ndim == 1 else weights
