"""Nothing outlives its process: programs, what they start, temporary folders."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from rcspike_brian.processes import Workshop, command


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def runs(pid):
    """Whether a process runs; one that has ended and is not yet fetched does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(condition, seconds):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


# A program that starts another one, as make and compilers do.
BUSY = ["/bin/sh", "-c", "echo $$; sleep 600 & echo $!; wait"]
BEGUN = f"""
import sys, tempfile, time
from rcspike_brian.processes import Workshop
workshop = Workshop(sys.argv[1])
(workshop.path / "large").write_bytes(bytes(2_000_000))
workshop.start({BUSY!r})
time.sleep(600)
"""


def start(code, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL, signal.SIGINT])
def test_no_program_and_no_folder_outlives_its_process_by_two_seconds(temporary, number):
    with start(BEGUN, temporary) as process:
        programs = [int(process.stdout.readline()) for _ in range(2)]
        assert all(map(runs, programs))
        process.send_signal(number)
        process.wait(10)
        until(lambda: not any(map(runs, programs)) and not any(temporary.iterdir()), 2)


def test_end_of_the_block_ends_programs_and_what_they_have_started(temporary):
    with Workshop() as workshop:
        program = workshop.start(BUSY, stdout=subprocess.PIPE, text=True)
        programs = [int(program.stdout.readline()) for _ in range(2)]
        assert workshop.path.parent == temporary
    until(lambda: not any(map(runs, programs)), 2)
    assert list(temporary.iterdir()) == []


def test_leftovers_of_killed_processes_go_at_the_next_start(temporary):
    leftover = temporary / "rcspike-work-killed"
    leftover.mkdir()
    (leftover / "large").write_bytes(bytes(100))
    (temporary / "another").mkdir()
    with Workshop() as one, Workshop() as other:
        assert not leftover.exists()
        assert one.path.exists()  # in use, and therefore locked
        assert {p.name for p in temporary.iterdir()} == {"another", one.path.name, other.path.name}


def test_copy_of_a_process_leaves_the_original_its_folder():
    with Workshop() as workshop:
        child = os.fork()
        if not child:
            workshop.close()
            os._exit(0)
        os.waitpid(child, 0)
        assert workshop.path.exists()


def test_without_a_shell_there_is_a_folder_all_the_same(monkeypatch):
    def no_such_file(*arguments, **options):
        raise FileNotFoundError

    monkeypatch.setattr("rcspike_brian.processes.Popen", no_such_file)
    with Workshop() as workshop:
        assert workshop.path.is_dir()
    assert not workshop.path.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_command_is_ended_by_a_signal_as_by_an_exception(number):
    def work():
        with command(), Workshop() as workshop:
            folders.append(workshop.path)
            os.kill(os.getpid(), number)

    folders = []
    with pytest.raises(SystemExit) as ended:
        work()
    assert ended.value.code == 128 + number
    assert not folders[0].exists()
    assert signal.getsignal(number) is signal.SIG_DFL


def test_command_that_outlives_its_terminal_goes_on(monkeypatch):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # nohup
    try:
        with command():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
