"""What a diode model is: one object for the exact solver, Brian2 and SPICE."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from rcspike_brian.errors import InvalidInput

if TYPE_CHECKING:
    from rcspike_brian.circuit import Circuit


class Diode(ABC):
    """The diode of every synapse.

    Attributes
    ----------
    name : str
        What files and ``Circuit(diode=...)`` call it, once it is in `rcspike_brian.diodes.DIODES`.
    exact : bool
        Whether the exact solution holds: a diode that drops V_d forward and blocks in reverse.

    Examples
    --------
    A diode with a square-law foot of 50 mV, in Brian2:

    >>> class SoftDiode(Diode):
    ...     name = "soft"
    ...
    ...     def law(self, U):
    ...         return f"clip({U}, 0*volt, inf*volt)**2/(abs({U}) + 50*mvolt)"
    >>> from rcspike_brian import Circuit
    >>> Circuit(diode=SoftDiode()).diode.exact
    False
    """

    name: str
    exact: bool = False

    @abstractmethod
    def law(self, U: str) -> str:
        """Voltage across the resistor of a synapse, as a Brian2 expression in volts.

        ``U`` is the expression of the forward voltage of resistor and diode without the drop V_d;
        the synaptic current is G times what this gives. `InvalidInput`: the model is for SPICE
        only.
        """

    def subcircuit(self, circuit: Circuit) -> list[str]:
        """Lines of a SPICE netlist that define ``diode`` with the nodes anode and cathode.

        `InvalidInput`: the model is for Brian2 only.
        """
        raise InvalidInput(
            f"the diode {self.name!r} has no SPICE model; use one that has, such as 'ideal' or "
            "'real', or simulate the circuit in Brian2"
        )

    def forward_drop(self, current: float) -> float:
        """Forward voltage in volts at a current in amperes."""
        return 0.0

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"


def subcircuit(*lines: str) -> list[str]:
    """Lines of a SPICE netlist as the definition of ``diode`` with the nodes a and k."""
    return [".subckt diode a k", *lines, ".ends"]


def beyond_drop(circuit: Circuit) -> str:
    """Forward voltage of the diode without the circuit's V_d, in a netlist."""
    return f"(v(a,k) - {circuit.si.V_d:.12g})" if circuit.si.V_d else "v(a,k)"


def on_conductance(circuit: Circuit) -> float:
    """Conductance in siemens that is as good as a short circuit beside the synapses of a circuit.

    It scales with C/T, and below V_syn = V_th with V_th/E too, and so do they: what a netlist says
    does not depend on the scale.

    Parameters
    ----------
    circuit : Circuit

    Examples
    --------
    >>> from rcspike_brian import Circuit
    >>> round(on_conductance(Circuit()), 9)
    1.0
    """
    return 1e-6 * (circuit.si.C / 140e-15) / circuit.si.T / min(1.0, *circuit.e)
