"""What both circuits make of the knobs: exact membrane potentials of both phases."""

from dataclasses import dataclass

import numpy as np

from rcspike_brian.circuit import spike_time
from rcspike_brian.core.reference import trajectory

_GRID = np.linspace(0, 1, 151)


@dataclass(frozen=True, eq=False)
class Response:
    """Membrane potential and output spike of one circuit.

    Attributes
    ----------
    t : (n_t,) ndarray
        Time since the charging phase began, in units of T, up to the output spike or 2.
    v : (n_t,) ndarray
        Membrane potential in units of V_th.
    v_end : float
        v(T), at the end of the charging phase.
    t_out : float
        Output spike time in units of T from the start of the firing phase; 1 is no spike.

    Examples
    --------
    >>> from rcspike_brian.interactive import Knobs
    >>> rc_spike = response(Knobs([0.0], [1.0], v_syn=1.0))["RC-Spike"]
    >>> rc_spike.fires, round(rc_spike.t_out, 4), rc_spike.t.shape == rc_spike.v.shape
    (True, 0.3679, True)
    """

    t: np.ndarray
    v: np.ndarray
    v_end: float
    t_out: float

    @property
    def fires(self) -> bool:
        """Whether there is an output spike."""
        return self.t_out < 1


def response(knobs):
    """Solve both circuits exactly.

    Parameters
    ----------
    knobs : Knobs

    Returns
    -------
    dict of str to Response
        "conventional" (constant currents, no diodes) and "RC-Spike".

    Notes
    -----
    The charging phase is `rcspike_brian.core.reference.trajectory`; in the firing phase a linear
    ramp lifts the potential by V_th in one T (arXiv:2412.09010, Methods).

    Examples
    --------
    >>> from rcspike_brian.interactive import Knobs
    >>> both = response(Knobs([0.0], [1.0], v_syn=1.0))
    >>> round(both["conventional"].v_end, 4), round(both["RC-Spike"].v_end, 4)  # 1, 1 - exp(-1)
    (1.0, 0.6321)
    """
    return {
        "conventional": _solved(knobs.spike_times, knobs.weights, 0.0),
        "RC-Spike": _solved(knobs.spike_times, knobs.effective_weights, knobs.beta),
    }


def _solved(spike_times, weights, beta):
    times = np.union1d(_GRID, spike_times)
    v = trajectory(spike_times, weights[:, None], beta, times)[:, 0]
    v_end = float(v[-1])
    t_out = float(spike_time(v_end))
    # The ramp is a straight line: its two ends are enough.
    return Response(
        t=np.append(times, 1 + t_out),
        v=np.append(v, v_end + t_out),
        v_end=v_end,
        t_out=t_out,
    )
