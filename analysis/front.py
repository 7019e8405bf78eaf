"""What accuracy costs: networks over seeds, and those that none beats in both."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from rcspike_brian.analysis.accuracy import accuracy_table
from rcspike_brian.analysis.checks import require_columns
from rcspike_brian.errors import InvalidInput
from rcspike_brian.quantities import finite_array


def pareto_front(cost: ArrayLike, gain: ArrayLike) -> np.ndarray:
    """Which points no other beats: none costs at most as much and gains at least as much.

    Points that are equal in both do not beat each other.

    Parameters
    ----------
    cost, gain : (n,) array_like
        Finite numbers, such as energies and accuracies, or `InvalidInput`.

    Returns
    -------
    (n,) numpy.ndarray of bool

    Examples
    --------
    >>> pareto_front([1.0, 2.0, 3.0, 3.0], [0.90, 0.95, 0.94, 0.97])
    array([ True,  True, False,  True])
    """
    cost, gain = finite_array("cost", cost), finite_array("gain", gain)
    if cost.ndim != 1 or cost.shape != gain.shape:
        raise InvalidInput(
            f"cost and gain must have the same shape (n,), got {cost.shape} and {gain.shape}"
        )
    # From the cheapest on, the best of equal cost first: on the front is what gains more than all
    # before, and whatever equals that in both.
    order = np.lexsort((-gain, cost))
    best = np.maximum.accumulate(np.concatenate([[-np.inf], gain[order]]))
    front = np.zeros(len(cost), bool)
    front[order] = gain[order] > best[:-1]
    pairs = set(zip(cost[front].tolist(), gain[front].tolist(), strict=True))
    return np.array(
        [pair in pairs for pair in zip(cost.tolist(), gain.tolist(), strict=True)], bool
    )


def front_table(results: pd.DataFrame, by: Sequence[str], confidence: float = 0.95) -> pd.DataFrame:
    """Accuracies and energy of each setting over the seeds, and which are on the front.

    One row per setting, in the order of data set and energy: the columns `by`; of accuracy,
    accuracy_jitter and energy (joules) the mean under the name itself, and NAME_low and NAME_high,
    between which the mean of infinitely many seeds lies with the given confidence (Student's t;
    NaN for a single seed); seeds, how many there are; front and front_jitter, whether the setting
    is on the Pareto front of its data set, by the means.

    Parameters
    ----------
    results : pandas.DataFrame
        One row for each network: accuracy and accuracy_jitter, fractions from 0 to 1, energy,
        dataset, and the columns `by`.
    by : sequence of str
        What tells settings apart, with dataset.
    confidence : float

    Examples
    --------
    >>> results = pd.DataFrame({"dataset": "mnist", "v_syn": [1.0, 1.0, 8.0],
    ...                         "energy": [1.0, 3.0, 8.0], "accuracy": [0.98, 0.99, 0.98],
    ...                         "accuracy_jitter": [0.9, 0.9, 0.95]})
    >>> table = front_table(results, ["dataset", "v_syn"])
    >>> table[["v_syn", "energy", "seeds", "front", "front_jitter"]].values.tolist()
    [[1.0, 2.0, 2, True, True], [8.0, 8.0, 1, False, True]]
    """
    by = list(by)
    if "dataset" not in by:
        raise InvalidInput(f"by must have 'dataset', got {by}")
    require_columns(results, (*by, *_MEASURED), "results")
    keys = [*by, "seeds"]
    tables = [_interval(results, by, name, confidence).set_index(keys) for name in _MEASURED]
    table = pd.concat(tables, axis=1).reset_index()
    for name, accuracy in (("front", "accuracy"), ("front_jitter", "accuracy_jitter")):
        table[name] = False
        for _, part in table.groupby("dataset"):
            table.loc[part.index, name] = pareto_front(part["energy"], part[accuracy])
    return table.sort_values(["dataset", "energy"], ignore_index=True)


_MEASURED = ("accuracy", "accuracy_jitter", "energy")


def _interval(results, by, name, confidence):
    """Mean and interval of one column."""
    # Energies are fractions of the largest there.
    scale = (float(results[name].max()) or 1.0) if name == "energy" else 1.0
    fractions = results[by].assign(accuracy=results[name] / scale)
    table = accuracy_table(fractions, by, confidence)
    columns = {name: "mean", f"{name}_low": "mean_low", f"{name}_high": "mean_high"}
    scaled = {column: table[source] * scale for column, source in columns.items()}
    return table[by].assign(**scaled, seeds=table["n"])
