"""Map the two top-level folders ``equations/`` and ``analysis/`` into the package.

Their names are too common to be installed at the top of site-packages, so they become
``rcspike_brian.equations`` and ``rcspike_brian.analysis``. Everything else is in pyproject.toml.
"""

from setuptools import find_packages, setup

FOLDERS = {"rcspike_brian.equations": "equations", "rcspike_brian.analysis": "analysis"}

setup(
    packages=[*find_packages(include=["rcspike_brian", "rcspike_brian.*"]), *FOLDERS],
    package_dir={"rcspike_brian": "rcspike_brian", **FOLDERS},
    package_data={
        "rcspike_brian.data": ["bundled/*"],
        "rcspike_brian.sweeps": ["presets/*.toml"],
    },
)
