"""Channel-length modulation and reversal potentials of transistors, by simulation."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from rcspike_brian.circuit import Circuit
from rcspike_brian.errors import InvalidInput, shown
from rcspike_brian.quantities import SI, finite_array, real_number
from rcspike_brian.registry import look_up
from rcspike_brian.spice.design import Design, process_and_design
from rcspike_brian.spice.ngspice import run_ngspice
from rcspike_brian.spice.sky130 import Process, Transistors

CURRENTS = tuple(float(f"{I:.3g}") for I in np.geomspace(2e-9, 1e-6, 15))
"""Reference currents of `extract_sources` in amperes."""
KINDS = ("n", "p", "discharge")
_POINTS = 40
OPTIONS = ".options gmin=1e-15 abstol=1e-16 reltol=1e-6"


def extract_sources(
    process: Process | None = None, design: Design | None = None,
    currents: Sequence[float] | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Simulate current sources between reset and threshold, as a function of their bias.

    A straight line is fitted to the current over the membrane potential, by least squares:
    I = I_0 (1 + lambda (V_DS - V_DS at reset)), with which E = 1/lambda.

    Parameters
    ----------
    process : Process, optional
    design : Design, optional
    currents : sequence of float, optional
        Of the reference, in amperes. Default: `CURRENTS`, and on to what the design needs.

    Returns
    -------
    pandas.DataFrame
        Columns corner, temperature, kind ("n", "p", "discharge"), ``I_ref``, ``V_GS`` (volts,
        magnitude), ``I_0`` (current at reset in amperes), ``lambda`` (1/V), ``e`` (1/lambda in
        units of V_th), and ``curvature``: rms deviation from the line, relative to I_0.

    Examples
    --------
    >>> extract_sources(Process("ss"))  # doctest: +SKIP
    """
    process, design = process_and_design(process, design)
    needed = 1.5 * max(design.I_full, design.I_unit)
    beyond = np.geomspace(CURRENTS[-1], needed, 6)[1:] if needed > CURRENTS[-1] else []
    amperes = finite_array("currents", [*CURRENTS, *beyond] if currents is None else currents)
    if amperes.ndim != 1 or amperes.size == 0 or amperes.min() <= 0:
        raise InvalidInput(f"currents must be positive amperes in a list, got {shown(currents)}")
    parts = Transistors(process)
    low, high = design.V_0 - design.V_th, design.V_0
    lines = ["* current sources", f"Vdd vdd 0 {design.V_dd}", f"Vm m 0 {high}", OPTIONS]
    rows = [(kind, I) for kind in KINDS for I in amperes.tolist()]
    for k, (kind, I) in enumerate(rows):
        on = "vdd" if kind == "p" else "0"
        lines += design.mirror(parts, f"b{k}", kind, f"g{k}", I)
        lines.append(design.source(parts, str(k), kind, f"d{k}", f"g{k}", on))
        lines.append(f"V{k} m d{k} 0")
    saved = [f".save i(v{k}) v(g{k})" for k in range(len(rows))]
    sweep = f".dc Vm {low:.9g} {high:.9g} {(high - low) / _POINTS:.9g}"
    output = run_ngspice(
        "\n".join([*lines, *parts.models(), *saved, sweep, ".end", ""]), high, axis="v(v-sweep)"
    )
    V = output["v(v-sweep)"]
    found = [
        _fitted(kind, I, output[f"v(g{k})"][-1], V, np.abs(output[f"i(v{k})"]), design)
        for k, (kind, I) in enumerate(rows)
    ]
    where = {"corner": process.corner, "temperature": process.temperature}
    return pd.DataFrame([{**where, **row} for row in found])


def _fitted(kind, I_ref, gate, V, I, design):
    slope, I_0 = np.polyfit(V - design.V_0, I, 1)
    modulation = abs(slope) / I_0
    return {
        "kind": kind,
        "I_ref": I_ref,
        "V_GS": design.V_dd - gate if kind == "p" else gate,
        "I_0": I_0,
        "lambda": modulation,
        "e": 1 / (modulation * design.V_th),
        "curvature": float(np.std(I - I_0 - slope * (V - design.V_0)) / I_0),
    }


def at_current(frame: pd.DataFrame, kind: str, column: str, I: float) -> float:
    """Interpolate a column of `extract_sources` at the current I at reset, over log I.

    Parameters
    ----------
    frame : pandas.DataFrame
        Of one corner.
    kind : {"n", "p", "discharge"}
    column : str
    I : float
        In amperes. `InvalidInput` beyond those that were simulated.

    Examples
    --------
    >>> rows = {"kind": "n", "I_0": [1e-9, 1e-7], "lambda": [0.42, 0.40]}
    >>> round(at_current(pd.DataFrame(rows), "n", "lambda", 1e-8), 3)
    0.41
    """
    I = real_number("I", I, "> 0")
    part = frame[frame["kind"] == look_up("kind", kind, dict.fromkeys(KINDS, kind))]
    if column not in part:
        raise InvalidInput(f"column must be one of {', '.join(part)}, got {shown(column)}")
    least, most = part["I_0"].min(), part["I_0"].max()
    if not least <= I <= most:
        raise InvalidInput(
            f"I must be between {least:.3g} A and {most:.3g} A, what was simulated of kind "
            f"{kind!r}, got {I:.3g}: simulate other currents"
        )
    return float(np.interp(np.log(I), np.log(part["I_0"]), part[column]))


def extracted_circuit(frame: pd.DataFrame, design: Design | None = None) -> Circuit:
    """Make the circuit of one corner: synapses at the unit current, the ramp at C V_th/T.

    Parameters
    ----------
    frame : pandas.DataFrame
        From `extract_sources`.
    design : Design, optional

    Examples
    --------
    >>> extracted_circuit(extract_sources())  # doctest: +SKIP
    """
    _, design = process_and_design(None, design)
    plus, minus = (at_current(frame, kind, "lambda", design.I_unit) for kind in ("n", "p"))
    discharge = at_current(frame, "discharge", "lambda", design.I_full)
    components = {name: SI(getattr(design, name)) for name in ("C", "T", "V_th")}
    return Circuit.from_transistors(plus, minus, discharge, **components)
