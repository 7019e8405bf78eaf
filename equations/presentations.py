"""Many presentations in one run: when each begins, and the reset phase between two of them.

A layer charges for T, fires for T, and is reset in what is left of ``period``; then it charges for
the next presentation. Layer l begins (l - 1) T after layer 1, because its charging phase is the
firing phase of the layer before: the layers work on different presentations at the same time.

``REPEATED``
    Takes the place of ``t_start : second (shared)`` in `rcspike_brian.equations.phases`.
``t_first``
    When the layer charges for the first time.
``period``
    From the beginning of one presentation to the beginning of the next, at least 2 T + 2 dt. A
    whole number of steps.
``presentations``
    How many there are. After the last one the layer stays in the reset phase.
``resetting``
    Whether this step belongs to the reset phase. It ends one step before the next charging phase
    begins, because a bias line may spike in the very step in which that begins.
``DISCHARGE``, ``OPEN_LINES``
    What the reset phase does, in every step: a switch shorts the capacitor, and all lines go off.
    The steps are for an event of the condition ``RESETTING``.
``INPUT_AXONS``
    Axons that spike once per presentation: ``spike_times`` is a ``TimedArray`` with one row per
    presentation and one column per axon, and with the axons' own dt as its step. An axon with a
    spike time of T or more does not spike.
``BIAS_AXON``
    An axon that spikes when the charging phase begins, for the bias of a layer.
"""

REPEATED = """
t_first : second (shared, constant)
period : second (shared, constant)
presentations : integer (shared, constant)
begun = int(floor((t - t_first + dt/2)/period)) : integer (shared)
presentation = clip(begun, 0, presentations - 1) : integer (shared)
t_start = t_first + presentation*period : second (shared)
"""

REPEATED_FLAGS = """
resetting = elapsed > 2*T + dt/2 : boolean (shared, constant over dt)
"""

RESETTING = "resetting"

DISCHARGE = """
V = V_reset
fired = False
"""

OPEN_LINES = """
G_plus = 0*siemens
G_minus = 0*siemens
"""

OPEN_DIODES = """
on = on and not resetting_post
"""

_AXONS = (
    """
T : second (shared, constant)   # length of a phase
elapsed = t - t_start : second (shared)
"""
    + REPEATED
)

# Rows are asked for by number: as a function of t they could slip by rounding.
INPUT_AXONS = "t_spike = spike_times((presentation + 0.5)*dt, i) : second" + _AXONS

BIAS_AXON = "t_spike = 0*second : second (shared)" + _AXONS

# In exactly one step, so that nothing has to be remembered; the thousandth of a step is there for
# the same reason as in `rcspike_brian.equations.axon`.
AXONS_THRESHOLD = "t_spike < T and elapsed + dt/1000 >= t_spike and elapsed - 999*dt/1000 < t_spike"
