"""``rcspike notebooks``: the course arrives whole, and what a user changed is never lost."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from rcspike_brian import RCSpikeError, course
from rcspike_brian.commands import main
from rcspike_brian.course import copy_course, course_notebooks

ROOT = Path(__file__).resolve().parents[1]


def test_make_notebooks_lets_jupyterlab_show_plots_and_start_for_root(tmp_path):
    """Agg, which the tests need, would show nothing."""
    asked = tmp_path / "Makefile"
    asked.write_text('include Makefile\nasked:\n\t@echo "[$$MPLBACKEND] $(AS_ROOT)"\n')
    said = {}
    for user in ("0", "1000"):
        (tmp_path / "id").write_text(f"#!/bin/sh\necho {user}\n")
        (tmp_path / "id").chmod(0o755)
        environment = {n: v for n, v in os.environ.items() if not n.startswith(("MAKE", "MPL"))}
        environment["PATH"] = f"{tmp_path}:{environment['PATH']}"
        make = ["make", "--silent", "-f", str(asked), "asked"]
        said[user] = subprocess.check_output(make, cwd=ROOT, env=environment, text=True).strip()
    assert said == {"0": "[] --allow-root", "1000": "[]"}


@pytest.fixture
def command():
    return lambda *words: CliRunner().invoke(main, ["notebooks", *map(str, words)])


def test_copies_every_notebook_bit_for_bit(command, tmp_path):
    result = command(tmp_path / "deep" / "course")
    assert result.exit_code == 0, result.output
    copies = sorted((tmp_path / "deep" / "course").iterdir())
    assert [path.name for path in copies] == [path.name for path in course_notebooks()]
    for copy, original in zip(copies, course_notebooks(), strict=True):
        assert copy.read_bytes() == original.read_bytes()
        assert json.loads(copy.read_text(encoding="utf-8"))["nbformat"] == 4


def test_a_changed_notebook_is_left_alone(command, tmp_path):
    command(tmp_path)
    first, second = (tmp_path / path.name for path in course_notebooks()[:2])
    first.write_text("my own work")
    second.unlink()
    result = command(tmp_path)
    assert result.exit_code == 0
    assert f"kept yours {first}" in result.output
    assert f"wrote {second}" in result.output
    assert first.read_text() == "my own work"


def test_replace_keeps_every_changed_notebook_under_another_name(command, tmp_path):
    copy_course(tmp_path)
    name = course_notebooks()[0].name
    for work in ("first version", "second version"):
        (tmp_path / name).write_text(work)
        assert command(tmp_path, "--replace").exit_code == 0
        assert (tmp_path / name).read_bytes() == course_notebooks()[0].read_bytes()
    backups = [tmp_path / name.replace(".ipynb", f".yours-{k}.ipynb") for k in (1, 2)]
    assert [path.read_text() for path in backups] == ["first version", "second version"]


def test_unwritable_place_is_an_error_without_traceback(command, tmp_path):
    (tmp_path / "file").write_text("in the way")
    result = command(tmp_path / "file" / "course")
    assert result.exit_code == 1
    assert "cannot write" in result.output
    assert "Traceback" not in result.output


def test_missing_notebooks_are_an_error_that_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(course, "_NOTEBOOKS", tmp_path)
    with pytest.raises(RCSpikeError, match="install the package again"):
        course_notebooks()
