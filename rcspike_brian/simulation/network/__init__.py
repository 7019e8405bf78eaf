"""A whole trained network in Brian2: layer after layer pipelined, image after image."""

from rcspike_brian.simulation.network.cache import open_program, programs_folder
from rcspike_brian.simulation.network.crossing import crossing_time
from rcspike_brian.simulation.network.model import NetworkModel
from rcspike_brian.simulation.network.plan import Plan
from rcspike_brian.simulation.network.result import NetworkResult, read_result
from rcspike_brian.simulation.network.simulation import (
    NetworkSimulation,
    build_network,
    simulate_network,
)

__all__ = [
    "NetworkModel",
    "NetworkResult",
    "NetworkSimulation",
    "Plan",
    "build_network",
    "crossing_time",
    "open_program",
    "programs_folder",
    "read_result",
    "simulate_network",
]
