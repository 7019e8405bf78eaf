"""A trained network in Brian2, image after image."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from rcspike_brian.brian import Equations, Quantity, prefs
from rcspike_brian.circuit import Circuit
from rcspike_brian.core.checks import positive_integer, recorded_by_layer
from rcspike_brian.core.threads import default_threads
from rcspike_brian.errors import InvalidInput, expect
from rcspike_brian.network import Network
from rcspike_brian.progress import Progress, progress_bar
from rcspike_brian.simulation.cache import say
from rcspike_brian.simulation.engine import set_up
from rcspike_brian.simulation.model import NetworkModel, build_model
from rcspike_brian.simulation.plan import run_values
from rcspike_brian.simulation.recording import Chunk
from rcspike_brian.simulation.result import NetworkResult, collect
from rcspike_brian.simulation.runners import open_runner
from rcspike_brian.simulation.wiring import stages_of

PRESENTATIONS = {"runtime": 10, "solve_ivp": 1}  # in one run, if nothing else is said; else 50
_MOST_PRESENTATIONS = 100_000


def _spike_times(network, inputs, circuit=None):
    # With another circuit, its T says what seconds are.
    expect("network", network, Network)
    if circuit is not None:
        expect("circuit", circuit, Circuit)
        network = network.on_circuit(circuit)
    times = network.input_spike_times(inputs)
    if len(times) == 0:
        raise InvalidInput("there is nothing to present: inputs has no rows.")
    return times


def _set_up(network, circuit, record=None, **settings):
    expect("network", network, Network)
    circuit = network.circuit if circuit is None else circuit
    expect("circuit", circuit, Circuit)
    probes = recorded_by_layer(record, network.sizes)
    conductances = [np.asarray(circuit.conductances(layer.matrix)) for layer in network.layers]
    geometry = {"sizes": network.sizes, "stages": stages_of(network)}
    return set_up(circuit, conductances, probes, **geometry, **settings)


def build_network(
    network: Network, inputs: ArrayLike, circuit: Circuit | None = None, **settings: Any
) -> NetworkModel:
    """Build a trained network as Brian2 objects on the active device, ready to run.

    Parameters
    ----------
    network : rcspike_brian.Network
    inputs : (presentations, n_in) array
        uint8 grey levels, or spike times in units of T or with a unit of time.
    circuit : Circuit, optional
    **settings
        ``dt``, ``reset``, ``synapses``, ``method``, ``record``, ``equations`` and ``values`` of
        `simulate_network`.

    Notes
    -----
    Add monitors of your own to the model's ``network``, then call its ``run()``; `read_result`
    makes frames of what the built-in monitors saw.

    Examples
    --------
    >>> from brian2.only import StateMonitor
    >>> from rcspike_brian import Network
    >>> trained = Network.random((4, 3, 2), scale=2.0, seed=1)
    >>> model = build_network(trained, [0.0, 0.2, 0.4, 1.0])
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
    times = _spike_times(network, inputs, circuit)
    setup = _set_up(network, circuit, presentations=len(times), **settings)
    values = setup.values | run_values(setup.plan, setup.circuit, times)
    return build_model(setup.plan, values, setup)


class NetworkSimulation:
    """A network set up in Brian2, to present images to; use it in a ``with`` block.

    Parameters
    ----------
    network, circuit, target, workers, presentations, tell
        As for `simulate_network`.
    **settings
        As for `build_network`.

    Attributes
    ----------
    circuit, plan, target, build_seconds
        Target is what "auto" became; compiling took 0 s if the program was there.

    Examples
    --------
    >>> from rcspike_brian import Network
    >>> network = Network.random((4, 3, 2))
    >>> with NetworkSimulation(network, target="runtime", presentations=2) as simulation:
    ...     [len(chunk) for chunk in simulation.present([[0.0, 0.2, 0.4, 1.0]] * 3)]
    [2, 1]
    """

    def __init__(
        self,
        network: Network,
        circuit: Circuit | None = None,
        *,
        target: str = "auto",
        workers: int | None = None,
        presentations: int | None = None,
        tell: Callable[[str], object] = say,
        **settings: Any,
    ):
        workers = default_threads() if workers is None else positive_integer(workers, "workers")
        if presentations is None:
            presentations = PRESENTATIONS.get(target, 50)
        presentations = positive_integer(presentations, "presentations")
        if presentations > _MOST_PRESENTATIONS:
            raise InvalidInput(
                f"presentations must be at most {_MOST_PRESENTATIONS}, since a program keeps all "
                f"their spike times in memory, got {presentations}; more inputs run in turns"
            )
        setup = _set_up(network, circuit, presentations=presentations, **settings)
        self.network, self.setup = network.on_circuit(setup.circuit), setup
        self.circuit, self.plan = setup.circuit, setup.plan
        self.runner = open_runner(setup, target, workers, tell)
        self.target, self.workers = self.runner.target, self.runner.workers
        self.build_seconds = self.runner.build_seconds

    def __enter__(self):
        self.runner.__enter__()
        return self

    def __exit__(self, *exception):
        self.runner.__exit__(*exception)

    def present(self, inputs: ArrayLike, *, traces: bool = True) -> Iterator[Chunk]:
        """Present inputs (n, n_in), and yield results of at most ``plan.presentations`` of them.

        ``traces`` says whether those of the recorded neurons are wanted.
        """
        inputs = self.network.checked_inputs(inputs)
        starts = range(0, len(inputs), self.plan.presentations)
        parts = (inputs[start : start + self.plan.presentations] for start in starts)
        runs = self.runner.run(_spike_times(self.network, part) for part in parts)
        for start, (arrays, seconds) in zip(starts, runs, strict=True):
            count = min(self.plan.presentations, len(inputs) - start)
            yield self.runner.read(self.setup, arrays, start, count, seconds, traces)


