"""Many presentations in one run: when each begins, and the reset phase between two of them.

A layer charges for T, fires for T, and is reset in what is left of ``period``; then it charges for
the next presentation. Layer l begins (l - 1) T after layer 1, because its charging phase is the
firing phase of the layer before: the layers work on different presentations at the same time.

A layer has one timetable, computed once per step and not per neuron; its ``t_start`` follows from
it and cannot be set.
"""

from rcspike_brian.brian import Equations, SingleEquation
from rcspike_brian.equations.axon import INPUT_AXON
from rcspike_brian.equations.extend import parsed, redefine
from rcspike_brian.equations.neuron import PHASES

TIMETABLE = """
t_first : second (shared, constant)    # when the layer charges for the first time
period : second (shared, constant)     # at least 2*T + 2*dt, a whole number of steps
presentations : integer (shared, constant)
begun = int(floor((t - t_first + dt/2)/period)) : integer (shared)
presentation = clip(begun, 0, presentations - 1) : integer (shared)
"""
T_START = "t_start = t_first + presentation*period : second (shared)"

# It ends one step before the next charging phase begins: a bias line may spike in that very step.
RESET_PHASE = """
resetting = t - t_start > 2*T + dt/2 : boolean (shared, constant over dt)
"""
RESETTING = "resetting"

# In every step of it a switch shorts the capacitor, and all lines go off.
DISCHARGE = """
V = V_reset
fired = False
"""
OPEN_LINES = """
G_plus = 0*siemens
G_minus = 0*siemens
"""
OPEN_INDIVIDUAL_LINES = """
on = on and not resetting_post
"""


def presented(equations):
    """Give neurons or axons, whose equations have some of `PHASES`, a timetable for many runs."""
    equations, phases = parsed(equations), parsed(PHASES)
    common = [name for name in phases if name in equations]
    # Phases of somebody's own stay as they are, neuron by neuron.
    if any(str(equations[name]) != str(phases[name]) for name in common):
        common = ["T"]
    shared = [_shared(phases[name]) for name in common if name != "t_start"]
    return redefine(equations, T_START, *shared) + parsed(TIMETABLE)


def _shared(line):
    """The same definition, computed once for a whole group."""
    flags = ["shared", *line.flags]
    return Equations(
        [SingleEquation(line.type, line.varname, line.dim, line.var_type, line.expr, flags)]
    )


# Rows are asked for by number: as a function of t they could slip by rounding.
INPUT_AXONS = redefine(
    presented(INPUT_AXON), "t_spike = spike_times((presentation + 0.5)*dt, i) : second"
)
BIAS_AXON = redefine(presented(INPUT_AXON), "t_spike = 0*second : second (shared)")
