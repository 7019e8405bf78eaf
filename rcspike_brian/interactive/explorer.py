"""Sliders around the picture, and the picture alone where widgets do not run."""

from base64 import b64encode
from typing import Any

from numpy.typing import ArrayLike

from rcspike_brian.example import SPIKE_TIMES, WEIGHTS
from rcspike_brian.interactive.picture import MembranePicture
from rcspike_brian.interactive.values import SliderValues

# Ends of the sliders, unless they begin further out; voltages in units of V_th.
_SMALLEST_DRIVE, _LARGEST_DRIVE, _LARGEST_DROP, _LARGEST_WEIGHT = 0.5, 16.0, 0.4, 3.0


class MembraneExplorer:
    """A `MembranePicture` with sliders for all its values.

    In JupyterLab it shows as sliders above a picture. Wherever widgets do not run (no ipywidgets, a
    web page, a notebook on paper) it shows as the picture.

    Parameters
    ----------
    values : SliderValues, where the sliders begin

    Attributes
    ----------
    picture : MembranePicture
    widget : ipywidgets.Widget, or None if ipywidgets is not installed

    Examples
    --------
    >>> explorer = explore_membrane()
    >>> explorer.set(v_syn=4.0)
    >>> explorer
    <MembraneExplorer of 5 inputs, v_syn=4, v_d=0>
    """

    def __init__(self, values: SliderValues):
        self.picture = MembranePicture(values)
        self._sliders, self._image, self.widget = {}, None, None
        self._following = True
        try:
            import ipywidgets
        except ImportError:
            return
        self._sliders = _sliders(ipywidgets, values)
        self._image = ipywidgets.Image(value=self.picture.png(), format="png")
        for slider in self._sliders.values():
            slider.observe(self._moved, "value")
        self.widget = _arranged(ipywidgets, self._sliders, self._image)

    def set(self, **values: Any) -> None:
        """Set values of `SliderValues` as if their sliders moved; a bad one changes nothing."""
        new = self.picture.values.changed(**values)
        self._following = False
        try:
            for key, value in _positions(new).items():
                if key in self._sliders:
                    self._sliders[key].value = value
        finally:
            self._following = True
        self._show(new)

    def _moved(self, change):
        if self._following:
            now = {key: slider.value for key, slider in self._sliders.items()}
            n_in = range(len(self.picture.values.weights))
            times, weights = ([now[kind, j] for j in n_in] for kind in ("time", "weight"))
            self._show(SliderValues(times, weights, now["v_syn"], now["v_d"]))

    def _show(self, values):
        self.picture.show(values)
        if self._image is not None:
            self._image.value = self.picture.png()

    def _repr_mimebundle_(self, **_):
        """Offer both; the front end shows the sliders if it can, else the picture."""
        picture = b64encode(self.picture.png()).decode("ascii")
        data = {} if self.widget is None else self.widget._repr_mimebundle_()
        return data | {"image/png": picture, "text/plain": repr(self)}

    def __repr__(self):
        now = self.picture.values
        voltages = f"v_syn={now.v_syn:g}, v_d={now.v_d:g}"
        return f"<MembraneExplorer of {len(now.weights)} inputs, {voltages}>"


def explore_membrane(
    spike_times: ArrayLike = SPIKE_TIMES, weights: ArrayLike = WEIGHTS, v_syn: float = 1.0,
    v_d: float = 0.0,
) -> MembraneExplorer:  # fmt: skip
    """Show the membrane potential of one neuron, with sliders, as the last line of a cell.

    Parameters
    ----------
    spike_times, weights, v_syn, v_d
        Where the sliders begin; as for `SliderValues`, which raises the same errors.

    Examples
    --------
    >>> explore_membrane(v_syn=2.0)
    <MembraneExplorer of 5 inputs, v_syn=2, v_d=0>
    """
    return MembraneExplorer(SliderValues(spike_times, weights, v_syn, v_d))


def _positions(values):
    """Value of each slider."""
    positions = {"v_syn": values.v_syn, "v_d": values.v_d}
    for kind, numbers in (("time", values.spike_times), ("weight", values.weights)):
        positions |= {(kind, j): number for j, number in enumerate(numbers.tolist())}
    return positions


def _sliders(ipywidgets, values):
    """One slider for each value; their ranges include where they begin and allow no bad value."""
    lowest = min(_SMALLEST_DRIVE, values.v_syn)
    drop = max(min(_LARGEST_DROP, 0.8 * lowest), values.v_d)
    if lowest <= drop:
        lowest = (values.v_syn + values.v_d) / 2
    reach = max(_LARGEST_WEIGHT, *abs(values.weights))
    # Name, ends and step by what the slider sets.
    kinds = {
        "v_syn": ("V_syn / V_th", lowest, max(_LARGEST_DRIVE, values.v_syn), 0.05),
        "v_d": ("V_d / V_th", 0.0, drop, 0.01),
        "time": ("spike time {}", 0.0, 1.0, 0.01),
        "weight": ("weight {}", -reach, reach, 0.01),
    }
    sliders = {}
    for key, value in _positions(values).items():
        kind, number = (key, 0) if isinstance(key, str) else (key[0], key[1] + 1)
        name, low, high, step = kinds[kind]
        look = {"style": {"description_width": "7em"}, "layout": {"width": "22em"}}
        sliders[key] = ipywidgets.FloatSlider(
            value, min=low, max=high, step=step, description=name.format(number), **look
        )
    return sliders


def _arranged(ipywidgets, sliders, image):
    n_in = len(sliders) // 2 - 1  # two voltages, and two sliders for each input
    rows = [("v_syn", "v_d"), *((("time", j), ("weight", j)) for j in range(n_in))]
    boxes = [ipywidgets.HBox([sliders[left], sliders[right]]) for left, right in rows]
    return ipywidgets.VBox([*boxes, image])
