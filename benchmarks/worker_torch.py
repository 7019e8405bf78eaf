"""Train a peer in PyTorch."""

import torch

from benchmarks.data import load
from benchmarks.memory import Meter
from benchmarks.torch_networks import Training, build
from benchmarks.worker import main


def measure(
    data,
    hidden,
    batch_size,
    v_syn,
    threads,
    epochs,
    warm_up,
    model,
    batches=None,
    n_images=None,
    inputs="float32",
    adam="fused",
    compiled=False,
    torch_threads=None,
    **variant,
):
    """Seconds per epoch and memory; ``batches`` of each epoch, scaled, if given.

    Parameters
    ----------
    data : str
        Folder of `benchmarks.data.store`.
    hidden : list of int or str
    batch_size : int
    v_syn : float
    threads : int
    epochs : int
    warm_up : int
        Batches before the clock starts.
    model : str
        See `build`.
    batches, n_images : int, optional
        Use so many batches of an epoch, so many images of the data.
    inputs, adam, compiled
        See `Training`.
    torch_threads : int, optional
        Of PyTorch's own operations, if fewer than those of the package's layers.
    **variant
        Of `build`.
    """
    torch.manual_seed(0)
    torch.set_num_threads(torch_threads or threads)
    if model == "layers":
        variant["threads"] = threads
    dataset = load(data, n_images)
    meter = Meter()
    sizes = (dataset.train_images.shape[1], *hidden, 10)
    training = Training(
        *build(model, sizes, v_syn, **variant),
        dataset.train_images,
        dataset.train_labels,
        batch_size,
        inputs,
        adam,
        compiled,
    )
    training.run(warm_up)
    meter.mark("warm_up")
    per_epoch = -(-len(dataset.train_labels) // batch_size)
    runs = [training.run(batches) for _ in range(epochs)]
    memory = meter.result()
    some = slice(0, 1000)
    return {
        "seconds_per_epoch": [seconds * per_epoch / count for seconds, count in runs],
        "batches_measured": runs[0][1],
        "batches_per_epoch": per_epoch,
        **memory,
        "accuracy": training.accuracy(dataset.test_images[some], dataset.test_labels[some]),
    }


if __name__ == "__main__":
    main(measure)
