"""Data sets: found, verified, imported, downloaded, bundled, or of one's own.

``DATASETS`` are the descriptions of those that `load_dataset` knows, by name.
"""

from rcspike_brian.data.catalog import DATASETS, DatasetDescription, IdxFile, load_dataset, register
from rcspike_brian.data.cifar import CIFAR_10
from rcspike_brian.data.dataset import Dataset
from rcspike_brian.data.importer import import_dataset
from rcspike_brian.data.iris import IRIS, load_iris
from rcspike_brian.data.mnist import FASHION_MNIST, KMNIST, MNIST
from rcspike_brian.data.sources import IdxDescription, mnist_files
from rcspike_brian.storage import cache_dir

__all__ = [
    "DATASETS", "Dataset", "DatasetDescription", "IdxDescription", "IdxFile", "cache_dir",
    "import_dataset", "load_dataset", "load_iris", "mnist_files", "register",
]  # fmt: skip

# The data sets of the package, in the order in which they are listed.
_ALL = (MNIST, FASHION_MNIST, KMNIST, CIFAR_10, IRIS)
DATASETS.update({entry.name: entry for entry in _ALL})
