"""Every public name has a docstring with shapes and units, and an example that runs."""

import doctest
import inspect
import re
import sys
from importlib import import_module
from pathlib import Path

import pytest

numpydoc = pytest.importorskip("numpydoc.docscrape", reason="docstrings are read by numpydoc")

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "tools"))

from public_names import (  # noqa: E402
    package_modules,
    public_constants,
    public_objects,
    public_packages,
    without_types,
)

PUBLIC = {
    f"{value.__module__}.{value.__qualname__}": value
    for package in public_packages()
    for value in public_objects(package).values()
    if value.__module__.startswith("rcspike_brian")
}
# Also those of names that are not public: an example that no longer runs misleads all the same.
MODULES = sorted(
    name
    for name in package_modules()
    if ">>> " in Path(import_module(name).__file__).read_text(encoding="utf-8")
)
ARRAY = re.compile(r"\barray(_like)?\b|ndarray|Quantity|DataFrame")
# What says how large an array is, or that it is a single quantity with a unit.
SIZE = re.compile(r"\(.*\)|shape|scalar")


def described(name):
    value = PUBLIC[name]
    doc = numpydoc.ClassDoc(value) if inspect.isclass(value) else numpydoc.FunctionDoc(value)
    return value, doc


def parameters(value):
    """Names in the signature that a caller can give."""
    if inspect.isclass(value) and issubclass(value, Exception):
        return set()
    found = inspect.signature(value).parameters.values()
    return {("*" * _stars(p)) + p.name for p in found if not p.name.startswith("_")} - {"self"}


def _stars(parameter):
    return {parameter.VAR_POSITIONAL: 1, parameter.VAR_KEYWORD: 2}.get(parameter.kind, 0)


def documented(doc):
    sections = ("Parameters", "Other Parameters")
    return {
        name.strip()
        for section in sections
        for entry in doc[section]
        for name in entry.name.split(",")
    }


def test_there_are_public_names():
    assert "rcspike_brian.core.membrane.membrane_potential" in PUBLIC
    assert len(PUBLIC) > 60


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_has_summary_and_example(name):
    value, doc = described(name)
    assert inspect.getdoc(value), "no docstring"
    assert "".join(doc["Summary"]).strip(), "no summary line"
    assert any(line.lstrip().startswith(">>>") for line in doc["Examples"])


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_names_its_parameters(name):
    value, doc = described(name)
    made_inside = inspect.isclass(value) and doc["Attributes"] and not doc["Parameters"]
    if not made_inside:  # a result that users get, not make
        assert parameters(value) <= documented(doc)


def test_public_functions_have_type_hints():
    assert [missing for value in PUBLIC.values() for missing in without_types(value)] == []


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_arrays_have_shapes_and_quantities_have_units(name):
    _, doc = described(name)
    for section in ("Parameters", "Returns", "Attributes"):
        for entry in doc[section]:
            kind = entry.type or entry.name  # "Returns" may have a type only
            if ARRAY.search(kind) and "DataFrame" not in kind:
                assert SIZE.search(kind), f"{section}: {entry.name} : {entry.type}"
            if "DataFrame" in kind:
                text = " ".join(entry.desc)
                assert re.search(r"[Cc]olumn|[Rr]ow|[Ff]rom|Of |[Ff]rame|table|[Ss]tring", text), (
                    entry
                )


@pytest.mark.parametrize("package", public_packages(), ids=lambda package: package.__name__)
def test_values_are_described_where_they_are(package):
    """A value has no docstring: its package or the module that defines it names it."""
    undescribed = set(public_constants(package)) - {"__version__"}
    text = package.__doc__ or ""
    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").startswith("rcspike_brian") and module.__file__:
            source = Path(module.__file__).read_text(encoding="utf-8")
            for name in list(undescribed):
                # A string right after the assignment, as documentation tools read it.
                if re.search(
                    rf'^{name}(?:: [^=\n]+)? = .*?\n"""', source, re.DOTALL | re.MULTILINE
                ):
                    undescribed.discard(name)
            text += module.__doc__ or ""
    assert {name for name in undescribed if name not in text} == set()


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name, monkeypatch, tmp_path):
    from brian2 import prefs
    from matplotlib import pyplot

    if name == "rcspike_brian.torch":
        pytest.importorskip("torch", reason="the layers need the extra 'torch'")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RCSPIKE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "stderr", sys.__stderr__)
    target, prefs.codegen.target = prefs.codegen.target, "numpy"
    try:
        for examples in doctest.DocTestFinder().find(import_module(name)):
            assert doctest.DocTestRunner().run(examples).failed == 0
            pyplot.close("all")  # plots draw on the current axes
    finally:
        prefs.codegen.target = target