def simulate_network(
    network: Network,
    inputs: ArrayLike,
    circuit: Circuit | None = None,
    *,
    dt: Quantity | None = None,
    target: str = "auto",
    synapses: str = "summed",
    method: str = "euler",
    record: dict[int, Any] | None = None,
    reset: Quantity | None = None,
    presentations: int | None = None,
    workers: int | None = None,
    equations: str | Equations | None = None,
    values: dict[str, Any] | None = None,
    progress: Progress = True,
    tell: Callable[[str], object] = say,
) -> NetworkResult:
    """Simulate a trained network, by default in Brian2, one presentation after another.

    Parameters
    ----------
    network : rcspike_brian.Network
    inputs : (n, n_in) array
        uint8 grey levels p (spike time 1 - p/255), or spike times in units of T or with a unit of
        time.
    circuit : Circuit, optional
        The circuit that the weights are put on; the network's own if not given.
    dt : Quantity (second), optional
        Time step; must divide T. T/1000 if not given.
    target : {"auto", "runtime", "cpp_standalone", "solve_ivp"}
        In this process, with NumPy or Cython as Brian2's preferences say; or a compiled program,
        kept in the user's cache. "auto" compiles if a compiler works, and says so if none does;
        "cpp_standalone" raises `CompilerError` then. "solve_ivp" integrates the same equations
        with SciPy, from event to event with steps of its own: slow and exact to some 1e-12.
    synapses : {"summed", "individual"}
        Conductances added up per sign (fast), or one resistor and one diode per synapse. Both are
        the same circuit and agree to rounding errors with ``method="euler"``.
    method : {"euler", "rk2", "rk4", "heun", "milstein"}
        Brian2's integration method; SciPy has its own. All are of first order in dt as a whole,
        because spikes fall on time steps. Noise (``xi``) needs "euler", "heun" or "milstein".
    record : dict of int to True or list of int, optional
        Neurons whose membrane potential is recorded, by layer (1, 2, ...).
    reset : Quantity (second), optional
        Length of the reset phase between two presentations, at least two steps. T/20 if not given.
    presentations : int, optional
        Presentations in one run of Brian2: 50 compiled ones, or 10 in this process, if not given.
        With recorded neurons, memory grows with their number.
    workers : int, optional
        Compiled programs that run side by side; one per processor if not given.
    equations : str or brian2.Equations, optional
        Neurons of your own, made from `rcspike_brian.equations.neuron_equations` with
        `rcspike_brian.equations.redefine` and ``+``. Compiled noise differs from run to run.
    values : dict of str, optional
        Values of their parameters with units, as in ``{"G_leak": 1*nS}``, and of the package's own:
        one number, one per neuron, or a dictionary of these by layer (1, 2, ...).
    progress : bool or function
        Whether to draw a bar, or ``progress(done, total)`` in images.
    tell : function of str
        Told when a program is compiled, and when the cache or the compiler cannot be used.

    Notes
    -----
    Layer l charges for an input while layer l - 1 fires for it, so the layers work on different
    inputs at the same time. Spike times lie between time steps (`crossing_time`); their errors
    against the exact solution are of first order in dt, because spikes act on the next layer from
    the next time step on. The user's Brian2 state (device, preferences, clock, random state) is
    left as it is. `NetworkSimulation` goes through any number of inputs in constant memory.

    Examples
    --------
    >>> from rcspike_brian import Network
    >>> trained = Network.random((4, 3, 2), scale=2.0, seed=1)
    >>> result = simulate_network(trained, [0, 0.2, 0.4, 1], target="runtime", progress=False)
    >>> result.spikes.columns.tolist()
    ['image', 'layer', 'neuron', 'time', 't_out', 't_grid']
    """
    times = _spike_times(network, inputs, circuit)
    settings: dict[str, Any] = {"dt": dt, "reset": reset, "synapses": synapses, "method": method}
    settings |= {"record": record, "equations": equations, "values": values, "target": target}
    settings |= {"presentations": presentations, "workers": workers, "tell": tell}
    simulation = NetworkSimulation(network, circuit, **settings)
    chunks = []
    with progress_bar(progress, len(times), "image", "simulating") as update, simulation:
        for chunk in simulation.present(times, traces=bool(record)):
            chunks.append(chunk)
            update(len(chunk))
    spent = {part: sum(c.seconds[part] for c in chunks) for part in ("load", "run", "read")}
    seconds = {"build": simulation.build_seconds} | spent
    return collect(simulation.setup, chunks, simulation.target, seconds)
