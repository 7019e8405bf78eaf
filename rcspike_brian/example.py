"""The example of Figure 2 and of the course: five input spikes and one neuron."""

from math import inf

__all__ = ["SPIKE_TIMES", "V_SYN", "WEIGHTS"]

SPIKE_TIMES = (0.05, 0.30, 0.45, 0.65, 0.80)
"""Input spike times in units of T."""
WEIGHTS = (1.3, -1.0, 1.0, -1.3, 1.2)
"""Normalised weight of each input to the one neuron."""
V_SYN = (0.5, 1.0, 2.0, 4.0, 8.0, inf)
"""Drive voltages V_syn/V_th of Figure 2; infinity is the conventional circuit."""
