"""The firing phase: from the membrane potential v(1) to the spike time."""

import numpy as np

from rcspike_brian.errors import InvalidInput


def spike_time(v, ramp="linear", b=None):
    """Output spike time, in units of T from the start of the firing phase.

    Parameters
    ----------
    v : array_like, any shape
        Membrane potential at the end of the charging phase in units of V_th.
    ramp : {"linear", "rc"}
        A current source lifts the potential by V_th in one T ("linear"), or a resistor to
        V_syn - V_d does ("rc").
    b : float, optional
        V_th/(V_syn - V_d) in (0, 1), for ``ramp="rc"`` only.

    Returns
    -------
    numpy.ndarray, same shape
        Times in [0, 1]: 0 where v >= 1 (fires at once), 1 where v <= 0 (does not fire).

    Raises
    ------
    InvalidInput
        Unknown ramp, or b missing or outside (0, 1).

    Notes
    -----
    Linear: t = 1 - v. Resistive: t = [ln(1 - b) - ln(1 - b v)] / ln(1 - b).

    Examples
    --------
    >>> spike_time([-0.2, 0.25, 1.5])
    array([1.  , 0.75, 0.  ])
    """
    x = np.clip(np.asarray(v), 0, 1)
    if ramp == "linear":
        return 1 - x
    if ramp != "rc":
        raise InvalidInput(f"ramp must be 'linear' or 'rc', got {ramp!r}")
    if b is None or not 0 < b < 1:
        raise InvalidInput(
            f"a resistive ramp needs 0 < b < 1, b = V_th/(V_syn - V_d), got b = {b}; "
            "choose V_syn - V_d > V_th or ramp='linear'"
        )
    return 1 - np.log1p(-b * x) / np.log1p(-b)
