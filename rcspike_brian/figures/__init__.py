"""The figures of the paper, drawn from data frames, and the style they share.

Functions named ``*_figure`` return a figure, those that draw on axes return the axes.
"""

# isort: skip_file
from rcspike_brian.figures.accuracy import (
    accuracy_caption, accuracy_figure, chips_figure, named_models,
)  # fmt: skip
from rcspike_brian.figures.circuits import (
    circuits_figure, draw_conventional, draw_firing_phase, draw_rc_spike,
)  # fmt: skip
from rcspike_brian.figures.energy import energy_figure
from rcspike_brian.figures.front import front_figure
from rcspike_brian.figures.membrane import (
    membrane_caption, membrane_figure, plot_input_spikes, plot_potentials,
)  # fmt: skip
from rcspike_brian.figures.noise import noise_figure, under_noise
from rcspike_brian.figures.presentation import (
    plot_layer_traces, presentation_figure, raster_figure,
)  # fmt: skip
from rcspike_brian.figures.saving import save_figure, save_table
from rcspike_brian.figures.spice import iris_figure, spice_figure
from rcspike_brian.figures.style import (
    DOUBLE_COLUMN, SINGLE_COLUMN, add_caption, new_figure, notebook_style, style,
)  # fmt: skip
from rcspike_brian.figures.transistors import (
    modulation_figure, picojoule_figure, transistors_figure,
)  # fmt: skip

__all__ = [
    "DOUBLE_COLUMN", "SINGLE_COLUMN", "accuracy_caption", "accuracy_figure", "add_caption",
    "chips_figure", "circuits_figure", "draw_conventional", "draw_firing_phase",
    "draw_rc_spike", "energy_figure", "front_figure", "iris_figure", "membrane_caption",
    "membrane_figure", "modulation_figure", "named_models", "new_figure", "noise_figure",
    "notebook_style", "picojoule_figure", "plot_input_spikes", "plot_layer_traces",
    "plot_potentials", "presentation_figure", "raster_figure", "save_figure", "save_table",
    "spice_figure", "style", "transistors_figure", "under_noise",
]  # fmt: skip
