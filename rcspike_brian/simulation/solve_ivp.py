"""A judge beside Brian2 and the closed form: the same equations, integrated by SciPy.

Between two events (an input spike, a spike of a neuron, the end of a phase) the right-hand sides of
the neuron's Brian2 equations are smooth, and `scipy.integrate.solve_ivp` integrates them with an
error that it controls, in steps of its own. Nothing is rounded to a time step. It is slow: meant
for small circuits.
"""

from time import perf_counter
from typing import Any

import numpy as np

from rcspike_brian.brian import DEFAULT_CONSTANTS, DEFAULT_FUNCTIONS, NumpyNodeRenderer, all_units
from rcspike_brian.equations import neuron_equations
from rcspike_brian.equations.extend import parsed
from rcspike_brian.errors import InvalidInput
from rcspike_brian.layers import Conv, Pool
from rcspike_brian.simulation.plan import name_of
from rcspike_brian.simulation.recording import Chunk

_ACCURACY = {"method": "DOP853", "rtol": 1e-11}
_SMALLEST = 1e-13  # of a potential, in units of V_th; and of a time, in units of T
_PHASES = ("elapsed", "charging", "charged", "ramping", "comparing")
_KNOWN: dict[str, Any] = {unit.name: float(unit) for unit in all_units}
_KNOWN |= {name: float(constant.value) for name, constant in DEFAULT_CONSTANTS.items()}
_KNOWN |= {name: function.pyfunc for name, function in DEFAULT_FUNCTIONS.items()}
_KNOWN |= {
    "logical_and": np.logical_and,
    "logical_or": np.logical_or,
    "logical_not": np.logical_not,
}


class SolveIvpRunner:
    """Integrates presentation after presentation, layer after layer, with SciPy."""

    target, build_seconds, workers = "solve_ivp", 0.0, 1

    def __init__(self, setup, tell=None):
        self.setup, self.equations = setup, parsed(setup.plan.neuron)
        if self.equations.is_stochastic:
            raise InvalidInput("target='solve_ivp' cannot integrate noise (xi): use 'runtime'.")
        phases = parsed(neuron_equations())
        if changed := [n for n in _PHASES if str(self.equations.get(n)) != str(phases[n])]:
            raise InvalidInput(
                f"target='solve_ivp' needs the package's own phases, and the equations define "
                f"{', '.join(changed)} otherwise: use 'runtime'."
            )

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        return None

    def run(self, chunks, report=None):
        """Yield ``(layers, seconds)`` for each chunk of spike times (n, n_in) in units of T."""
        n_layers = self.setup.plan.n_layers
        for times in chunks:
            started = perf_counter()
            layers = [[] for _ in range(n_layers)]
            for presentation, lines in enumerate(times):
                for number in range(1, n_layers + 1):
                    if pool := self.setup.plan.pool(number):
                        lines = Pool(pool.shape, pool.size).earliest(lines[None])[0]
                    layer = _Layer(self.setup, self.equations, number, presentation)
                    if self.setup.plan.bias:
                        lines = np.append(lines, 0.0)
                    layers[number - 1].append(layer.present(lines))
                    lines = layers[number - 1][-1][0]
            yield layers, {"load": 0.0, "run": perf_counter() - started, "read": 0.0}

    def read(self, setup, layers, first, count, seconds, traces=True) -> Chunk:
        """What `rcspike_brian.simulation.recording.read_chunk` makes of Brian2's monitors."""
        t_out, v_end, traced = (
            [np.array([part[k] for part in presentations]) for presentations in layers]
            for k in range(3)
        )
        probed = zip(traced, setup.plan.probes, strict=True)
        kept = [trace if traces and n_probes else None for trace, n_probes in probed]
        return Chunk(first, t_out, t_out, v_end, kept, seconds)


