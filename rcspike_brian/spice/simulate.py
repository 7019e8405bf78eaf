"""One presentation of one small network in ngspice."""

import numpy as np

from rcspike_brian.circuit import Circuit
from rcspike_brian.core.checks import float_array, spike_time_array
from rcspike_brian.diodes import DIODES, Diode
from rcspike_brian.errors import InvalidInput
from rcspike_brian.network import Network
from rcspike_brian.registry import look_up
from rcspike_brian.spice.netlist import Tolerance, make_netlist
from rcspike_brian.spice.ngspice import TIME_LIMIT, run_ngspice
from rcspike_brian.spice.result import to_result


def netlist_of(circuit, network, spike_times, *, diode=None, tolerance=1e-5):
    """Return the netlist and the number of neurons of each layer; see `simulate_spice`."""
    if not isinstance(circuit, Circuit):
        raise InvalidInput(f"circuit must be an rcspike_brian.Circuit, got {circuit!r}.")
    layers, times = _layers(circuit, network, spike_times)
    diode = circuit.diode if diode is None else look_up("diode", diode, DIODES, Diode)
    if not isinstance(tolerance, Tolerance):
        tolerance = Tolerance(float(tolerance))
    netlist = make_netlist(circuit, layers, times, diode, tolerance)
    return netlist, [G.shape[1] for G in layers]


def simulate_spice(
    circuit,
    network,
    spike_times,
    *,
    diode=None,
    tolerance=1e-5,
    time_limit=TIME_LIMIT,
    keep=None,
):
    """Simulate the charging and firing phases of a small network in ngspice.

    Parameters
    ----------
    circuit : Circuit
        Linear or resistive ramp, RC-Spike or conventional. Its ``V_d`` only enters the
        conductances, w = T (V_syn - V_d) G/(C V_th): the diodes of the netlist are those of
        ``diode``.
    network : Network or (n_in, n_out) array
        All layers with their bias lines, or the normalised weights of one layer without.
    spike_times : (n_in,) array
        In units of T; 1 is no spike.
    diode : str or Diode, optional
        Another one than the circuit's; see `rcspike_brian.diodes`.
    tolerance : float or Tolerance
        Relative tolerance of SPICE.
    time_limit : float
        Seconds of real time.
    keep : str or Path, optional
        Folder for netlist, raw file and log.

    Returns
    -------
    SpiceResult

    Raises
    ------
    InvalidInput
        Inputs that do not fit, or a network that is too large for SPICE.
    SpiceError
        As `run_ngspice`.

    Notes
    -----
    The netlist is made of resistors, diodes, capacitors, sources and comparators; none of the
    solver's formulas enters it.

    Examples
    --------
    >>> from rcspike_brian import Circuit, Network
    >>> circuit = Circuit.sky130()
    >>> network = Network.random((4, 3), v_syn=circuit, seed=0)
    >>> result = simulate_spice(circuit, network, [0.0, 0.2, 0.5, 1.0])  # doctest: +SKIP
    """
    netlist, sizes = netlist_of(circuit, network, spike_times, diode=diode, tolerance=tolerance)
    end = (len(sizes) + 1) * float(circuit.T)
    output = run_ngspice(netlist, end, time_limit=time_limit, keep=keep)
    return to_result(output, sizes, circuit, netlist)


def _layers(circuit, network, spike_times):
    """Conductances of all layers in siemens, and the spike times of all axons of the first."""
    times = spike_time_array(spike_times, ndim=1).astype(float)
    if not isinstance(network, Network):
        return [_siemens(circuit, float_array(network, "weights", 2))], times
    if len(times) != network.sizes[0]:
        raise InvalidInput(
            f"spike_times has {len(times)} entries and the network {network.sizes[0]} inputs"
        )
    layers = [_siemens(circuit, w.astype(float)) for w in network.weights]
    return layers, np.append(times, 0.0)  # the bias line


def _siemens(circuit, weights):
    return np.asarray(circuit.conductances(weights))
