"""A trained network in Brian2, image after image."""

import os
from dataclasses import dataclass, replace

import numpy as np
from brian2.only import prefs

from rcspike_brian.circuit import Circuit
from rcspike_brian.core.checks import positive_integer
from rcspike_brian.errors import CompilerError, InvalidInput
from rcspike_brian.simulation.compiler import check_tools
from rcspike_brian.simulation.inputs import check_stability
from rcspike_brian.simulation.layer import check_circuit
from rcspike_brian.simulation.network.backends import RuntimeNetwork, StandaloneNetwork
from rcspike_brian.simulation.network.cache import say
from rcspike_brian.simulation.network.model import NetworkModel, build_model
from rcspike_brian.simulation.network.names import INPUT_TIMES
from rcspike_brian.simulation.network.plan import make_plan
from rcspike_brian.simulation.network.recording import read_chunk
from rcspike_brian.simulation.network.result import NetworkResult, collect
from rcspike_brian.simulation.network.values import (
    component_values,
    input_values,
    probe_values,
    weight_values,
)

PRESENTATIONS = {"cpp_standalone": 50, "runtime": 10}
"""Presentations in one run, if nothing else is said."""

TARGETS = ("auto", "runtime", "cpp_standalone")


def choose_target(target, tell=say):
    """Resolve "auto": C++ where there is a compiler, and say so where there is none.

    Parameters
    ----------
    target : {"auto", "runtime", "cpp_standalone"}
    tell : function of str

    Returns
    -------
    str

    Raises
    ------
    InvalidInput
        Another target.
    """
    if target not in TARGETS:
        raise InvalidInput(f"target must be one of {', '.join(map(repr, TARGETS))}, got {target!r}")
    if target != "auto":
        return target
    try:
        check_tools()
    except CompilerError as error:
        tell(
            f"Brian2 runs in this process (target 'runtime', much slower), because "
            f"{_reason(error)}."
        )
        return "runtime"
    return "cpp_standalone"


def _reason(error):
    return str(error).split(". ")[0].replace("target='cpp_standalone'", "C++")


def spike_times_of(network, inputs):
    """Return input spike times in units of T: grey level p spikes at 1 - p/255."""
    return network.input_spike_times(inputs)


def circuit_of(network, circuit):
    """Return the circuit that is meant: None is the one that the network was trained for."""
    if circuit is None:
        return network.circuit
    check_circuit(circuit)
    return circuit


@dataclass(frozen=True, eq=False)
class _Setting:
    """A checked circuit, plan and the values that stay the same for all presentations."""

    circuit: Circuit
    plan: object
    values: dict


def _setting(network, circuit, *, dt, reset, synapses, method, record, presentations):
    circuit = circuit_of(network, circuit)
    probes = _probes(network, record)
    plan = make_plan(
        circuit,
        network.sizes,
        dt=dt,
        reset=reset,
        synapses=synapses,
        method=method,
        presentations=positive_integer(presentations, "presentations"),
        probes=[len(indices) for indices in probes],
    )
    for weights in network.weights:
        check_stability(circuit, np.asarray(circuit.conductances(weights)), plan.steps)
    values = component_values(plan, circuit) | weight_values(plan, circuit, network.weights)
    return _Setting(circuit, plan, values | probe_values(plan, probes))


def _probes(network, record):
    """Neurons to record in each layer, from a dictionary of layer number to neurons."""
    record = record or {}
    n_layers = len(network.weights)
    if not isinstance(record, dict) or not set(record) <= set(range(1, n_layers + 1)):
        raise InvalidInput(
            f"record must be a dictionary of layers (1 to {n_layers}) to lists of neurons, "
            f"got {record!r}."
        )
    return [
        _neurons(number, record.get(number, ()), size)
        for number, size in enumerate(network.sizes[1:], start=1)
    ]


def _neurons(number, wanted, size):
    if wanted is True:
        return tuple(range(size))
    try:
        indices = tuple(int(index) for index in wanted)
        valid = all(index == given for index, given in zip(indices, wanted, strict=True))
    except (TypeError, ValueError):
        valid = False
    if not valid or not all(0 <= index < size for index in indices):
        raise InvalidInput(
            f"record[{number}] must be True or a list of neurons from 0 to {size - 1}, "
            f"got {wanted!r}."
        )
    return indices


def _some(inputs):
    if len(inputs) == 0:
        raise InvalidInput("there is nothing to present: inputs has no rows.")
    return inputs


def presentations_for(target, n):
    """Return how many presentations of ``n`` go into one run; None is the target's own number.

    A compiled program computes them all, wanted or not; in this process there is a choice.
    """
    return min(PRESENTATIONS["runtime"], n) if target == "runtime" else None


