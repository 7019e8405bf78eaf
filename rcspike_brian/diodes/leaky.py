"""A diode that conducts a little in reverse."""

from typing import TYPE_CHECKING

from rcspike_brian.diodes.base import Diode, beyond_drop, on_conductance, subcircuit
from rcspike_brian.quantities import real_number

if TYPE_CHECKING:
    from rcspike_brian.circuit import Circuit


class LeakyDiode(Diode):
    """Blocks imperfectly: a synapse conducts in reverse, at a fraction of its conductance.

    Parameters
    ----------
    reverse : float
        That fraction, in [0, 1]: 0 is the ideal diode, 1 no diode at all.
    name : str

    Examples
    --------
    >>> LeakyDiode(0.01).law("U")
    '(clip(U, 0*volt, inf*volt) + 0.01*clip(U, -inf*volt, 0*volt))'
    """

    def __init__(self, reverse: float = 0.01, name: str = "leaky"):
        self.reverse, self.name = real_number("reverse", reverse, "in [0, 1]"), name

    def law(self, U: str) -> str:
        """The voltage; of a negative one, a fraction."""
        return f"(clip({U}, 0*volt, inf*volt) + {self.reverse!r}*clip({U}, -inf*volt, 0*volt))"

    def subcircuit(self, circuit: "Circuit") -> list[str]:
        """A large conductance forward, and in reverse one that the synapses notice.

        The share is that of a synapse of the conductance C/T; with smaller ones more gets through.
        """
        forward, reverse = on_conductance(circuit), self.reverse * circuit.si.C / circuit.si.T
        if self.reverse == 1:
            reverse = forward
        U = beyond_drop(circuit)
        return subcircuit(f"B1 a k I = {U}*({U} > 0 ? {forward:g} : {reverse:g})")
