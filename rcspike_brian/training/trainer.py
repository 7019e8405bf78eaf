"""Mini-batch training with exact spike-time gradients."""

import time

import numpy as np

from rcspike_brian.core import fused
from rcspike_brian.core.batches import Batches, train_batches
from rcspike_brian.core.checks import positive_integer
from rcspike_brian.core.coupling import coupling_of
from rcspike_brian.core.layout import Layout
from rcspike_brian.core.threads import ThreadPool, default_threads
from rcspike_brian.errors import InvalidInput
from rcspike_brian.network import Network, reversal_to_beta
from rcspike_brian.readout import accuracies
from rcspike_brian.training.adam import Adam
from rcspike_brian.training.arrangement import Arrangement
from rcspike_brian.training.distortion import Distortion
from rcspike_brian.training.draw import Draw
from rcspike_brian.training.schedule import learning_rate
from rcspike_brian.training.spread import device_spread
from rcspike_brian.training.streams import (
    DISTORTION,
    INITIALISATION,
    NOISE,
    SHUFFLING,
    SPREAD,
    generator,
)

# Images that compiled code works on before it comes back: few enough for a lively progress bar, and
# for memory that does not depend on the batch size.
_TOGETHER = 1024

# Neurons are arranged anew at the start of an epoch; in the first one, where what they respond to
# changes fast, after so many calls of compiled code. So many images show what that is.
_AT_FIRST = (1, 4, 16)
_PROBES = 512


