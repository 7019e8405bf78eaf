"""Translations of the course are as new as their source, and no number differs in them."""

import json
import re
import shutil
import sys
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from rcspike_brian import InvalidInput, copy_course
from rcspike_brian.commands import main
from rcspike_brian.course import course_notebooks
from rcspike_brian.editions import LANGUAGES, PHRASES
from rcspike_brian.translations import outdated, pairs, translated, translation_file

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "tools"))

import update_translations  # noqa: E402

OTHERS = LANGUAGES[1:]
HOW = "translate it, then run `python tools/update_translations.py --done NOTEBOOK`"
every_file = pytest.mark.parametrize(
    ("path", "language"),
    [(path, language) for path in course_notebooks() for language in OTHERS],
    ids=[f"{language}-{path.stem}" for path in course_notebooks() for language in OTHERS],
)

BLOCK = re.compile(r"^```python\n.*?^```$", re.DOTALL | re.MULTILINE)
CODE_SPAN = re.compile(r"`([^`\n]+)`")
FORMULA = re.compile(r"\$\$(.+?)\$\$|\$([^$]+)\$", re.DOTALL)
LINK = re.compile(r"\]\(([^)]+)\)")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
# Where English has a word, another language may have a number.
WORDS = {
    word: str(number)
    for number, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    )
}
WORDS |= {"first": "1", "single": "1", "once": "1", "second": "2", "both": "2", "either": "2"}
WORDS |= {"fourth": "4", "tenfold": "10", "twenty-one": "21"}


def kinds(text):
    """What must be the same in every language: code, formulas, links, form, and numbers last."""
    text = BLOCK.sub("", text)
    found = {"code": CODE_SPAN.findall(text)}
    text = CODE_SPAN.sub("", text)
    found["formulas"] = ["".join(groups) for groups in FORMULA.findall(text)]
    text = FORMULA.sub("", text)
    found["links"] = LINK.findall(text)
    text = LINK.sub("]", text)
    found["headings"] = re.findall(r"^#+ (?:\d+\.)?", text, re.MULTILINE)
    found["exercises"] = re.findall(r"^\*\*\d+\.", text, re.MULTILINE)
    found["folds"] = re.findall(r"^</?details>", text, re.MULTILINE)
    found["questions"] = ["?" for _ in re.findall(r"\*\*(?:Think|考えてみよう)!\*\*", text)]
    found["bullets"] = re.findall(r"^\* ", text, re.MULTILINE)
    found["columns"] = re.findall(r"\|", text)
    return found, text


@every_file
def test_every_text_is_translated_and_as_new_as_its_source(path, language):
    late = outdated(path, language)
    assert not late, "\n".join([*late, HOW])


@every_file
def test_numbers_code_and_formulas_are_those_of_the_source(path, language):
    for english, text in pairs(path, language):
        (theirs, source), (ours, translation) = kinds(english.text), kinds(text.text)
        for kind, found in theirs.items():
            assert Counter(ours[kind]) == Counter(found), (english.cell, kind)
        needed, has = (Counter(NUMBER.findall(words)) for words in (source, translation))
        assert not needed - has, f"{english.cell}: missing {dict(needed - has)}"
        spelled = re.findall("|".join(rf"\b{word}\b" for word in WORDS), source, re.IGNORECASE)
        more = has - needed - Counter(WORDS[word.lower()] for word in spelled)
        assert not more, f"{english.cell}: only in the translation {dict(more)}"


@every_file
def test_code_and_outputs_are_those_of_the_notebook(path, language):
    source = json.loads(path.read_text(encoding="utf-8"))
    made = translated(path, language)
    assert len(made["cells"]) == len(source["cells"])
    for ours, theirs in zip(made["cells"], source["cells"], strict=True):
        if theirs["cell_type"] == "code":
            assert ours == theirs
        else:
            assert ours["source"] != theirs["source"]
            assert ours["metadata"] == theirs["metadata"]
    assert translated(path, "en")["cells"] == source["cells"]


@every_file
def test_emphasis_is_shown_and_not_its_asterisks(path, language):
    """Beside Japanese punctuation, asterisks need a space to mean something."""
    markdown = pytest.importorskip("markdown_it").MarkdownIt("commonmark").enable("table")
    for cell in translated(path, language)["cells"]:
        if cell["cell_type"] == "markdown":
            text = FORMULA.sub("x", BLOCK.sub("", "".join(cell["source"])))
            shown = re.sub(r"<code>.*?</code>", "", markdown.render(text))
            assert "*" not in shown, re.findall(r".{0,30}\*.{0,30}", shown)


def test_text_is_in_its_language():
    for path in course_notebooks():
        for _, text in pairs(path, "ja"):
            for paragraph in re.split(r"\n\n+", FORMULA.sub("", BLOCK.sub("", text.text))):
                if len(paragraph) > 60:
                    assert re.search(r"[\u3041-\u30ff]", paragraph), paragraph


