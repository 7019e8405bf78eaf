"""Translations of the course: texts in files of their own, joined to the notebooks.

The notebooks are the only source of code, outputs and English. ``notebooks/ja/NAME.md`` has the
Japanese text of each text cell, below a line that says which English it was made from::

    <!-- cell-05 1a2b3c4d -->
    ## 2. ...

The id of the cell is for people; the number is a hash of the English, by which a translation that
is older than its source is known. Of the code in a solution such a file has only what a student
reads, the comments that say what to write. `tools/update_translations.py` keeps the lines right.
"""

import hashlib
import json
import re
from difflib import SequenceMatcher
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from rcspike_brian.editions import CODE, LANGUAGES, YOUR_TURNS
from rcspike_brian.errors import DataError, InvalidInput

_TURNS = "|".join(YOUR_TURNS)
MARKER = re.compile(r"^<!-- (cell-\d+) (\w+) -->\n", re.MULTILINE)
# A comment that says what to write, and its further lines.
TURN = re.compile(rf"^( *)((?:{_TURNS}).*(?:\n\1(?!{_TURNS})#.*)*)$", re.MULTILINE)


class Text(NamedTuple):
    """The text of a cell, with the id of the cell and the hash of its English."""

    cell: str
    made_from: str
    text: str


def translated(path: Path, language: str) -> dict:
    """Read a notebook with its texts in a language.

    What has no translation, or one that is older than its source, stays English.

    Parameters
    ----------
    path : Path
        Of a notebook of the course.
    language : {"en", "ja"}

    Examples
    --------
    >>> from rcspike_brian.course import course_notebooks
    >>> notebook = translated(course_notebooks()[0], "ja")
    >>> notebook["metadata"]["rcspike"]["language"]
    'ja'
    """
    if language not in LANGUAGES:
        raise InvalidInput(f"language must be one of {', '.join(LANGUAGES)}, got {language!r}.")
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["metadata"].setdefault("rcspike", {})["language"] = language
    cells = {cell.get("id"): cell for cell in notebook["cells"]}
    for english, text in pairs(path, language):
        if english and text and text.made_from == english.made_from:
            source = cells[english.cell]
            joined = _with_code(text, "".join(source["source"]))
            source["source"] = joined.splitlines(keepends=True)
    return notebook


def translation_file(path: Path, language: str) -> Path:
    """Where the translations of a notebook are."""
    return path.parent / language / f"{path.stem}.md"


def pairs(path: Path, language: str) -> list[tuple[Text | None, Text | None]]:
    """Pair the text cells of a notebook with their translations; either may be missing.

    Those made from the same English belong together; what is between them is paired in order.
    """
    english, texts = _english(path), _texts(translation_file(path, language))
    ours, theirs = ([text.made_from for text in side] for side in (english, texts))
    found: list[tuple[Text | None, Text | None]] = []
    for _, a, b, c, d in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        found += zip_longest(english[a:b], texts[c:d])
    return found


def outdated(path: Path, language: str) -> list[str]:
    """Say of each text that is missing, older than its source, or left over: where and which."""
    found = []
    for english, text in pairs(path, language):
        state = "missing"
        if english and text:
            if text.made_from == english.made_from:
                continue
            state = "not translated" if text.text == english.text else "older than its source"
        elif text:
            state = "left over"
        cell, _, words = english or text or Text("", "", "")
        first = " ".join(words.split()[:8])
        found.append(f"{language}/{path.stem}.md, {cell} is {state}: {first}")
    return found


def _english(path):
    """The text cells of a notebook, as a translator needs them."""
    found = []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "markdown":
            text = _without_code("".join(cell["source"])).strip()
            made_from = hashlib.sha256(text.encode()).hexdigest()[:8]
            found.append(Text(cell["id"], made_from, text))
    return found


def _texts(file):
    """The texts of a file of translations."""
    if not file.exists():
        return []
    _, *parts = MARKER.split(file.read_text(encoding="utf-8"))
    return [
        Text(cell, made_from, text.strip())
        for cell, made_from, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    ]


def _without_code(source):
    """Leave of the code in a text only the comments that say what to write."""

    def comments(code):
        return "".join(f"{comment}\n" for _, comment in TURN.findall(code[1]))

    return CODE.sub(lambda code: f"```python\n{comments(code)}```", source)


def _with_code(text, source):
    """Put the code of the source around the comments of its translation."""
    codes = CODE.findall(source)
    ours = [[comment for _, comment in TURN.findall(code)] for code in CODE.findall(text.text)]
    if [len(comments) for comments in ours] != [len(TURN.findall(code)) for code in codes]:
        raise DataError(
            f"the translation of {text.cell} has another number of solutions, or of comments in "
            f"one, than its source: {text.text[:60]}"
        )
    left = iter(comment for comments in ours for comment in comments)
    whole = iter([TURN.sub(lambda turn: turn[1] + next(left), code) for code in codes])
    return CODE.sub(lambda _: f"```python\n{next(whole)}```", text.text)
