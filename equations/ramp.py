"""The ramp of the firing phase, which turns a membrane potential into a spike time.

``LINEAR_RAMP``
    A current source that lifts V by V_th in one T: the neuron spikes at t_out = 1 - V(T)/V_th,
    in units of T from the start of the firing phase.
``RC_RAMP``
    A resistor to the voltage ``V_ramp``, which must exceed V_th, instead of the current source.
    Its conductance, -C ln(1 - b)/T with b = V_th/V_ramp, lifts V from 0 to V_th in one T, and the
    neuron spikes at t_out = [ln(1 - b) - ln(1 - b v)]/ln(1 - b) with v = V(T)/V_th.
"""

LINEAR_RAMP = """
I_ramp = C*V_th/T : amp
"""

RC_RAMP = """
I_ramp = -C*log(1 - V_th/V_ramp)/T*(V_ramp - V) : amp
V_ramp : volt (constant)
"""
