"""Fashion-MNIST: articles of clothing."""

from rcspike_brian.data.sources import IdxDescription, mnist_files

FASHION_MNIST = IdxDescription(
    name="fashion-mnist",
    title="Fashion-MNIST",
    image_shape=(28, 28),
    class_names=(
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
        "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ),
    mirroring_keeps_labels=True,
    moving_keeps_labels=True,
    licence="MIT",
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
    system_folders=(
        ("/usr/share/datasets/fashion-mnist", "Debian package dataset-fashion-mnist"),
    ),
    offline_ways=(
        "Debian and Ubuntu have it: `apt install dataset-fashion-mnist`, nothing else to do",
    ),
    bundled_sha256="2870c1116980ab469d2f060293cd5ddfc1b1f0ad8b0796f52b2cb1c587e62afc",
)  # fmt: skip
"""Articles of clothing, 28 x 28 grey levels."""
