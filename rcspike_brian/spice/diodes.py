"""The diodes of a netlist: ideal, nearly ideal, or a silicon junction."""

import math
from dataclasses import dataclass

from rcspike_brian.errors import InvalidInput

# kT/q at SPICE's default temperature of 27 degrees Celsius, in volts.
THERMAL_VOLTAGE = 1.380649e-23 * 300.15 / 1.602176634e-19

# An ideal diode conducts 1 S forward: a millionth of the smallest synaptic resistance.
_FORWARD_CONDUCTANCE = 1.0


@dataclass(frozen=True)
class Diode:
    """A junction diode, or an ideal one.

    Parameters
    ----------
    name : str
    saturation_current : float
        IS in amperes; 0 is the ideal diode: a short circuit forward, open in reverse.
    emission : float
        Emission coefficient N.
    series_resistance : float
        RS in ohms.
    junction_capacitance : float
        CJO in farads. It couples the edges of the lines into the membrane.

    Raises
    ------
    InvalidInput
        A value that no diode has.

    Examples
    --------
    >>> round(DIODES["real"].forward_drop(100e-9), 3)
    0.476
    >>> DIODES["ideal"].forward_drop(100e-9)
    0.0
    """

    name: str
    saturation_current: float = 0.0
    emission: float = 1.0
    series_resistance: float = 0.0
    junction_capacitance: float = 0.0

    def __post_init__(self):
        """Check the parameters."""
        for name in ("saturation_current", "series_resistance", "junction_capacitance"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise InvalidInput(f"{name} must be a finite number >= 0, got {value!r}")
        if not (math.isfinite(self.emission) and self.emission > 0):
            raise InvalidInput(f"emission must be a finite number > 0, got {self.emission!r}")

    @property
    def is_ideal(self):
        """Whether this is the ideal diode."""
        return self.saturation_current == 0

    def forward_drop(self, current):
        """Forward voltage at a current: N kT/q ln(1 + I/IS) + RS I.

        Parameters
        ----------
        current : float
            In amperes.

        Returns
        -------
        float
            In volts.
        """
        if self.is_ideal:
            return 0.0
        junction = self.emission * THERMAL_VOLTAGE * math.log1p(current / self.saturation_current)
        return junction + self.series_resistance * current

    def definition(self):
        """Lines that define the subcircuit ``diode`` with the nodes anode and cathode."""
        if self.is_ideal:
            element = [f"B1 a k I = v(a,k) > 0 ? v(a,k)*{_FORWARD_CONDUCTANCE:g} : 0"]
        else:
            element = [
                "D1 a k junction",
                f".model junction D(IS={self.saturation_current:g} N={self.emission:g} "
                f"RS={self.series_resistance:g} CJO={self.junction_capacitance:g})",
            ]
        return [".subckt diode a k", *element, ".ends"]


DIODES = {
    "ideal": Diode("ideal"),
    "near-ideal": Diode("near-ideal", saturation_current=1e-15, emission=0.01),
    # A generic silicon junction, not one of a particular process.
    "real": Diode("real", saturation_current=1e-15, series_resistance=100.0),
}
"""Diodes by name."""


def diode_named(diode):
    """A `Diode` as it is, or the one of that name.

    Parameters
    ----------
    diode : Diode or str

    Returns
    -------
    Diode

    Raises
    ------
    InvalidInput
        An unknown name.

    Examples
    --------
    >>> diode_named("ideal").is_ideal
    True
    """
    if isinstance(diode, Diode):
        return diode
    if diode not in DIODES:
        raise InvalidInput(
            f"diode must be a Diode or one of {', '.join(map(repr, DIODES))}, got {diode!r}"
        )
    return DIODES[diode]
