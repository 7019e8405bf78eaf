"""The public names of the package: what the documentation shows and the tests hold to its word."""

import inspect
import pkgutil
from importlib import import_module

ROOT = "rcspike_brian"
_PRIVATE = (f"{ROOT}.commands",)  # the command line is documented as such


def public_packages():
    """Import every package and module that has an ``__all__``.

    Returns
    -------
    list of module
        The top first, then by name.
    """
    root = import_module(ROOT)
    found = {info.name for info in pkgutil.walk_packages(root.__path__, f"{ROOT}.")}
    names = {name for name in found if not name.startswith(_PRIVATE)}
    modules = (import_module(name) for name in sorted(names) if not name.endswith("__main__"))
    return [root, *(module for module in modules if hasattr(module, "__all__"))]


def public_objects(package):
    """Functions and classes among the public names of a package.

    Returns
    -------
    dict of str to object
    """
    objects = {name: getattr(package, name) for name in package.__all__}
    return {name: value for name, value in objects.items() if is_documented(value)}


def public_constants(package):
    """Return the other public names: values, which cannot have a docstring."""
    values = {name: getattr(package, name) for name in package.__all__}
    return sorted(n for n, v in values.items() if not (is_documented(v) or inspect.ismodule(v)))


def is_documented(value):
    """Whether a value carries a docstring of its own."""
    return inspect.isroutine(value) or inspect.isclass(value)
