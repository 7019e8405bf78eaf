"""A firing ramp that is a resistor to a supply of its own."""

import math

from rcspike_brian.ramps import RAMPS, Ramp


class SupplyRamp(Ramp):
    """A resistor to V_dd = 2 V_th that lifts V from 0 to V_th in one T, whatever V_syn is."""

    name = "supply"
    v_dd = 2.0  # in units of V_th

    def drive(self, circuit):
        """Current i_0 at v = 0, and the conductance g by which it falls: i_0 - g v."""
        g = -math.log(1 - 1 / self.v_dd)
        return g * self.v_dd, g

    def supply(self, circuit, V_dd):
        """Its own, whatever feeds ramps that are current sources."""
        return self.v_dd * circuit.si.V_th


RAMPS["supply"] = SupplyRamp()
