"""Inhibition that subtracts and inhibition that divides (shunting)."""

import numpy as np
import pandas as pd

from rcspike_brian.core.membrane import membrane_potential
from rcspike_brian.errors import InvalidInput


def inhibition_curve(excitation, inhibition, reversal, e_plus=1.0):
    """End potential against excitatory conductance, for inhibitory synapses of some reversal.

    One excitatory and one inhibitory synapse are on during the whole charging phase.

    Parameters
    ----------
    excitation : (n,) array_like
        Conductance of the excitatory synapse in units of C/T, >= 0.
    inhibition : float or iterable of float
        Conductance of the inhibitory synapse in units of C/T, >= 0.
    reversal : float or iterable of float
        Distance E_minus of the inhibitory reversal potential below the reset potential, in units
        of V_th, > 0. Small: the synapse only adds conductance and pulls towards reset.
    e_plus : float
        Distance of the excitatory reversal potential above it, in units of V_th.

    Returns
    -------
    pandas.DataFrame
        Columns reversal, inhibition, excitation, v = v(T) in units of V_th.

    Raises
    ------
    InvalidInput
        A negative conductance, or a reversal potential not positive.

    Notes
    -----
    w = T E G/(C V_th) and beta = V_th/E, so beta |w| = G T/C: a conductance leaks alike, whatever
    its reversal potential. v(T) = (G+ E+ - G- E-)/(G+ + G-) (1 - exp(-(G+ + G-) T/C)).

    Examples
    --------
    >>> inhibition_curve([1.0], [0.0, 1.0], reversal=1.0).v.round(4).tolist()
    [0.6321, 0.0]
    """
    excitation = _not_negative("excitation", excitation)
    inhibition = _not_negative("inhibition", inhibition)
    reversal = np.atleast_1d(np.asarray(reversal, dtype=float))
    if not ((reversal > 0).all() and e_plus > 0):
        raise InvalidInput(
            f"reversal and e_plus must be > 0, in units of V_th, got {reversal.tolist()}, {e_plus}"
        )
    frames = []
    for e_minus in reversal:
        for conductance in inhibition:
            # One neuron for each excitation: both of its inputs are on from the start.
            weights = np.vstack(
                [excitation * e_plus, np.full_like(excitation, -conductance * e_minus)]
            )
            v = membrane_potential([[0.0, 0.0]], weights, (1 / e_plus, 1 / e_minus))[0]
            columns = {"reversal": e_minus, "inhibition": conductance, "excitation": excitation}
            frames.append(pd.DataFrame({**columns, "v": v}))
    return pd.concat(frames, ignore_index=True)


def _not_negative(name, values):
    array = np.atleast_1d(np.asarray(values, dtype=float))
    if array.ndim != 1 or not (array >= 0).all():
        raise InvalidInput(f"{name} must be numbers >= 0, in units of C/T, got {values!r}")
    return array
