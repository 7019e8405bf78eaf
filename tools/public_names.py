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
    modules = (import_module(name) for name in package_modules() if not name.startswith(_PRIVATE))
    return [import_module(ROOT), *(module for module in modules if hasattr(module, "__all__"))]


def package_modules():
    """Names of all modules of the package, sorted."""
    root = import_module(ROOT)
    found = {info.name for info in pkgutil.walk_packages(root.__path__, f"{ROOT}.")}
    return sorted(name for name in found if not name.endswith("__main__"))


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


def without_types(value):
    """What lacks a type hint in a public function, or in the public methods of a class.

    Returns
    -------
    list of str
        ``"function(parameter)"``, or ``"function()"`` where what it returns is not said.
    """
    if not inspect.isclass(value):
        return _without_types(value)
    methods = (
        _function_of(member)
        for name, member in vars(value).items()
        if not name.startswith("_") or name in ("__init__", "__call__")
    )
    return [
        f"{value.__name__}.{missing}"
        for method in methods
        if getattr(method, "__module__", "").startswith(ROOT)
        for missing in _without_types(method)
    ]


def _function_of(member):
    """The function of a method, class method or property; anything else is given back."""
    for attribute in ("__func__", "fget", "func"):
        member = getattr(member, attribute, member)
    return member


def _without_types(function):
    if not inspect.isroutine(function):
        return []
    signature = inspect.signature(function)
    missing = [
        f"{function.__name__}({parameter.name})"
        for parameter in signature.parameters.values()
        if parameter.annotation is parameter.empty and parameter.name not in ("self", "cls")
    ]
    if signature.return_annotation is signature.empty and function.__name__ != "__init__":
        missing.append(f"{function.__name__}()")
    return missing
