"""Grids of training runs that survive and scale out: the numbers behind Figure 3."""

from rcspike_brian.sweeps.cell import MODELS, Cell
from rcspike_brian.sweeps.folder import SweepFolder, full_results, read_results, select
from rcspike_brian.sweeps.grid import Grid
from rcspike_brian.sweeps.sweep import Outcome, run_sweep

__all__ = [
    "MODELS", "Cell", "Grid", "Outcome", "SweepFolder", "full_results", "read_results", "run_sweep",
    "select",
]  # fmt: skip
