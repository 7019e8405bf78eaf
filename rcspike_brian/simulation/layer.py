"""One layer and one presentation, in one circuit or in several side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from rcspike_brian.brian import Equations, Quantity
from rcspike_brian.circuit import Circuit
from rcspike_brian.core.checks import recorded_neurons
from rcspike_brian.errors import InvalidInput, expect
from rcspike_brian.progress import Progress, progress_bar
from rcspike_brian.simulation import inputs
from rcspike_brian.simulation.cache import say
from rcspike_brian.simulation.engine import set_up
from rcspike_brian.simulation.plan import name_of
from rcspike_brian.simulation.result import (
    spikes_frame,
    spikes_html,
    time_axis,
    traces_frame,
)
from rcspike_brian.simulation.runners import open_runner

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class SimulationResult:
    """What `simulate` returns.

    Attributes
    ----------
    traces : pandas.DataFrame
        One row per recorded neuron and time step, initial values included. Columns: ``model``
        ("conventional" or "RC-Spike"), and as in `NetworkResult` ``neuron``, ``phase``, ``time``,
        ``t``, ``membrane_potential``, ``v``.
    spikes : pandas.DataFrame
        One row per output spike, at most one per neuron. Columns: ``model``, ``neuron``, ``time``
        (seconds), ``t_out`` (time step, in units of T from the start of the firing phase).
    v_end : ndarray (n_out,)
        v(T): membrane potential at the end of the charging phase in units of V_th.
    circuit, dt, target
        The circuit, the time step with its unit, and what Brian2 ran on.

    Examples
    --------
    >>> from rcspike_brian import Circuit, simulate
    >>> simulate(Circuit(), [0.0, 0.5], [1.5, -0.5]).spikes.columns.tolist()
    ['model', 'neuron', 'time', 't_out']
    """

    traces: pd.DataFrame
    spikes: pd.DataFrame
    v_end: np.ndarray
    circuit: Circuit
    dt: Quantity
    target: str

    @property
    def t_out(self) -> np.ndarray:
        """Output spike times (n_out,) in units of T; 1 is no spike."""
        times = np.ones(len(self.v_end))
        times[self.spikes["neuron"]] = self.spikes["t_out"]
        return times

    def __repr__(self):
        n = len(self.v_end)
        what = f"{n} {self.circuit.model} neuron{'s' if n > 1 else ''}, {len(self.spikes)} spikes"
        if n == 1:
            when = f"spike at {self.t_out[0]:.4g} T" if len(self.spikes) else "no spike"
            what = f"one {self.circuit.model} neuron, v(T) = {self.v_end[0]:.4g}, {when}"
        return f"<SimulationResult of {what}, dt = {self.dt}, {self.target}>"

    def _repr_html_(self):
        return spikes_html(self, self.spikes)

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the recorded membrane potentials and the output spikes; return the axes.

        Parameters
        ----------
        axes : matplotlib.axes.Axes, optional
            Default: those of a new figure.
        """
        from matplotlib import pyplot as plt

        axes = plt.subplots()[1] if axes is None else axes
        T, V_th = self.circuit.si.T, self.circuit.si.V_th
        unit = time_axis(axes, 2 * T)
        axes.axvspan(T / unit, 2 * T / unit, color="0.94", zorder=0)
        axes.axhline(V_th, color="0.4", linestyle=":", label=r"$V_\mathrm{th}$")
        for neuron, part in self.traces.groupby("neuron"):
            spikes = self.spikes.loc[self.spikes["neuron"] == neuron, "time"]
            before = part[part["time"] <= spikes.min()] if len(spikes) else part
            label = f"neuron {neuron}" if self.traces["neuron"].nunique() <= 8 else None
            x, y = before["time"] / unit, before["membrane_potential"]
            (line,) = axes.plot(x, y, label=label)
            axes.vlines(spikes / unit, V_th, 1.15 * V_th, color=line.get_color(), linewidth=2.5)
        axes.set(ylabel="membrane potential (V)", xlim=(0, 2 * T / unit))
        axes.set_title(f"{self.circuit.model}, firing phase shaded")
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
        return axes


