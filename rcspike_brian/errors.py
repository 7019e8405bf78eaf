"""Exceptions with a message for the person at the keyboard.

Every error that a user can cause derives from `RCSpikeError`; the command line prints its message
without a traceback. A message names the value, says what is allowed and what to do.
"""


class RCSpikeError(Exception):
    """Base class of all errors that this package raises on purpose.

    Examples
    --------
    >>> from rcspike_brian import RCSpikeError, spike_time
    >>> try:
    ...     spike_time(0.5, ramp="cubic")
    ... except RCSpikeError as error:
    ...     print(error)
    ramp must be 'linear' or 'rc', got 'cubic'
    """


class InvalidInput(RCSpikeError, ValueError):
    """An argument or option has a value that is not allowed.

    Examples
    --------
    >>> from rcspike_brian import InvalidInput, membrane_potential
    >>> try:
    ...     membrane_potential([[1.5]], [[1.0]], 0)
    ... except InvalidInput as error:
    ...     print(error)
    spike_times must lie in [0, 1] (in units of T; 1 means no spike), got 1.5 at index (0, 0)
    """


class DataError(RCSpikeError):
    """A data set is missing, damaged or not what it should be.

    Examples
    --------
    >>> from rcspike_brian import DataError, load_dataset
    >>> try:
    ...     load_dataset("mnist", data_dir="no such folder")
    ... except DataError as error:
    ...     print("no such folder" in str(error))
    True
    """


class RunFolderError(RCSpikeError):
    """A run folder or checkpoint cannot be read, written or continued.

    Examples
    --------
    >>> from rcspike_brian import Network, RunFolderError
    >>> try:
    ...     Network.load("no such folder/network.npz")
    ... except RunFolderError as error:
    ...     print(error)
    cannot read no such folder/network.npz: No such file or directory
    """


class CompilerError(RCSpikeError, RuntimeError):
    """C++ standalone was asked for and the compiler is missing or failed.

    Examples
    --------
    >>> from rcspike_brian import CompilerError, RCSpikeError
    >>> issubclass(CompilerError, RCSpikeError)
    True
    """


class SpiceError(RCSpikeError, RuntimeError):
    """ngspice is missing, failed, or gave no usable result.

    Examples
    --------
    >>> from rcspike_brian import RCSpikeError
    >>> issubclass(SpiceError, RCSpikeError)
    True
    """
