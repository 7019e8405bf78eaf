"""Mini-batch training with exact spike-time gradients."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from rcspike_brian.core import fused
from rcspike_brian.core.barrier import GIVEN_UP
from rcspike_brian.core.coupling import in_range
from rcspike_brian.core.maps import MapLayout
from rcspike_brian.core.threads import ThreadPool, thread_count
from rcspike_brian.data import Dataset
from rcspike_brian.encodings import ENCODINGS
from rcspike_brian.errors import InvalidInput, expect
from rcspike_brian.layers.notation import layer_names, map_of
from rcspike_brian.network import Network, compiled_circuit, layer_kinds
from rcspike_brian.optimizers import OPTIMIZERS
from rcspike_brian.readout import accuracies
from rcspike_brian.registry import look_up
from rcspike_brian.training import schedule
from rcspike_brian.training.arrangement import Arrangement
from rcspike_brian.training.averaging import MovingAverage
from rcspike_brian.training.batches import Batches, train_batches
from rcspike_brian.training.config import TrainingConfig
from rcspike_brian.training.distortion import Distortion, device_spread

# Images that compiled code works on before it comes back: few enough for a lively progress bar, and
# for memory that does not depend on the batch size; and numbers of noise that they have.
_TOGETHER = 1024
_NOISE = 2**22

# Neurons are arranged anew at the start of an epoch; in the first one, where what they respond to
# changes fast, after so many calls of compiled code. So many images show what that is.
_AT_FIRST = (1, 4, 16)
_PROBES = 512


class Trainer:
    """A network in training on one data set, one epoch at a time.

    `InvalidInput`: a data set without training images, or with labels that are not 0, 1, 2, ...; a
    network to begin with that does not fit the data set or the configuration; training that
    diverges.

    Parameters
    ----------
    dataset : Dataset
        Images (n, n_in), grey levels or spike times, and labels; see `rcspike_brian.load_dataset`.
    config : TrainingConfig
    start : Network, optional
        Where to begin; default: dense layers with random weights.
    threads : int, optional
        Does not change the result.

    Attributes
    ----------
    model, kernels : str, bool
        What is trained (a checkpoint of another is refused); whether compiled kernels do it.
    epoch, metrics : int, list of dict
        Completed epochs, and a row for each.
    solution : scipy.optimize.OptimizeResult or None
        Of an optimiser of SciPy that has ended.

    Examples
    --------
    >>> from rcspike_brian import TrainingConfig, load_dataset
    >>> trainer = Trainer(load_dataset("iris"), TrainingConfig(hidden=(5,), epochs=1))
    >>> trainer.run_epoch()["epoch"], trainer.epoch
    (1, 1)
    """

    model = "rc-spike"
    kernels = True
    solution: Any = None

    def __init__(
        self, dataset: Dataset, config: TrainingConfig, *,
        start: Network | None = None, threads: int | None = None,
    ):  # fmt: skip
        check_order(dataset, config)
        self.config = config
        self.dataset = dataset
        self.labels = _checked_labels(dataset)
        self.circuit = config.circuit
        self.encoding = look_up("encoding", config.encoding, ENCODINGS)
        self._distort = Distortion(config, dataset)
        self.threads = thread_count(threads)
        if start is not None:
            self._check_start(start)
            self.config = replace(config, hidden=layer_names(start.layers)[:-1])  # what it is
        self._beginning = start or self._initial_network()
        self.sizes = self._beginning.sizes
        if self.kernels and not self._beginning.is_compiled:
            raise InvalidInput(
                "the compiled kernels have dense layers, convolutions and pools behind them only: "
                "train these layers with rb.train, which takes other trainers"
            )
        theta, sparse = self._parameters()
        optimizer = look_up("optimizer", config.optimizer, OPTIMIZERS)
        self.optimizer = optimizer(theta, config.shards, sparse, config.weight_decay)
        horizon = config.averaging * self.n_batches
        self._average = MovingAverage(theta, horizon) if horizon else None
        self.epoch = 0
        self.metrics: list[dict] = []
        self._check_finite(self._new_totals())
        self._scratch = [self._new_scratch() for _ in range(config.shards)]

    def _check_start(self, start):
        """Take circuit and encoding from a network to begin with."""
        same_beta = np.allclose(start.beta, self.circuit.beta, rtol=1e-9, atol=0)
        if not same_beta or start.circuit.ramp is not self.circuit.ramp:
            raise InvalidInput(
                f"the network to begin with has V_syn/V_th = {start.circuit.drive} and the ramp "
                f"{start.circuit.ramp.name!r}, the configuration {self.circuit.drive} and "
                f"{self.circuit.ramp.name!r}: use start.on_circuit(config.circuit)"
            )
        n_in, n_classes = self.dataset.n_in, self.dataset.n_classes
        if start.sizes[0] != n_in or start.sizes[-1] < n_classes:
            raise InvalidInput(
                f"the network to begin with has {start.sizes[0]} inputs and {start.sizes[-1]} "
                f"outputs, and the data set needs {n_in} and at least {n_classes}"
            )
        needs, has = start.layers[0].in_shape, map_of(self.dataset.image_shape)
        if needs and has and needs != has:
            raise InvalidInput(
                f"the network to begin with is for images {needs}, and those of the data set "
                f"{self.dataset.name!r} are {has}"
            )
        self.circuit, self.encoding = start.circuit, start.encoding

    def _parameters(self):
        """The flat vector to begin with, and which part of it has sparse gradients."""
        self.layout = self._beginning.layout
        with np.errstate(over="ignore"):  # found before the first batch
            theta = self.layout.pack([layer.matrix for layer in self._beginning.layers])
        return theta, self.layout.sparse

    def _generator(self, stream, epoch=None):
        return schedule.generator(self.config.seed, stream, self.epoch if epoch is None else epoch)

    def _initial_network(self):
        """Random weights."""
        config, dataset = self.config, self.dataset
        rng = self._generator(schedule.INITIALISATION, epoch=0)
        inputs = dataset.image_shape if config.has_maps else dataset.n_in
        sizes = inputs, *config.hidden, dataset.n_classes
        network = Network.random(sizes, self.circuit, rng, config.init_scale, np.float64)
        *hidden, last = network.layers
        return replace(network, layers=(*map(self._with_bias, hidden), last))

    def _with_bias(self, layer):
        matrix = layer.parameters.copy()
        matrix[-1] = self.config.init_bias
        return layer.with_parameters(matrix)

    def _new_scratch(self):
        """Memory of one shard."""
        return fused.scratch(self.layout, np.float32)

    @property
    def layer_kinds(self) -> list[dict[str, Any]]:
        """Kinds and settings of the layers, JSON-able."""
        return layer_kinds(self._beginning.layers)

    @property
    def network(self) -> Network:
        """The network as it is now (a copy)."""
        return self.network_of(self.weights)

    @property
    def weights(self) -> np.ndarray:
        """Flat vector of the network as it is now: the average of the weights, if there is one."""
        return self._average.weights if self._average else self.optimizer.theta

    def network_of(self, theta: np.ndarray) -> Network:
        """The network with these weights, in the order of the optimiser's."""
        parts = zip(self._beginning.layers, self.layout.unpack(theta), strict=True)
        layers = [layer.with_parameters(matrix) for layer, matrix in parts]
        return Network(layers, self.circuit, self.encoding)

    @property
    def vectors(self) -> dict[str, np.ndarray]:
        """Everything that has a place for each weight: the optimiser's, and the average."""
        average = {"average": self._average.weights} if self._average else {}
        return {**self.optimizer.vectors, **average}

    @property
    def n_batches(self) -> int:
        """Batches per epoch; the last may be smaller."""
        return -(-len(self.labels) // self.config.batch_size)

    def run(self, progress: Callable[[], object], after: Callable[[dict], object]) -> None:
        """Train until all epochs are completed, or ``after(row)``, asked after each, is true."""
        while self.epoch < self.config.epochs:
            if after(self.run_epoch(progress)):
                break

    def run_epoch(self, progress: Callable[[], object] | None = None) -> dict:
        """Train for one epoch and test; returns and stores the row of metrics.

        ``progress`` is called after each batch with no argument.
        """
        start = time.perf_counter()
        with ThreadPool(self.threads) as pool:
            totals = self._train(pool, progress)
        return self._completed(totals, time.perf_counter() - start)

    def _completed(self, totals, seconds):
        """Count an epoch; returns and stores its row."""
        row = self._row(totals, seconds)
        self.epoch += 1
        self.metrics.append(row)
        return row

    def _train(self, pool, progress):
        config = self.config
        totals = self._new_totals()
        spread_rng = self._generator(schedule.SPREAD)
        arrangement = self.new_arrangement()
        try:
            for call, batches in enumerate(self._draw()):
                if arrangement and call in ((0,) if self.epoch else _AT_FIRST):
                    self.arrange(arrangement)
                if self.optimizer.fused and self.kernels and not config.weight_spread:
                    self._all_at_once(pool, batches, totals)
                else:
                    self._one_by_one(pool, batches, totals, spread_rng)
                self._check_finite(totals)
                if self._average:
                    steps = self.optimizer.steps
                    self._average.update(self.optimizer.theta, steps - len(batches.rates), steps)
                for _ in range(len(batches.rates) if progress else 0):
                    progress()
        finally:
            if arrangement:
                arrangement.undo()
        return totals.sum(axis=0)

    def _new_totals(self):
        return np.zeros((self.config.shards, fused.FIRST_LAYER + 2 * (len(self.sizes) - 1)))

    def _check_finite(self, totals):
        """Raise `InvalidInput` if weights or loss have left the range of the weights' precision."""
        theta, beta = self.optimizer.theta, self.circuit.beta
        largest = float(np.maximum(theta.max(), -theta.min()))  # NaN, if any is
        loss = totals[:, fused.LOSS].sum()
        total = largest * (max(self.sizes) + 1)
        if np.isfinite(loss) and in_range(beta, total, theta.dtype):
            return
        raise InvalidInput(
            f"training diverged in epoch {self.epoch + 1}: the largest weight is {largest:g} and "
            f"the loss {loss:g}, with beta = V_th/(V_syn - V_d) = {max(beta):g}; {theta.dtype} is "
            f"too narrow for such numbers. {_remedy(self.config)}. What was saved after epoch "
            f"{self.epoch} is kept"
        )

    def new_arrangement(self) -> Arrangement | None:
        """The order of the neurons in memory, still that of the network; None if it is fixed."""
        if not self.kernels or isinstance(self.layout, MapLayout):  # channels share their weights
            return None
        return Arrangement(self.layout, tuple(self.vectors.values()))

    def arrange(self, arrangement: Arrangement) -> None:
        """Let neurons that have an adjoint for the same images share tiles.

        Until the arrangement is undone, all vectors follow it.
        """
        arrangement.undo()
        images = self.dataset.train_images[:_PROBES]
        network = self.network_of(self.optimizer.theta)
        *hidden, _ = network.potentials(images, all_layers=True, threads=self.threads)
        arrangement.set([(v > 0) & (v < 1) for v in hidden])

    def _draw(self) -> Iterator[Batches]:
        """Draw the batches of an epoch, a few at a time."""
        config = self.config
        order = self._generator(schedule.SHUFFLING).permutation(len(self.labels))
        noise_rng = self._generator(schedule.NOISE)
        distortion_rng = self._generator(schedule.DISTORTION)
        n_steps = config.epochs * self.n_batches
        together = min(_TOGETHER, _NOISE // sum(self.sizes[1:]))
        n_together = config.batch_size * max(1, together // config.batch_size)
        for start in range(0, len(order), n_together):
            chosen = order[start : start + n_together]
            bounds = np.append(np.arange(0, len(chosen), config.batch_size), len(chosen))
            images = self.dataset.train_images[chosen]
            self._distort(images, bounds, distortion_rng)
            first = self.epoch * self.n_batches + start // config.batch_size
            rates = [
                schedule.learning_rate(config.schedule, config.learning_rate, step, n_steps)
                for step in range(first, first + len(bounds) - 1)
            ]
            noise = self._noise(noise_rng, len(chosen))
            inputs, labels = self._inputs(images), self.labels[chosen]
            yield Batches(inputs, labels, noise, bounds, np.array(rates))

    def _inputs(self, images):
        return self.encoding.for_kernels(images, np.float32)

    def _noise(self, rng, n):
        """Noise (n, n_neurons); without that of the outputs (n, n_hidden), without any (n, 0)."""
        config, hidden = self.config, sum(self.sizes[1:-1])
        with_output = self.sizes[-1] if config.output_noise else 0
        if not (config.noise or with_output):
            return np.empty((n, 0), np.float32)
        scales = np.repeat([config.noise, config.output_noise], [hidden, with_output])
        return rng.standard_normal((n, len(scales)), np.float32) * scales.astype(np.float32)

    def _one_by_one(self, pool, batches, totals, spread_rng):
        with np.errstate(over="ignore", invalid="ignore"):  # `_check_finite` tells
            for batch in batches.one_by_one():
                with device_spread(self.optimizer, self.config.weight_spread, spread_rng):
                    self._gradients(pool, batch, totals)
                self.optimizer.step(pool, float(batch.rates[0]), 1 / len(batch.labels))

    def _all_at_once(self, pool, batches, totals):
        """The same in compiled code, without coming back to Python between the batches."""
        parties = min(pool.threads, self.config.shards)
        steps = np.array([self.optimizer.next_step(rate) for rate in batches.rates])
        arrived = np.zeros(1, np.int64)
        shared = arrived, batches, steps, self.optimizer.state, *self.kernel_settings(), totals
        tasks = ((rank, parties, *shared, self._scratch[rank]) for rank in range(parties))
        pool.run(train_batches, tasks, give_up=lambda: arrived.fill(GIVEN_UP))

    def kernel_settings(self) -> tuple:
        """What the kernels need to know: of layers, circuit and loss."""
        return self.layout.for_kernels, compiled_circuit(self.circuit, np.float32), self.config.loss

    def _gradients(self, pool, batch, totals):
        """Add the gradient of a batch to the optimiser's, shard by shard."""
        n, shards = len(batch.labels), self.config.shards
        network = self.optimizer.theta, *self.kernel_settings(), batch.noise
        gradients, touched = self.optimizer.gradients, self.optimizer.touched
        tasks = (
            (batch.inputs, batch.labels, n * k // shards, n * (k + 1) // shards, *network, *own)
            for k, own in enumerate(zip(gradients, touched, totals, self._scratch, strict=True))
        )
        pool.run(fused.gradient_shard, tasks)

    def _test_accuracies(self):
        """By earliest spike, and by largest potential."""
        v = self.network.potentials(self.dataset.test_images, threads=self.threads)
        return accuracies(v, self.dataset.test_labels, self.circuit.spike_time(v))

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
            silent, saturated = counts / (n * self.sizes[l])
            row |= {f"silent_{l}": silent, f"saturated_{l}": saturated}
        return {name: value if name == "epoch" else float(value) for name, value in row.items()}


def _remedy(config):
    """What to do with the setting that is farthest from where training is stable."""
    distances = {
        "learning_rate": config.learning_rate / 1e-3,
        "weight_decay": config.learning_rate * config.weight_decay,
        "init_scale": config.init_scale,
        "init_bias": abs(config.init_bias),
        "window": config.window,
        "weight_spread": config.weight_spread,
        "temperature": 0.1 / config.temperature,
        "v_syn": max(config.circuit.beta),
    }
    name = max(distances, key=lambda name: distances[name])
    verb = "Raise" if name in ("temperature", "v_syn") else "Lower"
    return f"{verb} {name}, which is {getattr(config, name)}"


def check_order(dataset, config):
    """Refuse what is no data set and no configuration, or both in the wrong order."""
    if isinstance(dataset, TrainingConfig):
        raise InvalidInput("the data set comes first: train(dataset, config)")
    expect("dataset", dataset, Dataset)
    expect("config", config, TrainingConfig)


def _checked_labels(dataset):
    labels = dataset.train_labels.astype(np.int64)
    if labels.max(initial=-1) < 1:
        raise InvalidInput(
            f"the data set {dataset.name!r} has {len(labels)} training images of "
            f"{len(np.unique(labels))} classes, and training needs at least two, 0 and 1"
        )
    return labels