@pytest.fixture
def course(tmp_path):
    """A notebook of two texts and a solution, and its translation."""
    solution = "```python\nx = 1\n# Your turn: add 1.\ny = x + 1\nprint(y)\n```"
    texts = [
        "# One",
        "Two",
        f"**1. Add.** How?\n\n<details><summary>Solution</summary>\n\n{solution}\n</details>",
    ]
    cells = [
        {"cell_type": "markdown", "metadata": {}, "id": f"cell-{n:02d}", "source": text}
        for n, text in enumerate(texts)
    ]
    path = tmp_path / "01_small.ipynb"

    def write(cells=cells):
        numbered = [cell | {"id": f"cell-{n:02d}"} for n, cell in enumerate(cells)]
        path.write_text(json.dumps({"cells": numbered, "metadata": {}}))

    write()
    file = translation_file(path, "ja")
    file.parent.mkdir()

    def update(done=False):
        file.write_text(update_translations.updated(path, "ja", done), encoding="utf-8")

    update()
    text = file.read_text(encoding="utf-8").replace("Two", "二").replace("# One", "# 一")
    text = text.replace("**1. Add.** How?", "**1. 足す。** どうやって?").replace("Solution", "解答")
    file.write_text(text.replace("# Your turn: add 1.", "# ここを書く: 1 を足す。"))
    update(done=True)
    return path, cells, write, update


def sources(notebook):
    return ["".join(cell["source"]) for cell in notebook["cells"]]


def test_a_translation_has_the_code_of_its_source_and_comments_of_its_own(course):
    path, *_ = course
    assert outdated(path, "ja") == []
    file = translation_file(path, "ja").read_text(encoding="utf-8")
    assert "y = x + 1" not in file
    one, two, exercise = sources(translated(path, "ja"))
    assert (one, two) == ("# 一", "二")
    assert "```python\nx = 1\n# ここを書く: 1 を足す。\ny = x + 1\nprint(y)\n```" in exercise


def test_what_is_older_than_its_source_is_named_and_stays_english(course):
    path, cells, write, update = course
    cells[1]["source"] = "Two, or 3"
    write()
    assert outdated(path, "ja") == ["ja/01_small.md, cell-01 is older than its source: Two, or 3"]
    assert sources(translated(path, "ja"))[:2] == ["# 一", "Two, or 3"]
    update(done=True)
    assert sources(translated(path, "ja"))[1] == "二"


def test_other_code_makes_no_translation_old_and_another_comment_does(course):
    path, cells, write, _ = course
    cells[2]["source"] = cells[2]["source"].replace("x + 1", "1 + x")
    write()
    assert outdated(path, "ja") == []
    assert "y = 1 + x" in sources(translated(path, "ja"))[2]
    cells[2]["source"] = cells[2]["source"].replace("add 1", "add one")
    write()
    assert ["cell-02 is older" in line for line in outdated(path, "ja")] == [True]


def test_cells_that_come_and_go_do_not_move_the_other_translations(course):
    path, cells, write, update = course
    new = {"cell_type": "markdown", "metadata": {}, "source": "New"}
    write([new, *cells])
    assert outdated(path, "ja") == ["ja/01_small.md, cell-00 is missing: New"]
    assert sources(translated(path, "ja"))[:3] == ["New", "# 一", "二"]
    for done in (False, True):
        update(done)
        assert outdated(path, "ja") == ["ja/01_small.md, cell-00 is not translated: New"]
    write(cells[1:])
    assert [line.split(":")[0] for line in outdated(path, "ja")] == [
        "ja/01_small.md, cell-00 is left over",
        "ja/01_small.md, cell-01 is left over",
    ]
    update()
    assert outdated(path, "ja") == []
    assert sources(translated(path, "ja"))[0] == "二"


@pytest.mark.parametrize("edition", [None, "student", "teacher"])
def test_the_command_writes_the_course_in_japanese(tmp_path, edition):
    words = [str(tmp_path), "--language", "ja", *(["--edition", edition] if edition else [])]
    result = CliRunner().invoke(main, ["notebooks", *words])
    assert result.exit_code == 0, result.output
    for path in course_notebooks():
        text = (tmp_path / path.name).read_text(encoding="utf-8")
        assert "学習目標" in text
        assert "Learning goals" not in text
        assert "Your turn" not in text
        assert PHRASES["ja"].your_turn in text
        if edition:
            assert getattr(PHRASES["ja"], edition).split("。")[0] in text


def test_a_language_that_is_not_there_leaves_nothing(tmp_path):
    with pytest.raises(InvalidInput, match="language must be one of en, ja, got 'fr'"):
        copy_course(tmp_path / "course", language="fr")
    assert not (tmp_path / "course").exists()


def test_without_its_translations_a_notebook_is_english(tmp_path):
    path = tmp_path / course_notebooks()[0].name
    shutil.copy(course_notebooks()[0], path)
    assert all("is missing" in line for line in outdated(path, "ja"))
    assert translated(path, "ja")["cells"] == translated(path, "en")["cells"]
