"""Models of the synaptic diode: one file each.

``DIODES`` has them by the name that ``Circuit(diode=...)`` takes; put one of your own there.
"""

from rcspike_brian.diodes.base import Diode, on_conductance
from rcspike_brian.diodes.ideal import IdealDiode
from rcspike_brian.diodes.junction import JunctionDiode
from rcspike_brian.diodes.leaky import LeakyDiode

DIODES: dict[str, Diode] = {
    diode.name: diode
    for diode in (
        IdealDiode(),
        LeakyDiode(),
        LeakyDiode(1.0, name="none"),
        JunctionDiode("near-ideal", saturation_current=1e-15, emission=0.01),
        # A generic silicon junction, not one of a particular process.
        JunctionDiode("real", saturation_current=1e-15, series_resistance=100.0),
    )
}

__all__ = ["DIODES", "Diode", "IdealDiode", "JunctionDiode", "LeakyDiode", "on_conductance"]
