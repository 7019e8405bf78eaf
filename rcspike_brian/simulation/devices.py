"""Work on a Brian2 device of one's own, and leave the user's untouched."""

import os
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import numpy as np
from brian2.only import prefs

# Not ``import brian2.devices.device``: the package has a variable of the module's name.
_devices: Any = import_module("brian2.devices.device")


@contextmanager
def private_device(device):
    """Make ``device`` the active one inside the block.

    ``set_device`` would copy the default clock's dt to the new device, grow the list of earlier
    devices, and on the way back write into whatever the user is building; so the active device is
    exchanged as such.
    """
    users = _devices.active_device
    _devices.active_device = device
    try:
        device.activate(build_on_run=False)
        yield device
    finally:
        _devices.active_device = users


@contextmanager
def double_precision():
    """Let Brian2 compute with float64 inside the block, whatever the user's preference is.

    The timetable of many presentations counts time steps far beyond the precision of float32.
    """
    users = prefs.core.default_float_dtype
    if users != np.float64:  # to set a preference is not for nothing
        prefs.core.default_float_dtype = np.float64
    try:
        yield
    finally:
        if users != np.float64:
            prefs.core.default_float_dtype = users


@contextmanager
def same_environment():
    """Undo changes of environment variables: Brian2 sets some to run a compiled model."""
    before = dict(os.environ)
    try:
        yield
    finally:
        if os.environ != before:
            os.environ.clear()
            os.environ.update(before)