def build_network(
    network,
    inputs,
    circuit=None,
    *,
    dt=None,
    reset=None,
    synapses="summed",
    method="euler",
    record=None,
) -> NetworkModel:
    """Build a trained network as Brian2 objects on the active device, ready to run.

    Parameters
    ----------
    network : rcspike_brian.Network
    inputs : (presentations, n_in) array
        uint8 grey levels, or spike times in units of T.
    circuit, dt, reset, synapses, method, record
        As for `simulate_network`.

    Returns
    -------
    NetworkModel
        Named Brian2 objects: ``axons``, ``layers``, ``synapses``, ``spikes``, ... and ``network``
        that holds them, with all values set. Add monitors of your own to ``network``, then call
        ``run()``; `read_result` makes frames of what the built-in monitors saw.

    Raises
    ------
    InvalidInput
        An argument is not possible.

    Examples
    --------
    >>> from brian2.only import StateMonitor
    >>> from rcspike_brian import Network
    >>> trained = Network.random((4, 3, 2), scale=2.0, seed=1)
    >>> model = build_network(trained, [[0.0, 0.2, 0.4, 1.0]])
    >>> conductance = StateMonitor(model.layers[0], "G_plus", record=True, clock=model.clock)
    >>> model.network.add(conductance)
    >>> model.run()
    >>> conductance.G_plus.shape
    (3, 3001)
    """
    if prefs.core.default_float_dtype != np.float64:
        raise InvalidInput(
            "a network of many presentations needs prefs.core.default_float_dtype = float64, got "
            f"{prefs.core.default_float_dtype!r}: its timetable counts more steps than float32 can."
        )
    times = spike_times_of(network, _some(network.checked_inputs(inputs)))
    setting = _setting(
        network,
        circuit,
        dt=dt,
        reset=reset,
        synapses=synapses,
        method=method,
        record=record,
        presentations=len(times),
    )
    given = input_values(setting.plan, setting.circuit, times)
    model = build_model(setting.plan, given[f"{INPUT_TIMES}.values"])
    model.assign(setting.values)
    return replace(model, circuit=setting.circuit, recorded=_probes(network, record))


class NetworkSimulation:
    """A network set up in Brian2, to present images to; use it in a ``with`` block.

    Parameters
    ----------
    network : rcspike_brian.Network
    circuit, dt, reset, target, workers, synapses, method, record, presentations, tell
        As for `simulate_network`.

    Attributes
    ----------
    circuit : Circuit
    plan : Plan
    target : {"runtime", "cpp_standalone"}
        Which one "auto" became.
    build_seconds : float
        What compiling took; 0 if the program was there.

    Examples
    --------
    >>> from rcspike_brian import Network
    >>> network = Network.random((4, 3, 2), scale=2.0, seed=1)
    >>> with NetworkSimulation(network, target="runtime", presentations=2) as simulation:
    ...     sizes = [len(chunk) for chunk in simulation.present([[0.0, 0.2, 0.4, 1.0]] * 3)]
    >>> sizes
    [2, 1]
    """

    def __init__(
        self,
        network,
        circuit=None,
        *,
        dt=None,
        reset=None,
        target="auto",
        workers=None,
        synapses="summed",
        method="euler",
        record=None,
        presentations=None,
        tell=say,
    ):
        self.network = network
        self.recorded = _probes(network, record)
        self.workers = positive_integer(os.cpu_count() if workers is None else workers, "workers")
        self.tell = tell
        options = {
            "dt": dt,
            "reset": reset,
            "synapses": synapses,
            "method": method,
            "record": record,
            "presentations": presentations,
        }
        try:
            self._open(choose_target(target, tell), circuit, options)
        except CompilerError as error:
            if target != "auto":
                raise
            tell(f"{error}\nSo Brian2 runs in this process (target 'runtime', much slower).")
            self._open("runtime", circuit, options)

    def _open(self, target, circuit, options):
        presentations = options["presentations"]
        if presentations is None:
            presentations = PRESENTATIONS[target]
        setting = _setting(self.network, circuit, **{**options, "presentations": presentations})
        self.target, self.circuit, self.plan = target, setting.circuit, setting.plan
        if target == "runtime":
            self.backend = RuntimeNetwork(self.plan, self.circuit, setting.values)
        else:
            self.backend = StandaloneNetwork(
                self.plan, self.circuit, setting.values, self.workers, self.tell
            )
        self.build_seconds = self.backend.build_seconds

    def __enter__(self):
        self.backend.__enter__()
        return self

    def __exit__(self, *exception):
        self.backend.__exit__(*exception)

    def present(self, inputs, *, traces=True):
        """Present inputs one after another, and yield the results chunk by chunk.

        Parameters
        ----------
        inputs : (n, n_in) array
            uint8 grey levels, or spike times in units of T.
        traces : bool
            Whether the traces of the recorded neurons are wanted.

        Yields
        ------
        Chunk
            Of at most ``plan.presentations`` presentations.
        """
        inputs = _some(self.network.checked_inputs(inputs))
        starts = range(0, len(inputs), self.plan.presentations)
        parts = (inputs[start : start + self.plan.presentations] for start in starts)
        runs = self.backend.run(spike_times_of(self.network, part) for part in parts)
        for start, (arrays, seconds) in zip(starts, runs, strict=True):
            yield read_chunk(
                self.plan,
                self.circuit,
                arrays,
                first=start,
                count=min(self.plan.presentations, len(inputs) - start),
                seconds=seconds,
                traces=traces,
            )


