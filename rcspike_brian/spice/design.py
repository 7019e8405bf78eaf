"""What is designed of the transistor circuit: voltages, sizes, and its parts as lines of a netlist.

After arXiv:2412.09010. A neuron is a capacitor that is reset to V_0. Positive synapses and the
firing ramp (the discharge) are NMOS current sources, which pull the potential down towards the
threshold at V_0 - V_th; negative synapses are PMOS current sources that lift it. So v is
(V_0 - V)/V_th.

source
    a transistor whose gate voltage says the current, and whose source is the line: at its own
    supply the line is on, at the other one off. Nothing floats in it, so no charge follows when it
    is switched off. A larger current takes several unit transistors side by side, each near the
    same current, since lambda depends on it.
bias
    the gate voltage is that of a diode-connected replica that carries a reference current, or, with
    copiers, of the transistor itself, which keeps it: its mismatch has no effect then. Buffers that
    bring the voltage to the synapses, and capacitors that keep it, are ideal.
comparator
    an inverter that trips at V_0 - V_th (a low-threshold NMOS against a narrow, long PMOS), a NAND
    that lets it speak in the firing phase only, and inverters that drive the lines, wide enough for
    the currents of the synapses to leave them at the supply.
reset
    a transmission gate to V_0.
"""

from dataclasses import dataclass, fields

from rcspike_brian.errors import InvalidInput, expect, shown
from rcspike_brian.quantities import finite_array, real_number
from rcspike_brian.spice.sky130 import Process, Transistors


