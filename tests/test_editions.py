"""Editions: a student sees no solution, a teacher every one, and both the same numbers."""

import ast
import json
import re

import pytest
from click.testing import CliRunner

from rcspike_brian import DataError, InvalidInput
from rcspike_brian.commands import main
from rcspike_brian.course import copy_course, course_notebooks
from rcspike_brian.editions import (
    CODE,
    EDITIONS,
    EXERCISE,
    LANGUAGES,
    PHRASES,
    SOLUTION,
    YOUR_TURNS,
    blanked,
    make_edition,
    with_install,
)
from rcspike_brian.translations import translated

YOUR_TURN = YOUR_TURNS[0]
every_notebook = pytest.mark.parametrize(
    "notebook",
    [translated(path, language) for path in course_notebooks() for language in LANGUAGES],
    ids=[f"{path.stem}-{language}" for path in course_notebooks() for language in LANGUAGES],
)


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def both(notebook):
    return [make_edition(notebook, edition) for edition in EDITIONS]


def sources(notebook, kind):
    return ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == kind]


def exercises(notebook):
    return [int(n) for text in sources(notebook, "markdown") for n in EXERCISE.findall(text)]


def solution_cells(notebook):
    """Exercise and source of the cells that are blanks or solutions."""
    found = [(c, c["metadata"].get("rcspike", {}).get("exercise")) for c in notebook["cells"]]
    return [(number, cell["source"]) for cell, number in found if number is not None]


def solutions(notebook):
    """Text and code of each folded solution in a notebook."""
    texts = "\n".join(sources(notebook, "markdown"))
    return [(CODE.sub("", found), CODE.findall(found)) for found in SOLUTION.findall(texts)]


@every_notebook
def test_every_solution_is_in_the_teacher_edition(notebook):
    _, teacher = both(notebook)
    cells = [code for _, code in solution_cells(teacher)]
    assert cells == [code.rstrip() for _, codes in solutions(notebook) for code in codes]
    texts = "\n".join(sources(teacher, "markdown"))
    for text, _ in solutions(notebook):
        for paragraph in filter(None, map(str.strip, text.split("\n\n"))):
            assert paragraph in texts
    language = notebook["metadata"]["rcspike"]["language"]
    assert f"<summary>{PHRASES[language].solution}<" not in texts
    assert texts.count(f"**{PHRASES[language].solution}.**") == len(solutions(notebook))


@every_notebook
def test_no_solution_is_left_in_the_student_edition(notebook):
    student, _ = both(notebook)
    text = json.dumps(student, ensure_ascii=False)
    assert not any(phrases.solution in text for phrases in PHRASES.values())
    for prose, _ in solutions(notebook):
        for paragraph in filter(None, map(str.strip, prose.split("\n\n"))):
            assert json.dumps(paragraph, ensure_ascii=False)[1:-1] not in text
    for code in blanked_code(notebook):
        assert code not in "\n".join(sources(student, "code")), code
    assert all(not c["outputs"] for c in student["cells"] if c["cell_type"] == "code")


def blanked_code(notebook):
    """What a student has to write in place of each blank of a notebook."""
    for code in (code for _, codes in solutions(notebook) for code in codes):
        lines = [line.lstrip() for line in code.splitlines()]
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.stmt) and lines[node.lineno - 2].startswith(YOUR_TURNS):
                yield ast.get_source_segment(code, getattr(node, "value", None) or node.body[0])


@every_notebook
def test_both_editions_have_the_same_numbering(notebook):
    student, teacher = both(notebook)
    assert exercises(student) == exercises(teacher) == exercises(notebook)
    assert exercises(student) == list(range(1, len(exercises(student)) + 1))
    ours, theirs = (solution_cells(notebook) for notebook in (student, teacher))
    assert [number for number, _ in ours] == [number for number, _ in theirs]
    assert len(sources(student, "code")) == len(sources(teacher, "code"))


@every_notebook
def test_a_blank_is_python_and_all_else_is_as_in_the_notebook(notebook):
    """So what runs in one edition runs in the other, once its blanks are filled."""
    student, teacher = both(notebook)
    for (_, blank), (_, filled) in zip(
        solution_cells(student), solution_cells(teacher), strict=True
    ):
        ast.parse(blank)
        turn = PHRASES[notebook["metadata"]["rcspike"]["language"]].your_turn
        assert re.search(rf"^( *){turn}.*[.。]$\n(?:^\1#.*\n)*^\1.*(?:\.\.\.|:)$", blank, re.M)
        comments = [line for line in filled.splitlines() if turn in line]
        assert [line for line in blank.splitlines() if turn in line] == comments
        assert blank.count("...") >= len(comments)
        rest = [line for line in blank.splitlines() if not line.endswith("...")]
        assert set(rest) <= set(filled.splitlines())
    given = sources(notebook, "code")
    for edition in (student, teacher):
        assert sources(edition, "code")[: len(given)] == given


