"""Sliders for one neuron: move one, and see the membrane potential.

Behind the sliders is the exact solution, not a simulation in time steps, so that a picture follows
a slider at once. `explore_membrane` shows sliders in a notebook, and the picture alone where
widgets do not run. The parts work without a notebook too: `SliderValues` are the values, `response`
is what the circuits make of them, `MembranePicture` draws it.
"""

from rcspike_brian.interactive.explorer import MembraneExplorer, explore_membrane
from rcspike_brian.interactive.picture import MembranePicture
from rcspike_brian.interactive.values import Response, SliderValues, response

__all__ = [
    "MembraneExplorer", "MembranePicture", "Response", "SliderValues", "explore_membrane",
    "response",
]  # fmt: skip