@dataclass(frozen=True, eq=False)
class Comparison:
    """What `compare` returns.

    Attributes
    ----------
    traces, spikes : pandas.DataFrame
        Rows of all simulations below one another, with the circuit's name in front as ``circuit``.
    results : dict of str to SimulationResult
        The single simulations.

    Examples
    --------
    >>> from rcspike_brian import Circuit
    >>> compare({"low": Circuit()}, [0.0, 0.5], [1.5, -0.5]).traces["circuit"].unique().tolist()
    ['low']
    """

    traces: pd.DataFrame
    spikes: pd.DataFrame
    results: dict[str, SimulationResult]


def simulate(
    circuit: Circuit,
    spike_times: ArrayLike,
    weights: ArrayLike,
    *,
    dt: Quantity | None = None,
    target: str = "runtime",
    synapses: str = "summed",
    method: str = "euler",
    record: bool | Sequence[int] | None = True,
    V_0: ArrayLike | None = None,
    equations: str | Equations | None = None,
    values: dict[str, Any] | None = None,
    progress: Progress = False,
    tell: Callable[[str], object] = say,
) -> SimulationResult:
    """Simulate the charging and the firing phase of a layer, by default in Brian2.

    It is a network of one layer, without a bias line of its own, and one presentation.

    Parameters
    ----------
    circuit : Circuit
    spike_times : array_like (n_in,)
        Input spike times, as plain numbers in [0, 1] in units of T, or with units of time. An
        input at T does not spike.
    weights : array_like (n_in, n_out), or (n_in,) for one neuron
        Normalised weights as plain numbers, or signed conductances in siemens.
    dt, target, synapses, method, equations, values, tell
        As for `simulate_network`.
    record : True, None or list of int
        Neurons whose membrane potential is recorded.
    V_0 : float, Quantity (volt) or one per neuron, optional
        Membrane potential at the start, in units of V_th or with units; 0 if not given.
    progress : bool or function
        Whether to draw a bar, or ``progress(done, total)`` in time steps. A compiled program says
        only when it is done.

    Notes
    -----
    Spikes are rounded up to the next time step. The errors of v(T) and of the output spike times
    against the exact solution (`rcspike_brian.membrane_potential`) shrink in proportion to dt.

    With Brian2's own preferences the first run on a machine compiles Cython code for most of a
    minute; for small circuits ``prefs.codegen.target = "numpy"`` is faster.

    Examples
    --------
    >>> from rcspike_brian import Circuit, simulate
    >>> result = simulate(Circuit.normalised(1.0), [0.0, 0.5], [[1.5], [-0.5]])
    >>> print(result.v_end.round(2), result.t_out.round(2))
    [0.51] [0.49]

    The exact solution, SciPy and Brian2:

    >>> from rcspike_brian import membrane_potential
    >>> scipy = simulate(Circuit.normalised(1.0), [0.0, 0.5], [[1.5], [-0.5]], target="solve_ivp")
    >>> exact = membrane_potential([0.0, 0.5], [[1.5], [-0.5]], 1.0)
    >>> bool(abs(scipy.v_end - exact) < 1e-11), bool(abs(result.v_end - exact) < 1e-3)
    (True, True)
    """
    settings = {"dt": dt, "synapses": synapses, "method": method}
    settings |= {"equations": equations, "values": values}
    layer = _prepare(circuit, spike_times, weights, record, V_0, **settings)
    return _run({"": layer}, target, progress, tell)[""]


def compare(
    circuits: dict[str, Circuit] | Sequence[Circuit] | Circuit,
    spike_times: ArrayLike,
    weights: ArrayLike,
    *,
    target: str = "runtime",
    progress: Progress = False,
    tell: Callable[[str], object] = say,
    **options: Any,
) -> Comparison:
    """Simulate several circuits with the same input spikes.

    Parameters
    ----------
    circuits : dict of str to Circuit, or list of Circuit
        Circuits of a list are named after their kind and drive voltage.
    spike_times, weights, target, progress, tell
        As for `simulate`. Plain numbers are the same normalised weights in all circuits;
        conductances are the same resistors.
    **options
        All others of `simulate`.

    Notes
    -----
    Circuits that differ only in values share one compiled program, as long as dt in seconds is the
    same. A study of the time step therefore needs only one: the same dt and circuits of several T.

    Examples
    --------
    >>> from rcspike_brian import Circuit
    >>> circuits = [Circuit.normalised(v_syn) for v_syn in (1, float("inf"))]
    >>> list(compare(circuits, [0.0, 0.5], [1.5, -0.5]).results)
    ['RC-Spike, V_syn = 1 V_th', 'conventional']
    """
    prepared = {
        name: _prepare(circuit, spike_times, weights, **options)
        for name, circuit in _named(circuits).items()
    }
    results = _run(prepared, target, progress, tell)
    traces, spikes = (_below_one_another(results, frame) for frame in ("traces", "spikes"))
    return Comparison(traces, spikes, results)


