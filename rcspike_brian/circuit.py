"""The circuit: its components in physical units, and the way to normalised numbers and back.

The solver and the trainer work on normalised, unitless arrays; Brian2 and hardware people work
in volts, farads and siemens. `Circuit` is the only place where the two meet.
"""

from dataclasses import dataclass, field, fields
from math import inf, isinf

import numpy as np
from brian2.units import Quantity, farad, second, siemens, volt
from brian2.units.allunits import ffarad, usecond

from rcspike_brian.core.firing import spike_time
from rcspike_brian.errors import InvalidInput
from rcspike_brian.quantities import finite_array, fixed_scalar, pair_of_numbers, read_only

KINDS = ("rc-spike", "conventional")
RAMPS = ("linear", "rc")

# Component -> its unit, and an example for messages.
_COMPONENTS = {
    "C": (farad, "a capacitance such as 0.14*pF"),
    "T": (second, "a time such as 1*us"),
    "V_th": (volt, "a voltage such as 1*volt"),
    "V_d": (volt, "a voltage such as 0.3*volt"),
}


@dataclass(frozen=True, eq=False, repr=False)
class Circuit:
    """One neuron's components, shared by a whole network; immutable.

    All potentials are counted from the reset potential.

    Parameters
    ----------
    C : Quantity (farad)
        Capacitor of a neuron.
    T : Quantity (second)
        Length of the charging phase and of the firing phase.
    V_th : Quantity (volt)
        Threshold of the comparator.
    V_syn : Quantity (volt) or pair of them
        Magnitude of the drive voltage of a line that is on: one number for both rails, or
        ``(plus, minus)``. In a conventional circuit it only sets the current, ``G * V_syn``.
    V_d : Quantity (volt)
        Forward drop of the synaptic diodes; 0 for ideal diodes.
    kind : {"rc-spike", "conventional"}
        Resistor and diode per synapse, or a constant current per synapse.
    ramp : {"linear", "rc"}
        What lifts the membrane potential in the firing phase: a current source, or a resistor to
        the positive rail.

    Raises
    ------
    InvalidInput
        If the components cannot work together; the message says why.

    Notes
    -----
    With ``E = V_syn - V_d`` the normalised quantities are::

        v = V/V_th      w = T E G/(C V_th) with the sign of the synapse      beta = V_th/E

    and the circuit obeys ``dv/dt = g(t) - f(t) v`` (Sakemi et al., "Training Physical Neural
    Networks for Analog In-Memory Computing", arXiv:2412.09010, Methods; RC-Spike itself: Sakemi
    et al., ISCAS 2022). A conventional circuit has beta = 0.

    Examples
    --------
    >>> from brian2 import pF, us, volt, mV
    >>> circuit = Circuit(C=0.14*pF, T=1*us, V_th=800*mV, V_syn=1.8*volt, V_d=200*mV)
    >>> circuit.beta
    (0.5, 0.5)
    >>> circuit.conductances([[1.0, -0.5]])
    array([[ 70., -35.]]) * nsiemens
    >>> print(circuit.volts(0.5), circuit.seconds(0.25))
    0.4 V 250. ns
    """

    C: Quantity = field(default_factory=lambda: 140 * ffarad)
    T: Quantity = field(default_factory=lambda: 1 * usecond)
    V_th: Quantity = field(default_factory=lambda: 1 * volt)
    V_syn: Quantity | tuple[Quantity, Quantity] = field(default_factory=lambda: 1 * volt)
    V_d: Quantity = field(default_factory=lambda: 0 * volt)
    kind: str = "rc-spike"
    ramp: str = "linear"

    def __post_init__(self):
        for name, (unit, expected) in _COMPONENTS.items():
            value = fixed_scalar(name, getattr(self, name), unit, expected)
            object.__setattr__(self, name, value)
        object.__setattr__(self, "V_syn", _rails(self.V_syn))
        _check_choice("kind", self.kind, KINDS)
        _check_choice("ramp", self.ramp, RAMPS)
        self._check_physics()

    def _check_physics(self):
        for name in ("C", "T", "V_th"):
            if not getattr(self, name) > 0:
                raise InvalidInput(f"{name} must be positive, but it is {getattr(self, name)}.")
        if self.V_d < 0:
            raise InvalidInput(
                f"V_d must not be negative, but it is {self.V_d}: a diode's forward drop takes "
                "from the drive voltage. Use 0*volt for an ideal diode."
            )
        if self.kind == "conventional" and self.V_d > 0:
            raise InvalidInput(
                f"a conventional circuit has no synaptic diodes, but V_d is {self.V_d}. "
                "Leave V_d out, or use kind='rc-spike'."
            )
        for rail, value in zip(("positive", "negative"), self.V_syn, strict=True):
            if value <= self.V_d:
                raise InvalidInput(
                    f"V_syn must exceed V_d, but on the {rail} rail V_syn is {value} and V_d is "
                    f"{self.V_d}: no current would pass the diode. Raise V_syn or lower V_d."
                )
        if self.ramp == "rc" and self.b >= 1:
            raise InvalidInput(
                "ramp='rc' pulls the membrane potential towards the positive rail, V_syn - V_d = "
                f"{self.E[0]}, which must exceed V_th = {self.V_th}, or no neuron would ever "
                "fire. Raise V_syn, or use ramp='linear'."
            )

    @classmethod
    def normalised(cls, v_syn, V_th=1 * volt, **components):
        """Make a circuit from the drive voltage in units of the threshold.

        Parameters
        ----------
        v_syn : float or pair of floats
            V_syn/V_th, for both rails or ``(plus, minus)``. Infinity gives the conventional
            circuit, which is the limit of large V_syn at fixed weights.
        V_th : Quantity (volt)
            Threshold.
        **components
            Further parameters of `Circuit`.

        Returns
        -------
        Circuit

        Examples
        --------
        >>> Circuit.normalised(2.0).beta
        (0.5, 0.5)
        >>> Circuit.normalised(float("inf")).kind
        'conventional'
        """
        plus, minus = pair_of_numbers("v_syn", v_syn)
        if isinf(plus) != isinf(minus):
            raise InvalidInput(
                f"v_syn is {v_syn!r}: either both rails are infinite (the conventional circuit) "
                "or none."
            )
        if plus == minus == inf:
            if components.setdefault("kind", "conventional") != "conventional":
                raise InvalidInput("an infinite v_syn is the conventional circuit, not RC-Spike.")
            plus = minus = 1.0
        V_th = fixed_scalar("V_th", V_th, *_COMPONENTS["V_th"])
        return cls(V_th=V_th, V_syn=(plus * V_th, minus * V_th), **components)

    @classmethod
    def sky130(cls):
        """Return the circuit that was simulated in the sky130 process by arXiv:2412.09010.

        Its reset potential is 1.3 V of a 1.8 V supply, off the middle, and its synapses are MOSFET
        current sources with a finite output resistance. Both are folded into two unequal
        effective rails, 2.80 and 1.53 thresholds away from the reset potential (Table 2 there).

        Examples
        --------
        >>> Circuit.sky130()
        Circuit(C=140. fF, T=1. us, V_th=0.872 V, V_syn=(2.4416 V, 1.33416 V), V_d=0. V, kind='rc-spike', ramp='linear')
        """  # noqa: E501
        return cls.normalised((2.80, 1.53), V_th=0.872 * volt)

    @property
    def model(self) -> str:
        """The circuit's kind, spelt as in figures and data frames."""
        return {"rc-spike": "RC-Spike", "conventional": "conventional"}[self.kind]

    @property
    def E(self) -> tuple[Quantity, Quantity]:
        """``(E_plus, E_minus)``: magnitudes of the reversal potentials, V_syn - V_d."""
        return tuple(read_only(float(value) - float(self.V_d), volt) for value in self.V_syn)

    @property
    def beta(self) -> tuple[float, float]:
        """``(beta_plus, beta_minus)`` = V_th/E, the resistive coupling; 0 if conventional."""
        if self.kind == "conventional":
            return (0.0, 0.0)
        return tuple(float(self.V_th) / float(E) for E in self.E)

    @property
    def b(self) -> float:
        """V_th/E_plus, which shapes the RC firing ramp."""
        return float(self.V_th) / float(self.E[0])

    def weights(self, conductances):
        """Turn signed conductances into normalised weights.

        Parameters
        ----------
        conductances : Quantity (siemens), any shape
            The sign is the sign of the synapse.

        Returns
        -------
        ndarray, same shape
            ``w = T E G/(C V_th)`` with E of the rail that the sign selects.
        """
        G = finite_array("conductances", conductances, siemens, "siemens, such as 50*nS")
        return G * self._weight_per_siemens(G)

    def conductances(self, weights):
        """Turn normalised weights into signed conductances: the inverse of `weights`.

        Parameters
        ----------
        weights : array_like of float, any shape

        Returns
        -------
        Quantity (siemens), same shape
        """
        w = finite_array("weights", weights, 1, "plain numbers")
        return Quantity(w / self._weight_per_siemens(w), dim=siemens.dim)

    def _weight_per_siemens(self, signed):
        plus, minus = (float(E) for E in self.E)
        reversal = np.where(np.signbit(signed), minus, plus)
        return float(self.T) * reversal / (float(self.C) * float(self.V_th))

    def seconds(self, t):
        """Turn normalised time (units of T) into a Quantity of the same shape."""
        numbers = finite_array("t", t, 1, "plain numbers, in units of T")
        return Quantity(numbers * float(self.T), dim=second.dim)

    def normalised_time(self, time):
        """Turn a time with units into units of T: the inverse of `seconds`."""
        return finite_array("time", time, second, "seconds, such as 0.3*us") / float(self.T)

    def volts(self, v):
        """Turn a normalised potential (units of V_th) into a Quantity of the same shape."""
        numbers = finite_array("v", v, 1, "plain numbers, in units of V_th")
        return Quantity(numbers * float(self.V_th), dim=volt.dim)

    def normalised_potential(self, V):
        """Turn a potential with units into units of V_th: the inverse of `volts`."""
        return finite_array("V", V, volt, "volts, such as 0.5*volt") / float(self.V_th)

    def spike_time(self, v):
        """Return the firing-phase spike time for a membrane potential at the end of charging.

        Parameters
        ----------
        v : array_like of float
            V(T)/V_th.

        Returns
        -------
        ndarray, same shape
            Time since the start of the firing phase in units of T, in [0, 1]; 1 is no spike.
        """
        return spike_time(v, ramp=self.ramp, b=self.b if self.ramp == "rc" else None)

    def to_dict(self) -> dict:
        """Return plain numbers in SI units, ready for JSON.

        Examples
        --------
        >>> Circuit.from_dict(Circuit.sky130().to_dict()) == Circuit.sky130()
        True
        """
        return {
            "C": float(self.C),
            "T": float(self.T),
            "V_th": float(self.V_th),
            "V_syn": [float(value) for value in self.V_syn],
            "V_d": float(self.V_d),
            "kind": self.kind,
            "ramp": self.ramp,
        }

    @classmethod
    def from_dict(cls, values):
        """Rebuild a circuit from `to_dict`; complete and nothing else."""
        names = [entry.name for entry in fields(cls)]
        if not isinstance(values, dict) or sorted(values) != sorted(names):
            raise InvalidInput(
                f"a circuit needs exactly the entries {', '.join(names)}, got "
                f"{', '.join(map(str, values)) if isinstance(values, dict) else repr(values)}."
            )
        components = {
            name: _plain_number(name, values[name]) * unit
            for name, (unit, _) in _COMPONENTS.items()
        }
        rails = pair_of_numbers("V_syn", values["V_syn"])
        components["V_syn"] = tuple(rail * volt for rail in rails)
        return cls(**components, kind=values["kind"], ramp=values["ramp"])

    def _key(self):
        return tuple(
            tuple(value) if isinstance(value, list) else value for value in self.to_dict().values()
        )

    def __eq__(self, other):
        return self._key() == other._key() if isinstance(other, Circuit) else NotImplemented

    def __hash__(self):
        return hash(self._key())

    def __repr__(self):
        plus, minus = self.V_syn
        V_syn = str(plus) if plus == minus else f"({plus}, {minus})"
        return (
            f"Circuit(C={self.C}, T={self.T}, V_th={self.V_th}, V_syn={V_syn}, "
            f"V_d={self.V_d}, kind={self.kind!r}, ramp={self.ramp!r})"
        )


def _rails(V_syn):
    """One drive voltage, or a pair of them, as a pair."""
    try:
        single = np.ndim(V_syn) == 0
        plus, minus = (V_syn, V_syn) if single else V_syn
    except (TypeError, ValueError):
        raise InvalidInput(
            f"V_syn must be one voltage or a pair (plus, minus), got {V_syn!r}."
        ) from None
    for value in (plus, minus):
        if _is_infinite(value):
            raise InvalidInput(
                "V_syn is infinite. The limit of large V_syn is the conventional circuit: use "
                "kind='conventional', or Circuit.normalised(inf)."
            )
    expected = "a voltage such as 1.8*volt, or a pair of them"
    return tuple(fixed_scalar("V_syn", value, volt, expected) for value in (plus, minus))


def _is_infinite(value):
    return isinstance(value, Quantity) and value.size == 1 and isinf(float(value))


def _check_choice(name, value, allowed):
    if not isinstance(value, str) or value not in allowed:
        choices = " or ".join(map(repr, allowed))
        raise InvalidInput(f"{name} must be {choices}, got {value!r}.")


def _plain_number(name, value):
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidInput(f"{name} must be a plain number in SI units, got {value!r}.")
    return float(value)
