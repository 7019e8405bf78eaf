"""The neuron with devices that are not perfect: leak, finite ramp, comparator offset.

Spread of resistors and capacitors and quantised weights need no equations of their own: ``G`` of
every synapse and ``C`` of every neuron are parameters. What is new:

``G_leak``
    Conductance from the capacitor to the reset potential, always there.
``I_0``, ``G_ramp``
    The ramp is a current source I_0 with the output conductance G_ramp: it delivers
    I_0 - G_ramp*V. I_0 is the same for all neurons, whatever the capacitor of each turned out
    to be.
``V_offset``
    What the comparator is off by, its noise in this presentation included. A linear ramp turns
    noise of the threshold into jitter of the spike time.
"""

from rcspike_brian.equations.capacitor import CAPACITOR
from rcspike_brian.equations.conventional import CONSTANT_CURRENT
from rcspike_brian.equations.rc_spike import RESISTIVE_CURRENT

DEVICES = """
I_ramp = I_0 - (G_ramp + G_leak)*V : amp
I_0 : amp (constant)
G_ramp : siemens (constant)
G_leak : siemens (constant)
V_offset : volt (constant)
"""

DEVICE_THRESHOLD = "V >= V_th + V_offset and comparing and not fired"


def _leaky(current):
    """Add the leak of the charging phase to a synaptic current."""
    return current.replace("I_syn = ", "I_syn = -G_leak*V + ")


DEVICE_RC_SPIKE_NEURON = CAPACITOR + _leaky(RESISTIVE_CURRENT) + DEVICES
DEVICE_CONVENTIONAL_NEURON = CAPACITOR + _leaky(CONSTANT_CURRENT) + DEVICES
