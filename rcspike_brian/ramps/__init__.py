"""Firing ramps, which turn a membrane potential into a spike time: one file each.

``RAMPS`` has them by the name that ``Circuit(ramp=...)`` takes; put one of your own there.
"""

from contextlib import suppress
from typing import Any

from rcspike_brian.ramps.base import Ramp
from rcspike_brian.ramps.discharge import DischargeRamp
from rcspike_brian.ramps.free_running import FreeRunningRamp
from rcspike_brian.ramps.linear import LinearRamp
from rcspike_brian.ramps.resistive import ResistiveRamp
from rcspike_brian.ramps.threshold import ThresholdRamp
from rcspike_brian.registry import look_up

RAMPS: dict[str, Ramp] = {
    ramp.name: ramp
    for ramp in (
        LinearRamp(), ResistiveRamp(), DischargeRamp(), FreeRunningRamp(), ThresholdRamp(),
    )
}  # fmt: skip


def ramp_named(given: Any) -> Ramp:
    """The ramp of that name, or a ramp as it is; `InvalidInput`: there is none.

    That of a transistor has its b in its name, and is made where another process has not.

    Parameters
    ----------
    given : str or Ramp

    Examples
    --------
    >>> ramp_named("discharge-0.2").b
    0.2
    """
    kind, _, b = given.partition("-") if isinstance(given, str) else ("", "", "")
    if kind == "discharge" and b and given not in RAMPS:
        with suppress(ValueError):
            ramp = DischargeRamp(float(b))
            return RAMPS.setdefault(ramp.name, ramp)
    return look_up("ramp", given, RAMPS, Ramp)


__all__ = [
    "RAMPS", "DischargeRamp", "FreeRunningRamp", "LinearRamp", "Ramp", "ResistiveRamp",
    "ThresholdRamp", "ramp_named",
]  # fmt: skip
