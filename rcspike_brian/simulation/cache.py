"""Compiled programs in the user's cache, whole or not there, and the key that finds them."""

import hashlib
import importlib.metadata
import json
import os
import platform
import re
import shlex
import shutil
import stat
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

import rcspike_brian.core.windows
import rcspike_brian.equations
import rcspike_brian.layers.pool
from rcspike_brian.brian import prefs
from rcspike_brian.errors import CompilerError, RunFolderError
from rcspike_brian.processes import Workshop
from rcspike_brian.simulation.devices import double_precision
from rcspike_brian.simulation.program import (
    BINARY,
    MANIFEST,
    STATIC,
    Program,
    build_program,
    check_tools,
    compiler,
    read_manifest,
    temporary_files,
)
from rcspike_brian.storage import cache_dir, exists

FORMAT = 3  # of the folder that holds a program; those of another format are not used

# Modules beside this one that decide what is in the generated code.
_SOURCES = ("model.py", "plan.py", "program.py", "wiring.py")
# They turn equations into C++.
_GENERATORS = ("brian2", "numpy", "sympy", "jinja2")
_PREFERENCES = ("core.", "codegen.", "devices.cpp_standalone.")
# Of those, what only Brian2's targets within Python ask for: the command `rcspike simulate`, which
# chooses NumPy, and a notebook, which leaves the choice to Brian2, share their programs.
_WITHIN_PYTHON = ("codegen.target", "codegen.string_expression_target", "codegen.runtime.")
_VARIABLES = ("CXX", "CPPFLAGS", "CXXFLAGS", "CPATH", "CPLUS_INCLUDE_PATH", "LIBRARY_PATH")

WAIT = 1800  # seconds, for another process that compiles the same program

# Names of folders among the programs: keys, and what `_publish` makes of them.
_PROGRAM, _HALF_COPIED = re.compile("[0-9a-f]{32}"), re.compile("\\.new-[0-9a-f]{32}-.*")

# Programs that could not be put into the cache, by key: they live as long as this process.
_private = {}


def programs_folder() -> Path:
    """Return the folder of the compiled programs, in the cache folder; it need not exist yet."""
    return cache_dir() / "programs"


def say(message):
    """Tell the user on standard error."""
    print(message, file=sys.stderr, flush=True)


def open_program(plan, tell=say) -> tuple[Program, float]:
    """Return the compiled program of a plan, and the seconds that compiling took, if it had to be.

    ``tell`` is called before something takes long, and when the cache cannot be used.
    """
    with double_precision():
        content = ingredients(plan)
    key = key_of(content)
    if program := _find(key, content, tell):
        return program, 0.0
    check_tools()
    with _only_one(key, tell) as may_publish:
        if program := _find(key, content):  # somebody else may have compiled it by now
            return program, 0.0
        started = time.perf_counter()
        program = _compile(plan, key, content, may_publish, tell)
        return program, time.perf_counter() - started


def _find(key, content, tell=lambda message: None):
    if key in _private:
        return _private[key]
    try:
        folder = programs_folder() / key
    except RunFolderError:  # said where the cache is written
        return None
    if not is_trusted(folder):
        tell(
            f"{folder} belongs to another user, or others may change it: it is not run. The "
            "environment variable RCSPIKE_CACHE chooses a folder of your own."
        )
        return None
    manifest = read_manifest(folder, content)
    if manifest is None or _may_run(folder):
        return manifest and Program(folder, manifest)
    with temporary_files():
        workshop = Workshop()
        shutil.copytree(folder, workshop.path, dirs_exist_ok=True)
    return _keep_private(key, manifest, workshop)


def _may_run(folder):
    """Whether programs may be run in a folder: some are mounted so that they may not (noexec)."""
    return os.access(folder / BINARY, os.X_OK)


def _keep_private(key, manifest, workshop):
    """Keep a program for as long as this process lives."""
    if not _may_run(workshop.path):
        raise CompilerError(
            f"programs may not be run in {workshop.path.parent} (noexec?): choose another folder "
            "for them with the environment variable RCSPIKE_CACHE or TMPDIR, or use "
            "target='runtime'."
        )
    _private[key] = Program(workshop.path, manifest, owner=workshop)
    return _private[key]


def is_trusted(folder) -> bool:
    """Whether nobody but this user and root can have changed what is in a folder.

    Programs are run, and who writes their files runs what he likes.
    """
    if not hasattr(os, "getuid"):
        return True
    try:
        found = [path.lstat() for path in (folder, *folder.rglob("*"))]
    except FileNotFoundError:
        return True  # there is nothing
    except OSError:
        return False
    others = stat.S_IWGRP | stat.S_IWOTH
    return all(file.st_uid in (0, os.getuid()) and not file.st_mode & others for file in found)


