"""The circuit as a SPICE netlist, run by ngspice: a judge that shares no code with the solver.

ngspice is a program of the operating system and optional. Without it netlists can still be written;
running one raises a `SpiceError` that says how to install it.
"""

from rcspike_brian.spice.accuracy import (
    compare_neurons,
    compare_wires,
    mean_drop,
    random_neurons,
)  # fmt: skip
from rcspike_brian.spice.design import Design
from rcspike_brian.spice.extraction import at_current, extract_sources, extracted_circuit
from rcspike_brian.spice.netlist import Tolerance, make_netlist
from rcspike_brian.spice.ngspice import find_ngspice, read_rawfile, run_ngspice
from rcspike_brian.spice.parts import simulate_parts
from rcspike_brian.spice.patch import patch_of
from rcspike_brian.spice.simulate import SpiceResult, simulate_spice
from rcspike_brian.spice.sky130 import CORNERS, Process, Transistors
from rcspike_brian.spice.transistors import (
    Extraction,
    Program,
    extract,
    program,
    simulate_transistors,
)  # fmt: skip

__all__ = [
    "CORNERS", "Design", "Extraction", "Process", "Program", "SpiceResult", "Tolerance",
    "Transistors", "at_current", "compare_neurons", "compare_wires", "extract", "extract_sources",
    "extracted_circuit", "find_ngspice", "make_netlist", "mean_drop", "patch_of", "program",
    "random_neurons", "read_rawfile", "run_ngspice", "simulate_parts", "simulate_spice",
    "simulate_transistors",
]  # fmt: skip
