"""Keep the folders that are links as links in an sdist; everything else is in pyproject.toml.

The names ``equations/``, ``analysis/`` and ``notebooks/`` are too common to be installed at the top
of site-packages. They are inside the package, by links; a wheel has files in their place.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.sdist import sdist


class LinkedTree(sdist):
    """An sdist that unpacks to what a checkout has, not to two copies of a folder."""

    def make_release_tree(self, base_dir, files):
        """Copy ``files``, then put the links of the package in place of what they led to."""
        super().make_release_tree(base_dir, files)
        for link in (path for path in Path("rcspike_brian").iterdir() if path.is_symlink()):
            shutil.rmtree(Path(base_dir, link), ignore_errors=True)
            Path(base_dir, link).symlink_to(link.readlink())


setup(cmdclass={"sdist": LinkedTree})
