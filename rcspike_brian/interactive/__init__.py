"""One neuron to be moved by hand: the membrane potential follows at once.

Behind it is the exact solution, not a simulation in time steps. `explore` shows the explorer in a
notebook, which `rcspike explore` writes as a page; `explore_membrane` shows sliders around a
picture, and the picture alone where widgets do not run. The parts work without a notebook too:
`SliderValues` are the values, `response` is what the circuits make of them, `MembranePicture` draws
it, `explorer_page` is the page.
"""

from rcspike_brian.interactive.explorer import MembraneExplorer, explore_membrane
from rcspike_brian.interactive.page import explorer_page
from rcspike_brian.interactive.picture import MembranePicture
from rcspike_brian.interactive.values import Response, SliderValues, response
from rcspike_brian.interactive.widget import explore

__all__ = [
    "MembraneExplorer", "MembranePicture", "Response", "SliderValues", "explore",
    "explore_membrane", "explorer_page", "response",
]  # fmt: skip