@contextmanager
def _only_one(key, tell):
    """Hold the lock of a key; yields whether the cache can be written."""
    try:
        folder = programs_folder()
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / f".{key}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            tell("another process is compiling the same program: waiting for it.")
            lock.acquire(timeout=WAIT)
    except (OSError, NotImplementedError, RunFolderError) as error:
        tell(
            f"the cache of compiled programs cannot be used ({error}), so this one is compiled "
            "for this time only. The environment variable RCSPIKE_CACHE chooses another folder."
        )
        yield False
        return
    except Timeout:
        tell("waited too long for the other process: compiling for this time only.")
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def _compile(plan, key, content, may_publish, tell):
    """Compile in a temporary folder, so that a killed or failed build is never in the cache."""
    tell("compiling the network with C++ (once for this shape, time step and machine) ...")
    with temporary_files():
        workshop = Workshop()
    try:
        with temporary_files():
            build_program(plan, content, workshop)
    except BaseException:
        workshop.close()
        raise
    if may_publish:
        try:
            _publish(workshop.path, key)
        except OSError as error:
            tell(
                f"the compiled program cannot be kept in {programs_folder()}: "
                f"{error.strerror or error}. It will be compiled again next time. Make room or "
                "permission there, or choose another folder with the environment variable "
                "RCSPIKE_CACHE."
            )
        else:
            if program := _find(key, content):
                workshop.close()
                return program
    return _keep_private(key, read_manifest(workshop.path, content), workshop)


def _publish(built, key):
    """Copy what a run needs into the cache, by one rename; the lock of the key is held."""
    folder = programs_folder()
    with Workshop(folder, prefix=f".new-{key}-") as workshop:
        new = workshop.path
        shutil.copy2(built / BINARY, new / BINARY)
        shutil.copytree(built / STATIC, new / STATIC)
        shutil.copy2(built / MANIFEST, new / MANIFEST)
        for path in (new, *new.rglob("*")):  # readable for all, and nobody else may change it
            path.chmod(0o755 if path.is_dir() or path.name == BINARY else 0o644)
        if (folder / key).exists():  # damaged, or it would have been found
            shutil.rmtree(folder / key)
        new.rename(folder / key)


def programs() -> list[Path]:
    """List the folders of the programs in the cache, the oldest first."""
    return sorted(_folders(_PROGRAM), key=lambda path: path.stat().st_mtime)


def _folders(names):
    """Folders in that of the programs whose names match; no links, which may lead anywhere."""
    folder = programs_folder()
    found = folder.iterdir() if exists(folder) else ()
    return [p for p in found if names.fullmatch(p.name) and p.is_dir() and not p.is_symlink()]


def clear():
    """Delete all programs, and half-copied ones of killed processes; nothing else.

    A simulation that runs in another process stops with a message, and compiles again.
    """
    folder = programs_folder()
    try:
        for path in [*_folders(_PROGRAM), *_folders(_HALF_COPIED)]:
            shutil.rmtree(path)
    except OSError as error:
        raise RunFolderError(
            f"cannot clear {folder}: {error.strerror or error}; nothing else depends on this "
            "folder, so it may be deleted by hand"
        ) from None


def ingredients(plan) -> dict:
    """What determines a program's machine code (C++, compiler, processor), ready for JSON."""
    return {
        "format": FORMAT,
        "plan": plan.structure(),
        "sources": _DIGEST_OF_SOURCES,
        "versions": {name: importlib.metadata.version(name) for name in _GENERATORS},
        "preferences": {
            name: repr(prefs[name])
            for name in sorted(prefs)
            if name.startswith(_PREFERENCES) and not name.startswith(_WITHIN_PYTHON)
        },
        "compiler": _compiler_version(),
        "environment": {name: os.environ.get(name) for name in _VARIABLES},
        "platform": [platform.system(), platform.machine(), platform.libc_ver(), _processor()],
    }


def key_of(content) -> str:
    """Return the name of the folder for a program with these ingredients."""
    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _digest_of_sources():
    digest = hashlib.sha256()
    equations = sorted(Path(rcspike_brian.equations.__file__).parent.glob("*.py"))
    wiring = rcspike_brian.core.windows.__file__, rcspike_brian.layers.pool.__file__
    beside = (Path(__file__).with_name(name) for name in _SOURCES)
    for path in (*equations, *map(Path, wiring), *beside):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


# At import: what is in memory counts, not what an update writes to the disk meanwhile.
_DIGEST_OF_SOURCES = _digest_of_sources()


def _compiler_version():
    command = shlex.split(compiler())
    try:
        answer = subprocess.run(
            [*command, "--version"], capture_output=True, text=True, check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return [compiler(), repr(error)]
    return [compiler(), answer.stdout]


def _processor():
    """Describe what ``-march=native`` depends on."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n\n")[0].splitlines()
    except OSError:
        return platform.processor()
    names = ("vendor_id", "cpu family", "model", "model name", "flags", "Features", "CPU part")
    return [line for line in lines if line.partition("\t")[0].strip(" :") in names]
