"""Compiled programs: one for all values, kept in the cache, and what may go wrong with them."""

import errno
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from brian2.only import prefs
from brian2.units import nS, volt
from click.testing import CliRunner
from test_network_simulation import SMALL, TIMES, positive_network
from test_simulation import brian_state, users_brian  # noqa: F401 - a fixture

from rcspike_brian import (
    Circuit,
    CompilerError,
    NetworkSimulation,
    RunFolderError,
    simulate_network,
)
from rcspike_brian.commands import main
from rcspike_brian.equations import neuron_equations, redefine
from rcspike_brian.simulation import cache, program
from rcspike_brian.simulation.cache import ingredients, key_of
from rcspike_brian.simulation.engine import set_up

RECORD = {1: [4, 0], 2: [1]}
STEPS = 30
OPTIONS = {"presentations": 3, "workers": 2, "record": RECORD, "progress": False}


def make_plan(sizes=(2, 2), probes=(0,), circuit=None, **options):
    conductances = [np.zeros((n_in + 1, n_out)) for n_in, n_out in pairwise(sizes)]
    return set_up(circuit or Circuit(), conductances, [probes], **options).plan


PLAN = make_plan()


@pytest.fixture(autouse=True)
def programs(tmp_path, monkeypatch):
    """An empty cache, temporary files of the test's own, and quick Brian2 and compiler settings."""
    before = prefs.codegen.target, prefs.codegen.cpp.extra_compile_args_gcc
    prefs.codegen.target = "numpy"
    prefs.codegen.cpp.extra_compile_args_gcc = ["-w", "-O0", "-std=c++11"]
    monkeypatch.setenv("RCSPIKE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(cache, "_private", {})
    yield tmp_path / "cache" / "programs"
    prefs.codegen.target, prefs.codegen.cpp.extra_compile_args_gcc = before


def fake_build(plan, content, workshop, script="#!/bin/sh\nexit 3\n", before=lambda: None):
    """Stand in for `build_program`: everything but code generation and compiler."""
    before()
    folder = workshop.path
    (folder / "static_arrays").mkdir()
    (folder / "static_arrays" / "table").write_bytes(b"0")
    (folder / "main").write_text(script)
    (folder / "main").chmod(0o755)
    program.write_manifest(folder, content, {"spikes_1.i": ["spikes_1_i_12", "<i4"]}, 1.0)


@pytest.fixture
def fake(monkeypatch):
    monkeypatch.setattr(cache, "build_program", fake_build)
    monkeypatch.setattr(cache, "check_tools", lambda: None)


SECOND_PROCESS = """
import sys
sys.path.insert(0, {tests!r})
from test_network_programs import *
prefs.codegen.target = "numpy"
prefs.codegen.cpp.extra_compile_args_gcc = ["-w", "-O0", "-std=c++11"]
other = positive_network((6, 5, 4), seed=9)
circuit = Circuit.normalised((0.7, 1.3))
dt = circuit.T / STEPS
found = simulate_network(other, TIMES, circuit, dt=dt, target="cpp_standalone", **OPTIONS)
json.dump([ingredients(found.plan), found.seconds["build"], found.v_end[1].tolist()], sys.stdout)
"""


@pytest.mark.standalone
@pytest.mark.slow
@pytest.mark.usefixtures("users_brian")
def test_one_compiled_program_serves_other_values_circuits_and_processes(tmp_path, programs):
    told = []

    def both(network, circuit):
        frames = []
        for target in ("runtime", "cpp_standalone", "runtime"):
            before = brian_state()
            options = {**OPTIONS, "tell": told.append, "dt": circuit.T / STEPS}
            frames.append(simulate_network(network, TIMES, circuit, target=target, **options))
            assert brian_state() == before
        for other in (frames[0], frames[2]):
            pd.testing.assert_frame_equal(frames[1].spikes, other.spikes, atol=1e-9)
            pd.testing.assert_frame_equal(frames[1].labels, other.labels)
            np.testing.assert_allclose(frames[1].traces.v, other.traces.v, atol=1e-9)
        return frames[1]

    first = both(SMALL, Circuit())
    assert first.seconds["build"] > 0
    assert len(told) == 1
    assert "compiling" in told[0]
    # Other weights, capacitor, rails, diodes: nothing is compiled. 5 images in runs of 3.
    other = positive_network((6, 5, 4), seed=9)
    unequal = Circuit(C=2 * Circuit().C, V_syn=(2.2 * volt, 1.2 * volt), V_d=0.2 * volt)
    assert both(other, unequal).seconds["build"] == 0
    assert len(told) == 1
    # In another process neither, and even a broken folder of equal name does not disturb.
    code = SECOND_PROCESS.format(tests=str(Path(__file__).parent))
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    content, seconds, potentials = json.loads(done.stdout)
    circuit = Circuit.normalised((0.7, 1.3))
    here = simulate_network(
        other, TIMES, circuit, dt=circuit.T / STEPS, target="runtime", **OPTIONS
    )
    assert content == json.loads(json.dumps(ingredients(here.plan)))  # names what differs
    assert seconds == 0
    assert "compiling" not in done.stderr
    np.testing.assert_allclose(np.array(potentials), here.v_end[1], atol=1e-9)
    assert [path.name for path in tmp_path.glob("rcspike-*")] == []
    # A single precision preference finds the same program.
    prefs.core.default_float_dtype = np.float32
    before = brian_state()
    single = simulate_network(
        other, TIMES, circuit, dt=circuit.T / STEPS, target="cpp_standalone", **OPTIONS
    )
    assert brian_state() == before
    assert single.seconds["build"] == 0
    np.testing.assert_allclose(single.v_end[1], here.v_end[1], atol=1e-9)
    # A damaged program is not run.
    (folder,) = (path for path in programs.iterdir() if path.is_dir())
    with (folder / "main").open("r+b") as file:
        file.truncate(1000)
    plan = single.plan
    content = ingredients(plan)
    assert cache._find(key_of(content), content) is None


@pytest.mark.usefixtures("fake")
def test_a_program_with_a_damaged_manifest_is_compiled_anew(programs):
    whole, _ = cache.open_program(PLAN, str)
    path = whole.folder / "manifest.json"
    text = path.read_bytes()
    rng = np.random.default_rng(0)
    for place in [*rng.integers(0, len(text), 200), text.index(b"<i4") + 2, text.index(b"_12") + 1]:
        path.write_bytes(text[:place] + bytes([text[place] ^ 1]) + text[place + 1 :])
        found = program.read_manifest(whole.folder, ingredients(PLAN))
        assert found is None or found == whole.manifest
    for damage in (b"", b"[]", b"[" * 100_000, b"\xff", text[:-2], text.replace(b"<i4", b"<f8")):
        path.write_bytes(damage)
        again, seconds = cache.open_program(PLAN, str)
        assert seconds > 0
        assert again.manifest == whole.manifest
        assert cache.open_program(PLAN, str)[1] == 0


OTHER_CODE = {
    "sizes": {"sizes": (2, 3)},
    "recorded neurons": {"probes": (0, 1)},
    "time step": {"dt": Circuit().T / 50},
    "synapses": {"synapses": "individual"},
    "method": {"method": "rk2"},
    "presentations": {"presentations": 2},
    "kind": {"circuit": Circuit(kind="conventional")},
    "diode": {"circuit": Circuit(diode="none")},
    "equations": {"equations": redefine(neuron_equations(), "I_other = 1*namp : amp")},
}


@pytest.mark.parametrize("change", OTHER_CODE.values(), ids=OTHER_CODE)
def test_key_changes_with_everything_that_goes_into_the_code(change):
    assert key_of(ingredients(make_plan(**change))) != key_of(ingredients(PLAN))


def test_key_changes_with_brian2s_preferences():
    before = key_of(ingredients(PLAN))
    prefs.codegen.cpp.extra_compile_args_gcc = ["-w", "-O1"]
    assert key_of(ingredients(PLAN)) != before


def test_key_does_not_change_with_values():
    circuit = Circuit(V_th=0.5 * volt, V_syn=2 * volt, V_d=0.1 * volt, ramp="rc")
    other = make_plan(probes=(1,), circuit=circuit, values={"G_leak": 1 * nS})
    assert key_of(ingredients(other)) == key_of(ingredients(PLAN))


@pytest.mark.parametrize(
    ("preference", "value"),
    [
        ("codegen.target", "auto"),
        ("codegen.string_expression_target", "cython"),
        ("codegen.runtime.numpy.discard_units", True),
    ],
)
def test_key_does_not_change_with_what_only_python_asks_for(monkeypatch, preference, value):
    before = key_of(ingredients(PLAN))
    monkeypatch.setitem(prefs, preference, value)
    assert key_of(ingredients(PLAN)) == before


ONLY_GENERATED = """
import sys
sys.path.insert(0, {tests!r})
from test_network_programs import *
prefs.codegen.target = {target!r}
program.make = lambda workshop: (workshop.path / program.BINARY).touch()
workshop = program.Workshop()
program.build_program(PLAN, {{}}, workshop)
folder = workshop.path
found = [path for kind in ("*.cpp", "*.h", "makefile") for path in folder.rglob(kind)]
json.dump({{str(path.relative_to(folder)): path.read_text() for path in found}}, sys.stdout)
"""


def test_generated_code_does_not_change_with_brian2s_target():
    def generated(target):  # in a process of its own: Brian2 counts its objects, in their names
        code = ONLY_GENERATED.format(tests=str(Path(__file__).parent), target=target)
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        return json.loads(done.stdout)

    numpy = generated("numpy")
    assert any("_stateupdater_" in name for name in numpy)
    assert generated("cython") == numpy


def test_key_changes_with_the_compiler(monkeypatch):
    before = key_of(ingredients(PLAN))
    monkeypatch.setenv("CXX", "another-compiler")
    assert key_of(ingredients(PLAN)) != before


@pytest.mark.usefixtures("fake")
def test_program_is_built_once_and_then_found(programs):
    told = []
    first, seconds = cache.open_program(PLAN, told.append)
    again, none = cache.open_program(PLAN, told.append)
    assert seconds > 0
    assert none == 0
    assert first.folder == again.folder == programs / key_of(ingredients(PLAN))
    assert len(told) == 1


TWO_AT_ONCE = """
import sys, time
sys.path.insert(0, {tests!r})
from test_network_programs import *
prefs.codegen.cpp.extra_compile_args_gcc = ["-w", "-O0", "-std=c++11"]
def compile_slowly():
    Path({started!r}).touch()
    wait_for(Path({go_on!r}), 600)
def build(*arguments):
    fake_build(*arguments, before=compile_slowly)
cache.build_program, cache.check_tools = build, lambda: None
found, seconds = cache.open_program(PLAN)
print(found.folder, seconds > 0)
"""


def start_process(tmp_path):
    """A process that compiles until the file "go on" appears, and the file that says it does."""
    started, go_on = tmp_path / "started", tmp_path / "go on"
    tests = str(Path(__file__).parent)
    code = TWO_AT_ONCE.format(tests=tests, started=str(started), go_on=str(go_on))
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        start_new_session=True,
    )
    return process, started


