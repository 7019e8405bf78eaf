"""MNIST and Fashion-MNIST: found, verified, imported, downloaded, or the bundled subset.

``DATASETS`` are the names that `load_dataset` knows.
"""

from rcspike_brian.data.catalog import DATASETS
from rcspike_brian.data.dataset import Dataset, load_dataset
from rcspike_brian.data.importer import import_dataset
from rcspike_brian.storage import cache_dir

__all__ = ["DATASETS", "Dataset", "cache_dir", "import_dataset", "load_dataset"]
