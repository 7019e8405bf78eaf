"""One cell of a sweep: what is trained, on what, and where its numbers go."""

import hashlib
import json
import math
from dataclasses import asdict, dataclass
from typing import Any

RC_SPIKE, CONVENTIONAL, RELU = "rc-spike", "conventional", "relu-mlp"
MAPPED, MAPPED_RESCALED = "mapped-ann", "mapped-ann-rescaled"
MAPPED_CONVENTIONAL = "mapped-conventional"
RELU_CNN = "relu-cnn"  # of `python -m benchmarks relu-cnn`; a sweep has none
MODELS = (RC_SPIKE, CONVENTIONAL, RELU, RELU_CNN, MAPPED, MAPPED_RESCALED, MAPPED_CONVENTIONAL)
"""What the column ``model`` of the results can say."""


@dataclass(frozen=True)
class Cell:
    """A network to train. Everything in it is JSON: cells travel to other machines.

    Parameters
    ----------
    dataset : str
        Name for `rcspike_brian.load_dataset`.
    model : {"rc-spike", "conventional", "relu-mlp"}
    config : dict
        From `TrainingConfig.to_dict`.
    subset : str, optional
        "bundled" for the subset that comes with the package.
    validation : int
        Training images held out; accuracies are then those on them, and the test images are not
        looked at.
    mapped_to : tuple of float
        V_syn/V_th of the RC-Spike circuits that the trained network is put on unchanged.

    Examples
    --------
    >>> from rcspike_brian import TrainingConfig
    >>> config = TrainingConfig(v_syn=0.7, epochs=3, seed=2)
    >>> cell = Cell("mnist", "rc-spike", config.to_dict(), subset="bundled")
    >>> cell.epochs, cell.name[:-10], Cell.from_dict(cell.to_dict()) == cell
    (3, 'mnist_rc-spike_0.7_seed2_', True)
    """

    dataset: str
    model: str
    config: dict
    subset: str | None = None
    validation: int = 0
    mapped_to: tuple[float, ...] = ()

    def to_dict(self) -> dict:
        """JSON-able dictionary."""
        return as_json(asdict(self))

    @classmethod
    def from_dict(cls, content: dict) -> "Cell":
        """Inverse of `to_dict`."""
        mapped = tuple(float(v) for v in content.get("mapped_to", ()))
        return cls(**{**content, "mapped_to": mapped})

    @property
    def hash(self) -> str:
        """Ten hexadecimal digits of all settings; it tells cells and their folders apart."""
        text = json.dumps(self.to_dict(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:10]

    @property
    def name(self) -> str:
        """Name of the cell's folder, readable and unique."""
        v_syn = f"_{self.config['v_syn']:g}" if self.model == RC_SPIKE else ""
        return f"{self.dataset}_{self.model}{v_syn}_seed{self.config['seed']}_{self.hash}"

    @property
    def epochs(self) -> int:
        """Epochs to train."""
        return self.config["epochs"]

    @property
    def trainer(self) -> str:
        """What `rcspike_brian.train` calls the model."""
        return RELU if self.model == RELU else RC_SPIKE


def as_json(value: Any) -> Any:
    """Lists and dictionaries of what JSON has; infinity as text."""
    if isinstance(value, dict):
        return {name: as_json(v) for name, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_json(v) for v in value]
    return "inf" if value == math.inf else value
