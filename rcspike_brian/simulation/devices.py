"""Work on a Brian2 device of one's own, and leave the user's untouched."""

import os
from contextlib import contextmanager
from importlib import import_module
from threading import RLock
from typing import Any

import numpy as np

from rcspike_brian.brian import prefs

# Not ``import brian2.devices.device``: the package has a variable of the module's name.
_devices: Any = import_module("brian2.devices.device")

# The active device and the preferences belong to the whole process: one thread at a time.
_one_thread = RLock()


@contextmanager
def private_device(device):
    """Make ``device`` the active one inside the block; other threads wait.

    ``set_device`` would copy the default clock's dt to the new device, grow the list of earlier
    devices, and on the way back write into whatever the user is building; so the active device is
    exchanged as such.
    """
    with _one_thread:
        users = _devices.active_device
        _devices.active_device = device
        try:
            device.activate(build_on_run=False)
            yield device
        finally:
            _devices.active_device = users


@contextmanager
def preferences(needed):
    """Give Brian2's preferences other values, by name, inside the block; other threads wait."""
    with _one_thread:
        users = {name: prefs[name] for name in needed}
        # To set a preference is not for nothing.
        changed = [name for name in needed if users[name] != needed[name]]
        try:
            for name in changed:
                prefs[name] = needed[name]
            yield
        finally:
            for name in changed:
                prefs[name] = users[name]


def double_precision():
    """Let Brian2 compute with float64 inside a block, whatever the user's preference is.

    The timetable of many presentations counts time steps far beyond the precision of float32.
    """
    return preferences({"core.default_float_dtype": np.float64})


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
