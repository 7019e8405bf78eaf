"""Energies of trained networks as data frames."""

import numpy as np

from rcspike_brian.energy.budget import DISSIPATION, SUPPLY
from rcspike_brian.readout import earliest_spike


def network_energy(budget, labels, **columns):
    """One row: accuracy and mean energy per inference of a network.

    Parameters
    ----------
    budget : EnergyBudget
    labels : (n,) array
    **columns
        What else the row says, e.g. dataset, v_syn, seed.

    Returns
    -------
    dict
        ``columns``, then accuracy (earliest spike), energy (joules, mean over images), and the
        mean of every supply term.

    Examples
    --------
    >>> from brian2 import joule, volt
    >>> from rcspike_brian import Circuit, Network
    >>> from rcspike_brian.energy import EnergyCosts, energy_budget
    >>> network = Network.random((4, 3, 2), v_syn=1.0, seed=0)
    >>> costs = EnergyCosts(V_dd=1.8 * volt, comparator=0 * joule, static_power=None)
    >>> budget = energy_budget(network, [[0.0, 0.2, 0.5, 1.0]], Circuit.normalised(1.0), costs)
    >>> list(network_energy(budget, [0], dataset="mine"))[:3]
    ['dataset', 'accuracy', 'energy']
    """
    accuracy = float(np.mean(earliest_spike(budget.potentials) == np.asarray(labels)))
    terms = budget.supply.sum(axis=1).mean(axis=0)
    return {
        **columns,
        "accuracy": accuracy,
        "energy": float(budget.total.mean()),
        **dict(zip(SUPPLY, map(float, terms), strict=True)),
    }


def layer_energy(budget, **columns):
    """Mean energy per inference by layer and term.

    Parameters
    ----------
    budget : object
        From `energy_budget`.
    **columns
        Further columns, the same in every row.

    Returns
    -------
    list of dict
        ``columns``, then layer (from 1), side ("supply" or "dissipation"), term, energy (joules).

    Examples
    --------
    >>> from brian2 import joule, volt
    >>> from rcspike_brian import Circuit, Network
    >>> from rcspike_brian.energy import EnergyCosts, energy_budget
    >>> network = Network.random((4, 3, 2), v_syn=1.0, seed=0)
    >>> costs = EnergyCosts(V_dd=1.8 * volt, comparator=0 * joule, static_power=None)
    >>> budget = energy_budget(network, [[0.0, 0.2, 0.5, 1.0]], Circuit.normalised(1.0), costs)
    >>> rows = layer_energy(budget, dataset="mine")
    >>> list(rows[0]), sorted({row["layer"] for row in rows})
    (['dataset', 'layer', 'side', 'term', 'energy'], [1, 2])
    """
    rows = []
    for side, terms, values in (
        ("supply", SUPPLY, budget.supply),
        ("dissipation", DISSIPATION, budget.dissipation),
    ):
        for l, layer in enumerate(values.mean(axis=0), start=1):
            rows += [
                {**columns, "layer": l, "side": side, "term": term, "energy": float(energy)}
                for term, energy in zip(terms, layer, strict=True)
            ]
    return rows


def class_energy(budget, labels, **columns):
    """Mean and standard deviation of the energy over the images of each class.

    Parameters
    ----------
    budget : object
        From `energy_budget`.
    labels : (images,) array_like
        Class of each image.
    **columns
        Further columns, the same in every row.

    Returns
    -------
    list of dict
        ``columns``, then label, images, energy, std (joules).

    Examples
    --------
    >>> from brian2 import joule, volt
    >>> from rcspike_brian import Circuit, Network
    >>> from rcspike_brian.energy import EnergyCosts, energy_budget
    >>> network = Network.random((4, 3, 2), v_syn=1.0, seed=0)
    >>> costs = EnergyCosts(V_dd=1.8 * volt, comparator=0 * joule, static_power=None)
    >>> budget = energy_budget(network, [[0.0, 0.2, 0.5, 1.0]], Circuit.normalised(1.0), costs)
    >>> [row] = class_energy(budget, [3])
    >>> row["label"], row["images"], row["std"]
    (3, 1, 0.0)
    """
    labels = np.asarray(labels)
    return [
        {
            **columns,
            "label": int(label),
            "images": int(np.sum(labels == label)),
            "energy": float(budget.total[labels == label].mean()),
            "std": float(budget.total[labels == label].std()),
        }
        for label in np.unique(labels)
    ]


def equal_accuracy_ratio(frame, low=1.0, high=8.0):
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
        for row in part[part["v_syn"] == low].itertuples():
            nearest = candidates.loc[(candidates["accuracy"] - row.accuracy).abs().idxmin()]
            rows.append(
                {
                    "dataset": dataset,
                    "accuracy_low": row.accuracy,
                    "accuracy_high": nearest["accuracy"],
                    "energy_low": row.energy,
                    "energy_high": nearest["energy"],
                    "ratio": nearest["energy"] / row.energy,
                }
            )
    names = ("dataset", "accuracy_low", "accuracy_high", "energy_low", "energy_high", "ratio")
    return pd.DataFrame(rows, columns=names)
