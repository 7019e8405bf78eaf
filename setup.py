"""Map the top-level folders ``equations/``, ``analysis/`` and ``notebooks/`` into the package.

Their names are too common to be installed at the top of site-packages, so they become
``rcspike_brian.equations``, ``rcspike_brian.analysis`` and, as files only,
``rcspike_brian/notebooks``. Everything else is in pyproject.toml.
"""

from pathlib import Path

from setuptools import find_packages, setup

FOLDERS = {
    "rcspike_brian.equations": "equations",
    "rcspike_brian.analysis": "analysis",
    "rcspike_brian.notebooks": "notebooks",
}
# The results of Figure 3 on the complete data, where they have been made.
RESULTS = Path("results", "figure3", "results.csv")
if RESULTS.is_file():
    FOLDERS["rcspike_brian.results"] = str(RESULTS.parent)

setup(
    packages=[*find_packages(include=["rcspike_brian", "rcspike_brian.*"]), *FOLDERS],
    package_dir={"rcspike_brian": "rcspike_brian", **FOLDERS},
    package_data={
        "rcspike_brian.data": ["bundled/*"],
        "rcspike_brian.notebooks": ["*.ipynb"],
        "rcspike_brian.results": ["results.csv"],
        "rcspike_brian.sweeps": ["presets/*.toml"],
    },
)