class Trainer:
    """A network in training on one data set, one epoch at a time.

    Parameters
    ----------
    config : TrainingConfig
    dataset : Dataset
        Grey-level images (n, n_in) uint8 and labels; see `rcspike_brian.load_dataset`.
    threads : int, optional
        Does not change the result.

    Attributes
    ----------
    model : str
        What is trained; a checkpoint of another model is refused.
    epoch : int
        Completed epochs.
    metrics : list of dict
        One row per completed epoch.

    Raises
    ------
    InvalidInput
        A data set without training images, or with labels that are not 0, 1, 2, ...

    Examples
    --------
    >>> from rcspike_brian import TrainingConfig, load_dataset
    >>> data = load_dataset("mnist", subset="bundled")
    >>> trainer = Trainer(TrainingConfig(hidden=(20,), epochs=1), data)
    >>> row = trainer.run_epoch()
    >>> trainer.epoch, row["epoch"]
    (1, 1)
    """

    model = "rc-spike"
    _layout = Layout

    def __init__(self, config, dataset, *, threads=None):
        self.config = config
        self.dataset = dataset
        self.labels = _checked_labels(dataset)
        n_in = dataset.train_images.shape[1]
        self.layout = self._layout((n_in, *config.hidden, int(self.labels.max()) + 1))
        self.beta = reversal_to_beta(config.v_syn)
        weights = self._initial_weights(generator(config.seed, INITIALISATION))
        theta = self.layout.pack(weights)
        self.adam = Adam(theta, config.shards, self.layout.sparse, config.weight_decay)
        self.epoch = 0
        self.metrics = []
        self.threads = (
            default_threads() if threads is None else positive_integer(threads, "threads")
        )
        self._scratch = [self._new_scratch() for _ in range(config.shards)]

    def _initial_weights(self, rng):
        config = self.config
        start = Network.random(self.layout.sizes, config.v_syn, rng, config.init_scale)
        for w in start.weights[:-1]:
            w.flags.writeable = True
            w[-1] = config.init_bias
        return start.weights

    def _new_scratch(self):
        """Memory of one shard."""
        return fused.scratch(self.layout, np.float32)

    @property
    def network(self):
        """The network as it is now (a copy)."""
        return Network(tuple(self.layout.unpack(self.adam.theta)), self.beta)

    @property
    def n_batches(self):
        """Batches per epoch; the last may be smaller."""
        return -(-len(self.labels) // self.config.batch_size)

    def run_epoch(self, progress=None):
        """Train for one epoch and test; returns and stores the row of metrics.

        Parameters
        ----------
        progress : callable, optional
            Called after each batch with no argument.
        """
        start = time.perf_counter()
        with ThreadPool(self.threads) as pool:
            totals = self._train(pool, progress)
        seconds = time.perf_counter() - start
        row = self._row(totals, seconds)
        self.epoch += 1
        self.metrics.append(row)
        return row

    def _train(self, pool, progress):
        config = self.config
        totals = np.zeros((config.shards, fused.FIRST_LAYER + 2 * self.layout.n_layers))
        spread_rng = generator(config.seed, SPREAD, self.epoch)
        arrangement = self.new_arrangement()
        try:
            for call, draw in enumerate(self._draws()):
                if call in ((0,) if self.epoch else _AT_FIRST):
                    self.arrange(arrangement)
                self._work(pool, draw, totals, spread_rng)
                for _ in range(draw.n_batches if progress else 0):
                    progress()
        finally:
            arrangement.undo()
        return totals.sum(axis=0)

    def new_arrangement(self):
        """The order of the neurons in memory, still that of the network."""
        adam = self.adam
        return Arrangement(self.layout, (adam.theta, adam.first_moment, adam.second_moment))

    def arrange(self, arrangement):
        """Let neurons that have an adjoint for the same images share tiles.

        Parameters
        ----------
        arrangement : Arrangement
            Of this trainer. Until it is undone, the optimiser's vectors follow it.
        """
        arrangement.undo()
        images = self.dataset.train_images[:_PROBES]
        *hidden, _ = self.network.potentials(images, all_layers=True, threads=self.threads)
        arrangement.set([(v > 0) & (v < 1) for v in hidden])

    def _draws(self):
        """The batches of an epoch, a few at a time."""
        config = self.config
        order = generator(config.seed, SHUFFLING, self.epoch).permutation(len(self.labels))
        noise_rng = generator(config.seed, NOISE, self.epoch)
        distort = Distortion(config, generator(config.seed, DISTORTION, self.epoch))
        n_steps = config.epochs * self.n_batches
        n_together = config.batch_size * max(1, _TOGETHER // config.batch_size)
        for start in range(0, len(order), n_together):
            chosen = order[start : start + n_together]
            bounds = np.append(np.arange(0, len(chosen), config.batch_size), len(chosen))
            images = self.dataset.train_images[chosen]
            distort(images, bounds)
            step = self.epoch * self.n_batches + start // config.batch_size
            rates = [
                learning_rate(config.schedule, config.learning_rate, step + k, n_steps)
                for k in range(len(bounds) - 1)
            ]
            noise = self._noise(noise_rng, len(chosen))
            yield Draw(images, self.labels[chosen], noise, bounds, rates)

    def _work(self, pool, draw, totals, spread_rng):
        """Train on a few batches."""
        if self.config.weight_spread:
            self._one_by_one(pool, draw, totals, spread_rng)
        else:
            self._in_one_go(pool, draw, totals)

    def _one_by_one(self, pool, draw, totals, spread_rng):
        for batch in draw.batches():
            with device_spread(self.adam, self.config.weight_spread, spread_rng):
                self._gradients(pool, batch, totals)
            self.adam.step(pool, batch.rate, 1 / len(batch.labels))

    def _in_one_go(self, pool, draw, totals):
        """The same without coming back to Python between the batches."""
        parties = min(pool.threads, self.config.shards)
        steps = np.array([self.adam.next_step(rate) for rate in draw.rates])
        batches = Batches(draw.images, draw.labels, draw.noise, draw.bounds, steps)
        shared = np.zeros(1, np.int64), batches, self.adam.state, *self.kernel_settings(), totals
        pool.run(
            train_batches,
            ((rank, parties, *shared, self._scratch[rank]) for rank in range(parties)),
        )

    def kernel_settings(self):
        """What the kernels need to know of the network and the loss: table, coupling and loss."""
        config = self.config
        return (
            self.layout.table,
            coupling_of(self.beta, np.float32),
            fused.Loss(config.temperature, config.window, config.label_smoothing),
        )

    def _noise(self, rng, n):
        if not self.config.noise:
            return np.empty((n, 0), np.float32)
        shape = (n, sum(self.config.hidden))
        return rng.standard_normal(shape, np.float32) * np.float32(self.config.noise)

    def _gradients(self, pool, batch, totals):
        """Add the gradient of a batch to the optimiser's, shard by shard."""
        shards, n = self.config.shards, len(batch.labels)
        bounds = [n * k // shards for k in range(shards + 1)]
        fixed = self.adam.theta, *self.kernel_settings(), batch.noise
        pool.run(
            fused.gradient_shard,
            (
                (
                    batch.images,
                    batch.labels,
                    bounds[k],
                    bounds[k + 1],
                    *fixed,
                    self.adam.gradients[k],
                    self.adam.touched[k],
                    totals[k],
                    self._scratch[k],
                )
                for k in range(shards)
            ),
        )

    def _test_accuracies(self):
        """By earliest spike, and by largest potential."""
        potentials = self.network.potentials(self.dataset.test_images, threads=self.threads)
        return accuracies(potentials, self.dataset.test_labels)

    def _row(self, totals, seconds):
        """One row of metrics; silent and saturated fractions are those of the training pass."""
        n = len(self.labels)
        by_spike, by_potential = self._test_accuracies()
        row = {
            "epoch": self.epoch + 1,
            "train_loss": totals[fused.LOSS] / n,
            "train_accuracy": totals[fused.CORRECT] / n,
            "train_seconds": seconds,
            "test_accuracy": by_spike,
            "test_accuracy_potential": by_potential,
        }
        per_layer = totals[fused.FIRST_LAYER :].reshape(-1, 2)
        for l, counts in enumerate(per_layer, start=1):
            silent, saturated = counts / (n * self.layout.sizes[l])
            row |= {f"silent_{l}": silent, f"saturated_{l}": saturated}
        return {name: float(value) if name != "epoch" else value for name, value in row.items()}


def _checked_labels(dataset):
    labels = np.asarray(dataset.train_labels).astype(np.int64)
    if len(labels) == 0 or len(labels) != len(dataset.train_images):
        raise InvalidInput(
            f"the data set has {len(dataset.train_images)} training images and {len(labels)} labels"
        )
    if labels.min() < 0 or labels.max() < 1:
        raise InvalidInput("labels must be 0, 1, 2, ... with at least two classes")
    return labels
