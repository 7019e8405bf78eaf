"""Editions of a notebook: one for students, with blanks, and one for teachers, with solutions.

The source of both is the notebook as it is committed. An exercise is ``**3. Title.** question`` in
a text cell; its solution follows, folded, as text and Python. In the Python, a line
``# Your turn:`` that says what to write stands before each statement that a student has to write::

    for beta in (0.5, 1.0):
        # Your turn: the potential at the end of the charging phase.
        v = rb.membrane_potential([[0.0]], [[1.0]], beta).item()
        print(v)

Both editions have the same code cells in the same order, so that a lecturer and a class see the
same numbers. ``Think!`` questions and their answers are the same in every edition.
"""

import ast
import re
from copy import deepcopy
from dataclasses import dataclass

from rcspike_brian.errors import DataError, InvalidInput

EDITIONS = ("student", "teacher")
EXERCISE = re.compile(r"^\*\*(\d+)\. ", re.MULTILINE)
CODE = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
BEFORE_VALUE = "( \n"  # parentheses that let a value have lines of its own


@dataclass(frozen=True)
class Phrases:
    """What notebooks in one language have in common, and what only their editions have."""

    exercises: str  # heading of their section
    solution: str  # what a folded solution is called
    your_turn: str  # begins a comment that says what to write
    answer: str
    student: str
    teacher: str


PHRASES = {
    "en": Phrases(
        exercises="## Exercises",
        solution="Solution",
        your_turn="# Your turn: ",
        answer="*Your answer:* ...",
        student="*Student edition.* Run the cells from top to bottom. In the exercises at the end, "
        "write your own code in place of each `...`; the comment above it says what.",
        teacher="*Teacher edition.* The solutions of the exercises are open, as text and as cells.",
    ),
    "ja": Phrases(
        exercises="## 練習問題",
        solution="解答",
        your_turn="# ここを書く: ",
        answer="**あなたの解答:** ...",
        student="**学生版。** セルを上から順に実行してください。最後の練習問題では、各 `...` の"
        "代わりに自分のコードを書きます。何を書くかは、その上のコメントにあります。",
        teacher="**教員版。** 練習問題の解答は、文章とセルとして開いてあります。",
    ),
}
LANGUAGES = tuple(PHRASES)
YOUR_TURNS = tuple(phrases.your_turn for phrases in PHRASES.values())
SOLUTION = re.compile(
    rf"^<details><summary>(?:{'|'.join(phrases.solution for phrases in PHRASES.values())})"
    r"</summary>\n(.*?)^</details>$",
    re.DOTALL | re.MULTILINE,
)
INSTALL = """# Installs the package where it is missing, as on Colab; elsewhere it does nothing.
import importlib.util

if importlib.util.find_spec("rcspike_brian") is None:
    %pip install --quiet {}
"""


def make_edition(notebook: dict, edition: str) -> dict:
    """Make an edition of a notebook; the notebook stays as it is.

    Parameters
    ----------
    notebook : dict
        As in its file (nbformat 4); its metadata say in which language, if not in English.
    edition : {"student", "teacher"}
        With blanks and without outputs; or with solutions, whose outputs come by running it.

    Examples
    --------
    >>> solution = "```python\\n# Your turn: add.\\ntotal = 1 + 1\\n```"
    >>> folded = f"<details><summary>Solution</summary>\\n\\n{solution}\\n</details>"
    >>> text = f"**1. Add.** How much is 1 + 1?\\n\\n{folded}"
    >>> cell = {"cell_type": "markdown", "metadata": {}, "source": text}
    >>> made = make_edition({"cells": [cell], "metadata": {}}, "student")
    >>> print(made["cells"][1]["source"])
    # Your turn: add.
    total = ...
    """
    if edition not in EDITIONS:
        raise InvalidInput(f"edition must be one of {', '.join(EDITIONS)}, got {edition!r}.")
    made = deepcopy(notebook)
    language = made["metadata"].get("rcspike", {}).get("language", "en")
    phrases = PHRASES[language]
    made["cells"] = [part for cell in made["cells"] for part in _parts(cell, edition, phrases)]
    first = made["cells"][0]
    first["source"] = f"{_source(first)}\n\n{getattr(phrases, edition)}"
    made["metadata"]["rcspike"] = {"edition": edition, "language": language}
    return _numbered(made)