def wait_for(path, seconds=120):
    end = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < end, f"{path} did not appear"
        time.sleep(0.05)


def test_two_simultaneous_first_calls_compile_once(tmp_path):
    one, started = start_process(tmp_path)
    wait_for(started)
    other, _ = start_process(tmp_path)
    said = other.stderr.readline()
    (tmp_path / "go on").touch()
    results = [process.communicate(timeout=120) for process in (one, other)]
    assert [process.returncode for process in (one, other)] == [0, 0], results
    folders, built = zip(*(out.split() for out, _ in results), strict=True)
    assert folders[0] == folders[1]
    assert built == ("True", "False")
    assert "compiling the network" in results[0][1]
    assert "waiting for it" in said
    assert "compiling the network" not in results[1][1]


@pytest.mark.usefixtures("fake")
def test_killed_build_is_neither_waited_for_nor_used(tmp_path, programs):
    process, started = start_process(tmp_path)
    wait_for(started)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    # It may have been killed while it copied the program into the cache.
    leftover = programs / f".new-{key_of(ingredients(PLAN))}-x"
    leftover.mkdir()
    (leftover / "main").write_text("half")
    told = []
    found, seconds = cache.open_program(PLAN, told.append)
    assert seconds > 0
    assert found.folder.parent == programs
    assert not leftover.exists()
    end = time.monotonic() + 2
    while list(tmp_path.glob("rcspike-*")):  # the guard of the killed process removes its folder
        assert time.monotonic() < end
    assert len(told) == 1


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize("place", ["file", "below a file", "/proc"])
def test_cache_that_cannot_be_written_is_done_without(tmp_path, monkeypatch, place):
    (tmp_path / "file").write_text("in the way")
    cache_folder = {"file": tmp_path / "file", "below a file": tmp_path / "file" / "x"}
    monkeypatch.setenv("RCSPIKE_CACHE", str(cache_folder.get(place, "/proc/rcspike")))
    told = []
    found, seconds = cache.open_program(PLAN, told.append)
    assert seconds > 0
    assert (found.folder / "main").exists()
    assert any("cannot be used" in text and "RCSPIKE_CACHE" in text for text in told)
    again, none = cache.open_program(PLAN, told.append)  # kept for the rest of the process
    assert (again.folder, none) == (found.folder, 0)


