"""Parts with known costs, by name: what the equations of the circuit leave open.

Each number has its source in ``sources``. "sky130" is simulated (`rcspike transistors parts`), with
an interval over the corners; "literature" is what was published of parts in other processes.

Lines have a capacitance for each synapse that they pass: 2 um of wire at 0.2 fF/um, which is a
rule of thumb and not simulated, and, on the one line of its sign, a source junction of the unit
transistor, 0.7 fF (`rcspike_brian.spice.extract`). A spike charges both lines of its axon once, and
they are discharged to ground afterwards: C V_dd^2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from numpy.typing import ArrayLike

from rcspike_brian.errors import InvalidInput, expect, shown
from rcspike_brian.network import Network
from rcspike_brian.quantities import finite_array, real_number

WIRE = 2 * 0.2e-15
"""Capacitance of a line per synapse that it passes, in farads."""
JUNCTION = 0.7e-15
"""What a synapse adds to the line that it is connected to, in farads."""


@dataclass(frozen=True)
class Parts:
    """Costs of the parts of one neuron.

    Raises `InvalidInput`: an energy or a power that is no number or negative, or not in this order.

    Parameters
    ----------
    comparator : (float, float, float)
        Energy in one inference in joules: typical, least and most of the corners.
    static_power : (float, float, float)
        Of the operational amplifier of a conventional circuit while it charges, in watts.
    supply : float
        Of its current sources and of the lines, in volts.
    sources : dict of str to str
        Where the numbers are from.
    fixed_threshold : bool
        Whether the comparator switches at one voltage only: a threshold cannot fall on it.

    Examples
    --------
    >>> LITERATURE.comparator[0]
    4.17e-14
    """

    comparator: tuple[float, float, float]
    static_power: tuple[float, float, float]
    supply: float
    sources: dict[str, str]
    fixed_threshold: bool = False

    def __post_init__(self):
        """Check the numbers."""
        for name in ("comparator", "static_power"):
            found = finite_array(name, getattr(self, name))
            if found.shape != (3,) or not 0 <= found[1] <= found[0] <= found[2]:
                raise InvalidInput(
                    f"{name} must be three numbers that are not negative: typical, least, most; "
                    f"got {shown(getattr(self, name))}"
                )
        real_number("supply", self.supply, "> 0")


LITERATURE = Parts(
    comparator=(41.7e-15,) * 3,
    static_power=(0.25e-6,) * 3,
    supply=1.8,
    sources={
        "comparator": "41.7 fJ, 65 nm (TIMELY, ISCA 2020); as cited elsewhere, paper not at hand",
        "static_power": "0.25 pJ for an integrator in one T of 1 us, 130 nm (NeuRRAM, Nature "
        "2022); as cited elsewhere, not found in what of the paper is at hand",
        "supply": "that of sky130, whatever the parts",
    },
)


def _sky130():
    """From the table of `rcspike transistors parts`, which is part of the package."""
    table = files("rcspike_brian") / "results" / "transistors" / "parts.csv"
    head, *rows = (line.split(",") for line in table.read_text(encoding="ascii").split())
    corners = {row[0]: dict(zip(head[1:], map(float, row[1:]), strict=True)) for row in rows}

    def interval(name):
        values = [corner[name] for corner in corners.values()]
        return corners["tt"][name], min(values), max(values)

    return Parts(
        comparator=interval("comparator"),
        static_power=interval("amplifier_static"),
        supply=1.8,
        sources=dict.fromkeys(
            ("comparator", "static_power"), "rcspike transistors parts: simulated, no layout"
        )
        | {"supply": "of the process"},
        fixed_threshold=True,  # an inverter
    )


PARTS: dict[str, Callable[[], Parts]] = {"sky130": _sky130, "literature": lambda: LITERATURE}
"""Makers of the named sets of `Parts`."""


def line_energy(network: Network, inputs: ArrayLike, supply: float = 1.8) -> np.ndarray:
    """Energy that the lines of a network take for each input, in joules.

    Spike times are those of `Network`, which knows no supply: currents are not clamped.

    Parameters
    ----------
    network : Network
    inputs : (n, n_in) array
        As for `energy_budget`.
    supply : float
        Swing of a line, in volts.

    Returns
    -------
    (n, n_layers) numpy.ndarray

    Examples
    --------
    >>> network = Network.random((4, 3, 2), v_syn=1.0, seed=0)
    >>> bias = 3 * (2 * WIRE + JUNCTION) * 1.8**2
    >>> float(line_energy(network, [[1.0, 1.0, 1.0, 0.5]])[0, 0] / bias)  # one spike, and the bias
    2.0
    """
    expect("network", network, Network)
    supply = real_number("supply", supply, ">= 0")
    inputs = network.checked_inputs(inputs)
    fan_out = [layer.fan_out() for layer in network.layers]
    passed = np.zeros((len(inputs), len(fan_out)))
    for block in network.blocks(len(inputs)):
        part = inputs[block]
        times = [network.input_spike_times(part), *network.spike_times(part)[:-1]]
        # A pool drives one line with its first spike; a line passes what it can reach.
        for l, (in_front, layer) in enumerate(zip(times, network.layers, strict=True)):
            passed[block, l] = (layer.lines(in_front) < 1) @ fan_out[l]
    return passed * (2 * WIRE + JUNCTION) * supply**2
