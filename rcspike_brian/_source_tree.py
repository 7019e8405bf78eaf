"""Make ``rcspike_brian.equations`` and ``.analysis`` importable from a source checkout.

An installed package has both as subfolders. In a checkout they live beside the package (see
``setup.py``), so with the repository root as the current folder Python's own path search would
not find them. The finder below answers for exactly these two names and only in a checkout.
"""

import sys
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


class _CheckoutFinder:
    """A meta-path finder for the two folders beside the package."""

    def __init__(self, folders: dict[str, Path]):
        self.folders = folders

    def find_spec(self, name, path=None, target=None) -> ModuleSpec | None:
        folder = self.folders.get(name)
        if folder is None:
            return None
        return spec_from_file_location(
            name, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )


def install() -> None:
    """Register the finder if the package is imported from a checkout."""
    if not (_PACKAGE.parent / "setup.py").is_file():
        return
    folders = {
        f"rcspike_brian.{name}": _PACKAGE.parent / name
        for name in ("equations", "analysis")
        if not (_PACKAGE / name).exists() and (_PACKAGE.parent / name / "__init__.py").is_file()
    }
    sys.meta_path.append(_CheckoutFinder(folders))