@pytest.mark.usefixtures("fake")
def test_without_a_home_programs_are_compiled_for_this_time(monkeypatch):
    monkeypatch.setenv("RCSPIKE_CACHE", "~nosuch/cache")
    told = []
    found, _ = cache.open_program(PLAN, told.append)
    assert (found.folder / "main").exists()
    assert any("~nosuch/cache" in text and "RCSPIKE_CACHE to" in text for text in told)
    with pytest.raises(RunFolderError, match="set the environment variable RCSPIKE_CACHE"):
        cache.clear()


@pytest.mark.usefixtures("fake")
def test_relative_cache_stays_where_it_is(tmp_path, monkeypatch):
    monkeypatch.setenv("RCSPIKE_CACHE", "cache")
    monkeypatch.chdir(tmp_path)
    found, _ = cache.open_program(PLAN, str)
    monkeypatch.chdir("/")
    assert (found.folder / "main").exists()


@pytest.mark.usefixtures("fake")
def test_cache_on_a_disk_where_nothing_may_run_is_used_all_the_same(programs, monkeypatch):
    def forbidden(path, mode, *, access=os.access):
        return access(path, mode) and not (mode == os.X_OK and Path(path).is_relative_to(refused))

    refused = programs
    monkeypatch.setattr(os, "access", forbidden)
    found, seconds = cache.open_program(PLAN, str)
    assert seconds > 0
    assert not found.folder.is_relative_to(programs)
    monkeypatch.setattr(cache, "_private", {})  # as in another process
    again, seconds = cache.open_program(PLAN, str)
    assert seconds == 0
    assert (again.folder / "main").read_text() == (found.folder / "main").read_text()
    monkeypatch.setattr(cache, "_private", {})
    refused = programs.parents[1]  # and the folder of temporary files
    with pytest.raises(CompilerError, match=r"noexec.*RCSPIKE_CACHE or TMPDIR"):
        cache.open_program(PLAN, str)


