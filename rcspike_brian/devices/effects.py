"""Which imperfections a chip has, and how large they are."""

from dataclasses import dataclass, fields

from rcspike_brian.core.checks import positive_integer
from rcspike_brian.quantities import real_number


@dataclass(frozen=True)
class DeviceEffects:
    """Imperfections of the devices, finite numbers >= 0; each is off by default.

    Diode drop and unequal rails are no imperfections of single devices: they belong to the
    `Circuit` (and to ``beta`` of a network).

    Parameters
    ----------
    conductance_spread : float
        Every resistor is off by a log-normal factor of its own, of mean 1; this is the standard
        deviation of its logarithm.
    capacitor_spread : float
        Log-normal spread of the capacitors, likewise. The ramp's current stays nominal.
    weight_levels : int
        Conductances that can be programmed, for either sign and per layer, the largest weight of
        the layer being the highest. 0: any.
    comparator_offset : float
        Standard deviation over neurons of the threshold, in units of V_th.
    comparator_jitter : float
        Standard deviation of the threshold from presentation to presentation, in units of V_th;
        with a linear ramp it is that of the spike time in units of T.
    leak : float
        G_leak T/C: the capacitor's own discharge in units of 1/T, in both phases.
    ramp_conductance : float
        T/(R C) for a ramp with the output resistance R; 0 is an ideal current source.

    Examples
    --------
    >>> DeviceEffects(conductance_spread=0.1).leak
    0.0
    """

    conductance_spread: float = 0.0
    capacitor_spread: float = 0.0
    weight_levels: int = 0
    comparator_offset: float = 0.0
    comparator_jitter: float = 0.0
    leak: float = 0.0
    ramp_conductance: float = 0.0

    def __post_init__(self):
        """Check every value."""
        for field in fields(self):
            value = real_number(field.name, getattr(self, field.name), ">= 0")
            object.__setattr__(self, field.name, value)
        levels = positive_integer(self.weight_levels, "weight_levels", least=0)
        object.__setattr__(self, "weight_levels", levels)
