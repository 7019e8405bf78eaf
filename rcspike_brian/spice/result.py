"""What a SPICE run gives, as tidy data frames."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from rcspike_brian.circuit import Circuit


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
    circuit : Circuit
    netlist : str

    Examples
    --------
    >>> from rcspike_brian import Network
    >>> from rcspike_brian.spice import simulate_spice
    >>> circuit = Circuit.sky130()
    >>> network = Network.random((4, 3), v_syn=circuit, seed=0)
    >>> result = simulate_spice(circuit, network, [0.0, 0.2, 0.5, 1.0])  # doctest: +SKIP
    >>> result.spikes  # doctest: +SKIP
    """

    traces: pd.DataFrame
    spikes: pd.DataFrame
    v_end: tuple
    t_out: tuple
    circuit: Circuit
    netlist: str


def to_result(output, sizes, circuit, netlist):
    """Frames from the arrays of a raw file.

    Parameters
    ----------
    output : dict of str to array
        From `rcspike_brian.spice.run_ngspice`.
    sizes : sequence of int
        Neurons of each layer.
    circuit : Circuit
    netlist : str
    """
    time, T, V_th = output["time"], float(circuit.T), float(circuit.V_th)
    potentials = [
        np.stack([output[f"v(n{l}_{i})"] for i in range(n)]) for l, n in enumerate(sizes, start=1)
    ]
    v_end = tuple(_at(V, time, l * T) / V_th for l, V in enumerate(potentials, start=1))
    t_out = tuple(
        np.array([_crossing(V_i, time, l * T, V_th) for V_i in V]) / T
        for l, V in enumerate(potentials, start=1)
    )
    return SpiceResult(
        traces=_traces(potentials, time, T, V_th),
        spikes=_spikes(t_out, T),
        v_end=v_end,
        t_out=tuple(np.clip(t, 0, 1) for t in t_out),
        circuit=circuit,
        netlist=netlist,
    )


def _at(V, time, when):
    return np.array([np.interp(when, time, V_i) for V_i in V])


def _crossing(V, time, start, V_th):
    """Time from ``start`` until V reaches V_th, in seconds; infinite if it does not.

    V rises in the firing phase, so that the first crossing is the only one. Between two of SPICE's
    points it is interpolated linearly.
    """
    if np.interp(start, time, V) >= V_th:
        return 0.0
    above = np.flatnonzero((time > start) & (V_th <= V))
    if len(above) == 0:
        return np.inf
    k = above[0]
    share = (V_th - V[k - 1]) / (V[k] - V[k - 1])
    return max(time[k - 1] + share * (time[k] - time[k - 1]) - start, 0.0)


def _traces(potentials, time, T, V_th):
    frames = [
        pd.DataFrame(
            {
                "layer": l,
                "neuron": i,
                "time": time,
                "t": time / T - (l - 1),
                "membrane_potential": V_i,
                "v": V_i / V_th,
            }
        )
        for l, V in enumerate(potentials, start=1)
        for i, V_i in enumerate(V)
    ]
    return pd.concat(frames, ignore_index=True)


def _spikes(t_out, T):
    rows = [
        (l, i, (l + t) * T, t)
        for l, times in enumerate(t_out, start=1)
        for i, t in enumerate(times)
        if t < 1
    ]
    return pd.DataFrame(rows, columns=["layer", "neuron", "time", "t_out"])
