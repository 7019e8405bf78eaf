"""The grid of a sweep: data sets, drive voltages, seeds, training options; and its cells."""

import itertools
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

from rcspike_brian.core.checks import positive_integer
from rcspike_brian.data.catalog import get_entry
from rcspike_brian.errors import InvalidInput, RunFolderError, shown
from rcspike_brian.layers.notation import layer_shapes
from rcspike_brian.quantities import as_list, real_number
from rcspike_brian.storage import readable_file
from rcspike_brian.sweeps.cell import CONVENTIONAL, RC_SPIKE, RELU, Cell, as_json
from rcspike_brian.sweeps.options import check_name, checked_value
from rcspike_brian.training import recipe


@dataclass(frozen=True)
class Grid:
    """All settings of a sweep; `InvalidInput` if they are invalid or occur twice.

    Parameters
    ----------
    datasets : sequence of str
    v_syn : sequence of float
        Drive voltages V_syn/V_th of circuits with ideal diodes; infinity is the conventional one.
    seeds : sequence of int
    recipe : str
        Training options for each data set by name, see `rcspike_brian.training.recipe`.
    options : dict
        Training options of every cell, by the names of `TrainingConfig`, in place of the recipe's.
    vary : dict
        Lists of values of further training options: every combination is run.
    exceptions : sequence of dict
        ``{"when": {"dataset": ..., "model": ..., "v_syn": ..., "seed": ...}, "options": {...}}``:
        other training options in the cells that meet all conditions. Later ones win.
    references : bool
        Also train a ReLU network for each data set and seed, and put it on the RC-Spike circuit
        at every drive voltage, as is usual and as well as it can be; and put the networks of the
        conventional circuit there, unchanged.
    subset : str, optional
        "bundled".
    validation : int
        Training images to hold out and measure accuracy on, instead of on the test images.

    Examples
    --------
    >>> grid = Grid(v_syn=[1, float("inf")], seeds=[0], vary={"noise": [0, 0.02]})
    >>> [cell.model for cell in grid.cells()]
    ['rc-spike', 'rc-spike', 'conventional', 'conventional', 'relu-mlp', 'relu-mlp']
    """

    datasets: Sequence[str] = ("mnist",)
    v_syn: Sequence[float] = (1.0,)
    seeds: Sequence[int] = (0,)
    recipe: str = "robust"
    options: dict = field(default_factory=dict)
    vary: dict = field(default_factory=dict)
    exceptions: Sequence[dict] = ()
    references: bool = True
    subset: str | None = None
    validation: int = 0

    def __post_init__(self):
        """Check every setting, and every cell."""
        self._set("datasets", _axis("datasets", self.datasets, _dataset))
        self._set("v_syn", _axis("v_syn", self.v_syn, _drive))
        self._set("seeds", _axis("seeds", self.seeds, _seed))
        self._set("options", _checked_options(self.options))
        vary = _table("vary", self.vary)
        self._set("vary", {name: _option_axis(name, v) for name, v in vary.items()})
        for name in self.vary:
            if name in self.options:
                raise InvalidInput(f"{name} is both set to one value and varied")
        exceptions = as_list("exceptions", self.exceptions)
        self._set("exceptions", tuple(_checked_exception(e) for e in exceptions))
        if not isinstance(self.references, bool):
            raise InvalidInput(f"references must be true or false, got {shown(self.references)}")
        if self.subset not in (None, "bundled"):
            raise InvalidInput(f'subset is {self.subset!r}; allowed: none (complete) or "bundled"')
        self._set("validation", positive_integer(self.validation, "validation", least=0))
        self.cells()

    def _set(self, name, value):
        object.__setattr__(self, name, value)

    def cells(self) -> list[Cell]:
        """All cells, in the order of the results."""
        models = [(CONVENTIONAL if math.isinf(v) else RC_SPIKE, v) for v in self.v_syn]
        models += [(RELU, math.inf)] * self.references
        varied = list(itertools.product(*self.vary.values()))
        every = itertools.product(self.datasets, models, varied, self.seeds)
        return [self._cell(dataset, *model, *more) for dataset, model, *more in every]

    def _cell(self, dataset, model, v_syn, varied, seed):
        settings = {**self.options, "v_syn": v_syn, "seed": seed}
        place = dict(zip(_CONDITIONS, (dataset, model, v_syn, seed), strict=True))
        for exception in self.exceptions:
            if all(place[name] in _listed(v) for name, v in exception["when"].items()):
                settings |= exception["options"]
        settings |= zip(self.vary, varied, strict=True)
        entry = get_entry(dataset)
        config = recipe(self.recipe, entry, **settings)
        _check_layers(entry, config, model)
        mapped_to = tuple(self.v_syn) if self.references and model != RC_SPIKE else ()
        return Cell(dataset, model, config.to_dict(), self.subset, self.validation, mapped_to)

    def to_dict(self) -> dict:
        """JSON-able dictionary; infinity becomes the string "inf"."""
        return as_json({f.name: getattr(self, f.name) for f in fields(self)})

    @classmethod
    def from_dict(cls, content: dict) -> "Grid":
        """Inverse of `to_dict`; `InvalidInput` if settings are unknown or invalid."""
        allowed = [f.name for f in fields(cls)]
        if unknown := sorted(set(_table("a sweep", content)) - set(allowed)):
            known = ", ".join(allowed)
            raise InvalidInput(f"unknown settings {unknown} of a sweep; allowed: {known}")
        return cls(**content)

    @classmethod
    def read(cls, preset: str | Path) -> "Grid":
        """A grid that comes with the package (such as "figure3"), or from a TOML file."""
        own = {file.stem: file for file in Path(__file__).with_name("presets").glob("*.toml")}
        try:
            source = readable_file(own.get(str(preset), preset))
            content = tomllib.loads(source.read_text(encoding="utf-8-sig"))
        except (OSError, RunFolderError) as error:
            raise InvalidInput(
                f"no preset {str(preset)!r}: {getattr(error, 'strerror', None) or error}; allowed: "
                f"{', '.join(sorted(own))}, or the path of a TOML file"
            ) from None
        except (ValueError, RecursionError) as error:
            raise InvalidInput(f"{preset} is not a TOML file: {error}") from None
        return cls.from_dict(content)