@dataclass(frozen=True)
class Design:
    """Voltages in volts, sizes in metres; defaults are those of arXiv:2412.09010 where it has any.

    Raises `InvalidInput`: a number that is not positive or has a unit, or a threshold or a reset
    potential beyond the supply.

    Parameters
    ----------
    V_dd, V_0, V_th : float
        Supply, reset potential, and how far below it the threshold is.
    C : float
        All of a neuron's capacitance, that of its transistors included, in farads.
    T : float
        Of a phase, in seconds.
    W, L : float
        Of the unit transistor of a synapse.
    L_discharge : float
        Of the firing ramp, whose W is that of a synapse.
    I_unit : float
        A unit transistor carries about that, in amperes (at reset).
    trip_n, trip_p : (float, float)
        W and L of the comparator's inverter.
    T_reset : float
        Before each phase, in seconds.

    Examples
    --------
    >>> Design().I_full  # C V_th/T: what moves the capacitor by V_th in one T
    1.2208e-07
    """

    V_dd: float = 1.8
    V_0: float = 1.3
    V_th: float = 0.872
    C: float = 140e-15
    T: float = 1e-6
    W: float = 1e-6
    L: float = 0.25e-6
    L_discharge: float = 0.5e-6
    I_unit: float = 40e-9
    trip_n: tuple[float, float] = (5e-6, 0.15e-6)
    trip_p: tuple[float, float] = (0.42e-6, 4e-6)
    T_reset: float = 30e-9

    def __post_init__(self):
        """Check the values."""
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in ("trip_n", "trip_p"):
                if finite_array(field.name, value).shape != (2,) or min(value) <= 0:
                    raise InvalidInput(
                        f"{field.name} must be W and L in metres, got {shown(value)}"
                    )
            else:
                real_number(field.name, value, "> 0")
        if not self.V_th < self.V_0 < self.V_dd:
            raise InvalidInput(
                "V_th must be less than V_0 and V_0 less than V_dd (in volts), got "
                f"{self.V_th:g}, {self.V_0:g} and {self.V_dd:g}"
            )

    @property
    def I_full(self) -> float:
        """C V_th/T, in amperes."""
        return self.C * self.V_th / self.T

    def source(
        self, parts: Transistors, name: str, kind: str, node: str, bias: str, line: str, m: int = 1
    ) -> str:
        """Line of a current source at ``node``: it is on where ``line`` is at its supply.

        ``kind`` is "n" (supply: ground), "p" (V_dd) or "discharge" (ground).
        """
        L = self.L_discharge if kind == "discharge" else self.L
        kind, body = ("p", "vdd") if kind == "p" else ("n", "0")
        return parts.add(name, kind, f"{node} {bias} {line} {body}", self.W, L, m)

    def mirror(
        self, parts: Transistors, name: str, kind: str, bias: str, I: float, m: int = 1
    ) -> list[str]:
        """Lines of a replica that carries the current I and makes the voltage ``bias``."""
        on, ends = ("vdd", f"{bias} 0") if kind == "p" else ("0", f"vdd {bias}")
        return [f"I{name} {ends} {I:.9g}", self.source(parts, name, kind, bias, bias, on, m)]

    def neuron(
        self, parts: Transistors, name: str, C: float, bias: str, fire: str, reset: str
    ) -> list[str]:
        """Lines of a neuron at node ``n<name>``, with an explicit capacitor of C farads.

        ``fire`` is high in the firing phase and ``fire`` + "b" low; so is ``reset`` in the reset.
        Its outputs are lines for synapses: after the spike ``n<name>l`` is low, ``p<name>l`` high.
        """
        node = f"n{name}"
        return [
            f"C{name} {node} 0 {C:.9g} IC={self.V_0:.9g}",
            self.source(parts, f"d{name}", "discharge", node, bias, f"{fire}b"),
            parts.add(f"r{name}n", "n", f"{node} {reset} v0 0", 0.42e-6, 0.15e-6),
            parts.add(f"r{name}p", "p", f"{node} {reset}b v0 vdd", 0.42e-6, 0.15e-6),
            *self.comparator(parts, name, node),
            *_nand(parts, f"k{name}", f"c{name}", fire, f"k{name}"),
            *_inverter(parts, f"o{name}", f"k{name}", f"p{name}l", 20e-6),
            *_inverter(parts, f"i{name}", f"p{name}l", f"n{name}l", 20e-6),
        ]

    def comparator(self, parts: Transistors, name: str, node: str) -> list[str]:
        """Lines of the inverter that trips at V_0 - V_th; its output is ``c<name>``."""
        return [
            parts.add(f"c{name}n", "n_lvt", f"c{name} {node} 0 0", *self.trip_n),
            parts.add(f"c{name}p", "p_hvt", f"c{name} {node} vdd vdd", *self.trip_p),
        ]

    def speaker(self, parts: Transistors, name: str, fire: str) -> list[str]:
        """Lines of what brings the comparator's word to the drivers of the lines, ``p<name>``."""
        return [
            *_nand(parts, f"k{name}", f"c{name}", fire, f"k{name}"),
            *_inverter(parts, f"o{name}", f"k{name}", f"p{name}", 1e-6),
        ]


def process_and_design(process: Process | None, design: Design | None) -> tuple[Process, Design]:
    """What is given, or the defaults; `InvalidInput` if it is something else."""
    process = Process() if process is None else process
    design = Design() if design is None else design
    expect("process", process, Process)
    expect("design", design, Design)
    return process, design


def _inverter(parts, name, node, out, W):
    """An ordinary inverter: a PMOS twice as wide as the NMOS."""
    return [
        parts.add(f"{name}n", "n", f"{out} {node} 0 0", W / 2, 0.15e-6),
        parts.add(f"{name}p", "p", f"{out} {node} vdd vdd", W, 0.15e-6),
    ]


def _nand(parts, name, a, b, out):
    """Low while both inputs are high."""
    return [
        parts.add(f"{name}n1", "n", f"{out} {a} h{name} 0", 1e-6, 0.15e-6),
        parts.add(f"{name}n2", "n", f"h{name} {b} 0 0", 1e-6, 0.15e-6),
        parts.add(f"{name}p1", "p", f"{out} {a} vdd vdd", 1e-6, 0.15e-6),
        parts.add(f"{name}p2", "p", f"{out} {b} vdd vdd", 1e-6, 0.15e-6),
    ]