def simulate_network(
    network,
    inputs,
    circuit=None,
    *,
    dt=None,
    reset=None,
    target="auto",
    workers=None,
    synapses="summed",
    method="euler",
    record=None,
    presentations=None,
    progress=True,
    tell=say,
) -> NetworkResult:
    """Simulate a trained network in Brian2, one presentation after another.

    Parameters
    ----------
    network : rcspike_brian.Network
    inputs : (n, n_in) array
        uint8 grey levels p (spike time 1 - p/255), or spike times in units of T.
    circuit : Circuit, optional
        The circuit that the weights are put on. Default: normalised, with the drive voltage that
        the network has.
    dt : Quantity (second), optional
        Time step; must divide T. T/1000 if not given.
    reset : Quantity (second), optional
        Length of the reset phase between two presentations, at least two steps. T/20 if not given.
    target : {"auto", "runtime", "cpp_standalone"}
        In this process, with NumPy or Cython as Brian2's preferences say; or a compiled program,
        which is kept in the user's cache. "auto" compiles if there is a compiler that works, and
        says so if there is none.
    workers : int, optional
        Compiled programs that run side by side; one per processor if not given. The runtime target
        uses one.
    synapses : {"summed", "diode"}
        Conductances added up per sign, or one resistor and one diode per synapse (slow).
    method : {"euler", "rk2", "rk4"}
    record : dict of int to True or list of int, optional
        Neurons whose membrane potential is recorded, by layer (1, 2, ...).
    presentations : int, optional
        Presentations in one run of the program, of which they are a part: 50 compiled ones, or 10
        in this process, if not given. With recorded neurons, memory grows with their number.
    progress : bool
        Whether to show a progress bar.
    tell : function of str
        Told when a program is compiled, and when the cache or the compiler cannot be used.

    Returns
    -------
    NetworkResult

    Raises
    ------
    InvalidInput
        An argument is not possible; nothing has been run.
    CompilerError
        The C++ compiler is missing or failed, or the compiled program did.

    Notes
    -----
    Layer l charges for an input while layer l - 1 fires for it. The layers work on different inputs
    at the same time: one presentation begins 2 T and the reset phase after another.

    Spike times lie between time steps (`crossing_time`); their errors against the exact solution
    are of first order in dt, because spikes act on the next layer from the next time step on.

    Results of all inputs are kept. To go through any number of inputs in constant memory, use
    `NetworkSimulation` and its chunks.

    The user's Brian2 state (device, preferences, default clock, random state) is left as it is.

    Examples
    --------
    >>> from rcspike_brian import Network
    >>> trained = Network.random((4, 3, 2), scale=2.0, seed=1)
    >>> result = simulate_network(
    ...     trained, [[0.0, 0.2, 0.4, 1.0]], target="runtime", progress=False)
    >>> result.spikes.columns.tolist()
    ['image', 'layer', 'neuron', 'time', 't_out', 't_grid']
    """
    from tqdm.auto import tqdm  # at import it warns in a notebook without ipywidgets

    inputs = _some(network.checked_inputs(inputs))
    options = {"dt": dt, "reset": reset, "synapses": synapses, "method": method, "record": record}
    if presentations is None:
        presentations = presentations_for(target, len(inputs))
    with (
        NetworkSimulation(
            network,
            circuit,
            target=target,
            workers=workers,
            presentations=presentations,
            tell=tell,
            **options,
        ) as simulation,
        tqdm(total=len(inputs), desc="simulating", unit="image", disable=not progress) as bar,
    ):
        chunks = []
        for chunk in simulation.present(inputs, traces=bool(record)):
            chunks.append(chunk)
            bar.update(len(chunk))
    return collect(simulation, chunks)
