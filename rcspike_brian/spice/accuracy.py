"""The exact solver against ngspice on random neurons."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import brentq, fixed_point

from rcspike_brian.circuit import Circuit
from rcspike_brian.core.checks import positive_integer
from rcspike_brian.core.membrane import membrane_potential
from rcspike_brian.diodes import DIODES, Diode
from rcspike_brian.errors import InvalidInput, expect
from rcspike_brian.quantities import as_list, finite_array
from rcspike_brian.registry import look_up
from rcspike_brian.spice.netlist import Tolerance
from rcspike_brian.spice.ngspice import TIME_LIMIT
from rcspike_brian.spice.simulate import simulate_spice

_TRIES = 10_000


def random_neurons(
    circuit: Circuit, n: int, *, n_in: int = 10, seed: int = 0
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Draw neurons that spike well inside the firing phase.

    Parameters
    ----------
    circuit : Circuit
    n, n_in, seed : int
        How many, and the inputs of each.

    Returns
    -------
    list of ((n_in,) array, (n_in, 1) array)
        Spike times, uniform in [0, 1], and normalised weights, normal around 0.3, such that
        0.05 < v(T)/V_th < 0.95: there the spike time follows v(T). Where no potential gets that
        far, V_syn < V_th, both are limits in units of V_syn.

    Raises
    ------
    InvalidInput
        Hardly any neuron of this circuit is between them.

    Examples
    --------
    >>> [(times, weights)] = random_neurons(Circuit.normalised(1.0), 1, n_in=4)
    >>> times.shape, weights.shape
    ((4,), (4, 1))
    """
    expect("circuit", circuit, Circuit)
    n, n_in = positive_integer(n, "n"), positive_integer(n_in, "n_in")
    rng = np.random.default_rng(positive_integer(seed, "seed", least=0))
    drawn: list[tuple[np.ndarray, np.ndarray]] = []
    highest = min(1.0, circuit.e[0])
    while len(drawn) < n:
        for _ in range(_TRIES):
            times, weights = rng.uniform(0, 1, n_in), rng.normal(0.3, 1, (n_in, 1))
            v = membrane_potential(times, weights, circuit.beta, threads=1)[0]
            if 0.05 * highest < v < 0.95 * highest:
                break
        else:
            raise InvalidInput(
                f"of {_TRIES:,} random neurons with {n_in} inputs none spikes well inside the "
                f"firing phase of a circuit with the drive voltages {circuit.drive} V_th: bring "
                "them nearer to V_th and to each other, or take fewer inputs"
            )
        drawn.append((times, weights))
    return drawn


def mean_drop(circuit: Circuit, weights: ArrayLike, diode: Diode) -> float:
    """Forward drop of a diode at the mean current of the synapses: a V_d for the model.

    Parameters
    ----------
    circuit : Circuit
        With ideal diodes.
    weights : array_like, any shape
        Normalised, on that circuit, or conductances in siemens.
    diode : Diode

    Returns
    -------
    float
        In volts: the fixed point of V_d = drop(mean |G| (V_syn - V_d)).

    Examples
    --------
    >>> mean_drop(Circuit.sky130(), [[0.3], [-0.2]], DIODES["ideal"])
    0.0
    """
    expect("circuit", circuit, Circuit)
    G = np.abs(circuit.as_conductances(weights)).mean()
    V_syn = np.mean(circuit.si.V_syn)

    def drop(V_d):
        return diode.forward_drop(float(G * (V_syn - V_d)))

    try:
        return float(fixed_point(drop, 0.0, xtol=1e-16, method="iteration"))
    except (RuntimeError, ValueError):  # it runs away where most of V_syn drops at the diode
        return brentq(lambda V_d: V_d - drop(V_d), 0.0, V_syn, xtol=1e-16 * V_syn, rtol=1e-15)


