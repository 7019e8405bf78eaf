"""A network as an estimator of scikit-learn: tables and labels in, labels and probabilities out."""

from dataclasses import fields, replace
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import softmax

from rcspike_brian.data import Dataset
from rcspike_brian.encodings import ENCODINGS
from rcspike_brian.errors import InvalidInput, MissingExtra
from rcspike_brian.quantities import bare_array
from rcspike_brian.registry import look_up
from rcspike_brian.training import Trainer, TrainingConfig

try:
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.preprocessing import LabelEncoder
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as error:
    # The name is public all the same: tools that go through all names must not fail on it.
    _REMEDY = (
        f"RCSpikeClassifier needs scikit-learn ({error}): pip install 'rcspike-brian[sklearn]'"
    )

    class ClassifierMixin:  # type: ignore[no-redef]
        """Stands in for the one of scikit-learn."""

    class BaseEstimator:  # type: ignore[no-redef]
        """Says what is missing."""

        def __new__(cls, *args, **kwargs):
            """Refuse."""
            raise MissingExtra(_REMEDY)


_SETTINGS = {field.name for field in fields(TrainingConfig)}


class RCSpikeClassifier(ClassifierMixin, BaseEstimator):
    """An RC-Spike network as a classifier of scikit-learn.

    Each feature x becomes the spike time t = 1 - (x - min)/(max - min) of an input, with the
    smallest and the largest value of that feature in the training data; the largest value spikes at
    0, the smallest one never, and what lies outside is clipped. A feature that is constant in the
    training data never spikes. `partial_fit` keeps the range of its first call.

    The class is that of the output that spikes first, hence of the largest membrane potential; that
    also decides where several spike at 0, or none does.

    Parameters
    ----------
    v_syn, hidden, epochs, batch_size, optimizer, learning_rate, schedule
        See `rcspike_brian.TrainingConfig`.
    weight_decay, averaging, temperature, window, noise, output_noise, weight_spread
        Likewise.
    label_smoothing, init_scale, init_bias, shards, ramp, encoding
        Likewise. An encoding other than the linear one makes another time of the scaled feature.
    random_state : int, numpy.random.RandomState or None
        An int is the seed of `rcspike_brian.TrainingConfig`.
    warm_start : bool
        Let `fit` go on with the weights, the range and the classes of the last one, on the present
        circuit.
    threads : int, optional
        Does not change the result.

    Attributes
    ----------
    network_ : Network
        The trained network.
    config_ : TrainingConfig
        What it was trained with last.
    classes_ : (n_classes,) numpy.ndarray
        Labels, in the order of the outputs.
    data_min_, data_max_ : (n_features,) numpy.ndarray
        Range of each feature.
    loss_curve_ : list of float
        Mean training loss of each epoch, of each call of `partial_fit`.
    n_features_in_, feature_names_in_ : int, (n_features,) numpy.ndarray
        Number of features; their names if they were given as a data frame.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import cross_val_score
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = RCSpikeClassifier(v_syn=1.0, hidden=(5,), random_state=0)
    >>> bool(cross_val_score(classifier, X, y).mean() > 0.9)
    True
    """

    def __init__(
        self, v_syn: float | tuple[float, float] = 1.0, hidden: tuple[int, ...] = (100,), *,
        epochs: int = 50, batch_size: int = 32, optimizer: str = "adam",
        learning_rate: float = 5e-3, schedule: str = "cosine", weight_decay: float = 0.05,
        averaging: float = 1.0, temperature: float = 0.05, window: float = 0.1, noise: float = 0.02,
        output_noise: float = 0.0, weight_spread: float = 0.0, label_smoothing: float = 0.1,
        init_scale: float = 0.25, init_bias: float = 0.0, shards: int = 2, ramp: str = "linear",
        encoding: str = "linear",
        random_state: Any = None, warm_start: bool = False, threads: int | None = None,
    ):  # fmt: skip
        self.v_syn = v_syn
        self.hidden = hidden
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.weight_decay = weight_decay
        self.averaging = averaging
        self.temperature = temperature
        self.window = window
        self.noise = noise
        self.output_noise = output_noise
        self.weight_spread = weight_spread
        self.label_smoothing = label_smoothing
        self.init_scale = init_scale
        self.init_bias = init_bias
        self.shards = shards
        self.ramp = ramp
        self.encoding = encoding
        self.random_state = random_state
        self.warm_start = warm_start
        self.threads = threads

    def fit(self, X: ArrayLike, y: ArrayLike) -> "RCSpikeClassifier":
        """Train for ``epochs`` on features X (n, n_features) and labels y (n,) of any kind."""
        config = self._config()
        go_on = self.warm_start and hasattr(self, "network_")
        trainer, meaning = self._trainer(X, y, config, None, go_on)
        losses = [trainer.run_epoch()["train_loss"] for _ in range(config.epochs)]
        return self._keep(trainer, meaning, losses)

    def partial_fit(
        self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None
    ) -> "RCSpikeClassifier":
        """Train for one epoch on more data, at a constant learning rate.

        The optimiser goes on where it was. The first call must say all ``classes`` (n_classes,), of
        which X (n, n_features) and y (n,) need not have each; it fixes the range of the features.
        """
        config = replace(self._config(), epochs=1, schedule="constant")
        go_on = hasattr(self, "network_")
        if not go_on and classes is None:
            raise InvalidInput(
                "the first call of partial_fit needs classes, all labels that any later batch may "
                "have: partial_fit(X, y, classes=numpy.unique(all_labels))"
            )
        trainer, meaning = self._trainer(X, y, config, classes, go_on)
        losses = []
        if go_on:
            losses = self.loss_curve_
            trainer.epoch = len(losses)
            self._restore(trainer)
        return self._keep(trainer, meaning, [*losses, trainer.run_epoch()["train_loss"]])

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Return the label (n,) of each row of features (n, n_features)."""
        probabilities = self.predict_proba(X)
        return self.classes_[np.argmax(probabilities, axis=1)]

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Return probabilities (n, n_classes), in the order of ``classes_``.

        They are those of the training loss: softmax(-t/temperature) of the output spike times
        t = 1 - v, not clipped to the firing phase.
        """
        check_is_fitted(self, "network_")
        bare_array("X", X)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        times = _spike_times(X, self.data_min_, self.data_max_, self.network_.encoding)
        v = self.network_.potentials(times, threads=self.threads).astype(np.float64)
        return softmax(v / self.config_.temperature, axis=1)

    def _config(self):
        """The settings as they are now, with a seed from the random state."""
        settings = {k: v for k, v in self.get_params(deep=False).items() if k in _SETTINGS}
        drawn = check_random_state(self.random_state)  # refuses what is none
        integral = isinstance(self.random_state, Integral)
        seed = int(self.random_state) if integral else drawn.randint(np.iinfo(np.int32).max)
        config = TrainingConfig(**settings, seed=seed)
        if config.has_maps:
            raise InvalidInput(
                f"hidden must be numbers of neurons: rows of X are no images with a shape, got "
                f"{config.hidden}. Train convolutions with rb.train"
            )
        return config

    def _trainer(self, X, y, config, classes, go_on):
        """A trainer of new weights or of the present ones, and what its inputs and outputs mean.

        That is kept with the network only: where a fit fails, both stay as they were.
        """
        bare_array("X", X)  # scikit-learn would take units and masks off without a word
        bare_array("y", y)
        X, y = validate_data(self, X, y, dtype=np.float64, reset=not go_on)
        encoder = _label_encoder(y if classes is None else classes)
        low, high = _range(X)
        start = None
        if go_on:
            if classes is not None and not np.array_equal(encoder.classes_, self.classes_):
                raise InvalidInput(
                    f"classes must be those of the first call, {self.classes_}, got "
                    f"{encoder.classes_}"
                )
            encoder, low, high = self._encoder, self.data_min_, self.data_max_
            start = replace(self.network_, circuit=config.circuit, encoding=config.encoding)
            if start.sizes[1:-1] != config.hidden:
                raise InvalidInput(
                    f"hidden is {config.hidden}, and the network to go on with has hidden layers "
                    f"of {start.sizes[1:-1]}: leave hidden as it was, or fit without warm_start"
                )
        names = encoder.classes_
        if len(names) < 2:
            raise InvalidInput(f"training needs at least 2 classes, got 1 class: {names[0]}")
        times = _spike_times(X, low, high, look_up("encoding", config.encoding, ENCODINGS))
        # A trainer refuses data of class 0 alone, which a batch may be: it gets the labels below.
        last = np.full(len(y), len(names) - 1)
        # It needs a test image, and nobody looks at what comes out of the test.
        arrays = times, last, times[:1], last[:1]
        data = Dataset("X", *arrays, class_names=names.astype(str), spike_times=True)
        trainer = Trainer(data, config, start=start, threads=self.threads)
        trainer.labels = encoder.transform(y).astype(np.int64)
        meaning = {"_encoder": encoder, "classes_": names, "data_min_": low, "data_max_": high}
        return trainer, meaning

    def _keep(self, trainer, meaning, losses):
        """What is left of a trainer: the network, and what `partial_fit` goes on with."""
        for name, value in meaning.items():
            setattr(self, name, value)
        self.network_, self.config_, self.loss_curve_ = trainer.network, trainer.config, losses
        self._vectors = {name: vector.copy() for name, vector in trainer.vectors.items()}
        self._steps = trainer.optimizer.steps
        return self

    def _restore(self, trainer):
        """Give a trainer the state of the last one, if it is of the same kind."""
        vectors = trainer.vectors
        if self._vectors.keys() == vectors.keys():
            trainer.optimizer.steps = self._steps
            for name, vector in self._vectors.items():
                vectors[name][:] = vector


def _label_encoder(labels):
    """Number labels of any one kind."""
    try:
        encoder = LabelEncoder().fit(labels)
        check_classification_targets(labels)
        return encoder
    except TypeError as error:
        kinds = sorted({type(label).__name__ for label in labels})
        raise InvalidInput(
            f"labels must be of one kind that can be sorted, such as numbers or texts, got "
            f"{kinds}: {error}"
        ) from None


def _range(X):
    """Smallest and largest value of each feature."""
    low, high = X.min(axis=0), X.max(axis=0)
    with np.errstate(over="ignore"):
        wide = np.flatnonzero(np.isinf(high - low))
    if wide.size:
        k = wide[0]
        raise InvalidInput(
            f"feature {k} ranges from {low[k]} to {high[k]}, wider than double precision: scale it"
        )
    return low, high


def _spike_times(X, low, high, encoding):
    """Spike times (n, n_features) of features; the rule is that of `RCSpikeClassifier`."""
    span = high - low
    with np.errstate(over="ignore"):
        scaled = np.divide(X - low, span, out=np.zeros_like(X), where=span > 0)
    return encoding.encode(np.clip(scaled, 0, 1))
