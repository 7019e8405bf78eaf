"""The input axon: it spikes once, at its spike time.

``t_spike``
    Spike time, counted from the start of the charging phase, 0 <= t_spike < T. An axon with
    t_spike >= T does not spike: a pixel of 0 has t_spike = T.
``t_start``
    When the charging phase of the layer that the axon drives begins.
``spiked``
    An axon spikes once.

The spike is rounded up to the next step (see `rcspike_brian.equations.phases`); the thousandth of a
step absorbs rounding errors, so that a spike time on the grid stays where it is.
"""

INPUT_AXON = """
t_spike : second (constant)
T : second (shared, constant)   # length of a phase
t_start : second (shared)
spiked : boolean
"""

AXON_THRESHOLD = "t - t_start + dt/1000 >= t_spike and t_spike < T and not spiked"

AXON_RESET = """
spiked = True
"""