def _prepare(circuit, spike_times, weights, record=True, V_0=None, **settings):
    """Return the setup of a layer, and its spike times in units of T."""
    expect("circuit", circuit, Circuit)
    G = inputs.layer_conductances(circuit, weights)
    times = inputs.layer_spike_times(circuit, spike_times, len(G))
    probes = tuple(sorted(set(recorded_neurons(record, G.shape[1]))))
    setup = set_up(circuit, [G], [probes], bias=False, **settings)
    if V_0 is not None:
        setup.values[f"{name_of('layer', 1)}.V"] = inputs.start_potential(circuit, V_0, G.shape[1])
    return setup, times


def _run(prepared, target, progress, tell):
    """Run single layers one after another; what is compiled for the longest serves the others."""
    inputs.one_of("target", target, inputs.TARGETS)
    longest = {}
    for setup, _ in prepared.values():
        longest[setup.plan.dt] = max(longest.get(setup.plan.dt, 0), setup.plan.total_steps)
    total, results = sum(setup.plan.total_steps for setup, _ in prepared.values()), {}
    with progress_bar(progress, total, "step", "simulating") as update:
        for name, (setup, times) in prepared.items():
            report = _in_steps(update, setup.plan.total_steps)
            if target in ("auto", "cpp_standalone"):
                plan = replace(setup.plan, at_least=longest[setup.plan.dt])
                setup = replace(setup, plan=plan)
            with open_runner(setup, target, tell=tell) as runner:
                ((arrays, seconds),) = runner.run([times[None]], report)
            report(None, 1.0)  # a compiled program says nothing before its end
            chunk = runner.read(setup, arrays, 0, 1, seconds)
            results[name] = _result(setup, chunk, runner.target)
    return results


def _in_steps(update, total):
    done = 0

    def report(elapsed, completed, *_):
        nonlocal done
        if (steps := round(completed * total)) > done:
            update(steps - done)
            done = steps

    return report


def _result(setup, chunk, target):
    circuit = setup.circuit
    traces = traces_frame(chunk, setup).drop(columns=["image", "layer"])
    traces["time"] = traces["t"] * circuit.si.T
    spikes = spikes_frame(chunk, circuit)
    t_grid = spikes["t_grid"]
    spikes = {"neuron": spikes["neuron"], "time": (1 + t_grid) * circuit.si.T, "t_out": t_grid}
    traces.insert(0, "model", circuit.model)
    spikes = pd.DataFrame({"model": circuit.model, **spikes})
    dt = circuit.T / setup.plan.steps
    return SimulationResult(traces, spikes, chunk.v_end[0][0], circuit, dt, target)


def _named(circuits):
    if not isinstance(circuits, dict):
        listed = circuits if isinstance(circuits, (list, tuple)) else [circuits]
        for circuit in listed:
            expect("circuit", circuit, Circuit)
        circuits = {_name(circuit): circuit for circuit in listed}
        if len(circuits) < len(listed):
            raise InvalidInput(
                "some circuits have the same kind and drive voltage: give them names, as in "
                "compare({'a': circuit, 'b': other}, ...)."
            )
    if not circuits:
        raise InvalidInput("no circuits to compare.")
    return circuits


def _name(circuit):
    drive = "" if circuit.kind == "conventional" else f", V_syn = {circuit.drive} V_th"
    return circuit.model + drive


def _below_one_another(results, frame):
    frames = {name: getattr(result, frame) for name, result in results.items()}
    return pd.concat(frames, names=["circuit"]).reset_index("circuit").reset_index(drop=True)
