"""Firing ramps, which turn a membrane potential into a spike time: one file each.

``RAMPS`` has them by the name that ``Circuit(ramp=...)`` takes; put one of your own there.
"""

from rcspike_brian.ramps.base import Ramp
from rcspike_brian.ramps.discharge import DischargeRamp
from rcspike_brian.ramps.free_running import FreeRunningRamp
from rcspike_brian.ramps.linear import LinearRamp
from rcspike_brian.ramps.resistive import ResistiveRamp
from rcspike_brian.ramps.threshold import ThresholdRamp

RAMPS: dict[str, Ramp] = {
    ramp.name: ramp
    for ramp in (
        LinearRamp(), ResistiveRamp(), DischargeRamp(), FreeRunningRamp(), ThresholdRamp(),
    )
}  # fmt: skip

__all__ = [
    "RAMPS", "DischargeRamp", "FreeRunningRamp", "LinearRamp", "Ramp", "ResistiveRamp",
    "ThresholdRamp",
]  # fmt: skip
