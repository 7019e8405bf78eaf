"""Grids of training runs: the numbers behind Figure 3."""

from rcspike_brian.sweeps.cell import Cell, run_cell
from rcspike_brian.sweeps.grid import figure3_cells, run_cells

__all__ = ["Cell", "figure3_cells", "run_cell", "run_cells"]