@pytest.mark.usefixtures("fake")
def test_workers_are_as_many_as_the_processors_that_may_be_used(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {1})
    assert NetworkSimulation(SMALL, target="cpp_standalone", tell=str).workers == 1


@pytest.mark.usefixtures("fake")
def test_full_cache_is_done_without_and_left_clean(programs, monkeypatch):
    def full(*arguments, **keywords):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(shutil, "copytree", full)
    told = []
    found, _ = cache.open_program(PLAN, told.append)
    assert (found.folder / "main").exists()
    assert "No space left on device" in told[-1]
    assert "compiled again next time" in told[-1]
    assert [path.name for path in programs.iterdir() if path.is_dir()] == []


def test_missing_compiler_is_an_error_if_asked_for(monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    before = brian_state()
    with pytest.raises(CompilerError, match=r"no-such-compiler.*apt install.*target='runtime'"):
        simulate_network(SMALL, TIMES, target="cpp_standalone", progress=False)
    assert brian_state() == before


@pytest.mark.standalone
def test_failing_compiler_is_quoted_and_auto_goes_on_without(tmp_path, monkeypatch, programs):
    broken = tmp_path / "broken-compiler"
    broken.write_text("#!/bin/sh\necho 'fatal: out of cheese' >&2\nexit 1\n")
    broken.chmod(broken.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("CXX", str(broken))
    before, told = brian_state(), []
    circuit = Circuit()
    options = {**OPTIONS, "tell": told.append, "dt": circuit.T / STEPS}
    found = simulate_network(SMALL, TIMES, circuit, target="auto", **options)
    assert found.target == "runtime"
    assert "fatal: out of cheese" in told[-1]
    assert "target 'runtime'" in told[-1]
    assert len(found.labels) == 5
    assert brian_state() == before
    assert [path.name for path in programs.iterdir() if path.is_dir()] == []
    assert list(tmp_path.glob("rcspike-*")) == []


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("exit 3", "returned 3"),
        ("kill -9 $$", "returned -9"),
        ("echo 'Could not read x.dat'", "Could not read x.dat"),
        ("exit 0", "ended before its last time step"),
        ("echo '0.1 0.5' > results/last_run_info.txt", "ended before its last time step"),
    ],
)
def test_failing_program_is_an_error_and_leaves_nothing(tmp_path, monkeypatch, script, message):
    def build(*arguments):
        fake_build(*arguments, script=f"#!/bin/sh\n{script}\n")

    monkeypatch.setattr(cache, "build_program", build)
    monkeypatch.setattr(cache, "check_tools", lambda: None)
    before = brian_state()
    with pytest.raises(CompilerError, match=message):
        simulate_network(SMALL, TIMES, target="cpp_standalone", progress=False, tell=str)
    assert brian_state() == before
    assert list(tmp_path.glob("rcspike-*")) == []


