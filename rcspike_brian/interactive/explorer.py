"""Sliders around the picture, and the picture alone where widgets do not run."""

from base64 import b64encode

from rcspike_brian.figures.example import SPIKE_TIMES, WEIGHTS
from rcspike_brian.interactive.knobs import Knobs
from rcspike_brian.interactive.picture import MembranePicture

# Ends of the sliders, unless they begin further out; voltages in units of V_th.
_SMALLEST_DRIVE, _LARGEST_DRIVE = 0.5, 16.0
_LARGEST_DROP = 0.4
_LARGEST_WEIGHT = 3.0


class MembraneExplorer:
    """A `MembranePicture` with sliders for all its knobs.

    In JupyterLab it shows as sliders above a picture. Wherever widgets do not run (no ipywidgets, a
    web page, a notebook on paper) it shows as the picture.

    Parameters
    ----------
    knobs : Knobs
        Where the sliders begin.

    Attributes
    ----------
    picture : MembranePicture
    widget : ipywidgets.Widget or None
        None if ipywidgets is not installed.

    Examples
    --------
    >>> explorer = explore_membrane(spike_times=[0.1, 0.6], weights=[1.0, -0.5])
    >>> explorer.set(v_syn=4.0)
    >>> print(f"{explorer.picture.responses['RC-Spike'].v_end:.3f}")
    0.590
    """

    def __init__(self, knobs):
        self.picture = MembranePicture(knobs)
        self._sliders, self._image, self.widget = {}, None, None
        self._following = True
        try:
            import ipywidgets
        except ImportError:
            return
        self._sliders = _sliders(ipywidgets, knobs)
        self._image = ipywidgets.Image(value=self.picture.png(), format="png")
        for slider in self._sliders.values():
            slider.observe(self._moved, "value")
        self.widget = _arranged(ipywidgets, self._sliders, self._image, len(knobs.weights))

    def set(self, **values):
        """Set knobs as if their sliders were moved.

        Parameters
        ----------
        **values
            Parameters of `Knobs`.

        Raises
        ------
        InvalidInput
            A value out of range; nothing has changed.
        """
        knobs = self.picture.knobs.changed(**values)
        self._following = False
        try:
            for key, value in _positions(knobs).items():
                if key in self._sliders:
                    self._sliders[key].value = value
        finally:
            self._following = True
        self._show(knobs)

    def _moved(self, change):
        if self._following:
            self._show(_knobs(self._sliders, len(self.picture.knobs.weights)))

    def _show(self, knobs):
        self.picture.show(knobs)
        if self._image is not None:
            self._image.value = self.picture.png()

    def _repr_mimebundle_(self, **_):
        """Offer both; the front end shows the sliders if it can, else the picture."""
        data = {
            "image/png": b64encode(self.picture.png()).decode("ascii"),
            "text/plain": repr(self),
        }
        if self.widget is not None:
            data |= {k: v for k, v in self.widget._repr_mimebundle_().items() if k not in data}
        return data

    def __repr__(self):
        k = self.picture.knobs
        return f"<MembraneExplorer of {len(k.weights)} inputs, v_syn={k.v_syn:g}, v_d={k.v_d:g}>"


def explore_membrane(spike_times=SPIKE_TIMES, weights=WEIGHTS, v_syn=1.0, v_d=0.0):
    """Show the membrane potential of one neuron, with sliders in a notebook.

    Parameters
    ----------
    spike_times : (n_in,) array_like
        Input spike times in units of T, in [0, 1].
    weights : (n_in,) array_like
        Weights with ideal diodes, T V_syn G/(C V_th), with the sign of the synapse.
    v_syn : float
        Drive voltage V_syn/V_th.
    v_d : float
        Forward drop of the diodes V_d/V_th.

    Returns
    -------
    MembraneExplorer
        Make it the last line of a cell.

    Raises
    ------
    InvalidInput
        A value out of range.

    Examples
    --------
    >>> explore_membrane(v_syn=2.0)
    <MembraneExplorer of 5 inputs, v_syn=2, v_d=0>
    """
    return MembraneExplorer(Knobs(spike_times, weights, v_syn, v_d))


def _positions(knobs):
    """Value of each slider."""
    positions = {"v_syn": knobs.v_syn, "v_d": knobs.v_d}
    for j, (time, weight) in enumerate(zip(knobs.spike_times, knobs.weights, strict=True)):
        positions |= {("time", j): float(time), ("weight", j): float(weight)}
    return positions


def _knobs(sliders, n_in):
    """Knobs at the positions of the sliders."""
    times, weights = ([sliders[kind, j].value for j in range(n_in)] for kind in ("time", "weight"))
    return Knobs(times, weights, sliders["v_syn"].value, sliders["v_d"].value)


def _sliders(ipywidgets, knobs):
    """One slider for each knob; their ranges include where they begin and allow no bad value."""
    common = {
        "continuous_update": True,
        "style": {"description_width": "7em"},
        "layout": ipywidgets.Layout(width="22em"),
    }
    positions = _positions(knobs)
    lowest = min(_SMALLEST_DRIVE, knobs.v_syn)
    drop = max(min(_LARGEST_DROP, 0.8 * lowest), knobs.v_d)
    if lowest <= drop:
        lowest = (knobs.v_syn + knobs.v_d) / 2
    sliders = {
        "v_syn": ipywidgets.FloatSlider(
            value=knobs.v_syn,
            min=lowest,
            max=max(_LARGEST_DRIVE, knobs.v_syn),
            step=0.05,
            description="V_syn / V_th",
            **common,
        ),
        "v_d": ipywidgets.FloatSlider(
            value=knobs.v_d, min=0.0, max=drop, step=0.01, description="V_d / V_th", **common
        ),
    }
    reach = max(_LARGEST_WEIGHT, *abs(knobs.weights))
    for (kind, j), value in list(positions.items())[2:]:
        span = (0.0, 1.0) if kind == "time" else (-reach, reach)
        name = "spike time" if kind == "time" else "weight"
        sliders[kind, j] = ipywidgets.FloatSlider(
            value=value,
            min=span[0],
            max=span[1],
            step=0.01,
            description=f"{name} {j + 1}",
            **common,
        )
    return sliders


def _arranged(ipywidgets, sliders, image, n_in):
    rows = [("v_syn", "v_d"), *((("time", j), ("weight", j)) for j in range(n_in))]
    boxes = [ipywidgets.HBox([sliders[left], sliders[right]]) for left, right in rows]
    return ipywidgets.VBox([*boxes, image])
