"""The line behind a pool: a wired OR that the first spike of its window switches on.

The line passes the spike on in the same time step, as a wire does: within the slot of the synapses,
neurons pull their lines first (`PULL`), then lines look whether they are pulled (`LINE_THRESHOLD`),
then they spike onto the next layer. A line that has spiked stays on until it is released.
"""

POOLED_LINE = """
t_start : second (constant)            # when the layer in front begins to charge
T : second (constant)                  # length of a phase
pulled : boolean                       # a neuron of its window has spiked
spiked : boolean                       # it is on, and a line spikes once
"""
PULL = "pulled_post = True"
LINE_THRESHOLD = "pulled and not spiked"
LINE_RESET = "spiked = True"

# In the reset phase of the layer in front.
RELEASE = """
pulled = False
spiked = False
"""