@pytest.mark.usefixtures("fake")
def test_cleared_cache_is_said_during_a_session():
    found, _ = cache.open_program(PLAN, str)
    with found.session({}) as session:
        cache.clear()
        with pytest.raises(CompilerError, match=r"No such file.*cleared meanwhile"):
            session.run({})


@pytest.mark.usefixtures("fake")
def test_full_temporary_folder_is_said(tmp_path, monkeypatch):
    found, _ = cache.open_program(PLAN, str)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(CompilerError, match=r"gone.*TMPDIR"), found.session({}):
        pass
    cache.clear()
    with pytest.raises(CompilerError, match=r"gone.*TMPDIR"):
        cache.open_program(PLAN, str)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    found, _ = cache.open_program(PLAN, str)
    monkeypatch.setattr(program, "_write_values", fail_with_full_disk)
    with pytest.raises(CompilerError, match="No space left"), found.session({}):
        pass


def fail_with_full_disk(*arguments):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.usefixtures("fake")
def test_interrupted_session_ends_its_program(monkeypatch):
    def build(*arguments):
        fake_build(*arguments, script="#!/bin/sh\nexec sleep 600\n")

    monkeypatch.setattr(cache, "build_program", build)
    found, _ = cache.open_program(PLAN, str)
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        with found.session({}) as session:
            future = pool.submit(session.run, {})
            while not session.running:
                assert not future.done(), future.exception()
                time.sleep(0.01)
        with pytest.raises(CompilerError):
            future.result(timeout=60)


