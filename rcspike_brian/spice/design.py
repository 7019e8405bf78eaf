"""What is designed of the transistor circuit: voltages, sizes, and its parts as lines of a netlist.

After arXiv:2412.09010. A neuron is a capacitor that is reset to V_0. Positive synapses and the firing
ramp (the discharge) are NMOS current sources, which pull the potential down towards the threshold
at V_0 - V_th; negative synapses are PMOS current sources that lift it. So v is (V_0 - V)/V_th.

source
    a transistor whose gate voltage says the current, and beneath it, at the supply, a switch that
    the line drives. The membrane never sees the edge of the line. A larger current takes several
    unit transistors side by side, each near the same current, since lambda depends on it.
bias
    the gate voltage is that of a diode-connected replica (unit and switch) that carries a reference
    current. Buffers that bring it to the synapses are ideal.
comparator
    an inverter that trips at V_0 - V_th (a low-threshold NMOS against a narrow, long PMOS), a NAND
    that lets it speak in the firing phase only, and inverters that drive the lines.
reset
    a transmission gate to V_0.
"""

from dataclasses import dataclass

from rcspike_brian.spice.sky130 import Transistors


@dataclass(frozen=True)
class Design:
    """Voltages in volts, sizes in metres; defaults are those of arXiv:2412.09010 where it has any.

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

    @property
    def I_full(self) -> float:
        """C V_th/T, in amperes."""
        return self.C * self.V_th / self.T

    def source(
        self, parts: Transistors, name: str, kind: str, node: str, bias: str, line: str, m: int = 1
    ) -> list[str]:
        """Lines of a current source at ``node``, whose switch is on while ``line`` says so.

        ``kind`` is "n" or "p", of which the line of "p" is low when on, or "discharge".
        """
        L = self.L_discharge if kind == "discharge" else self.L
        kind, rail = ("p", "vdd") if kind == "p" else ("n", "0")
        middle = f"s_{name}"
        return [
            parts.add(name, kind, f"{node} {bias} {middle} {rail}", self.W, L, m),
            parts.add(f"{name}s", kind, f"{middle} {line} {rail} {rail}", self.W, 0.15e-6, m),
        ]

    def mirror(self, parts: Transistors, name: str, kind: str, bias: str, I: float) -> list[str]:
        """Lines of a replica that carries the reference current I and makes the voltage ``bias``."""
        on, ends = ("0", f"{bias} 0") if kind == "p" else ("vdd", f"vdd {bias}")
        return [f"I{name} {ends} {I:.9g}", *self.source(parts, name, kind, bias, bias, on)]
