"""Simulation of one layer of neurons in Brian2: both phases, any circuit, runtime or C++.

The equations are those of `rcspike_brian.equations`. What the solver in `rcspike_brian.core` gives
exactly, Brian2 gives in time steps, from the circuit's own equations with units.
"""

from rcspike_brian.simulation.comparison import Comparison, compare
from rcspike_brian.simulation.layer import simulate
from rcspike_brian.simulation.result import SimulationResult

__all__ = ["Comparison", "SimulationResult", "compare", "simulate"]
