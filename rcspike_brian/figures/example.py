"""The example of Figure 2 and of the first notebook: five input spikes and one neuron."""

from math import inf

import numpy as np
import pandas as pd

SPIKE_TIMES = (0.05, 0.30, 0.45, 0.65, 0.80)
"""Input spike times in units of T."""
WEIGHTS = (1.3, -1.0, 1.0, -1.3, 1.2)
"""Normalised weight of each input to the one neuron."""
V_SYN = (0.5, 1.0, 2.0, 4.0, 8.0, inf)
"""Drive voltages of Figure 2 in units of V_th; infinity is the conventional circuit."""


def example_inputs(circuit):
    """Input spikes as a frame.

    Parameters
    ----------
    circuit : rcspike_brian.Circuit
        Gives the length of T.

    Returns
    -------
    pandas.DataFrame
        Columns input, t (units of T), time (seconds), weight (normalised).

    Examples
    --------
    >>> from rcspike_brian import Circuit
    >>> example_inputs(Circuit()).weight.tolist()
    [1.3, -1.0, 1.0, -1.3, 1.2]
    """
    return pd.DataFrame(
        {
            "input": range(len(SPIKE_TIMES)),
            "t": SPIKE_TIMES,
            "time": np.asarray(circuit.seconds(SPIKE_TIMES)),
            "weight": WEIGHTS,
        }
    )


def simulate_example(v_syn=V_SYN, **options):
    """Simulate the example in Brian2 at several drive voltages.

    Parameters
    ----------
    v_syn : iterable of float
        V_syn in units of V_th; infinity is the conventional circuit. The weights are the same in
        all runs, so conductances fall as V_syn rises.
    **options
        Passed to `rcspike_brian.simulation.compare`, for instance ``target``.

    Returns
    -------
    traces, spikes : pandas.DataFrame
        As from `rcspike_brian.simulate`, all runs below one another, with the column v_syn.

    Examples
    --------
    >>> traces, spikes = simulate_example([1.0, float("inf")])
    >>> spikes[["model", "t_out"]].round(2).values.tolist()
    [['RC-Spike', 0.81], ['conventional', 0.13]]
    """
    # Not at the top: the other figures do without Brian2, which takes seconds to import.
    from rcspike_brian.circuit import Circuit
    from rcspike_brian.simulation import compare

    circuits = {repr(float(value)): Circuit.normalised(value) for value in v_syn}
    result = compare(circuits, SPIKE_TIMES, np.reshape(WEIGHTS, (-1, 1)), **options)
    return tuple(
        frame.assign(v_syn=frame["circuit"].astype(float)).drop(columns="circuit")
        for frame in (result.traces, result.spikes)
    )
