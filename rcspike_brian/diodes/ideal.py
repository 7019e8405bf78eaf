"""The ideal diode: a fixed drop forward, open in reverse."""

from typing import TYPE_CHECKING

from rcspike_brian.diodes.base import Diode, beyond_drop, on_conductance, subcircuit

if TYPE_CHECKING:
    from rcspike_brian.circuit import Circuit


class IdealDiode(Diode):
    """Conducts as soon as the voltage exceeds the circuit's V_d, and never back.

    Examples
    --------
    >>> IdealDiode().law("V_syn - V_d - V")
    'clip(V_syn - V_d - V, 0*volt, inf*volt)'
    """

    name = "ideal"
    exact = True

    def law(self, U: str) -> str:
        """The voltage, 0 where it is negative."""
        return f"clip({U}, 0*volt, inf*volt)"

    def subcircuit(self, circuit: "Circuit") -> list[str]:
        """A large conductance forward, behind V_d, and none in reverse."""
        U = beyond_drop(circuit)
        return subcircuit(f"B1 a k I = {U} > 0 ? {U}*{on_conductance(circuit):g} : 0")
