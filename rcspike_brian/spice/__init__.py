"""The circuit as a SPICE netlist, run by ngspice: a judge that shares no code with the solver.

ngspice is a program of the operating system and optional. Without it netlists can still be written;
running one raises a `SpiceError` that says how to install it.
"""

from rcspike_brian.spice.accuracy import compare_neurons, mean_drop, random_neurons
from rcspike_brian.spice.netlist import Tolerance, make_netlist
from rcspike_brian.spice.ngspice import find_ngspice, read_rawfile, run_ngspice
from rcspike_brian.spice.simulate import SpiceResult, simulate_spice
from rcspike_brian.spice.sky130 import Process, Transistors

__all__ = [
    "Process", "SpiceResult", "Tolerance", "Transistors", "compare_neurons", "find_ngspice", "make_netlist", "mean_drop",
    "random_neurons", "read_rawfile", "run_ngspice", "simulate_spice",
]  # fmt: skip
