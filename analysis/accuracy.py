"""Accuracy over seeds: tables, and the distance to a reference model."""

import numpy as np
import pandas as pd

from rcspike_brian.analysis.checks import require_columns
from rcspike_brian.errors import InvalidInput

_GROUP = ("dataset", "model", "v_syn")


def accuracy_table(results, by=_GROUP):
    """Mean and spread of the accuracy over seeds.

    Parameters
    ----------
    results : pandas.DataFrame
        One row for each trained network: the columns of `by`, and accuracy as a fraction.
    by : sequence of str
        Columns that tell conditions apart.

    Returns
    -------
    pandas.DataFrame
        The columns of `by`, and mean, std (sample standard deviation; NaN for a single seed),
        low and high (extremes over the seeds) and n.

    Raises
    ------
    InvalidInput
        Missing columns, no rows, or an accuracy that is no fraction.

    Examples
    --------
    >>> import pandas as pd
    >>> results = pd.DataFrame({"dataset": "mnist", "model": "RC-Spike", "v_syn": 1.0,
    ...                         "seed": [0, 1], "accuracy": [0.98, 0.96]})
    >>> accuracy_table(results)[["mean", "n"]].round(2).values.tolist()
    [[0.97, 2.0]]
    """
    require_columns(results, (*by, "accuracy"), "results")
    bad = ~results["accuracy"].between(0, 1)
    if bad.any():
        value = results.loc[bad, "accuracy"].iloc[0]
        raise InvalidInput(f"accuracy must be a fraction from 0 to 1, got {value}")
    return (
        results.groupby(list(by), sort=True)["accuracy"]
        .agg(mean="mean", std="std", low="min", high="max", n="count")
        .reset_index()
    )


def distance_to_reference(table, reference="ReLU MLP"):
    """Difference of each mean accuracy from that of a reference model on the same data set.

    Parameters
    ----------
    table : pandas.DataFrame
        From `accuracy_table`.
    reference : str
        A model with one row for each data set.

    Returns
    -------
    pandas.DataFrame
        The table without the reference, with the columns reference (its mean), distance = mean -
        reference, and distance_error, the standard error of the distance (seeds independent).

    Raises
    ------
    InvalidInput
        The reference is missing for a data set, or has several rows for one.

    Examples
    --------
    >>> import pandas as pd
    >>> results = pd.DataFrame({"dataset": "mnist", "model": ["RC-Spike", "ReLU MLP"],
    ...                         "v_syn": [1.0, float("inf")], "accuracy": [0.98, 0.984]})
    >>> distance_to_reference(accuracy_table(results)).distance.round(4).tolist()
    [-0.004]
    """
    require_columns(table, (*_GROUP, "mean", "std", "n"), "table")
    is_reference = table["model"] == reference
    means = table[is_reference].set_index("dataset")
    others = table[~is_reference].reset_index(drop=True)
    for name in others["dataset"].unique():
        rows = int((means.index == name).sum())
        if rows != 1:
            raise InvalidInput(f"{reference!r} must have one row for {name!r}, it has {rows}")
    matched = means.loc[others["dataset"]].reset_index()
    variance = others["std"] ** 2 / others["n"] + matched["std"] ** 2 / matched["n"]
    return others.assign(
        reference=matched["mean"],
        distance=others["mean"] - matched["mean"],
        distance_error=np.sqrt(variance),
    )


def format_accuracy_table(table):
    """Accuracy in percent as text, models in rows and V_syn in columns.

    Parameters
    ----------
    table : pandas.DataFrame
        From `accuracy_table`.

    Returns
    -------
    pandas.DataFrame
        Strings such as "98.31 ± 0.05 (3)": mean, standard deviation, number of seeds. Index
        (dataset, model), columns V_syn in units of V_th in increasing order. Conditions that
        were not run are empty.

    Examples
    --------
    >>> import pandas as pd
    >>> results = pd.DataFrame({"dataset": "mnist", "model": "RC-Spike", "v_syn": 1.0,
    ...                         "accuracy": [0.98, 0.982]})
    >>> format_accuracy_table(accuracy_table(results)).loc[("mnist", "RC-Spike"), 1.0]
    '98.10 ± 0.14 (2)'
    """
    require_columns(table, (*_GROUP, "mean", "std", "n"), "table")
    cells = table.assign(text=[_cell(*row) for row in table[["mean", "std", "n"]].to_numpy()])
    wide = cells.pivot(index=["dataset", "model"], columns="v_syn", values="text")
    return wide.reindex(columns=sorted(wide.columns)).fillna("")


def _cell(mean, std, n):
    spread = "" if pd.isna(std) else f" ± {100 * std:.2f}"
    return f"{100 * mean:.2f}{spread} ({int(n)})"
