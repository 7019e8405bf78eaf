"""Transistors of sky130: models as the library has them, corners, temperature, mismatch."""

import importlib.util
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from rcspike_brian import InvalidInput, MissingExtra, SpiceError
from rcspike_brian.spice import Process, Transistors, run_ngspice, sky130
from tests.transistors import needs_transistors


def current(process=None, kind="n", v_gs=0.5, v_ds=1.3, W=1e-6, L=0.25e-6, m=1, name="1", **how):
    """Drain current of one transistor in amperes, from a DC sweep up to v_ds."""
    parts, sign = Transistors(process or Process()), 1 if kind.startswith("n") else -1
    line = parts.add(name, kind, "d g 0 0", W, L, m)
    lines = ["* one transistor", "Vd d 0 0", f"Vg g 0 {sign * v_gs}", line, *parts.models()]
    lines += [".options gmin=1e-15 abstol=1e-16 reltol=1e-6", ".save i(vd)"]
    lines += [f".dc Vd 0 {sign * v_ds} {sign * v_ds / 10}", ".end", ""]
    end = sign * v_ds
    output = run_ngspice("\n".join(lines), end, axis="v(v-sweep)", **how)
    return -sign * output["i(vd)"][-1]


@needs_transistors
def test_the_selected_model_is_the_one_of_the_complete_file(tmp_path):
    """ngspice reads all 180 bins of the library's own file, as a subcircuit, and chooses."""
    cells = sky130._library() / "cells" / "nfet_01v8" / "sky130_fd_pr__nfet_01v8"
    (tmp_path / "all.cir").write_text(
        "* complete file\n.param mc_mm_switch=0\n.option scale=1.0u gmin=1e-15\n"
        f'.include "{cells}__tt.pm3.spice"\n.include "{cells}__mismatch.corner.spice"\n'
        "Vd d 0 1.3\nVg g 0 0.5\nX1 d g 0 0 sky130_fd_pr__nfet_01v8 l=0.25 w=1 ad=0.29 as=0.29 "
        "pd=2.58 ps=2.58\n.op\n.control\nrun\nset numdgt=9\nprint i(vd)\nquit\n.endc\n.end\n"
    )
    found = subprocess.run(
        ["ngspice", "-n", "-b", "all.cir"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    expected = -float(re.search(r"i\(vd\) = (\S+)", found.stdout).group(1))
    assert current() == pytest.approx(expected, rel=1e-5)


@needs_transistors
def test_corners_and_temperature_are_ordered():
    """In the files sf has a fast NMOS; weak inversion is stronger where it is warm."""
    nmos = {corner: current(Process(corner)) for corner in sky130.CORNERS}
    pmos = {corner: current(Process(corner), "p", 0.6) for corner in sky130.CORNERS}
    for slow, fast, found in (
        ("ss", "ff", nmos),
        ("fs", "sf", nmos),
        ("ss", "ff", pmos),
        ("sf", "fs", pmos),
    ):
        assert found[slow] < 0.9 * found["tt"] < found["tt"] < 0.9 * found[fast]
    assert current(Process(temperature=85.0)) > 3 * current()


@needs_transistors
def test_mismatch_by_seed():
    """Weak inversion: ln I follows V_th/(n U_T); the library's 3.356 mV um/sqrt(W L) and more."""
    found = [np.log(current(Process(seed=k)) / current()) for k in range(16)]
    assert current(Process(seed=3)) == current(Process(seed=3))
    assert current(Process(seed=3)) != current(Process(seed=3), name="2")
    wide = [np.log(current(Process(seed=k), m=16) / (16 * current())) for k in range(16)]
    # sqrt(3.356^2 + 7^2 mV^2 um^2)/0.5 um over n U_T of about 36 mV: 0.43, of 16 samples.
    assert 0.25 < np.std(found) < 0.65
    assert 0.15 < np.std(wide) / np.std(found) < 0.4  # 1/sqrt(16)


@needs_transistors
def test_sixteen_in_parallel_carry_sixteen_times_the_current():
    assert current(m=16) == pytest.approx(16 * current(), rel=1e-6)


@pytest.mark.parametrize("bad", [{"corner": "TT"}, {"temperature": 300.0}, {"seed": -1}])
def test_process_that_is_refused(bad):
    with pytest.raises(InvalidInput, match=next(iter(bad))):
        Process(**bad)


@needs_transistors
def test_size_without_a_model_is_refused():
    parts = Transistors(Process())
    with pytest.raises(InvalidInput, match="kind"):
        parts.add("1", "q", "d g 0 0", 1e-6, 1e-6)
    parts.add("1", "n", "d g 0 0", 1e-6, 0.1e-6)
    with pytest.raises(InvalidInput, match=r"W = 1 um, L = 0\.1 um: take another size"):
        parts.models()


def test_without_the_extra_one_message(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    sky130._bins.cache_clear()
    sky130._constants.cache_clear()
    parts = Transistors(Process())
    parts.add("1", "n", "d g 0 0", 1e-6, 0.25e-6)
    with pytest.raises(MissingExtra, match=r"pip install 'rcspike-brian\[transistors\]'"):
        parts.models()


@needs_transistors
def test_without_ngspice_one_message(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SpiceError, match="ngspice is not installed"):
        current()


@needs_transistors
def test_run_that_does_not_converge_keeps_a_netlist_that_stands_alone(tmp_path, monkeypatch):
    """A sweep that is cut short, by a source that ngspice cannot follow."""
    parts = Transistors(Process())
    lines = [
        "* none",
        "Vd d 0 0",
        "B1 g 0 V = ln(1 - 2*v(d))",
        parts.add("1", "n", "d g 0 0", 1e-6, 1e-6),
    ]
    lines += [*parts.models(), ".dc Vd 0 1 0.1", ".end", ""]
    with pytest.raises(SpiceError, match=r"kept in"):
        run_ngspice("\n".join(lines), 1.0, axis="v(v-sweep)", keep=tmp_path / "k")
    text = Path(tmp_path / "k" / "circuit.cir").read_text()
    assert ".model n_0 nmos" in text
    assert "include" not in text
