"""A whole trained network in Brian2: layer after layer pipelined, image after image."""

from rcspike_brian.simulation.network.agreement import Agreement, compare_with_exact
from rcspike_brian.simulation.network.cache import open_program, programs_folder
from rcspike_brian.simulation.network.crossing import crossing_time
from rcspike_brian.simulation.network.exact import exact_network_traces, exact_spike_times
from rcspike_brian.simulation.network.model import NetworkModel
from rcspike_brian.simulation.network.plan import Plan
from rcspike_brian.simulation.network.result import NetworkResult, read_result
from rcspike_brian.simulation.network.simulation import (
    NetworkSimulation,
    build_network,
    simulate_network,
)

__all__ = [
    "Agreement",
    "NetworkModel",
    "NetworkResult",
    "NetworkSimulation",
    "Plan",
    "build_network",
    "compare_with_exact",
    "crossing_time",
    "exact_network_traces",
    "exact_spike_times",
    "open_program",
    "programs_folder",
    "read_result",
    "simulate_network",
]