def compare_neurons(
    circuit: Circuit,
    n: int = 20,
    *,
    diode: Diode | str = "ideal",
    tolerance: float | Tolerance = 1e-5,
    seed: int = 0,
    n_in: int = 10,
) -> pd.DataFrame:
    """Spike times of random neurons by the exact solver and by ngspice.

    The same resistors are in the netlist and in both forms of the model: with ideal diodes, and
    with the constant drop V_d of `mean_drop`.

    Parameters
    ----------
    circuit : Circuit
        With V_d = 0; the netlist has the diodes of ``diode``.
    n : int
        Neurons.
    diode : str or Diode
    tolerance : float or Tolerance
        Of ngspice.
    seed, n_in
        As for `random_neurons`.

    Returns
    -------
    pandas.DataFrame
        Columns diode, tolerance, neuron, ``V_d`` (volts), ``t_ngspice``, ``t_ideal`` (model without
        V_d), ``t_drop`` (model with V_d), in units of T.

    Examples
    --------
    >>> frame = compare_neurons(Circuit.sky130(), n=5)  # doctest: +SKIP
    >>> (frame["t_ngspice"] - frame["t_ideal"]).abs().max()  # doctest: +SKIP
    """
    model: Diode = look_up("diode", diode, DIODES, Diode)
    relative = getattr(tolerance, "relative", tolerance)
    rows = []
    for k, (times, weights) in enumerate(random_neurons(circuit, n, n_in=n_in, seed=seed)):
        spice = simulate_spice(circuit, weights, times, diode=model, tolerance=tolerance)
        V_d = mean_drop(circuit, weights, model)
        models = [_model_time(circuit, times, weights, drop) for drop in (0.0, V_d)]
        rows.append((model.name, relative, k, V_d, spice.t_out[0][0], *models))
    columns = ["diode", "tolerance", "neuron", "V_d", "t_ngspice", "t_ideal", "t_drop"]
    return pd.DataFrame(rows, columns=columns)


def _model_time(circuit, times, weights, V_d):
    """Spike time by the exact solver for the same resistors behind diodes with a drop."""
    with_drop = Circuit.from_dict({**circuit.to_dict(), "V_d": V_d})
    w = with_drop.weights(circuit.conductances(weights))
    return float(with_drop.spike_time(membrane_potential(times, w[:, 0], with_drop.beta)))


def compare_wires(
    circuit: Circuit, n: int, resistances: Sequence[float], *, seed: int = 0,
    tolerance: float = 1e-3, time_limit: float = TIME_LIMIT,
) -> pd.DataFrame:  # fmt: skip
    """Spike times of an n x n crossbar whose lines have a resistance, against the exact solver.

    The exact solution knows no wires. Weights are normal with mean 1.2/n and standard deviation
    1.5/sqrt(n), spike times uniform in [0, 1].

    Parameters
    ----------
    circuit : Circuit
    n : int
        Axons, and neurons.
    resistances : sequence of float
        Of a line from one synapse to the next, in ohms.
    seed, tolerance, time_limit
        Of the numbers, and of ngspice.

    Returns
    -------
    pandas.DataFrame
        Columns n, wire_resistance (ohms), neuron (0 is next to the driver), ``t_exact``,
        ``t_ngspice`` in units of T.

    Examples
    --------
    >>> compare_wires(Circuit.sky130(), 16, [0.0, 10.0])  # doctest: +SKIP
    """
    expect("circuit", circuit, Circuit)
    rng = np.random.default_rng(positive_integer(seed, "seed", least=0))
    n = positive_integer(n, "n")
    resistances = finite_array("resistances", as_list("resistances", resistances)).tolist()
    times, weights = rng.uniform(0, 1, n), rng.normal(1.2 / n, 1.5 / np.sqrt(n), (n, n))
    exact = circuit.spike_time(membrane_potential(times[None], weights, circuit.beta, threads=1))[0]
    frames = []
    for R in resistances:
        spice = simulate_spice(
            circuit, weights, times,
            tolerance=tolerance, wire_resistance=R, time_limit=time_limit,
        ).t_out[0]  # fmt: skip
        columns = {"n": n, "wire_resistance": R, "neuron": np.arange(n)}
        frames.append(pd.DataFrame(columns | {"t_exact": exact, "t_ngspice": spice}))
    return pd.concat(frames, ignore_index=True)
