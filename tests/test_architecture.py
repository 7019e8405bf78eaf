"""Imports go one way, none is hidden in a function, and the committed picture shows them."""

import ast
import doctest
import re
import sys
from pathlib import Path

import pytest

pytest.importorskip("importlinter", reason="import-linter reads the imports")
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "tools"))

import draw_architecture  # noqa: E402

PACKAGE = "rcspike_brian"
# Package modules that functions outside the commands import, and are meant to: "file: module", why.
MEANT = {
    f"{PACKAGE}/quantities.py: {PACKAGE}.brian": "Brian2 is slow to start, and only values with "
    "units need it",
}


@pytest.fixture(scope="module")
def graph():
    return draw_architecture.import_graph()


def test_imports_keep_to_the_layers(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    status = lint_imports(no_cache=True)
    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out


def test_nothing_imports_the_folder_that_it_is_in(graph):
    """Names taken from the top would also hide which part of the package is needed."""
    upwards = {
        f"{module} imports {imported}"
        for module in graph.modules
        for imported in graph.find_modules_directly_imported_by(module)
        if module.startswith(f"{imported}.")
    }
    assert upwards == set()


def imports_inside_functions(path):
    """Modules of the package that functions of a file import."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    for node in {n for function in functions for n in ast.walk(function)}:
        if isinstance(node, ast.ImportFrom) and (node.level or node.module.startswith(PACKAGE)):
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.startswith(PACKAGE))


def test_no_import_is_hidden_in_a_function():
    """What is slow to start, from third parties, may be; commands import all they need late."""
    folders = [ROOT / name for name in (PACKAGE, "equations", "analysis")]
    files = {path.resolve() for folder in folders for path in folder.rglob("*.py")}
    found = {
        f"{path.relative_to(ROOT)}: {module}"
        for path in files
        if path.parent.name != "commands"
        for module in imports_inside_functions(path)
    }
    assert found == set(MEANT)


def test_only_one_module_imports_brian2():
    """Which sees to it that this works in a thread, and leaves Ctrl-C as it was."""
    folders = [ROOT / name for name in (PACKAGE, "equations", "analysis")]
    importing = {
        path.name
        for path in {path.resolve() for folder in folders for path in folder.rglob("*.py")}
        for statement in path.read_text(encoding="utf-8").splitlines()
        if re.match(r"\s*(from|import) brian2\b", statement)
    }
    assert importing == {"brian.py", "circuit.py"}  # the latter for type checkers only


def test_the_picture_shows_the_imports_of_the_code(graph):
    """`python tools/draw_architecture.py` draws it again."""
    drawn = draw_architecture.read_edges(ROOT / "docs" / "architecture.csv")
    assert drawn == draw_architecture.edges(graph)


def test_the_walk_in_the_text_arrives():
    result = doctest.testfile(str(ROOT / "docs" / "architecture.md"), module_relative=False)
    assert result.attempted > 5
    assert result.failed == 0
