"""A junction diode, for SPICE."""

import math
from typing import TYPE_CHECKING

from rcspike_brian.diodes.base import Diode, subcircuit
from rcspike_brian.errors import InvalidInput
from rcspike_brian.quantities import real_number

if TYPE_CHECKING:
    from rcspike_brian.circuit import Circuit

# kT/q at SPICE's default temperature of 27 degrees Celsius, in volts.
THERMAL_VOLTAGE = 1.380649e-23 * 300.15 / 1.602176634e-19


class JunctionDiode(Diode):
    """I = IS (exp(V/(N kT/q)) - 1) with a resistor in series.

    Parameters
    ----------
    name : str
    saturation_current, emission, series_resistance, junction_capacitance : float
        IS in amperes, N, RS in ohms, and CJO in farads, which couples the edges of the lines into
        the membrane. `InvalidInput`: a value that no diode has.

    Examples
    --------
    >>> round(JunctionDiode("silicon", 1e-15, series_resistance=100.0).forward_drop(100e-9), 3)
    0.476
    """

    def __init__(
        self, name: str, saturation_current: float, emission: float = 1.0,
        series_resistance: float = 0.0, junction_capacitance: float = 0.0,
    ):  # fmt: skip
        self.name = name
        self.saturation_current = real_number("saturation_current", saturation_current, "> 0")
        self.emission = real_number("emission", emission, "> 0")
        self.series_resistance = real_number("series_resistance", series_resistance, ">= 0")
        self.junction_capacitance = real_number(
            "junction_capacitance", junction_capacitance, ">= 0"
        )

    def law(self, U: str) -> str:
        """None: the drop depends on the current, which depends on the drop."""
        raise InvalidInput(
            f"the diode {self.name!r} is a SPICE model, and Brian2 has no equation for it: use "
            "simulate_spice, or a diode with a fixed drop, Circuit(V_d=...)"
        )

    def subcircuit(self, circuit: "Circuit") -> list[str]:
        """SPICE's own diode."""
        model = (
            f".model junction D(IS={self.saturation_current:g} N={self.emission:g} "
            f"RS={self.series_resistance:g} CJO={self.junction_capacitance:g})"
        )
        return subcircuit("D1 a k junction", model)

    def forward_drop(self, current: float) -> float:
        """N kT/q ln(1 + I/IS) + RS I."""
        current = real_number("current", current, ">= 0")
        junction = self.emission * THERMAL_VOLTAGE * math.log1p(current / self.saturation_current)
        return junction + self.series_resistance * current