@pytest.mark.usefixtures("fake")
def test_command_shows_and_clears_the_cache(programs):
    def command(*words):
        result = CliRunner().invoke(main, ["cache", *words])
        assert result.exit_code == 0, result.output
        return result.output

    assert "0 compiled programs" in command("show")
    assert "deleted 0" in command("clear")
    cache.open_program(PLAN, str)
    (programs / ("0" * 32)).mkdir()
    (programs / f".new-{'0' * 32}-x").mkdir()
    shown = command("show")
    assert "2 compiled programs" in shown
    assert "2-2, rc-spike, summed synapses, dt = 1e-09 s, 2001 steps, 1 presentations" in shown
    assert "damaged" in shown
    assert "deleted 2" in command("clear")
    assert "0 compiled programs" in command("show")
    assert [path for path in programs.iterdir() if path.is_dir()] == []


@pytest.mark.usefixtures("fake")
def test_clearing_takes_programs_only_and_follows_no_link(programs, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.tex").write_text("...")
    cache.open_program(PLAN, str)
    (programs / "thesis").mkdir()
    (programs / "notes.txt").write_text("...")
    (programs / ("f" * 32)).symlink_to(mine)
    cache.clear()
    assert cache.programs() == []
    assert {"thesis", "notes.txt", "f" * 32} <= {path.name for path in programs.iterdir()}
    assert (mine / "thesis.tex").exists()


@pytest.mark.usefixtures("fake")
def test_a_manifest_of_another_version_is_shown_as_such(programs):
    cache.open_program(PLAN, str)
    path = next(programs.glob("*/manifest.json"))
    for content in (
        "[]",
        '{"ingredients": {"plan": []}}',
        '{"ingredients": {"plan": {"dt": "x"}}}',
    ):
        path.write_text(content)
        result = CliRunner().invoke(main, ["cache", "show"])
        assert result.exit_code == 0, result.output
        assert "damaged or of another version; it will be compiled again" in result.output


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
@pytest.mark.usefixtures("fake")
def test_a_program_of_another_user_is_not_run(programs):
    cache.open_program(PLAN, str)
    folder = next(programs.glob("[0-9a-f]*"))
    os.chown(folder / "main", 65534, 65534)
    told = []
    program, _ = cache.open_program(PLAN, told.append)
    assert "belongs to another user, or others may change it: it is not run" in told[0]
    assert (program.folder / "main").stat().st_uid == 0  # compiled anew


@pytest.mark.usefixtures("fake")
def test_a_program_that_others_may_change_is_not_run(programs):
    mask = os.umask(0)  # everybody may change every new file
    try:
        cache.open_program(PLAN, str)
    finally:
        os.umask(mask)
    folder = next(programs.glob("[0-9a-f]*"))
    told = []
    cache.open_program(PLAN, told.append)
    assert told == []  # what was kept is for this user only to change
    (folder / "main").chmod(0o777)
    cache.open_program(PLAN, told.append)
    assert "others may change it: it is not run" in told[0]
    assert (folder / "main").stat().st_mode & 0o777 == 0o755


def test_cache_that_cannot_be_cleared_is_said(programs, monkeypatch):
    (programs / ("0" * 32)).mkdir(parents=True)
    monkeypatch.setattr(shutil, "rmtree", fail_with_full_disk)
    with pytest.raises(RunFolderError, match="cannot clear"):
        cache.clear()
    result = CliRunner().invoke(main, ["cache", "clear"])
    assert result.exit_code == 1
    assert "cannot clear" in result.output
