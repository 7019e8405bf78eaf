"""Simulation in Brian2: one layer and one presentation, or a whole network and many.

The equations are those of `rcspike_brian.equations`. What the solver in `rcspike_brian.core` gives
exactly, Brian2 gives in time steps, from the circuit's own equations with units.
"""

from rcspike_brian.exact import exact_network_traces, exact_spike_times
from rcspike_brian.simulation.layer import Comparison, SimulationResult, compare, simulate
from rcspike_brian.simulation.model import NetworkModel
from rcspike_brian.simulation.network_simulation import (
    NetworkSimulation,
    build_network,
    simulate_network,
)
from rcspike_brian.simulation.recording import crossing_time
from rcspike_brian.simulation.result import NetworkResult, read_result

__all__ = [
    "Comparison", "NetworkModel", "NetworkResult", "NetworkSimulation", "SimulationResult",
    "build_network", "compare", "crossing_time", "exact_network_traces", "exact_spike_times",
    "read_result", "simulate", "simulate_network",
]  # fmt: skip
