"""What a comparator and an operational amplifier take, simulated in sky130.

comparator
    That of `Design`: an inverter and a NAND, with the first inverter behind it at minimal size. Its
    energy is what V_dd delivers to these in one inference, charging, firing and reset, for neurons
    that spike at several times; its static power that while it rests at reset.
amplifier
    A two-stage operational amplifier with Miller compensation, of which a conventional circuit
    needs one for each neuron. It is sized by this rule: the feedback settles to 1/1000 within T/10,

        tau = T/(10 ln 1000),  g_m1 = C_c/tau  with C_c = C, the load,  I_1 = g_m1/(g_m/I_D)

    with g_m/I_D = 17 per volt, which a current density of 0.25 uA times W/L gives (moderate
    inversion); the second stage carries 5 I_1, for a second pole beyond twice the bandwidth. All
    gates are 0.5 um long. A follower with a step of 0.1 V shows whether it settles; its static
    power is taken at rest. The branch that makes the bias is shared by all neurons and left out.
"""

import math

import numpy as np
import pandas as pd

from rcspike_brian.spice.design import Design, process_and_design
from rcspike_brian.spice.ngspice import run_ngspice
from rcspike_brian.spice.sky130 import Process, Transistors

OPTIONS = ".options reltol=1e-4 vntol=1e-6 abstol=1e-13 chgtol=1e-17 trtol=7 gmin=1e-15"
_EFFICIENCY, _DENSITY, _LENGTH = 17.0, 0.25e-6, 0.5e-6


def simulate_parts(process: Process | None = None, design: Design | None = None) -> pd.DataFrame:
    """Energy and power of both parts in one corner.

    Parameters
    ----------
    process : Process, optional
    design : Design, optional

    Returns
    -------
    pandas.DataFrame
        One row: corner, ``comparator`` (joules per inference, mean over spike times 0.05 to 0.95 T
        and 1), ``comparator_least``, ``comparator_most``, ``comparator_static`` (watts),
        ``amplifier_static`` (watts), ``amplifier_settling`` (seconds to 0.1 % of the step).

    Examples
    --------
    >>> simulate_parts(Process("tt"))  # doctest: +SKIP
    """
    process, design = process_and_design(process, design)
    row = {"corner": process.corner, **_comparator(process, design), **_amplifier(process, design)}
    return pd.DataFrame([row])


def _comparator(process, design, starts=(0.05, 0.35, 0.65, 0.95, 0.0)):
    """Neurons with ideal currents: the potential is known, and only the comparator is of interest.

    The membrane falls by v V_th while it charges and at V_th/T while it fires, as in the circuit.
    """
    parts, T, edge = Transistors(process), design.T, 1e-9
    lines = ["* comparators", f"Vdd all 0 {design.V_dd}"]
    fire = f"PWL(0 0 {T:.9g} 0 {T + edge:.9g} {design.V_dd} {2 * T:.9g} {design.V_dd} {2 * T + edge:.9g} 0)"  # noqa: E501
    lines.append(f"Vf f 0 {fire}")
    for k, v in enumerate(starts):
        charged = design.V_0 - v * design.V_th
        falls = min(charged / design.V_th, 0.999) * T  # until the end, or to ground
        lowest = charged - falls * design.V_th / T
        lines.append(
            f"Vm{k} n{k} 0 PWL(0 {design.V_0} {T:.9g} {charged:.6g} {T + falls:.9g} {lowest:.6g} "
            f"{2 * T:.9g} {lowest:.6g} {2 * T + 10e-9:.9g} {design.V_0})"
        )
        lines.append(f"Va{k} all vdd{k} 0")
        part = design.comparator(parts, str(k), f"n{k}") + design.speaker(parts, str(k), "f")
        lines += [_with_supply(line, f"vdd{k}") for line in part]
    saved = [f".save i(va{k}) v(p{k})" for k in range(len(starts))]
    end = 2.2 * T
    run = f".tran {T / 500:.9g} {end:.9g} 0 {T / 500:.9g}"
    output = run_ngspice(
        "\n".join([*lines, OPTIONS, *parts.models(), *saved, run, ".end", ""]), end
    )
    time, energies = output["time"], []
    for k in range(len(starts)):
        energies.append(design.V_dd * float(np.trapezoid(output[f"i(va{k})"], time)))
    still = time < 0.1 * T
    rest = float(np.median(output[f"i(va{len(starts) - 1})"][still])) * design.V_dd
    return {
        "comparator": float(np.mean(energies)),
        "comparator_least": min(energies),
        "comparator_most": max(energies),
        "comparator_static": rest,
    }


def _with_supply(line, supply):
    """The same part, fed through an ammeter."""
    return " ".join(supply if word == "vdd" else word for word in line.split(" "))


def _amplifier(process, design):
    tau = design.T / (10 * math.log(1000))
    I_1 = design.C / tau / _EFFICIENCY
    W = I_1 / _DENSITY * _LENGTH
    parts, L, V = Transistors(process), _LENGTH, 0.9
    start, step = 0.3e-6, 0.1
    add = parts.add
    lines = [
        "* two-stage amplifier as a follower",
        f"Vdd vdd0 0 {design.V_dd}",
        "Va vdd0 vdd 0",
        f"Vin in 0 PWL(0 {V} {start} {V} {start + 1e-9} {V + step})",
        f"Ib vdd0 b {2 * I_1:.6g}",
        add("b", "n", "b b 0 0", 2 * W, L),
        add("5", "n", "t b 0 0", 2 * W, L),
        add("1", "n", "x out t 0", W, L),
        add("2", "n", "y in t 0", W, L),
        add("3", "p", "x x vdd vdd", 2 * W, L),
        add("4", "p", "y x vdd vdd", 2 * W, L),
        add("6", "p", "out y vdd vdd", 2 * W, L, 5),
        add("7", "n", "out b 0 0", W, L, 5),
        f"Rz y z {1 / (5 * I_1 * _EFFICIENCY):.6g}",
        f"Cc z out {design.C:.6g}",
        f"Cl out 0 {design.C:.6g}",
    ]
    end = start + 2 * design.T
    run = f".tran 1e-9 {end:.9g} 0 2e-9"
    saved = ".save v(out) i(va)"
    output = run_ngspice("\n".join([*lines, OPTIONS, *parts.models(), saved, run, ".end", ""]), end)
    time, out = output["time"], output["v(out)"]
    late = time > start
    off = np.abs(out[late] - out[-1]) > 1e-3 * step
    settled = time[late][np.flatnonzero(off)[-1]] - start if off.any() else 0.0
    power = design.V_dd * float(np.median(output["i(va)"][time < start / 2]))
    return {"amplifier_static": power, "amplifier_settling": float(settled)}
