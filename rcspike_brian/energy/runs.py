"""Energies of trained networks as rows of data frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from rcspike_brian.energy.budget import DISSIPATION, SUPPLY, EnergyBudget
from rcspike_brian.readout import earliest_spike

if TYPE_CHECKING:
    import pandas as pd


def network_energy(budget: EnergyBudget, labels: ArrayLike, **columns: Any) -> dict[str, Any]:
    """One row: accuracy and mean energy per inference of a network.

    Parameters
    ----------
    budget : EnergyBudget
    labels : (n_images,) array_like
        Class of each image.
    **columns
        What else the row says, e.g. dataset, v_syn, seed.

    Returns
    -------
    dict
        ``columns``, then accuracy (earliest spike), energy (joules, mean over images), and the
        mean of every supply term.

    Examples
    --------
    >>> budget = EnergyBudget(np.ones((1, 2, 5)), np.ones((1, 2, 6)), np.array([[0.9, 0.2]]))
    >>> list(network_energy(budget, [0], dataset="mine").items())[:3]
    [('dataset', 'mine'), ('accuracy', 1.0), ('energy', 10.0)]
    """
    accuracy = float(np.mean(earliest_spike(budget.potentials) == np.asarray(labels)))
    terms = budget.supply.sum(axis=1).mean(axis=0).tolist()
    found = {"accuracy": accuracy, "energy": float(budget.total.mean())}
    return {**columns, **found, **dict(zip(SUPPLY, terms, strict=True))}


def layer_energy(budget: EnergyBudget, **columns: Any) -> list[dict[str, Any]]:
    """Mean energy per inference by layer and term.

    Parameters
    ----------
    budget, **columns
        As for `network_energy`.

    Returns
    -------
    list of dict
        ``columns``, then layer (from 1), side ("supply" or "dissipation"), term, energy (joules).

    Examples
    --------
    >>> budget = EnergyBudget(np.ones((1, 2, 5)), np.ones((1, 2, 6)), np.array([[0.9, 0.2]]))
    >>> layer_energy(budget)[0]
    {'layer': 1, 'side': 'supply', 'term': 'positive synapses', 'energy': 1.0}
    """
    sides = {"supply": (SUPPLY, budget.supply), "dissipation": (DISSIPATION, budget.dissipation)}
    return [
        {**columns, "layer": l, "side": side, "term": term, "energy": energy}
        for side, (terms, values) in sides.items()
        for l, layer in enumerate(values.mean(axis=0).tolist(), start=1)
        for term, energy in zip(terms, layer, strict=True)
    ]


def class_energy(budget: EnergyBudget, labels: ArrayLike, **columns: Any) -> list[dict[str, Any]]:
    """Mean and standard deviation of the energy over the images of each class.

    Parameters
    ----------
    budget, labels, **columns
        As for `network_energy`.

    Returns
    -------
    list of dict
        ``columns``, then label, images, energy, std (joules).

    Examples
    --------
    >>> budget = EnergyBudget(np.ones((1, 2, 5)), np.ones((1, 2, 6)), np.array([[0.9, 0.2]]))
    >>> class_energy(budget, [3])
    [{'label': 3, 'images': 1, 'energy': 10.0, 'std': 0.0}]
    """
    labels, rows = np.asarray(labels), []
    for label in np.unique(labels).tolist():
        total = budget.total[labels == label]
        numbers = {"energy": float(total.mean()), "std": float(total.std())}
        rows.append({**columns, "label": label, "images": len(total), **numbers})
    return rows


def equal_accuracy_ratio(frame: pd.DataFrame, low: float = 1.0, high: float = 8.0) -> pd.DataFrame:
    """Energy at a high drive voltage over energy at a low one, at equal accuracy.

    Every network at the low drive voltage is paired with the network at the high one whose
    accuracy is nearest. How near that is, is part of the answer.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows of `network_energy` with the columns dataset and v_syn.
    low, high : float
        Drive voltages in units of V_th.

    Returns
    -------
    pandas.DataFrame
        One row per network at the low drive voltage: dataset, accuracy_low, accuracy_high,
        energy_low, energy_high (joules), ratio.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [("m", 1, 0.98, 2.0), ("m", 8, 0.95, 9.0), ("m", 8, 0.981, 10.0)]
    >>> frame = pd.DataFrame(rows, columns=["dataset", "v_syn", "accuracy", "energy"])
    >>> equal_accuracy_ratio(frame)["ratio"].tolist()
    [5.0]
    """
    import pandas as pd

    rows = []
    for dataset, part in frame.groupby("dataset", sort=False):
        candidates = part[part["v_syn"] == high]
        if candidates.empty:
            continue
        for row in part.loc[part["v_syn"] == low, ["accuracy", "energy"]].itertuples(index=False):
            nearest = candidates.loc[(candidates["accuracy"] - row.accuracy).abs().idxmin()]
            accuracies, energies = zip(row, nearest[["accuracy", "energy"]], strict=True)
            rows.append((dataset, *accuracies, *energies))
    names = ("dataset", "accuracy_low", "accuracy_high", "energy_low", "energy_high")
    found = pd.DataFrame(rows, columns=names)
    return found.assign(ratio=found["energy_high"] / found["energy_low"])
