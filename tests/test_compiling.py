"""Machine code of kernels is kept until a source of any of them changes."""

import importlib.util
import os
import shutil
import sys
from pathlib import Path

import pytest

import rcspike_brian
from rcspike_brian.core import compiling

PACKAGE = Path(rcspike_brian.__file__).parent


def test_every_file_with_a_kernel_is_in_the_digest():
    named = {path for pattern in compiling.SOURCES for path in PACKAGE.glob(pattern)}
    files = [path for path in PACKAGE.rglob("*.py") if "\n@compiled\n" in path.read_text()]
    assert len(files) > 10
    assert set(files) <= named
    assert not [path for path in PACKAGE.rglob("*.py") if "cache=True" in path.read_text()]


def test_the_digest_follows_the_kernels_and_nothing_else(tmp_path):
    shutil.copytree(PACKAGE / "core", tmp_path / "core")
    before = compiling.digest_of_sources(tmp_path)
    (tmp_path / "circuit.py").write_text("# no kernel\n")
    assert compiling.digest_of_sources(tmp_path) == before
    with (tmp_path / "core" / "relaxation.py").open("a") as file:
        file.write("# another\n")
    assert compiling.digest_of_sources(tmp_path) != before


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def kernels(tmp_path, monkeypatch):
    """Write a kernel, and another in a file of its own that it calls; returns what it gives."""
    monkeypatch.syspath_prepend(tmp_path)
    start = "from rcspike_brian.core.compiling import compiled\n"
    caller = tmp_path / "caller_of_a_kernel.py"
    body = "@compiled\ndef calling(x):\n    return called(x)\n"
    caller.write_text(f"{start}from called_kernel import called\n\n{body}")

    def run(factor, digest):
        text = f"{start}\n@compiled\ndef called(x):\n    return {factor} * x\n"
        (tmp_path / "called_kernel.py").write_text(text)
        monkeypatch.setattr(compiling, "_DIGEST_OF_SOURCES", digest)
        sys.modules.pop("called_kernel", None)
        kernel = load(caller).calling
        return kernel(1.0), sum(kernel.stats.cache_hits.values())

    return run


def test_a_kernel_is_compiled_anew_when_another_file_changes(kernels):
    assert kernels(2, "one") == (2.0, 0)
    assert kernels(2, "one") == (2.0, 1)
    assert kernels(33, "two") == (33.0, 0)


def test_a_damaged_cache_is_compiled_anew(kernels, tmp_path):
    kernels(2, "one")
    for index in (tmp_path / "__pycache__").glob("caller*.nbi"):
        index.write_bytes(index.read_bytes()[:-9])
    assert kernels(2, "one") == (2.0, 0)
    assert kernels(2, "one") == (2.0, 1)
    for data in (tmp_path / "__pycache__").glob("caller*.nbc"):
        data.write_bytes(b"nothing")
    assert kernels(2, "one") == (2.0, 0)


def test_without_any_place_a_kernel_is_compiled_for_this_process(tmp_path, monkeypatch):
    def no_name(uid):
        raise KeyError(uid)

    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", no_name)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    monkeypatch.chdir(tmp_path)
    assert compiling.compiled(lambda x: 2 * x)(1.5) == 3.0
    assert list(tmp_path.iterdir()) == []  # no folder that is called "~"


def test_numba_that_may_not_compile_is_said(monkeypatch):
    monkeypatch.setattr("numba.config.DISABLE_JIT", 1)
    with pytest.raises(rcspike_brian.RCSpikeError, match=r"unset.*NUMBA_DISABLE_JIT"):
        compiling.compiled(lambda x: x)
