"""Exceptions with a message for the person at the keyboard.

Every error that a user can cause derives from `RCSpikeError`; the command line prints its message
without a traceback. A message names the value, says what is allowed and what to do.
"""


class RCSpikeError(Exception):
    """Base class of all errors that this package raises on purpose."""


class InvalidInput(RCSpikeError, ValueError):
    """An argument or option has a value that is not allowed."""


class DataError(RCSpikeError):
    """A data set is missing, damaged or not what it should be."""


class RunFolderError(RCSpikeError):
    """A run folder or checkpoint cannot be read, written or continued."""


class CompilerError(RCSpikeError, RuntimeError):
    """C++ standalone was asked for and the compiler is missing or failed."""


class SpiceError(RCSpikeError, RuntimeError):
    """ngspice is missing, failed, or gave no usable result."""
