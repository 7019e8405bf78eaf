"""The experiment of Figure 2: one neuron and its inputs in Brian2, at several drive voltages."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from rcspike_brian.circuit import Circuit
from rcspike_brian.example import SPIKE_TIMES, V_SYN, WEIGHTS
from rcspike_brian.quantities import as_list, real_number
from rcspike_brian.simulation import compare


def example_inputs(circuit: Circuit) -> pd.DataFrame:
    """Input spikes of the example as a frame.

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
    columns: dict[str, Any] = {"input": range(len(SPIKE_TIMES)), "t": SPIKE_TIMES}
    columns |= {"time": np.asarray(circuit.seconds(SPIKE_TIMES)), "weight": WEIGHTS}
    return pd.DataFrame(columns)


def simulate_example(
    v_syn: Sequence[float] = V_SYN, **options: Any
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Simulate the example in Brian2 at several drive voltages.

    Parameters
    ----------
    v_syn : sequence of float
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
    v_syn = [real_number("v_syn", value, "> 0", infinite=True) for value in as_list("v_syn", v_syn)]
    circuits = {repr(value): Circuit.normalised(value) for value in v_syn}
    result = compare(circuits, SPIKE_TIMES, np.reshape(WEIGHTS, (-1, 1)), **options)
    traces, spikes = (
        frame.assign(v_syn=frame["circuit"].astype(float)).drop(columns="circuit")
        for frame in (result.traces, result.spikes)
    )
    return traces, spikes
