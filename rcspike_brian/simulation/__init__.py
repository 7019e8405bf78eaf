"""Simulation in Brian2: one layer and one presentation, or a whole network and many.

The equations are those of `rcspike_brian.equations`. What the solver in `rcspike_brian.core` gives
exactly, Brian2 gives in time steps, from the circuit's own equations with units.
"""

from rcspike_brian.simulation.comparison import Comparison, compare
from rcspike_brian.simulation.layer import simulate
from rcspike_brian.simulation.network import (
    Agreement,
    NetworkModel,
    NetworkResult,
    NetworkSimulation,
    build_network,
    compare_with_exact,
    crossing_time,
    exact_network_traces,
    exact_spike_times,
    read_result,
    simulate_network,
)
from rcspike_brian.simulation.result import SimulationResult

__all__ = [
    "Agreement",
    "Comparison",
    "NetworkModel",
    "NetworkResult",
    "NetworkSimulation",
    "SimulationResult",
    "build_network",
    "compare",
    "compare_with_exact",
    "crossing_time",
    "exact_network_traces",
    "exact_spike_times",
    "read_result",
    "simulate",
    "simulate_network",
]
