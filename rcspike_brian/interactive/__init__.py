"""Sliders for one neuron: turn a knob, see the membrane potential.

Behind the sliders is the exact solution, not a simulation in time steps, so that a picture follows
a slider at once. `explore_membrane` shows sliders in a notebook, and the picture alone where
widgets do not run. The parts work without a notebook too: `Knobs` are the values, `response` is
what the circuits make of them, `MembranePicture` draws it.
"""

from rcspike_brian.interactive.explorer import MembraneExplorer, explore_membrane
from rcspike_brian.interactive.knobs import Knobs
from rcspike_brian.interactive.picture import MembranePicture
from rcspike_brian.interactive.response import Response, response

__all__ = [
    "Knobs",
    "MembraneExplorer",
    "MembranePicture",
    "Response",
    "explore_membrane",
    "response",
]
