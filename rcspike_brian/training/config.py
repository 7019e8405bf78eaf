"""All settings of a training run, checked when they are made."""

import math
from dataclasses import asdict, dataclass, fields

import numpy as np

from rcspike_brian.circuit import Circuit
from rcspike_brian.core.checks import positive_integer
from rcspike_brian.core.loss import Loss
from rcspike_brian.encodings import ENCODINGS
from rcspike_brian.errors import InvalidInput, shown
from rcspike_brian.layers.notation import layer_name
from rcspike_brian.optimizers import OPTIMIZERS
from rcspike_brian.optimizers.scipy_methods import ScipyMethod
from rcspike_brian.quantities import as_list, pair_of_numbers, real_number
from rcspike_brian.registry import look_up

SCHEDULES = ("cosine", "constant")
_BOUNDS = {
    "learning_rate": "> 0", "temperature": "> 0", "init_scale": "> 0", "init_bias": "",
    "weight_decay": ">= 0", "averaging": ">= 0", "window": ">= 0", "noise": ">= 0",
    "output_noise": ">= 0", "weight_spread": ">= 0", "label_smoothing": "in [0, 1)",
}  # fmt: skip


@dataclass(frozen=True)
class TrainingConfig:
    """Settings that determine the result of a run; the same settings give the same bits.

    The defaults are what data sets have in common in the recipe "robust": they give accurate
    networks, with comparators that jitter, too. `rcspike_brian.training.recipe` adds what suits the
    data set and the optimiser. A setting out of range is an `InvalidInput` that names it.

    Parameters
    ----------
    v_syn : float or (float, float)
        Drive voltage V_syn/V_th of a circuit with ideal diodes, of both rails; infinity is the
        conventional circuit.
    hidden : tuple of int or str
        Neurons of the hidden layers; or a convolution of 16 channels and 3 x 3 lines, "16C3", with
        stride and padding "16C3s2p0"; or a pool of 2 x 2 neurons, "P2".
    epochs, batch_size : int
    seed : int
        Of initialisation, shuffling and noise, which each have a generator of their own.
    optimizer : {"adam", "sgd"} or str
        Name in `rcspike_brian.optimizers.OPTIMIZERS`.
    learning_rate : float
        At first.
    schedule : {"cosine", "constant"}
        Learning rate over the run.
    weight_decay : float
        Weights shrink by this times the learning rate in every step (arXiv:1711.05101). It slows
        the relaxation down, so that a neuron remembers more than the last input spikes.
    averaging : float
        The network is a moving average of the weights over about so many epochs; 0 is none. The
        training itself does not see it.
    temperature : float
        tau of the softmax over output spike times, in units of T.
    window : float
        Weight of the penalty sum (t - 0.9)^2 that keeps output spikes inside the firing phase.
    noise : float
        Standard deviation of Gaussian noise on hidden spike times in training, in units of T.
    output_noise : float
        The same on the thresholds of the output neurons, in units of V_th; with a linear ramp it is
        that of their spike times.
    weight_spread : float
        Another chip works on each batch: each weight is off by a log-normal factor of its own, of
        mean 1 and this standard deviation of the logarithm.
    label_smoothing : float
        Fraction of each label that is shared by all classes, in [0, 1).
    shift, flip : int, bool
        At random, training images are moved by up to so many pixels in both directions, and half of
        them mirrored, left to right.
    init_scale, init_bias : float
        Initial weights are normal with standard deviation init_scale/sqrt(n_in), on the bias line
        of hidden neurons all equal: that lifts them into the firing window.
    shards : int
        Parts of a batch whose gradients are summed in order; as many threads can be busy.
    ramp, encoding : str
        Of the circuit and the images; names in `rcspike_brian.ramps.RAMPS` ("linear", "rc") and in
        `rcspike_brian.encodings.ENCODINGS` ("linear").

    Examples
    --------
    >>> TrainingConfig(v_syn=0.5, epochs=3).hidden
    (200, 200)
    """

    v_syn: float | tuple = 1.0
    hidden: tuple = (200, 200)
    epochs: int = 50
    batch_size: int = 64
    seed: int = 0
    optimizer: str = "adam"
    learning_rate: float = 5e-4
    schedule: str = "cosine"
    weight_decay: float = 0.05
    averaging: float = 1.0
    temperature: float = 0.05
    window: float = 0.1
    noise: float = 0.02
    output_noise: float = 0.0
    weight_spread: float = 0.0
    label_smoothing: float = 0.1
    shift: int = 0
    flip: bool = False
    init_scale: float = 0.25
    init_bias: float = 0.0
    shards: int = 2
    ramp: str = "linear"
    encoding: str = "linear"

    def __post_init__(self):
        for name in ("epochs", "batch_size", "shards"):
            self._set(name, positive_integer(getattr(self, name), name))
        for name in ("seed", "shift"):
            self._set(name, positive_integer(getattr(self, name), name, least=0))
        hidden = as_list("hidden", self.hidden)
        self._set("hidden", tuple(map(layer_name, hidden)))
        look_up("optimizer", self.optimizer, OPTIMIZERS)
        look_up("encoding", self.encoding, ENCODINGS)
        look_up("schedule", self.schedule, dict.fromkeys(SCHEDULES))
        self.circuit  # noqa: B018 (checks v_syn and ramp)
        v_syn = pair_of_numbers("v_syn", self.v_syn)
        self._set("v_syn", v_syn if np.ndim(self.v_syn) else v_syn[0])
        for name, bound in _BOUNDS.items():
            self._set(name, real_number(name, getattr(self, name), bound))
        if not isinstance(self.flip, bool):
            raise InvalidInput(f"flip must be True or False, got {shown(self.flip)}")

    @property
    def circuit(self) -> Circuit:
        """The normalised circuit that is trained for."""
        return Circuit.normalised(self.v_syn, ramp=self.ramp)

    @property
    def has_maps(self) -> bool:
        """Whether there are convolutions or pools, which need images with a shape."""
        return any(isinstance(layer, str) for layer in self.hidden)

    @property
    def pools_inputs(self) -> bool:
        """Whether a pool is the first layer; the compiled kernels have none there."""
        return str(next(iter(self.hidden), "")).startswith("P")

    @property
    def on_all_samples(self) -> bool:
        """Whether the optimiser is a method of SciPy, which takes all samples at once."""
        return issubclass(OPTIMIZERS[self.optimizer], ScipyMethod)

    @property
    def loss(self) -> Loss:
        """Settings of the loss."""
        return Loss(self.temperature, self.window, self.label_smoothing)

    def _set(self, name, value):
        object.__setattr__(self, name, value)

    def to_dict(self) -> dict:
        """JSON-able dictionary; infinity becomes the string "inf"."""
        v = self.v_syn
        v_syn = [*map(_json_number, v)] if isinstance(v, tuple) else _json_number(v)
        return {**asdict(self), "hidden": list(self.hidden), "v_syn": v_syn}

    @classmethod
    def from_dict(cls, content: dict) -> "TrainingConfig":
        """Inverse of `to_dict`, or `InvalidInput`: unknown or invalid settings."""
        if not isinstance(content, dict):
            raise InvalidInput(f"a training configuration must be a dictionary, got {content!r}")
        unknown = set(content) - {field.name for field in fields(cls)}
        if unknown:
            raise InvalidInput(f"unknown settings {sorted(unknown)} in a training configuration")
        v_syn = content.get("v_syn", cls.v_syn)
        v_syn = [*map(_number, v_syn)] if isinstance(v_syn, list) else _number(v_syn)
        return cls(**{**content, "v_syn": v_syn})


def _json_number(value):
    return value if math.isfinite(value) else "inf"


def _number(value):
    return math.inf if isinstance(value, str) and value == "inf" else value
