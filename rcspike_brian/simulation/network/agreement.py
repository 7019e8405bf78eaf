"""Present many images, compare every one with the exact solution, and keep only the sums."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from rcspike_brian.analysis.agreement import (
    combine_agreement,
    label_agreement,
    spike_time_agreement,
)
from rcspike_brian.simulation.network.exact import exact_spike_times


@dataclass(frozen=True, eq=False)
class Agreement:
    """What `compare_with_exact` returns.

    Attributes
    ----------
    layers : pandas.DataFrame
        Frame of `rcspike_brian.analysis.spike_time_agreement`.
    labels : pandas.DataFrame
        Frame of `rcspike_brian.analysis.label_agreement`.
    seconds : dict
        Where the time went: build, and load, run and read summed over all processes.

    Examples
    --------
    >>> from rcspike_brian import Network, NetworkSimulation
    >>> network = Network.random((4, 3, 2), scale=2.0, seed=1)
    >>> with NetworkSimulation(network, target="runtime", presentations=1) as simulation:
    ...     found = compare_with_exact(simulation, [[0.0, 0.2, 0.4, 1.0]], progress=False)
    >>> found.layers["layer"].tolist(), len(found.labels)
    ([1, 2], 1)
    """

    layers: pd.DataFrame
    labels: pd.DataFrame
    seconds: dict


def compare_with_exact(simulation, inputs, *, each=None, progress=True) -> Agreement:
    """Present inputs and compare the spikes of all layers with the exact solution.

    Memory does not grow with the number of inputs, but for one short row of labels each.

    Parameters
    ----------
    simulation : NetworkSimulation
        Inside its ``with`` block.
    inputs : (n, n_in) array
    each : function of Chunk, optional
        Called with every chunk, in order, for instance to write its spikes to a file.
    progress : bool
        Whether to show a progress bar.

    Returns
    -------
    Agreement

    Examples
    --------
    >>> from rcspike_brian import Network, NetworkSimulation
    >>> network = Network.random((4, 3, 2), scale=2.0, seed=1)
    >>> with NetworkSimulation(network, target="runtime", presentations=1) as simulation:
    ...     found = compare_with_exact(simulation, [[0.0, 0.2, 0.4, 1.0]], progress=False)
    >>> bool((found.layers["rmse"] < 0.01).all())  # of T; a time step is 0.001
    True
    """
    from tqdm.auto import tqdm  # at import it warns in a notebook without ipywidgets

    layers, labels, seconds = [], [], {"build": simulation.build_seconds}
    with tqdm(total=len(inputs), desc="simulating", unit="image", disable=not progress) as bar:
        for chunk in simulation.present(inputs):
            part = np.asarray(inputs[chunk.first : chunk.first + len(chunk)])
            exact = exact_spike_times(simulation.network, part, simulation.circuit)
            layers = [combine_agreement([*layers, spike_time_agreement(chunk.t_out, exact)])]
            labels.append(label_agreement(chunk.t_out[-1], exact[-1], first=chunk.first))
            for name, value in chunk.seconds.items():
                seconds[name] = seconds.get(name, 0.0) + value
            if each is not None:
                each(chunk)
            bar.update(len(chunk))
    return Agreement(layers[0], pd.concat(labels, ignore_index=True), seconds)
