"""Read the results of a sweep."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from rcspike_brian.errors import DataError, InvalidInput
from rcspike_brian.sweeps.cell import MODELS
from rcspike_brian.sweeps.folder import RESULT_COLUMNS, RESULTS
from rcspike_brian.sweeps.options import option_names

_FULL = Path(__file__).parents[1] / "results" / RESULTS


def read_results(path: str | Path) -> pd.DataFrame:
    """The table of results of a sweep.

    Parameters
    ----------
    path : str or Path
        Folder of a sweep, or the file ``results.csv`` alone.

    Returns
    -------
    pandas.DataFrame
        One row for each accuracy, with the settings of its network in the other columns.

    Raises
    ------
    DataError
        Missing, unreadable, or not such a table.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "results.csv"
    ...     _ = file.write_text("dataset,model,v_syn,seed,accuracy,epochs,train_images,data\\n"
    ...                         "mnist,rc-spike,1.0,0,0.98,10,60000,full\\n")
    ...     read_results(folder)["accuracy"].tolist()
    [0.98]
    """
    path = Path(path)
    file = path / RESULTS if path.is_dir() else path
    try:
        frame = pd.read_csv(file)
    except OSError as error:
        raise DataError(
            f"cannot read the results {file}: {error.strerror or error}; `rcspike sweep` makes them"
        ) from None
    except ValueError as error:
        raise DataError(f"{file} is damaged, not a table: {error}") from None
    missing = [name for name in RESULT_COLUMNS if name not in frame]
    if missing:
        raise DataError(f"{file} is not the results of a sweep, or damaged: it lacks {missing}")
    if frame.empty:
        raise DataError(
            f"{file} has no rows: no network of the sweep is finished; `rcspike sweep` on its "
            "folder goes on with it"
        )
    unknown = sorted(set(frame["model"].astype(str)) - set(MODELS))
    numbers = frame[["v_syn", "accuracy"]].apply(pd.to_numeric, errors="coerce")
    if unknown or numbers.isna().any(axis=None):
        what = f"the model {unknown[0]!r}" if unknown else "entries that are no numbers"
        raise DataError(
            f"{file} is damaged: it has {what}; `rcspike sweep` on its folder makes it again"
        )
    return frame


def full_results() -> pd.DataFrame:
    """Return the table of results behind Figure 3, on the complete data, without training.

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
    >>> sorted(full_results()["dataset"].unique())  # doctest: +SKIP
    ['fashion-mnist', 'mnist']
    """
    if _FULL.is_file():
        return read_results(_FULL)
    raise DataError(
        "this copy of the package has no results of the complete data. "
        "`rcspike sweep --preset figure3 --out results/figure3` makes them, in some hours."
    )


def select(frame: pd.DataFrame, where: Sequence[str] = ()) -> pd.DataFrame:
    """Rows of a table of results with some values of the varied options.

    Parameters
    ----------
    frame : pandas.DataFrame
        From `read_results`.
    where : sequence of str
        ``"name=value"``, the value as it stands in the table.

    Returns
    -------
    pandas.DataFrame
        The rows that meet all conditions.

    Raises
    ------
    InvalidInput
        No such column, no such rows, or an option that still has several values: means over
        different settings would mean nothing.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"noise": [0.0, 0.02], "accuracy": [0.98, 0.975]})
    >>> select(frame, ["noise=0.02"])["accuracy"].tolist()
    [0.975]
    """
    for condition in where:
        name, _, value = condition.partition("=")
        if name not in frame:
            raise InvalidInput(f"the results have no column {name!r}")
        texts = _as_text(frame[name])
        if not (texts == value).any():
            raise InvalidInput(f"no results with {name} = {value}; there are {_listed(texts)}")
        frame = frame[texts == value]
    for name in option_names():
        if name != "epochs" and name in frame and frame[name].nunique() > 1:
            raise InvalidInput(
                f"the results have several values of {name}; choose one: "
                f"--where {name}=VALUE with {_listed(_as_text(frame[name]))}"
            )
    return frame


def _as_text(column):
    return column.map(lambda value: f"{value:g}" if isinstance(value, float) else str(value))


def _listed(texts):
    return ", ".join(texts.unique())