class _Layer:
    """The neurons of one layer in one presentation, in SI units."""

    def __init__(self, setup, equations, number, presentation):
        si, plan = setup.circuit.si, setup.plan
        self.plan, self.T, self.V_th = plan, si.T, si.V_th
        self.n, self.probes = plan.sizes[number], list(setup.probes[number - 1])
        prefix = name_of("layer", number) + "."
        known = {n.removeprefix(prefix): v for n, v in setup.values.items() if n.startswith(prefix)}
        own = dict.fromkeys(equations.parameter_names, 0.0) | known
        start = presentation * float(plan.period) + (number - 1) * si.T
        own |= {"T": si.T, "dt": plan.dt, "t_start": start, "i": np.arange(self.n), "N": self.n}
        self.start, self.fired, self.crossed = start, *np.zeros((2, self.n), bool)
        self.names = sorted(equations.diff_eq_names)
        self.y = np.array([np.broadcast_to(known.get(name, 0.0), self.n) for name in self.names])
        if presentation:
            self.y[self.names.index("V")] = own.get("V_reset", 0.0)
        render = NumpyNodeRenderer().render_expr
        self.code = {n: compile(render(e.code), n, "eval") for n, e in equations.eq_expressions}
        self.fixed = {**_KNOWN, **own}
        parts = ("synapses", "bias_synapses") if number > 1 else ("synapses",)
        parts = ("kernel",) if plan.window(number) else parts
        self.synapses = {
            name: np.concatenate([self._synapse(setup, part, number, name) for part in parts])
            for name in (("G",) if plan.synapses == "summed" else ("G", "V_syn", "V_d"))
        }
        self.law = plan.diode and compile(render(plan.diode), "diode", "eval")

    def _synapse(self, setup, part, number, name):
        value = np.asarray(setup.values[f"{name_of(part, number)}.{name}"])
        if part == "kernel":
            stage = setup.plan.stages[number - 1]
            shape, _, stride, padding = stage.window
            return Conv(value.reshape(-1, stage.n_columns), shape, stride, padding).weights
        size = setup.values[f"{name_of(part, number)}.G"].size
        return np.broadcast_to(value, size).reshape(-1, self.n)

    def present(self, lines):
        """Output spike times (n,) in T, v(T) (n,), and V of the probes (n_probes, 2 steps + 1)."""
        V, n = self.names.index("V"), self.plan.steps
        grid = self.start + np.arange(2 * n + 1) / n * self.T
        trace = np.zeros((len(self.probes), 2 * n + 1))
        trace[:, 0] = self.y[V, self.probes]
        ends = [*np.unique(lines[lines < 1]), 1.0]
        for begin, end in zip([0.0, *ends], ends, strict=False):
            self._integrate(begin, end, lines <= begin, grid, trace, charging=True)
        v_end, t_out, now = self.y[V] / self.V_th, np.ones(self.n), 1.0
        while now < 2 - _SMALLEST:
            level = self._compared(self.start + now * self.T, self.y)
            above = self.crossed | (self.y[V] >= level - _SMALLEST * self.V_th)
            above &= ~self.fired
            t_out[above] = now - 1
            self.fired |= above
            self.y[V, above] = np.broadcast_to(self.fixed["V_reset"], self.n)[above]
            now = self._integrate(now, 2.0, lines < 1, grid, trace, charging=False)
        return t_out, v_end, trace

    def _compared(self, t, y):
        """What the comparators compare V with at the time t of the firing phase."""
        scope = {"charging": False, "ramping": True, "fired": self.fired}
        return self._values(t, y, self.fixed | scope).of("V_compare") - np.zeros(self.n)

    def _integrate(self, begin, end, on, grid, trace, charging):
        """Go on until ``end`` or, in the firing phase, the next spike; returns when, in T."""
        from scipy.integrate import solve_ivp

        if end <= begin:
            return end
        V, waiting = self.names.index("V"), ~self.fired
        scope = self.fixed | {"charging": charging, "ramping": not charging, "fired": self.fired}
        if self.plan.synapses == "summed":
            G = self.synapses["G"][on]
            scope |= {"G_plus": np.maximum(G, 0).sum(0), "G_minus": np.maximum(-G, 0).sum(0)}

        def slope(t, y):
            return self._slopes(t, y.reshape(self.y.shape), scope, on).ravel()

        def crossing(t, y):
            y = y.reshape(self.y.shape)
            return (y[V] - self._compared(t, y))[waiting].max()

        vars(crossing).update(terminal=True, direction=1)  # how SciPy is told
        watched = crossing if not charging and waiting.any() else None
        span = self.start + begin * self.T, self.start + end * self.T
        scales = np.maximum(np.abs(self.y).max(axis=1), _SMALLEST)
        scales[V] = self.V_th
        done = solve_ivp(
            slope, span, self.y.ravel(), events=watched, dense_output=bool(self.probes),
            atol=np.repeat(_SMALLEST * scales, self.n), **_ACCURACY,
        )  # fmt: skip
        if not done.success:
            raise InvalidInput(
                f"SciPy cannot integrate the equations of the neurons: {done.message}"
            )
        self.y = done.y[:, -1].reshape(self.y.shape).copy()
        if self.probes:
            inside = (grid > span[0]) & (grid <= done.t[-1])
            if inside.any():
                trace[:, inside] = done.sol(grid[inside]).reshape(*self.y.shape, -1)[V, self.probes]
        self.crossed[:] = False
        if done.status != 1:
            return end
        # Whose spike it was: V may have stopped just below the level, and would be found again.
        distance = np.where(waiting, self.y[V] - self._compared(done.t[-1], self.y), -np.inf)
        self.crossed = distance == distance.max()
        return (done.t[-1] - self.start) / self.T

    def _values(self, t, y, scope):
        values = _Values(self.code, scope | dict(zip(self.names, y, strict=True)))
        values["t"], values["elapsed"] = t, t - self.start
        return values

    def _slopes(self, t, y, scope, on):
        values = self._values(t, y, scope)
        if self.law:
            synapses = {name: array[on] for name, array in self.synapses.items()}
            V_post = values["V"] - np.zeros_like(synapses["G"])
            known = {**_KNOWN, **synapses, "V_post": V_post}
            across = eval(self.law, {"__builtins__": {}}, known)
            values["I_inputs"] = (synapses["G"] * across).sum(axis=0)
            values["I_bias"] = 0.0  # its line is among the others
        return np.array([values.of(name) - np.zeros(self.n) for name in self.names])


class _Values(dict):
    """Values by name; subexpressions are evaluated when they are first asked for."""

    def __init__(self, code, known):
        super().__init__(known)
        self.code = code

    def __missing__(self, name):
        if name not in self.code:
            raise KeyError(name)
        self[name] = self.of(name)
        return self[name]

    def of(self, name):
        """What the equation of that name says now."""
        return eval(self.code[name], {"__builtins__": {}}, self)
