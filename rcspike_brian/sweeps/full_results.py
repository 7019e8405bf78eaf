"""The results of Figure 3 on the complete data, as they come with the package."""

from pathlib import Path
from typing import TYPE_CHECKING

from rcspike_brian.errors import DataError
from rcspike_brian.sweeps.results import read_results

if TYPE_CHECKING:
    import pandas as pd

_RESULTS = Path(__file__).parents[1] / "results" / "results.csv"


def full_results() -> "pd.DataFrame":
    """Return the table of results behind Figure 3, without training anything.

    Returns
    -------
    pandas.DataFrame
        As from `read_results`: one row for each network and circuit.

    Raises
    ------
    DataError
        This copy of the package has no results; the message says how to make them.

    Examples
    --------
    >>> results = full_results()  # doctest: +SKIP
    >>> sorted(results["dataset"].unique())  # doctest: +SKIP
    ['fashion-mnist', 'mnist']
    """
    if _RESULTS.is_file():
        return read_results(_RESULTS)
    raise DataError(
        "this copy of the package has no results of the complete data. "
        "`rcspike sweep --preset figure3 --out results/figure3` makes them, in some hours."
    )
