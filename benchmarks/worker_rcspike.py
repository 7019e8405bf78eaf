"""Train this package's network."""

from dataclasses import replace

from numba import njit

from benchmarks.data import load
from benchmarks.memory import Meter
from benchmarks.worker import main
from rcspike_brian.training import Trainer, recipe


@njit(cache=True)
def _least(x):
    """As little as compiled code can be: what memory numba itself takes."""
    return x + 1


def _part(dataset, n_train, n_test):
    """The first images of a data set."""
    return replace(
        dataset,
        train_images=dataset.train_images[:n_train],
        train_labels=dataset.train_labels[:n_train],
        test_images=dataset.test_images[:n_test],
        test_labels=dataset.test_labels[:n_test],
    )


def measure(data, hidden, batch_size, v_syn, threads, epochs, warm_up, n_images=None):
    """Seconds per epoch and memory, with the parameters of `benchmarks.worker_torch`."""
    # Each epoch ends with a test, outside the clock; some images are enough to see it learn.
    dataset = _part(load(data, n_images), n_images, 1000)
    meter = Meter()
    _least(0)
    meter.mark("compiler")
    shape = {"v_syn": v_syn, "hidden": tuple(hidden), "batch_size": batch_size}
    config = recipe("plain", dataset, **shape, epochs=epochs)
    # Loads the compiled kernels, or compiles them.
    Trainer(_part(dataset, warm_up * batch_size, 10), config, threads=threads).run_epoch()
    meter.mark("warm_up")
    trainer = Trainer(dataset, config, threads=threads)
    rows = [trainer.run_epoch() for _ in range(epochs)]
    return {
        "seconds_per_epoch": [row["train_seconds"] for row in rows],
        "batches_measured": trainer.n_batches,
        "batches_per_epoch": trainer.n_batches,
        **meter.result(),
        "accuracy": rows[-1]["test_accuracy"],
    }


if __name__ == "__main__":
    main(measure)