def _check_layers(entry, config, model):
    """`InvalidInput` if a network with maps cannot be trained on the images of a data set."""
    if not config.has_maps:
        return
    try:
        list(layer_shapes(entry.image_shape, (*config.hidden, entry.n_classes)))
    except InvalidInput as error:
        raise InvalidInput(f"{entry.name} and hidden = {config.hidden}: {error}") from None
    if model == RELU:
        raise InvalidInput(
            "the ReLU networks of a sweep are dense, and there are convolutions or pools in hidden "
            f"= {config.hidden}: choose references = false (--no-references)"
        )


def _axis(name, values, kind):
    several = isinstance(values, (list, tuple, range)) or getattr(values, "ndim", 0) > 0
    values = list(values) if several else [values]
    return _without_repetition(name, tuple(kind(value) for value in values))


def _dataset(name):
    get_entry(name)  # or `InvalidInput`
    return name


def _drive(value):
    """V_syn/V_th as a float; "inf" is how files write infinity."""
    if isinstance(value, str) and value == "inf":
        return math.inf
    return real_number("v_syn", value, "> 0", infinite=True)


def _seed(value):
    return positive_integer(value, "a seed", least=0)


def _model(value):
    if value not in (RC_SPIKE, CONVENTIONAL, RELU):
        known = f"{RC_SPIKE!r}, {CONVENTIONAL!r} or {RELU!r}"
        raise InvalidInput(f"the model of an exception must be {known}, got {value!r}")
    return value


def _table(name, content):
    if not isinstance(content, Mapping) or not all(isinstance(key, str) for key in content):
        raise InvalidInput(f"{name} must be a table of names and values, got {content!r}")
    return dict(content)


def _option_axis(name, values):
    check_name(name)
    if not isinstance(values, (list, tuple)):
        raise InvalidInput(f"{name} must be varied over a list of values, got {values!r}")
    return _without_repetition(name, [checked_value(name, value) for value in values])


def _without_repetition(name, values):
    if not values:
        raise InvalidInput(f"{name} needs at least one value")
    for k, value in enumerate(values):
        if value in values[:k]:
            raise InvalidInput(f"{name} has the value {value!r} twice")
    return values


def _checked_options(options):
    return {n: checked_value(n, value) for n, value in _table("options", options).items()}


def _checked_exception(exception):
    if set(_table("an exception", exception)) != {"when", "options"}:
        raise InvalidInput(f"an exception needs when and options, got {sorted(exception)}")
    when = _table("when", exception["when"])
    if unknown := sorted(set(when) - set(_CONDITIONS)):
        raise InvalidInput(f"exceptions can depend on {tuple(_CONDITIONS)}, not on {unknown}")
    when = {name: [_CONDITIONS[name](v) for v in _listed(value)] for name, value in when.items()}
    return {"when": when, "options": _checked_options(exception["options"])}


# What exceptions can depend on, and how a value of it is checked.
_CONDITIONS = {"dataset": _dataset, "model": _model, "v_syn": _drive, "seed": _seed}


def _listed(value):
    return value if isinstance(value, (list, tuple)) else [value]
