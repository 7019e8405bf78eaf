"""Exceptions with a message for the person at the keyboard.

The command line prints the message of an `RCSpikeError` without a traceback. It names the value,
says what is allowed and what to do.
"""


class RCSpikeError(Exception):
    """Base class of all errors that this package raises on purpose.

    Examples
    --------
    >>> issubclass(InvalidInput, RCSpikeError)
    True
    """


class InvalidInput(RCSpikeError, ValueError):
    """An argument or option has a value that is not allowed.

    Examples
    --------
    >>> from rcspike_brian import Circuit
    >>> Circuit(kind="lif")
    Traceback (most recent call last):
    rcspike_brian.errors.InvalidInput: kind must be 'rc-spike' or 'conventional', got 'lif'.
    """


class DataError(RCSpikeError):
    """A data set is missing, damaged or not what it should be.

    Examples
    --------
    >>> from rcspike_brian import load_dataset
    >>> load_dataset("mnist", data_dir="absent")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    rcspike_brian.errors.DataError: data_dir absent does not exist; give a folder that holds ...
    """


class RunFolderError(RCSpikeError):
    """A run folder or checkpoint cannot be read, written or continued.

    Examples
    --------
    >>> from rcspike_brian import Network
    >>> Network.load("absent.npz")
    Traceback (most recent call last):
    rcspike_brian.errors.RunFolderError: cannot read absent.npz: No such file or directory
    """


class CompilerError(RCSpikeError, RuntimeError):
    """C++ standalone was asked for and the compiler is missing or failed.

    Examples
    --------
    >>> issubclass(CompilerError, RCSpikeError)
    True
    """


class SpiceError(RCSpikeError, RuntimeError):
    """ngspice is missing, failed, or gave no usable result.

    Examples
    --------
    >>> issubclass(SpiceError, RCSpikeError)
    True
    """


class MissingExtra(RCSpikeError, ImportError):
    """Something was used that needs a package which only an extra installs.

    Examples
    --------
    >>> issubclass(MissingExtra, ImportError)
    True
    """


def shown(value) -> str:
    """A value for a message: on one line, and shortened if that is long."""
    if type(value).__name__ == "ndarray" and value.ndim == 0:
        value = value.item()
    text = " ".join(repr(value).split())
    return text if len(text) <= 100 else f"{text[:97]}..."


def expect(name, value, kind):
    """Refuse what is not an object of that class of the package."""
    if not isinstance(value, kind):
        raise InvalidInput(f"{name} must be an rcspike_brian.{kind.__name__}, got {shown(value)}.")


def first_bad(values, bad) -> str:
    """The first offending value of an array and its index, for a message."""
    if bad.ndim == 0:
        return str(values)
    # A method of the array: the command line shows its help without loading NumPy.
    where = tuple(int(axis[0]) for axis in bad.nonzero())
    return f"{values[where]} at index {where[0] if len(where) == 1 else where}"
