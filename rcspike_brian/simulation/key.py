"""The key of a compiled program: everything that goes into its machine code."""

import hashlib
import importlib.metadata
import json
import os
import platform
import shlex
import subprocess
from pathlib import Path

from brian2.only import prefs

import rcspike_brian.equations
from rcspike_brian.simulation.compiler import compiler

FORMAT = 2
"""Of the folder that holds a program; programs of another format are not used."""

# Modules beside this one that decide what is in the generated code.
_SOURCES = ("model.py", "plan.py", "program.py")
# They turn equations into C++.
_GENERATORS = ("brian2", "numpy", "sympy", "jinja2")
_PREFERENCES = ("core.", "codegen.", "devices.cpp_standalone.")
# Of those, what only Brian2's targets within Python ask for: the command `rcspike simulate`, which
# chooses NumPy, and a notebook, which leaves the choice to Brian2, share their programs.
_WITHIN_PYTHON = ("codegen.target", "codegen.string_expression_target", "codegen.runtime.")
_VARIABLES = ("CXX", "CPPFLAGS", "CXXFLAGS", "CPATH", "CPLUS_INCLUDE_PATH", "LIBRARY_PATH")


def ingredients(plan) -> dict:
    """Return what determines the machine code of a plan's program, ready for JSON.

    The generated C++ follows from the plan with its equations, the code that puts them together,
    the versions of the generators and Brian2's preferences; the machine code from that, the
    compiler and the processor, for which Brian2 compiles (``-march=native``).
    """
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
    for path in (*equations, *(Path(__file__).with_name(name) for name in _SOURCES)):
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
