"""Programs and temporary folders that do not outlive this process, however it ends.

A process that is killed cannot tidy up. For each of its temporary folders a guard does it: a shell
that waits at one end of a pipe whose other end only this process holds. When the process ends, the
system closes the pipe; the guard then ends the programs in its group and removes the folder. Where
the guard was killed as well, the next process finds a folder that nobody has locked.
"""

import fcntl
import os
import pickle
import shutil
import signal
import tempfile
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_PREFIX = "rcspike-work-"
_GUARD = """
trap '' HUP INT QUIT TERM
PATH=$PATH:/usr/bin:/bin
read -r _
kill -TERM 0
sleep 0.2
rm -rf -- "$0"
kill -KILL 0
"""
_own = False


def is_own() -> bool:
    """Tell whether nobody else's code runs here: the process is a command's or a worker's."""
    return _own


@contextmanager
def command() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the block as an exception, as Ctrl-C does: `SystemExit`.

    A second one ends the process at once. Signals that are ignored (``nohup``) stay so.
    """
    global _own
    _own, before = True, {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is signal.SIG_DFL:
                before[number] = signal.signal(number, _end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number, frame):
    signal.signal(number, signal.SIG_DFL)
    raise SystemExit(128 + number)


def worker(connection: "Connection", pickled: bytes) -> None:
    """Make this process a worker, which ends when the other end of the connection is closed.

    Ctrl-C, which reaches all processes of a terminal, is left to the other end; whatever the worker
    leaves in the folder of temporary files is removed after it. What is ``pickled`` is called.
    """
    global _own
    _own = True
    threading.Thread(target=_end_with, args=(connection,), daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _kept.append(Workshop())
    tempfile.tempdir = str(_kept[0].path)
    pickle.loads(pickled)()


_kept: list[Any] = []  # for as long as this process lives


def _end_with(connection):
    with suppress(EOFError, OSError):
        connection.recv()
    os._exit(1)


class Workshop:
    """A temporary folder, and the programs that work there; both end with the ``with`` block.

    Or with the process, if that is killed; then within half a second.

    Parameters
    ----------
    within : str or Path, optional
        Folder to make it in; default: that of temporary files. `OSError` if that cannot be written.
    prefix : str
        Of its name. Unlocked folders of the same prefix are those of killed processes: they go.
    """

    def __init__(self, within: str | Path | None = None, prefix: str = _PREFIX):
        within = Path(tempfile.gettempdir() if within is None else within)
        _remove_unlocked(within, prefix)
        self.path, lock = _locked_folder(within, prefix)
        self._guard, self._programs = _start_guard(self.path, lock), []
        mine = os.getpid(), self.path, lock, self._guard, self._programs
        self._finalizer = weakref.finalize(self, _clear, *mine)

    def __enter__(self) -> "Workshop":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def start(self, command: list[str], **options: Any) -> Popen:
        """Start a program, with the options of `subprocess.Popen`; it has no standard input."""
        group = {} if self._guard is None else {"process_group": self._guard.pid}
        process = Popen(command, stdin=DEVNULL, **group, **options)
        self._programs[:] = [p for p in self._programs if p.poll() is None] + [process]
        return process

    def end_programs(self) -> None:
        """End the programs that still run, and those that they have started."""
        _end_programs(self._guard, self._programs)

    def close(self) -> None:
        """End the programs and remove the folder."""
        self._finalizer()


def _end_programs(guard, programs):
    if programs and guard is not None:
        os.killpg(guard.pid, signal.SIGTERM)  # which the guard ignores
    for process in programs:
        if process.poll() is None:
            process.kill()
            process.wait()


def _clear(owner, folder, lock, guard, programs):
    if os.getpid() != owner:  # a copy of it, after a fork
        return
    _end_programs(guard, programs)
    shutil.rmtree(folder, ignore_errors=True)
    if guard is not None:
        os.killpg(guard.pid, signal.SIGKILL)
        guard.stdin.close()
        guard.wait()
    os.close(lock)


def _start_guard(folder, lock):
    """Start the guard of a folder, which shares its lock; without a shell it goes unguarded."""
    quiet: dict[str, Any] = {"stdin": PIPE, "stdout": DEVNULL, "stderr": DEVNULL, "cwd": "/"}
    try:
        # A group of its own: what a terminal sends to this process's does not reach it.
        command = ["/bin/sh", "-c", _GUARD, str(folder)]
        return Popen(command, process_group=0, pass_fds=(lock,), **quiet)
    except OSError:
        return None


def _locked_folder(within, prefix):
    while True:
        path = Path(tempfile.mkdtemp(prefix=prefix, dir=within)).resolve()
        with suppress(FileNotFoundError):  # another process has just taken it for a leftover
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            if _locks(lock) is not False and path.exists():
                return path, lock
            os.close(lock)


def _locks(descriptor):
    """Lock a folder; False if another process has, None where the file system cannot."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _remove_unlocked(within, prefix):
    for path in within.glob(f"{prefix}*"):
        with suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                if os.fstat(descriptor).st_uid == os.geteuid() and _locks(descriptor):
                    shutil.rmtree(path, ignore_errors=True)
            finally:
                os.close(descriptor)
