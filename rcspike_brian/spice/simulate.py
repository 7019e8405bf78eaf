"""One presentation of one small network in ngspice, as tidy data frames."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from rcspike_brian.circuit import Circuit
from rcspike_brian.core.checks import spike_time_array
from rcspike_brian.diodes import DIODES, Diode
from rcspike_brian.errors import InvalidInput, expect
from rcspike_brian.network import Network
from rcspike_brian.registry import look_up
from rcspike_brian.spice.netlist import Tolerance, make_netlist
from rcspike_brian.spice.ngspice import TIME_LIMIT, run_ngspice


@dataclass(frozen=True, eq=False)
class SpiceResult:
    """Membrane potentials and spikes of all layers.

    Attributes
    ----------
    traces : pandas.DataFrame
        One row per neuron and time step that SPICE chose. Columns: ``layer`` (from 1), ``neuron``,
        ``time`` (seconds since the first layer began to charge), ``t`` (units of T since the
        neuron's own layer did), ``membrane_potential`` (volts), ``v`` (in units of V_th).
    spikes : pandas.DataFrame
        One row per output spike: ``layer``, ``neuron``, ``time`` (seconds), ``t_out`` (units of T
        from the start of the firing phase, in [0, 1)).
    v_end : tuple of (n_l,) arrays
        v(T) of every layer in units of V_th.
    t_out : tuple of (n_l,) arrays
        Output spike times of every layer in units of T; 1 is no spike.
    circuit, netlist
        What was simulated.

    Examples
    --------
    >>> result = simulate_spice(Circuit(), [[1.0], [-0.5]], [0.1, 0.5])  # doctest: +SKIP
    >>> result.spikes  # doctest: +SKIP
    """

    traces: pd.DataFrame
    spikes: pd.DataFrame
    v_end: tuple
    t_out: tuple
    circuit: Circuit
    netlist: str


def simulate_spice(
    circuit: Circuit,
    network: Network | ArrayLike,
    spike_times: ArrayLike,
    *,
    diode: Diode | str | None = None,
    tolerance: float | Tolerance = 1e-5,
    wire_resistance: float = 0.0,
    time_limit: float = TIME_LIMIT,
    keep: str | Path | None = None,
) -> SpiceResult:
    """Simulate the charging and firing phases of a small network in ngspice.

    Parameters
    ----------
    circuit : Circuit
        With any ramp, RC-Spike or conventional. Ideal and leaky diodes drop its ``V_d``; of others,
        which have a drop of their own, it only enters the conductances,
        w = T (V_syn - V_d) G/(C V_th).
    network : Network, (n_in, n_out) or (n_in,) array_like
        All layers with their bias lines, or one layer without: normalised weights, or conductances
        in siemens.
    spike_times : (n_in,) array_like
        In units of T or with a unit of time; 1 is no spike.
    diode : str or Diode, optional
        Another one than the circuit's; see `rcspike_brian.diodes`.
    tolerance : float or Tolerance
        Relative tolerance of SPICE.
    wire_resistance : float
        Of a line from one synapse to the next, in ohms: its voltage drops along the line.
    time_limit, keep
        As for `run_ngspice`, whose `SpiceError` may be raised.

    Notes
    -----
    The netlist is made of resistors, diodes, capacitors, sources and comparators; none of the
    solver's formulas enters it.

    Examples
    --------
    >>> result = simulate_spice(Circuit(), [[1.0], [-0.5]], [0.1, 0.5])  # doctest: +SKIP
    >>> result.v_end[0].round(3)  # doctest: +SKIP
    """
    how: dict[str, Any] = {"diode": diode, "tolerance": tolerance}
    how["wire_resistance"] = wire_resistance
    netlist, sizes = netlist_of(circuit, network, spike_times, **how)
    end = (len(sizes) + 1) * circuit.si.T
    output = run_ngspice(netlist, end, time_limit=time_limit, keep=keep)
    return _result(output, sizes, circuit, netlist)


def netlist_of(
    circuit: Circuit,
    network: Network | ArrayLike,
    spike_times: ArrayLike,
    *,
    diode: Diode | str | None = None,
    tolerance: float | Tolerance = 1e-5,
    wire_resistance: float = 0.0,
) -> tuple[str, list[int]]:
    """Return the netlist and the number of neurons of each layer; see `simulate_spice`."""
    expect("circuit", circuit, Circuit)
    layers, times = _layers(circuit, network, spike_times)
    diode = circuit.diode if diode is None else look_up("diode", diode, DIODES, Diode)
    netlist = make_netlist(
        circuit, layers, times, diode, tolerance, wire_resistance=wire_resistance
    )
    return netlist, [G.shape[1] for G in layers]


def check_no_pools(network: Network) -> None:
    """`InvalidInput` if lines of a layer are not those of the neurons in front."""
    if any(layer.pool for layer in network.layers):
        raise InvalidInput(
            "a netlist has no pools: export the crossbar of one place of a convolution, with "
            "rcspike_brian.spice.patch_of"
        )


def _layers(circuit, network, spike_times):
    """Conductances of all layers in siemens, and the spike times of all axons of the first."""
    times = spike_time_array(circuit.as_times(spike_times, "spike_times"), ndim=1).astype(float)
    if isinstance(network, Network):
        if len(times) != network.sizes[0]:
            raise InvalidInput(
                f"spike_times has {len(times)} entries and the network {network.sizes[0]} inputs"
            )
        check_no_pools(network)
        times = np.append(times, 0.0)  # bias
        return [circuit.as_conductances(w) for w in network.weights], times
    G = circuit.as_conductances(network)
    G = G[:, None] if G.ndim == 1 else G
    if G.ndim != 2 or 0 in G.shape:
        raise InvalidInput(f"weights must be (n_in, n_out), at least (1, 1), got {G.shape}")
    return [G], times


def _result(output, sizes, circuit, netlist):
    """Frames from the arrays of a raw file."""
    time, T, V_th = output["time"], circuit.si.T, circuit.si.V_th
    traces, spikes, v_end, t_out = [], [], [], []
    for l, n in enumerate(sizes, start=1):
        V = [output[f"v(n{l}_{i})"] for i in range(n)]
        v_end.append(np.array([np.interp(l * T, time, V_i) for V_i in V]) / V_th)
        t_out.append(np.clip([_crossing(V_i, time, l * T, V_th) / T for V_i in V], 0, 1))
        spikes += [(l, i, (l + t) * T, t) for i, t in enumerate(t_out[-1]) if t < 1]
        traces += [
            pd.DataFrame(
                {"layer": l, "neuron": i, "time": time, "t": time / T - (l - 1)}
                | {"membrane_potential": V_i, "v": V_i / V_th}
            )
            for i, V_i in enumerate(V)
        ]
    traces = pd.concat(traces, ignore_index=True)
    spikes = pd.DataFrame(spikes, columns=["layer", "neuron", "time", "t_out"])
    return SpiceResult(traces, spikes, tuple(v_end), tuple(t_out), circuit, netlist)


def _crossing(V, time, start, V_th):
    """Seconds from ``start`` until V, which rises, reaches V_th, or infinity."""
    if np.interp(start, time, V) >= V_th:
        return 0.0
    above = np.flatnonzero((time > start) & (V_th <= V))
    if len(above) == 0:
        return np.inf
    k = above[0]
    share = (V_th - V[k - 1]) / (V[k] - V[k - 1])
    return max(time[k - 1] + share * (time[k] - time[k - 1]) - start, 0.0)
