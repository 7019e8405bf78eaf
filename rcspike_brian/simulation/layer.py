"""The entry point: one layer, one presentation."""

from rcspike_brian.circuit import Circuit
from rcspike_brian.errors import InvalidInput
from rcspike_brian.simulation.inputs import prepare
from rcspike_brian.simulation.progress import reporter
from rcspike_brian.simulation.result import SimulationResult, to_result
from rcspike_brian.simulation.runtime import RuntimeBackend
from rcspike_brian.simulation.standalone import StandaloneBackend

BACKENDS = {"runtime": RuntimeBackend, "cpp_standalone": StandaloneBackend}


def simulate(
    circuit,
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
) -> SimulationResult:
    """Simulate the charging and the firing phase of a layer in Brian2.

    Parameters
    ----------
    circuit : Circuit
    spike_times : array_like (n_in,)
        Input spike times, as plain numbers in [0, 1] in units of T, or with units of time. An
        input at T does not spike.
    weights : array_like (n_in, n_out)
        Normalised weights as plain numbers, or signed conductances in siemens.
    dt : Quantity (second), optional
        Time step; must divide T. T/1000 if not given.
    target : {"runtime", "cpp_standalone"}
        In this process, with NumPy or Cython as Brian2's preferences say, or compiled to C++ in a
        temporary folder.
    synapses : {"summed", "diode"}
        Conductances added up per sign (fast), or one resistor and one diode per synapse. Both are
        the same circuit and agree to rounding errors with ``method="euler"``.
    record : True, None or list of int
        Neurons whose membrane potential is recorded.
    report : None, "text", "progressbar" or function
        Progress; a function is called as Brian2 does, ``report(elapsed, completed, start,
        duration)``. A compiled model is one stretch: it reports its start and its end.
    V_0 : float, Quantity (volt) or one per neuron, optional
        Membrane potential at the start, in units of V_th or with units; 0 if not given. Another
        value is a pre-charged capacitor.
    method : {"euler", "rk2", "rk4"}
        Brian2's integration method. All are of first order in dt as a whole, because spikes fall on
        time steps.

    Returns
    -------
    SimulationResult

    Raises
    ------
    InvalidInput
        An argument is not possible; nothing has been run.
    CompilerError
        The C++ compiler is missing or failed.

    Notes
    -----
    Spikes are rounded up to the next time step. The errors of v(T) and of the output spike times
    against the exact solution (`rcspike_brian.membrane_potential`) shrink in proportion to dt.

    The user's Brian2 state (device, preferences, default clock, random state) is left as it is.
    With Brian2's own preferences the first run on a machine compiles Cython code for most of a
    minute; for small circuits ``prefs.codegen.target = "numpy"`` is faster.

    Examples
    --------
    >>> from rcspike_brian import Circuit, simulate
    >>> result = simulate(Circuit.normalised(1.0), [0.0, 0.5], [[1.5], [-0.5]])
    >>> print(result.v_end.round(2), result.t_out.round(2))
    [0.51] [0.49]
    >>> result.traces.shape
    (2001, 7)
    """
    check_circuit(circuit)
    backend = open_backend(target)
    inputs = prepare(
        circuit,
        spike_times,
        weights,
        dt=dt,
        V_0=V_0,
        record=record,
        synapses=synapses,
        method=method,
    )
    with reporter(report) as brian_report, backend:
        recording = backend.run(circuit, inputs, brian_report)
    return to_result(circuit, inputs, recording, target)


def check_circuit(circuit):
    """Refuse what is not a `Circuit`."""
    if not isinstance(circuit, Circuit):
        raise InvalidInput(f"circuit must be an rcspike_brian.Circuit, got {circuit!r}.")


def open_backend(target):
    """Return the backend of that name, to be used in a ``with`` block."""
    if target not in BACKENDS:
        raise InvalidInput(f"target must be 'runtime' or 'cpp_standalone', got {target!r}.")
    return BACKENDS[target]()
