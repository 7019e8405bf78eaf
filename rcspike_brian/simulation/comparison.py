"""Several circuits with the same input, for figures that show them side by side."""

from dataclasses import dataclass

import pandas as pd

from rcspike_brian.errors import InvalidInput
from rcspike_brian.simulation.inputs import prepare
from rcspike_brian.simulation.layer import check_circuit, open_backend
from rcspike_brian.simulation.progress import reporter
from rcspike_brian.simulation.result import SimulationResult, to_result


@dataclass(frozen=True, eq=False)
class Comparison:
    """What `compare` returns.

    Attributes
    ----------
    traces, spikes : pandas.DataFrame
        The frames of all simulations (see `SimulationResult`) below one another, with the column
        ``circuit`` in front: the name under which the circuit was given.
    results : dict of str to SimulationResult
        The single simulations.

    Examples
    --------
    >>> from rcspike_brian import Circuit
    >>> circuits = {"low": Circuit.normalised(1.0), "high": Circuit.normalised(4.0)}
    >>> comparison = compare(circuits, [0.0, 0.5], [[1.5], [-0.5]])
    >>> comparison.traces["circuit"].unique().tolist()
    ['low', 'high']
    """

    traces: pd.DataFrame
    spikes: pd.DataFrame
    results: dict[str, SimulationResult]


def compare(
    circuits,
    spike_times,
    weights,
    *,
    dt=None,
    target="runtime",
    synapses="summed",
    record=True,
    report=None,
    V_0=None,
    method="euler",
) -> Comparison:
    """Simulate several circuits with the same input spikes.

    Parameters
    ----------
    circuits : dict of str to Circuit, or list of Circuit
        Circuits of a list are named after their kind and drive voltage.
    spike_times, weights, dt, target, synapses, record, report, V_0, method
        As for `simulate`. Plain numbers are the same normalised weights in all circuits;
        conductances are the same resistors.

    Returns
    -------
    Comparison

    Notes
    -----
    With ``target="cpp_standalone"``, circuits that differ only in the values of their components
    share one compiled program, as long as dt in seconds is the same. A study of the time step
    therefore needs one program only: the same dt and circuits with several T.

    Examples
    --------
    >>> from rcspike_brian import Circuit
    >>> from rcspike_brian.simulation import compare
    >>> circuits = [Circuit.normalised(v_syn) for v_syn in (1, 8, float("inf"))]
    >>> both = compare(circuits, [0.0, 0.5], [[1.5], [-0.5]], record=None)
    >>> {name: float(result.v_end[0].round(2)) for name, result in both.results.items()}
    {'RC-Spike, V_syn = 1 V_th': 0.51, 'RC-Spike, V_syn = 8 V_th': 1.1, 'conventional': 1.25}
    """
    named = _named(circuits)
    backend = open_backend(target)
    options = {"dt": dt, "V_0": V_0, "record": record, "synapses": synapses, "method": method}
    prepared = {
        name: prepare(circuit, spike_times, weights, **options) for name, circuit in named.items()
    }
    recordings = {}
    with backend:
        # The longest first: what is compiled for it serves the others.
        for name in sorted(named, key=lambda name: -prepared[name].steps):
            with reporter(report) as brian_report:
                recordings[name] = backend.run(named[name], prepared[name], brian_report)
    results = {
        name: to_result(circuit, prepared[name], recordings[name], target)
        for name, circuit in named.items()
    }
    return Comparison(
        traces=_below_one_another(results, "traces"),
        spikes=_below_one_another(results, "spikes"),
        results=results,
    )


def _named(circuits):
    if not isinstance(circuits, dict):
        circuits = list(circuits) if isinstance(circuits, (list, tuple)) else [circuits]
        for circuit in circuits:
            check_circuit(circuit)
        names = [_name(circuit) for circuit in circuits]
        if len(set(names)) < len(names):
            raise InvalidInput(
                "some circuits have the same kind and drive voltage: give them names, as in "
                "compare({'a': circuit, 'b': other}, ...)."
            )
        circuits = dict(zip(names, circuits, strict=True))
    if not circuits:
        raise InvalidInput("no circuits to compare.")
    for circuit in circuits.values():
        check_circuit(circuit)
    return circuits


def _name(circuit):
    if circuit.kind == "conventional":
        return circuit.model
    plus, minus = (float(rail) / float(circuit.V_th) for rail in circuit.V_syn)
    rails = f"{plus:g}" if plus == minus else f"+{plus:g}/-{minus:g}"
    return f"{circuit.model}, V_syn = {rails} V_th"


def _below_one_another(results, frame):
    frames = []
    for name, result in results.items():
        part = getattr(result, frame)
        part = part.assign(circuit=name)
        frames.append(part[["circuit", *part.columns[:-1]]])
    return pd.concat(frames, ignore_index=True)