def with_install(notebook: dict, requirement: str) -> dict:
    """Put a cell in front that installs the package where it is missing.

    Parameters
    ----------
    notebook : dict
    requirement : str
        What pip installs, such as ``git+https://...`` with the address of the repository.

    Examples
    --------
    >>> made = with_install({"cells": []}, "rcspike-brian")
    >>> made["cells"][0]["source"].splitlines()[-1]
    '    %pip install --quiet rcspike-brian'
    """
    if not re.fullmatch(r"[\w./:+@~=\[\]-]+", requirement) or requirement.startswith("-"):
        raise InvalidInput(
            f"{requirement!r} is nothing that pip installs; give one name, file or address, such "
            "as git+https://example.org/rcspike_brian"
        )
    made = deepcopy(notebook)
    made["cells"].insert(0, _code_cell(INSTALL.format(requirement).rstrip(), {}))
    return _numbered(made)


def blanked(code: str) -> str:
    """Leave a blank, ``...``, in place of what follows each ``# Your turn:``.

    Of an assignment its left side stays, of a loop, function or ``with`` its first line.
    """
    lines = code.splitlines()
    nodes = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.stmt)]
    statements = {node.lineno: node for node in nodes}
    turns = [number for number, line in enumerate(lines, 1) if line.lstrip().startswith(YOUR_TURNS)]
    if not turns:
        raise DataError(f"this solution does not say what to write ({YOUR_TURNS[0]}...):\n{code}")
    for turn in reversed(turns):
        first = turn + 1
        while lines[first - 1 : first] and lines[first - 1].lstrip().startswith("#"):
            first += 1  # the comment has a second line
        if first not in statements:
            raise DataError(f"no statement follows in a solution after {lines[turn - 1].strip()!r}")
        node = statements[first]
        lines[first - 1 : node.end_lineno] = _blank(node, lines)
    return "\n".join(lines)


def _blank(node, lines):
    """Lines of a statement with a blank in place of what it does."""
    indent = " " * node.col_offset
    if body := getattr(node, "body", None):
        return [*lines[node.lineno - 1 : body[0].lineno - 1], f"{indent}    ..."]
    value = getattr(node, "value", None)
    if value is None or isinstance(node, ast.Expr):
        return [f"{indent}..."]
    *before, last = lines[node.lineno - 1 : value.lineno]
    kept = "\n".join([*before, last.encode()[: value.col_offset].decode()])
    return [f"{kept.rstrip(BEFORE_VALUE)} ..."]


def _parts(cell, edition, phrases):
    """The cells of an edition in place of a cell."""
    if cell["cell_type"] == "code" and edition == "student":
        cell |= {"outputs": [], "execution_count": None}
    if cell["cell_type"] != "markdown" or not SOLUTION.search(_source(cell)):
        return [cell]
    parts, number = [], None
    # Text and solutions take turns.
    for place, text in enumerate(SOLUTION.split(_source(cell))):
        if place % 2:
            parts += _solved(text, edition, phrases, {"rcspike": {"exercise": number}})
        elif text.strip():
            number = int([*EXERCISE.finditer(text)][-1][1])
            parts.append(_text_cell(text))
    parts[0]["metadata"] |= cell["metadata"]
    return parts


def _solved(solution, edition, phrases, metadata):
    """The cells of a solution: text and code take turns."""
    texts, codes = CODE.split(solution)[::2], CODE.findall(solution)
    if edition == "student":
        blanks = [_code_cell(blanked(code), metadata) for code in codes]
        return blanks or [_text_cell(phrases.answer)]
    texts[0] = f"**{phrases.solution}.** {texts[0].strip()}"
    cells = [_text_cell(texts[0])]
    for code, text in zip(codes, texts[1:], strict=True):
        cells.append(_code_cell(code.rstrip(), metadata))
        cells += [_text_cell(text)] if text.strip() else []
    return cells


def _source(cell):
    """Source of a cell as one text: files have lists of lines."""
    return "".join(cell["source"])


def _text_cell(text):
    return {"cell_type": "markdown", "metadata": {}, "source": text.strip()}


def _code_cell(source, metadata):
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": deepcopy(metadata),
        "outputs": [],
        "source": source,
    }


def _numbered(notebook):
    for number, cell in enumerate(notebook["cells"]):
        cell["id"] = f"cell-{number:02d}"
    return notebook
