"""Make the balanced subsets in rcspike_brian/data/bundled/ from the complete data sets.

Run from the repository root: python -m tools.make_bundled_subset --data-dir DIR
DIR holds the folders mnist/ and fashion-mnist/ with the IDX files. The same arrays come out every
time; if their checksum is not the one in the catalogue, the exit code is 1.
"""

from pathlib import Path

import click
import numpy as np

from rcspike_brian.data import DATASETS, load_dataset
from rcspike_brian.data.bundled import TEST_PER_CLASS, TRAIN_PER_CLASS, content_sha256
from rcspike_brian.data.sources import IdxDescription
from rcspike_brian.storage import atomic_write

SEED = 20220527
OUT = Path(__file__).resolve().parent.parent / "rcspike_brian" / "data" / "bundled"


def balanced_indices(labels: np.ndarray, per_class: int, rng: np.random.Generator) -> np.ndarray:
    """Choose `per_class` rows of each class; ascending, so that the classes stay mixed."""
    chosen = [
        rng.choice(np.flatnonzero(labels == label), per_class, replace=False)
        for label in np.unique(labels)
    ]
    return np.sort(np.concatenate(chosen)).astype(np.uint16)


def make_subset(dataset, train_per_class: int, test_per_class: int) -> dict[str, np.ndarray]:
    """Choose a balanced subset of a complete `Dataset`; images get their shape again."""
    rng = np.random.default_rng(SEED)
    train = balanced_indices(dataset.train_labels, train_per_class, rng)
    test = balanced_indices(dataset.test_labels, test_per_class, rng)
    return {
        "train_images": dataset.train_images[train].reshape(-1, *dataset.image_shape),
        "train_labels": dataset.train_labels[train],
        "test_images": dataset.test_images[test].reshape(-1, *dataset.image_shape),
        "test_labels": dataset.test_labels[test],
        "train_indices": train,
        "test_indices": test,
    }


def write_npz(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write a compressed npz that appears whole or not at all."""
    with atomic_write(path) as part, part.open("wb") as stream:
        np.savez_compressed(stream, **arrays)


@click.command()
@click.option("--data-dir", type=click.Path(exists=True, file_okay=False), required=True)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=OUT)
def main(data_dir, out):
    """Make the subsets of all data sets."""
    out.mkdir(parents=True, exist_ok=True)
    stale = []
    for name, entry in DATASETS.items():
        if not isinstance(entry, IdxDescription):
            continue
        dataset = load_dataset(name, data_dir=data_dir)
        arrays = make_subset(dataset, TRAIN_PER_CLASS, TEST_PER_CLASS)
        path, digest = out / f"{name}.npz", content_sha256(arrays)
        write_npz(path, arrays)
        click.echo(f"{path}: {path.stat().st_size:,} bytes, SHA-256 of the content {digest}")
        if digest != entry.bundled_sha256:
            stale.append(name)
    if stale:
        raise click.ClickException(
            f"put the new checksums of {', '.join(stale)} into their modules"
        )


if __name__ == "__main__":
    main()
