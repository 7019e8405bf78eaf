"""Where ngspice is not installed, its tests are skipped, by name and with this reason."""

import shutil

import pytest

needs_ngspice = pytest.mark.skipif(
    shutil.which("ngspice") is None,
    reason="the program ngspice is not installed (apt-get install ngspice)",
)
