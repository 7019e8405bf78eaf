"""What goes wrong in a SPICE run: the message is clear and the netlist is kept."""

import errno
import os
import re
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from rcspike_brian import Circuit, RCSpikeError, SpiceError
from rcspike_brian.spice import read_rawfile, run_ngspice, simulate_spice
from tests.ngspice import needs_ngspice


def wait_for(condition, seconds):
    """Until it holds, or the test fails."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def has_ended(pid):
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


HEADER = "Title: x\nPlotname: Transient Analysis\nFlags: real\nNo. Variables: 2\nNo. Points: {n}\nVariables:\n\t0\ttime\ttime\n\t1\tv(n1_0)\tvoltage\nBinary:\n"  # noqa: E501


def raw(times, potentials, n=None):
    values = np.column_stack([times, potentials]).astype("<f8")
    return HEADER.format(n=len(times) if n is None else n).encode() + values.tobytes()


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """Put a program called ngspice first on PATH; its body is Python."""

    def install(body):
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        program = folder / "ngspice"
        program.write_text(f"#!{sys.executable}\nimport sys, time, pathlib\n{body}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", str(folder))
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    return install


def fails(match, **options):
    """Run and expect an error; returns the folder that the message names."""
    with pytest.raises(SpiceError, match=match) as caught:
        run_ngspice("* netlist of the test\n.end\n", 2e-6, **options)
    folder = Path(re.search(r"kept in (.+)$", str(caught.value)).group(1))
    assert (folder / "circuit.cir").read_text() == "* netlist of the test\n.end\n"
    assert (folder / "ngspice.log").exists()
    return folder


def test_missing_program(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SpiceError, match="apt-get install ngspice"):
        simulate_spice(Circuit.normalised(1.0), [[1.0]], [0.0])


def test_exit_code(fake):
    fake("print('doAnalyses: TRAN:  Timestep too small; time = 1e-7'); sys.exit(1)")
    fails("exit code 1: doAnalyses: TRAN:  Timestep too small")


def test_no_output(fake):
    fake("print('Error: circuit not parsed.')")
    fails(r"no usable result: no output circuit.raw.*Error: circuit not parsed")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no binary part"),
        (b"rubbish\nBinary:\n\x00\x01", "how many variables"),
        (raw([0, 1e-6], [0, 1], n=50), "cut short"),
        (raw([], [], n=0), "cut short"),
        (raw([0, 2e-6], [0, np.nan]), "not finite"),
        (raw([0, 2e-6], [0, 1]).replace(b"real", b"complex"), "complex numbers"),
        (raw([0, 2e-6], [0, 1]).replace(b"\ttime\ttime", b"\ttime"), "lists 1"),
        (raw([0, 2e-6], [0, 1]).replace(b"\ttime\t", b"\tdate\t"), "no time axis"),
    ],
)
def test_malformed_output(fake, content, message):
    fake(f"pathlib.Path('circuit.raw').write_bytes({content!r})")
    fails(message)


def test_run_that_stops_early_did_not_converge(fake):
    fake(
        "print('Timestep too small; initial timepoint: trouble with node n1_0')\n"
        f"pathlib.Path('circuit.raw').write_bytes({raw([0, 1e-6], [0, 1])!r})"
    )
    fails("did not converge: it stopped at 1e-06 s of 2e-06 s .*trouble with node n1_0")


def test_hanging_run_is_stopped_with_its_children(fake, tmp_path):
    mark = tmp_path / "child.pid"
    fake(
        "import subprocess\n"
        f"child = subprocess.Popen([{sys.executable!r}, '-c', 'import time; time.sleep(600)'])\n"
        f"pathlib.Path({str(mark)!r}).write_text(str(child.pid)); child.wait()"
    )
    fails("time limit of 3 s", time_limit=3)
    pid = int(mark.read_text())
    wait_for(lambda: has_ended(pid), 5)


def test_good_run_leaves_nothing_behind(fake, tmp_path):
    fake(f"pathlib.Path('circuit.raw').write_bytes({raw([0, 2e-6], [0, 1])!r})")
    output = run_ngspice("* x\n.end\n", 2e-6)
    np.testing.assert_array_equal(output["v(n1_0)"], [0, 1])
    assert list(tmp_path.glob("rcspike-*")) == []


def test_old_output_in_the_folder_is_not_taken_for_new(fake, tmp_path):
    keep = tmp_path / "keep"
    keep.mkdir()
    (keep / "circuit.raw").write_bytes(raw([0, 2e-6], [0, 1]))
    fake("pass")
    assert fails("no usable result", keep=keep) == keep


def test_rawfile_round_trip(tmp_path):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(2, 17))
    path = tmp_path / "a.raw"
    path.write_bytes(raw(*values))
    found = read_rawfile(path)
    np.testing.assert_array_equal(found["time"], values[0])
    np.testing.assert_array_equal(found["v(n1_0)"], values[1])


@pytest.mark.parametrize(
    ("ending", "keep"),
    [(signal.SIGTERM, None), (signal.SIGHUP, None), (signal.SIGKILL, None), (signal.SIGKILL, "k")],
)
def test_ngspice_dies_with_whoever_started_it(fake, tmp_path, ending, keep):
    """However that ends; and what ngspice has written goes too."""
    mark = tmp_path / "child.pid"
    fake(
        "import os\npathlib.Path('circuit.raw').write_text('x' * 1000)\n"
        f"pathlib.Path({str(mark)!r}).write_text(str(os.getpid()) + '\\n'); time.sleep(600)"
    )
    keep = keep and str(tmp_path / keep)
    program = f"from rcspike_brian.spice import run_ngspice; run_ngspice('* x', 1.0, keep={keep!r})"
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    parent = subprocess.Popen([sys.executable, "-c", program], env=environment)
    wait_for(lambda: mark.exists() and mark.read_text().endswith("\n"), 60)
    parent.send_signal(ending)
    parent.wait()
    wait_for(lambda: has_ended(int(mark.read_text())), 2)
    wait_for(lambda: not list(tmp_path.glob("**/circuit.raw")), 2)
    wait_for(lambda: not list(tmp_path.glob("rcspike-*")), 2)


@needs_ngspice
def test_format_of_the_raw_file_is_not_the_users_choice(monkeypatch):
    monkeypatch.setenv("SPICE_ASCIIRAWFILE", "1")
    assert simulate_spice(Circuit.normalised(1.0), [[1.0]], [0.0]).v_end[0] > 0.6


def test_full_disk(fake, tmp_path, monkeypatch):
    """Not a traceback, and no netlist without its end."""

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    fake("pass")
    for target, options, error, message in (
        ("pathlib.Path.write_text", {"keep": tmp_path / "kept"}, RCSpikeError, "No space left"),
        ("tempfile.mkdtemp", {}, SpiceError, "TMPDIR"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(target, full)
            with pytest.raises(error, match=message):
                run_ngspice("* x\n.end\n", 2e-6, **options)
    assert not (tmp_path / "kept").exists()
    (tmp_path / "kept" / "ngspice.log").mkdir(parents=True)
    with pytest.raises(RCSpikeError, match=r"cannot write .*kept/ngspice\.log"):
        run_ngspice("* x\n.end\n", 2e-6, keep=tmp_path / "kept")


@needs_ngspice
def test_ngspice_itself_refuses_a_netlist(tmp_path):
    """Not a fake: a circuit with a part that is defined nowhere."""
    with pytest.raises(SpiceError, match="kept in"):
        run_ngspice("* broken\nX1 a 0 nowhere\n.tran 1n 2u\n.end\n", 2e-6, keep=tmp_path / "k")
    assert (tmp_path / "k" / "circuit.cir").exists()


@needs_ngspice
def test_ngspice_itself_does_not_converge(tmp_path):
    """A source that jumps back and forth with its own node has no solution."""
    netlist = (
        "* no solution\n.options itl4=5\nC1 a 0 1p IC=0\nV1 b 0 PULSE(0 1 1u 1p 1p 1u)\n"
        "B1 a 0 I = v(a) > 0.5*v(b) ? 1e6*v(b) : -1e6*v(b)\n.save v(a)\n"
        ".tran 1n 2u 0 1n uic\n.end\n"
    )
    with pytest.raises(SpiceError, match=r"did not converge|failed|no usable"):
        run_ngspice(netlist, 2e-6, keep=tmp_path / "k", time_limit=20)


def test_ngspice_has_a_home_where_its_user_has_none(fake, monkeypatch):
    """It crashes for a user without a name and without HOME (`tools/test_elsewhere.sh`)."""
    monkeypatch.delenv("HOME", raising=False)
    fake(
        "import os; assert pathlib.Path(os.environ['HOME']).is_dir()\n"
        f"pathlib.Path('circuit.raw').write_bytes({raw([0, 2e-6], [0, 1])!r})"
    )
    assert run_ngspice("* x\n.end\n", 2e-6)["time"][-1] == 2e-6
