"""The circuit: its components in physical units, and the way to normalised numbers and back.

The solver and the trainer work on normalised, unitless arrays; Brian2 and hardware people work
in volts, farads and siemens. `Circuit` is the only place where the two meet.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import inf, isinf
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from rcspike_brian.diodes import DIODES, Diode
from rcspike_brian.errors import InvalidInput, first_bad, shown
from rcspike_brian.quantities import (
    SI,
    finite_array,
    has_unit,
    pair_of_numbers,
    quantity,
    read_only,
    real_array,
    real_number,
    si_number,
)
from rcspike_brian.ramps import RAMPS, DischargeRamp, Ramp, ramp_named
from rcspike_brian.registry import look_up

if TYPE_CHECKING:
    from brian2.units import Quantity

KINDS = ("rc-spike", "conventional")
_ONE_VOLT = SI(1)
_WEIGHTS = "siemens, or plain numbers (normalised)"
_RAILS = "a voltage such as 1.8*volt, or a pair of them"


class SIValues(NamedTuple):
    """Components of a circuit as plain numbers in SI units; rails as (plus, minus)."""

    C: float
    T: float
    V_th: float
    V_syn: tuple[float, float]
    V_d: float
    E: tuple[float, float]


class _Named:
    """A field for an object that may be given by its name."""

    def __init__(self, default, find):
        self.default, self.find = default, find

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, circuit, owner=None):
        return self.default if circuit is None else circuit.__dict__[self.name]

    def __set__(self, circuit, value):
        circuit.__dict__[self.name] = self.checked(value)

    def checked(self, value):
        return self.find(value)


def _diode_named(given):
    return look_up("diode", given, DIODES, Diode)


class _Component(_Named):
    """A field for a component: kept as a number in SI units, given and shown as a Quantity.

    One that is None by default need not be there.
    """

    def __init__(self, default, unit, expected):
        self.default = None if default is None else SI(default)
        self.unit, self.expected = unit, expected

    def __get__(self, circuit, owner=None):
        return self.default if circuit is None else self.shown(circuit.__dict__[self.name])

    def checked(self, value):
        if value is None and self.default is None:
            return None
        return si_number(self.name, value, self.unit, self.expected)

    def shown(self, value):
        return None if value is None else read_only(value, self.unit)


class _Rails(_Component):
    """A component with one value for each rail."""

    def checked(self, value):
        try:
            plus, minus = (value, value) if np.ndim(value) == 0 else value
        except (TypeError, ValueError):
            raise InvalidInput(
                f"{self.name} must be one voltage or a pair (plus, minus), got {value!r}."
            ) from None
        if _is_infinite(plus) or _is_infinite(minus):
            raise InvalidInput(
                f"{self.name} is infinite. The limit of large V_syn is the conventional circuit: "
                "use kind='conventional', or Circuit.normalised(inf)."
            )
        return super().checked(plus), super().checked(minus)

    def shown(self, value):
        return tuple(read_only(rail, self.unit) for rail in value)


def _is_infinite(value):
    try:
        return isinf(float(value))
    except (TypeError, ValueError, OverflowError):
        return False


@dataclass(frozen=True, eq=False, repr=False)
class Circuit:
    """One neuron's components, shared by a whole network; immutable.

    All potentials are counted from the reset potential. Components that cannot work together are
    refused with an `InvalidInput` that says why.

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
    ramp : {"linear", "rc"} or Ramp
        What lifts the membrane potential in the firing phase: a current source, or a resistor to
        the positive rail. See `rcspike_brian.ramps`.
    diode : {"ideal", "leaky", "none", "near-ideal", "real"} or Diode
        See `rcspike_brian.diodes`; the exact solution is for ideal ones, with their drop V_d.
    off_level : Quantity (volt) or None
        Where a line is that is off, counted like V_syn: those of positive synapses are at off_level
        and those of negative ones at -off_level. None is high impedance; a netlist parks the line
        beyond the far rail instead, which is the same as long as the diode blocks. So is a line at
        -V_syn, or at -V_th if that is lower. Off is not 0 V: there negative synapses discharge a
        capacitor with V > 0, in both phases, and positive ones charge one with V < 0. Such levels
        are for Brian2 and SPICE; the exact solution refuses them.

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

    C: Quantity = _Component(140e-15, "farad", "a capacitance such as 0.14*pF")
    T: Quantity = _Component(1e-6, "second", "a time such as 1*us")
    V_th: Quantity = _Component(1.0, "volt", "a voltage such as 1*volt")
    V_syn: tuple[Quantity, Quantity] = _Rails(1.0, "volt", _RAILS)  # type: ignore[assignment]
    V_d: Quantity = _Component(0.0, "volt", "a voltage such as 0.3*volt")
    kind: str = "rc-spike"
    ramp: Ramp = _Named("linear", ramp_named)  # type: ignore[assignment]
    diode: Diode = _Named("ideal", _diode_named)  # type: ignore[assignment]
    off_level: Quantity | None = _Component(None, "volt", "None or a voltage such as -1.8*volt")

    if TYPE_CHECKING:  # more is accepted than is kept

        def __init__(
            self, C: Quantity = ..., T: Quantity = ..., V_th: Quantity = ...,
            V_syn: Quantity | tuple[Quantity, Quantity] = ..., V_d: Quantity = ...,
            kind: str = ..., ramp: Ramp | str = ..., diode: Diode | str = ...,
            off_level: Quantity | None = ...,
        ) -> None: ...  # fmt: skip

    def __post_init__(self):
        if not isinstance(self.kind, str) or self.kind not in KINDS:
            choices = " or ".join(map(repr, KINDS))
            raise InvalidInput(f"kind must be {choices}, got {self.kind!r}.")
        for name in ("C", "T", "V_th"):
            if not getattr(self.si, name) > 0:
                raise InvalidInput(f"{name} must be positive, but it is {getattr(self, name)}.")
        if self.si.V_d < 0:
            raise InvalidInput(
                f"V_d must not be negative, but it is {self.V_d}: a diode's forward drop takes "
                "from the drive voltage. Use 0*volt for an ideal diode."
            )
        if self.kind == "conventional" and (self.si.V_d > 0 or self.diode is not DIODES["ideal"]):
            raise InvalidInput(
                f"a conventional circuit has no synaptic diodes, but V_d is {self.V_d} and diode "
                f"is {self.diode.name!r}. Leave both out, or use kind='rc-spike'."
            )
        if self.kind == "conventional" and self.off_level is not None:
            raise InvalidInput(
                f"off_level is {self.off_level}, and the lines of a conventional circuit have no "
                "level: they switch current sources. Leave it out, or use kind='rc-spike'."
            )
        for rail, value in zip(("positive", "negative"), self.si.V_syn, strict=True):
            if value <= self.si.V_d:
                raise InvalidInput(
                    f"V_syn must exceed V_d, but on the {rail} rail V_syn is "
                    f"{read_only(value, 'volt')} and V_d is {self.V_d}: no current would pass the "
                    "diode. Raise V_syn or lower V_d."
                )
        self.ramp.check(self)

    @classmethod
    def normalised(
        cls, v_syn: float | tuple[float, float], V_th: Quantity = _ONE_VOLT, **components: Any
    ) -> Circuit:
        """Make a circuit from v_syn = V_syn/V_th, for both rails or ``(plus, minus)``.

        Infinity gives the conventional circuit, the limit of large V_syn at fixed weights. V_th and
        the other components are parameters of `Circuit`.
        """
        try:
            plus, minus = pair_of_numbers("v_syn", v_syn)
        except InvalidInput:
            plus = minus = 0.0
        if min(plus, minus) <= 0:
            raise InvalidInput(
                f"v_syn must be a number > 0 in units of V_th, or a pair (plus, minus) of them "
                f"(inf: conventional circuit), got {shown(v_syn)}; volts are for "
                "Circuit(V_syn=..., V_th=...)"
            )
        if isinf(plus) != isinf(minus):
            raise InvalidInput(
                f"v_syn is {v_syn!r}: either both rails are infinite (conventional) or none."
            )
        if plus == minus == inf:
            if components.setdefault("kind", "conventional") != "conventional":
                raise InvalidInput("an infinite v_syn is the conventional circuit, not RC-Spike.")
            plus = minus = 1.0
        V_th = cls.__dict__["V_th"].checked(V_th)
        return cls(V_th=SI(V_th), V_syn=(SI(plus * V_th), SI(minus * V_th)), **components)

    @classmethod
    def sky130(cls) -> Circuit:
        """Return the circuit that was simulated in the sky130 process by arXiv:2412.09010.

        Its reset potential is 1.3 V of a 1.8 V supply, off the middle, and its synapses are MOSFET
        current sources with a finite output resistance. Both are folded into two unequal
        effective rails, 2.80 and 1.53 thresholds away from the reset potential (Table 2 there).
        """
        return cls.normalised((2.80, 1.53), V_th=SI(0.872))

    @classmethod
    def from_transistors(
        cls, lambda_plus: float, lambda_minus: float, lambda_discharge: float | None = None,
        **components: Any,
    ) -> Circuit:  # fmt: skip
        """Make the circuit whose synapses are MOSFET current sources in saturation.

        Such a current is proportional to 1 + lambda (V - V_0) of the transistor's own voltage,
        counted from reset, as that of a resistor to a rail is that is 1/lambda away: E = 1/lambda
        (arXiv:2412.09010). `rcspike_brian.spice.extract_sources` finds lambda by simulation.

        Parameters
        ----------
        lambda_plus, lambda_minus : float
            Channel-length modulation in 1/V, relative to the current at reset, of the transistors
            that move the capacitor towards the threshold, and away from it.
        lambda_discharge : float, optional
            The same of the firing ramp, a `rcspike_brian.ramps.DischargeRamp`; without it the ramp
            is that of ``components``.
        **components
            C, T, V_th, which is 0.872 V without, and others of `Circuit`; V_syn is 1/lambda + V_d
            and cannot be given. Nor can the ramp be, with lambda_discharge, which must be below
            1/V_th: the current would end before the threshold.

        Examples
        --------
        >>> [round(e, 2) for e in Circuit.from_transistors(0.41, 0.75).e]
        [2.8, 1.53]
        """
        for name in ("V_syn", *(["ramp"] if lambda_discharge is not None else [])):
            if name in components:
                raise InvalidInput(f"{name} follows from lambda: leave it out")
        V_th = cls.__dict__["V_th"].checked(components.pop("V_th", SI(0.872)))
        V_d = cls.__dict__["V_d"].checked(components.get("V_d", SI(0.0)))
        rails = tuple(
            SI(1 / real_number(name, value, "> 0") + V_d)
            for name, value in (("lambda_plus", lambda_plus), ("lambda_minus", lambda_minus))
        )
        if lambda_discharge is not None:
            b = real_number("lambda_discharge", lambda_discharge, "> 0") * V_th
            if b >= 1:
                raise InvalidInput(
                    f"lambda_discharge must be below 1/V_th = {1 / V_th:.4g} per volt, or the ramp "
                    f"never reaches the threshold; got {lambda_discharge!r}"
                )
            components["ramp"] = ramp_named(DischargeRamp(b).name)
        return cls(V_th=SI(V_th), V_syn=rails, **components)

    @property
    def model(self) -> str:
        """The circuit's kind, spelt as in figures and data frames."""
        return {"rc-spike": "RC-Spike", "conventional": "conventional"}[self.kind]

    @property
    def si(self) -> SIValues:
        """All components as plain numbers in SI units."""
        C, T, V_th, V_syn, V_d = (self.__dict__[n] for n in ("C", "T", "V_th", "V_syn", "V_d"))
        return SIValues(C, T, V_th, V_syn, V_d, (V_syn[0] - V_d, V_syn[1] - V_d))

    @property
    def E(self) -> tuple[Quantity, Quantity]:
        """``(E_plus, E_minus)``: magnitudes of the reversal potentials, V_syn - V_d."""
        return read_only(self.si.E[0], "volt"), read_only(self.si.E[1], "volt")

    @property
    def e(self) -> tuple[float, float]:
        """``(e_plus, e_minus)`` = E/V_th; infinite if conventional."""
        return self._in_thresholds(self.si.E)

    @property
    def v_syn(self) -> tuple[float, float]:
        """``(v_syn_plus, v_syn_minus)`` = V_syn/V_th; infinite if conventional."""
        return self._in_thresholds(self.si.V_syn)

    def _in_thresholds(self, rails):
        if self.kind == "conventional":
            return inf, inf
        return rails[0] / self.si.V_th, rails[1] / self.si.V_th

    @property
    def beta(self) -> tuple[float, float]:
        """``(beta_plus, beta_minus)`` = V_th/E, the resistive coupling; 0 if conventional."""
        if self.kind == "conventional":
            return 0.0, 0.0
        return self.si.V_th / self.si.E[0], self.si.V_th / self.si.E[1]

    @property
    def b(self) -> float:
        """V_th/E_plus, which shapes the resistive ramp."""
        return self.si.V_th / self.si.E[0]

    @property
    def drive(self) -> str:
        """V_syn/V_th as text for captions: one number, two for unequal rails, or infinity."""
        plus, minus = ("∞" if isinf(v) else f"{v:g}" for v in self.v_syn)
        return plus if plus == minus else f"+{plus}/-{minus}"

    def check_exact(self) -> None:
        """Raise `InvalidInput` if the exact solution does not hold for this circuit."""
        if not self.diode.exact:
            raise InvalidInput(
                f"the exact solution is for ideal diodes, and this circuit has {self.diode.name!r} "
                "ones: simulate it (simulate, simulate_network, simulate_spice), or leave diode out"
            )
        # A membrane stays between the rails and below the threshold, where its ramp ends.
        parked = self.si.V_d - max(*self.si.E, self.si.V_th)
        if self.off_level is not None and float(self.off_level) > parked:
            raise InvalidInput(
                f"with off_level = {self.off_level} lines that are off conduct, and the exact "
                "solution is for lines that the diodes isolate: at high impedance (off_level=None) "
                f"or parked at {read_only(parked, 'volt')} or below. Simulate the circuit "
                "(simulate, simulate_network, simulate_spice), or leave off_level out"
            )

    def as_times(self, values: ArrayLike, name: str = "times") -> np.ndarray:
        """Times in units of T: plain numbers as they are, seconds converted."""
        if not has_unit(name, values):
            return _without_nan(name, values)
        expected = "seconds, or plain numbers in units of T"
        return finite_array(name, values, "second", expected) / self.si.T

    def as_potentials(self, values: ArrayLike, name: str = "v") -> np.ndarray:
        """Potentials in units of V_th: plain numbers as they are, volts converted."""
        if not has_unit(name, values):
            return _without_nan(name, values)
        expected = "volts, or plain numbers in units of V_th"
        return finite_array(name, values, "volt", expected) / self.si.V_th

    def as_weights(self, values: ArrayLike, name: str = "weights") -> np.ndarray:
        """Normalised weights: plain numbers as they are, siemens converted."""
        if not has_unit(name, values):
            return _without_nan(name, values)
        G = finite_array(name, values, "siemens", _WEIGHTS)
        return G * self._weight_per_siemens(G)

    def as_conductances(self, values: ArrayLike, name: str = "weights") -> np.ndarray:
        """Signed conductances as numbers in siemens: normalised weights converted."""
        if has_unit(name, values):
            return finite_array(name, values, "siemens", _WEIGHTS)
        return np.asarray(self.conductances(finite_array(name, values)))

    def weights(self, conductances: Quantity) -> np.ndarray:
        """Normalised weights ``T E G/(C V_th)`` of signed conductances (siemens, any shape)."""
        G = finite_array("conductances", conductances, "siemens", "siemens, such as 50*nS")
        return G * self._weight_per_siemens(G)

    def conductances(self, weights: ArrayLike) -> Quantity:
        """Turn normalised weights into signed conductances: the inverse of `weights`."""
        w = finite_array("weights", weights, None, "plain numbers")
        return quantity(w / self._weight_per_siemens(w), "siemens")

    def _weight_per_siemens(self, signed):
        si = self.si
        E = np.where(np.signbit(signed), si.E[1], si.E[0])
        return si.T * E / (si.C * si.V_th)

    def seconds(self, t: ArrayLike) -> Quantity:
        """Turn normalised time (units of T) into a Quantity of the same shape."""
        numbers = finite_array("t", t, None, "plain numbers, in units of T")
        return quantity(numbers * self.si.T, "second")

    def normalised_time(self, time: Quantity) -> np.ndarray:
        """Turn a time with units into units of T: the inverse of `seconds`."""
        return finite_array("time", time, "second", "seconds, such as 0.3*us") / self.si.T

    def volts(self, v: ArrayLike) -> Quantity:
        """Turn a normalised potential (units of V_th) into a Quantity of the same shape."""
        numbers = finite_array("v", v, None, "plain numbers, in units of V_th")
        return quantity(numbers * self.si.V_th, "volt")

    def normalised_potential(self, V: Quantity) -> np.ndarray:
        """Turn a potential with units into units of V_th: the inverse of `volts`."""
        return finite_array("V", V, "volt", "volts, such as 0.5*volt") / self.si.V_th

    def spike_time(self, v: ArrayLike, noise: ArrayLike = 0.0) -> np.ndarray:
        """Return the spike times of neurons that end their charging phase at v; see `Ramp`.

        Potentials may have volts, the noise seconds; the times are in units of T.
        """
        return self.ramp.spike_time(v, self, noise=noise)

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers in SI units, ready for JSON."""
        si = self.si._asdict()
        del si["E"]
        named = {"kind": self.kind, "ramp": self.ramp.name, "diode": self.diode.name}
        off_level = None if self.off_level is None else float(self.off_level)
        return {**si, "V_syn": list(self.si.V_syn), **named, "off_level": off_level}

    @classmethod
    def from_dict(cls, values: dict) -> Circuit:
        """Rebuild a circuit from `to_dict`; complete and nothing else, or `InvalidInput`.

        Ramps and diodes of one's own must be in `RAMPS` and `DIODES`.
        """
        names = [entry.name for entry in fields(cls)]
        if isinstance(values, dict):
            # Files from before there were others.
            values = {"diode": "ideal", "off_level": None, **values}
        if not isinstance(values, dict) or sorted(values) != sorted(names):
            got = ", ".join(map(str, values)) if isinstance(values, dict) else repr(values)
            wanted = ", ".join(names)
            raise InvalidInput(f"a circuit needs exactly the entries {wanted}, got {got}.")
        numbers = ["C", "T", "V_th", "V_d"]
        numbers += [] if values["off_level"] is None else ["off_level"]
        plain = {name: _plain(name, values[name]) for name in numbers}
        plus, minus = pair_of_numbers("V_syn", values["V_syn"])
        return cls(**{**values, **plain, "V_syn": (SI(plus), SI(minus))})

    def _key(self):
        return (*self.si, self.kind, self.ramp, self.diode, self.__dict__["off_level"])

    def __eq__(self, other):
        return self._key() == other._key() if isinstance(other, Circuit) else NotImplemented

    def __hash__(self):
        return hash(self._key())

    def __repr__(self):
        plus, minus = self.V_syn
        V_syn = str(plus) if plus == minus else f"({plus}, {minus})"
        components = f"C={self.C}, T={self.T}, V_th={self.V_th}, V_syn={V_syn}, V_d={self.V_d}"
        named = f"kind={self.kind!r}, ramp={self.ramp.name!r}, diode={self.diode.name!r}"
        named += "" if self.off_level is None else f", off_level={self.off_level}"
        return f"Circuit({components}, {named})"


def _without_nan(name, values):
    """Plain numbers; infinity is far from the threshold, or no spike."""
    array = real_array(name, values)
    bad = np.isnan(array)
    if bad.any():
        raise InvalidInput(f"{name} must be finite, got {first_bad(array, bad)}")
    return array


def _plain(name, value):
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidInput(f"{name} must be a plain number in SI units, got {value!r}.")
    return SI(value)


def spike_time(v: ArrayLike, ramp: Ramp | str = "linear", b: float | None = None) -> np.ndarray:
    """Output spike time, in units of T from the start of the firing phase.

    Parameters
    ----------
    v : array_like, any shape
        Potential at the end of the charging phase in units of V_th.
    ramp : {"linear", "rc"} or Ramp
    b : float, optional
        V_th/(V_syn - V_d) in (0, 1), or `InvalidInput`, for a ramp that depends on it: "rc".

    Returns
    -------
    numpy.ndarray, same shape
        Times in [0, 1]: 0 where v >= 1 (fires at once), 1 where v <= 0 (does not fire).

    Examples
    --------
    >>> spike_time([-0.2, 0.25, 1.5])
    array([1.  , 0.75, 0.  ])
    """
    ramp = ramp_named(ramp)
    b = None if b is None else real_number("b", b, ">= 0")
    if ramp is RAMPS["rc"] and (b is None or not 0 < b < 1):
        raise InvalidInput(
            f"a resistive ramp needs 0 < b < 1, b = V_th/(V_syn - V_d), got b = {b}; "
            "choose V_syn - V_d > V_th or ramp='linear'"
        )
    return Circuit.normalised(1 / (b or 1), ramp=ramp).spike_time(real_array("v", v))