@every_notebook
def test_answers_to_questions_in_the_text_stay_folded(notebook):
    folded = re.compile(r"<details><summary>(?:Answer|答え)</summary>")
    all_three = (notebook, *both(notebook))
    counts = [len(folded.findall("".join(sources(made, "markdown")))) for made in all_three]
    assert len(set(counts)) == 1


@pytest.mark.parametrize(
    ("code", "blank"),
    [
        ("x = f(\n    1,\n)", "x = ..."),
        ("a[0], b = (1, 2)", "a[0], b = ..."),
        ("x = (\n    'é' + y\n)", "x = ..."),
        ("x += 1", "x += ..."),
        ("x: int = 1", "x: int = ..."),
        ("f(1)", "..."),
        ("for k in (1, 2):\n    f(k)\nelse:\n    g()", "for k in (1, 2):\n    ..."),
        ("def f(x):\n    y = x\n    return y", "def f(x):\n    ..."),
        ("with f() as x:\n    g(x)", "with f() as x:\n    ..."),
    ],
)
def test_what_a_blank_leaves(code, blank):
    turn = f"{YOUR_TURN}write it,\n# in two lines."
    assert blanked(f"before()\n{turn}\n{code}\nafter()") == f"before()\n{turn}\n{blank}\nafter()"


def test_a_return_keeps_its_place():
    assert blanked("def f(x):\n    # Your turn: it.\n    return x + 1") == (
        "def f(x):\n    # Your turn: it.\n    return ..."
    )


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("x = 1", "does not say what to write"),
        ("x = [\n    # Your turn: it.\n    1,\n]", "no statement follows"),
        ("x = 1\n# Your turn: it.", "no statement follows"),
    ],
)
def test_a_solution_that_could_not_be_blanked_is_refused(code, message):
    with pytest.raises(DataError, match=message):
        blanked(code)


@pytest.fixture
def command():
    return lambda *words: CliRunner().invoke(main, ["notebooks", *map(str, words)])


@pytest.mark.parametrize("edition", EDITIONS)
def test_the_command_writes_notebooks_that_are_valid(command, tmp_path, edition):
    nbformat = pytest.importorskip("nbformat")
    result = command(tmp_path, "--edition", edition)
    assert result.exit_code == 0, result.output
    written = sorted(tmp_path.iterdir())
    assert [path.name for path in written] == [path.name for path in course_notebooks()]
    for path in written:
        nbformat.validate(nbformat.read(path, as_version=4))
        assert f"{edition.capitalize()} edition" in path.read_text(encoding="utf-8")


def test_work_in_an_edition_is_left_alone(command, tmp_path):
    command(tmp_path, "--edition", "student")
    first = tmp_path / course_notebooks()[0].name
    first.write_text("my own work")
    result = command(tmp_path, "--edition", "teacher")
    assert result.exit_code == 0
    assert f"kept yours {first}" in result.output
    assert first.read_text() == "my own work"
    again = command(tmp_path, "--edition", "student")
    assert again.output.count("unchanged") == len(course_notebooks()) - 1


def test_bad_requests_leave_nothing(command, tmp_path):
    for words in (("--edition", "pupil"), ("--install", "x; rm"), ("--install", "--pre")):
        result = command(tmp_path / "course", *words)
        assert result.exit_code != 0
        assert "Traceback" not in result.output
        assert not (tmp_path / "course").exists()
    with pytest.raises(InvalidInput, match="student, teacher, got 'pupil'"):
        copy_course(tmp_path / "course", edition="pupil")
    assert not (tmp_path / "course").exists()


def test_the_cell_that_installs_does_nothing_where_the_package_is(command, tmp_path):
    """Python as Colab reads it: what begins with % is for its shell."""
    result = command(tmp_path, "--install", "git+https://example.org/rcspike_brian")
    assert result.exit_code == 0, result.output
    for path in sorted(tmp_path.iterdir()):
        first, *rest = read(path)["cells"]
        assert first["source"].endswith(
            "%pip install --quiet git+https://example.org/rcspike_brian"
        )
        ran = []
        code = re.sub(r"%pip (.*)", r"ran.append('\1')", first["source"])
        exec(code, {"ran": ran})
        assert ran == []
        missing = code.replace('"rcspike_brian"', '"rcspike_brian_that_is_missing"')
        exec(missing, {"ran": ran})
        assert ran == ["install --quiet git+https://example.org/rcspike_brian"]
        assert len({cell["id"] for cell in (first, *rest)}) == len(rest) + 1


def test_the_notebook_itself_is_not_changed():
    notebook = read(course_notebooks()[0])
    before = json.dumps(notebook)
    for edition in EDITIONS:
        with_install(make_edition(notebook, edition), "rcspike-brian")
    assert json.dumps(notebook) == before
