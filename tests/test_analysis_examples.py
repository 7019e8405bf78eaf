"""The examples in the docstrings of analysis and figures."""

import doctest
import pkgutil
from importlib import import_module

import pytest

from rcspike_brian import analysis, figures

MODULES = [
    f"{package.__name__}.{module.name}"
    for package in (analysis, figures)
    for module in pkgutil.iter_modules(package.__path__)
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name, monkeypatch):
    from brian2 import prefs

    # NumPy starts at once, where Cython would compile first.
    monkeypatch.setitem(prefs, "codegen.target", "numpy")
    assert doctest.testmod(import_module(name)).failed == 0


def test_every_public_function_of_analysis_has_an_example():
    finder = doctest.DocTestFinder(recurse=False)
    for name in analysis.__all__:
        assert any(test.examples for test in finder.find(getattr(analysis, name))), name
