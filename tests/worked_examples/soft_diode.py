"""A diode that begins to conduct gradually."""

from rcspike_brian.diodes import DIODES, Diode, on_conductance


class SoftDiode(Diode):
    """Behind its drop it conducts in proportion to U^2 at first, to U from some foot on."""

    name = "soft"
    foot = 0.02  # in volts

    def law(self, U):
        """U^2/(U + foot) where U > 0."""
        return f"clip({U}, 0*volt, inf*volt)**2/(abs({U}) + {self.foot}*volt)"

    def subcircuit(self, circuit):
        """The same foot in SPICE, in front of a resistor of the size C/T."""
        G = circuit.si.C / circuit.si.T
        law = f"{G:g}*v(a,k)**2/(abs(v(a,k)) + {self.foot})"
        return [
            ".subckt diode a k",
            f"B1 a k I = v(a,k) > 0 ? min({law}, {on_conductance(circuit):g}*v(a,k)) : 0",
            ".ends",
        ]


DIODES["soft"] = SoftDiode()
