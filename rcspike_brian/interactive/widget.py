"""The explorer in a notebook: the same module as on the page, in an anywidget."""

from base64 import b64encode
from typing import Any

from numpy.typing import ArrayLike

from rcspike_brian.errors import InvalidInput, MissingExtra
from rcspike_brian.example import SPIKE_TIMES, WEIGHTS
from rcspike_brian.interactive.page import explorer_data, module_source, style_source
from rcspike_brian.interactive.picture import MembranePicture
from rcspike_brian.interactive.values import SliderValues
from rcspike_brian.quantities import real_number

MOST_INPUTS = 8
_DRIVES = "in [0.25, 16], or infinity"


def explore(
    spike_times: ArrayLike = SPIKE_TIMES, weights: ArrayLike = WEIGHTS, v_syn: float = 1.0,
    v_d: float = 0.0, language: str = "en",
) -> Any:  # fmt: skip
    """Show the explorer, as the last line of a cell; its ``values`` follow what is moved.

    Where widgets do not run (a web page, a notebook on paper) a picture shows where it begins.

    Parameters
    ----------
    spike_times, weights : (n_in,) array_like
        Where it begins, at most eight; as for `SliderValues`.
    v_syn, v_d : float
        Drive voltage, 0.25 to 16 or infinite, and forward drop, 0 to 0.4; in units of V_th.
    language : {"en", "ja"}

    Returns
    -------
    anywidget.AnyWidget
        With the traitlet ``values``, a dictionary; set it to move the explorer. `MissingExtra`:
        anywidget is not installed; `explore_membrane` needs ipywidgets only.

    Examples
    --------
    >>> widget = explore(v_syn=2.0)
    >>> widget.values["v"], widget.values["inputs"][0]
    (2.0, {'t': 0.05, 'w': 1.3})
    """
    try:
        import anywidget
        import traitlets
    except ImportError as error:
        raise MissingExtra(
            f"the explorer needs anywidget in a notebook ({error}): pip install "
            "'rcspike-brian[widget]'; `rcspike explore` writes it as a page without"
        ) from None
    v_syn = real_number("v_syn", v_syn, "> 0", infinite=True)
    if not (0.25 <= v_syn <= 16 or v_syn == float("inf")):
        raise InvalidInput(f"v_syn must be {_DRIVES}, in units of V_th, got {v_syn}")
    if language not in ("en", "ja"):
        raise InvalidInput(f"language must be 'en' or 'ja', got {language!r}")
    start = SliderValues(spike_times, weights, min(v_syn, 16.0), v_d)
    if len(start.weights) > MOST_INPUTS or v_d > 0.4:
        raise InvalidInput(
            f"the explorer takes at most {MOST_INPUTS} inputs and v_d <= 0.4, "
            f"got {len(start.weights)} inputs and v_d = {v_d}"
        )
    pairs = zip(start.spike_times.tolist(), start.weights.tolist(), strict=True)
    values: dict[str, Any] = {"inputs": [{"t": t, "w": w} for t, w in pairs], "d": start.v_d}
    values["v"] = v_syn if v_syn < float("inf") else "inf"
    picture = b64encode(MembranePicture(start).png()).decode("ascii")
    words = f"<explorer of {len(start.weights)} inputs, v_syn={v_syn:g}, v_d={start.v_d:g}>"
    values |= {"lang": language, "diode": "drop" if start.v_d else "ideal", "preset": "own"}

    class Explorer(anywidget.AnyWidget):
        """What `explore` shows."""

        _esm = module_source()
        _css = style_source()
        data = traitlets.Dict().tag(sync=True)
        values = traitlets.Dict().tag(sync=True)

        def _repr_mimebundle_(self, **_):
            """Offer both; the front end shows the explorer if it can, else the picture."""
            data, metadata = super()._repr_mimebundle_() or ({}, {})
            return data | {"image/png": picture, "text/plain": words}, metadata

    return Explorer(data=explorer_data(), values=values)
