"""The input axon: it spikes once, at ``t_spike`` after its layer's charging phase has begun.

An axon with t_spike >= T does not spike: a pixel of 0 has t_spike = T. The spike is rounded up to
the next step; `AXON_THRESHOLD` is true in exactly that one, so nothing has to be remembered and
`AXON_RESET` is empty. The thousandth of a step absorbs rounding errors: a spike time on the grid
stays where it is.
"""

INPUT_AXON = """
t_spike : second (constant)
t_start : second (constant)
T : second (constant)                  # length of a phase
elapsed = t - t_start : second
"""
AXON_THRESHOLD = "t_spike < T and elapsed + dt/1000 >= t_spike and elapsed - 999*dt/1000 < t_spike"
AXON_RESET = ""
