"""The pages for teaching say what is there: times, sections, words, numbers, folders."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

import rcspike_brian as rb
from rcspike_brian.course import course_notebooks
from rcspike_brian.editions import EXERCISE

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "teaching.md").read_text(encoding="utf-8")
CLASSES = re.findall(r"^## (?:First|Second) class.*?(?=^## )", PAGE, re.DOTALL | re.MULTILINE)
every_notebook = pytest.mark.parametrize("path", course_notebooks(), ids=lambda path: path.stem)


def cells(path):
    found = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [{**cell, "source": "".join(cell["source"])} for cell in found]


def texts(path):
    return [cell["source"] for cell in cells(path) if cell["cell_type"] == "markdown"]


def to_five(minutes):
    return 5 * round(minutes / 5)


def study_times(path):
    """Minutes for the notebook and for its exercises, by the rule that the page gives."""
    lesson, exercises = "\n".join(texts(path)).split("## Exercises")
    words = len(re.sub(r"<details>.*?</details>", "", lesson, flags=re.DOTALL).split())
    stops = sum(cell["cell_type"] == "code" for cell in cells(path)) + lesson.count("**Think!**")
    return to_five(words / 100 + 2 * stops), 10 * len(EXERCISE.findall(exercises))


@every_notebook
def test_a_notebook_begins_with_goals_prerequisites_and_study_time(path):
    first = texts(path)[0]
    heads = r"^\*\*(?=Learning goals|Prerequisites|Study time)"
    _, goals, *rest = re.split(heads, first, flags=re.MULTILINE)
    assert goals.startswith("Learning goals.** Afterwards you can")
    assert goals.count("\n* ") >= 3
    assert [text.split(".")[0] for text in rest] == ["Prerequisites", "Study time"]
    said = re.search(r"Study time\.\*\* (\d+) minutes, and (\d+) for the exercises", first)
    assert tuple(map(int, said.groups())) == study_times(path)


@every_notebook
def test_a_notebook_has_questions_to_stop_at(path):
    assert sum(text.count("**Think!**") for text in texts(path)[1:]) >= 2


def test_the_page_gives_the_same_times():
    rows = re.findall(r"^\| (\d\d) .*? \| (\d+) \| (\d+) \|", PAGE, re.MULTILINE)
    assert [int(number) for number, *_ in rows] == list(range(1, len(course_notebooks()) + 1))
    for path, (_, *minutes) in zip(course_notebooks(), rows, strict=True):
        assert tuple(map(int, minutes)) == study_times(path)


def test_prerequisites_are_those_of_the_page():
    for path in course_notebooks():
        (row,) = re.findall(rf"^\| {path.name[:2]} .*\| (.*) \| \d+ \|$", PAGE, re.MULTILINE)
        needs = re.search(r"\*\*Prerequisites\.\*\* (.*)", texts(path)[0])[1]
        assert set(re.findall(r"\b\d\d\b", needs)) == set(re.findall(r"\d\d", row))


@pytest.mark.parametrize("plan", CLASSES, ids=["first", "second"])
def test_a_class_takes_90_minutes_without_gaps(plan):
    found = re.findall(r"^\| (\d+)–(\d+) \|", plan, re.MULTILINE)
    slots = [tuple(map(int, slot)) for slot in found]
    assert [start for start, _ in slots] == [0, *(end for _, end in slots[:-1])]
    assert slots[-1][1] == 90
    assert all(end > start for start, end in slots)
    assert "Skip:" in plan


def test_classes_name_sections_and_exercises_that_exist():
    named = re.findall(r"\b(\d\d) §(\d+)", PAGE)
    assert len(set(named)) > 20
    sections, exercises = (
        {
            path.name[:2]: set(re.findall(pattern, "\n".join(texts(path)), re.MULTILINE))
            for path in course_notebooks()
        }
        for pattern in (r"^## (\d+)\. ", EXERCISE.pattern)
    )
    assert [(n, s) for n, s in named if s not in sections[n]] == []
    homework = re.findall(r"([\d, andto]+) of notebook (\d\d)", PAGE)
    assert len(homework) >= 4
    for numbers, notebook in homework:
        assert set(re.findall(r"\d+", numbers)) <= exercises[notebook], (numbers, notebook)


def plain(text):
    """Words and symbols without their typesetting."""
    text = re.sub(r"\\mathrm\{(\w+)\}", r"\1", text).replace("$", "").replace("\\", "")
    return " ".join(re.sub(r"[-_\s]+", " ", text).split())


def test_words_of_the_glossary_are_those_of_the_course():
    page = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    entries = re.findall(r"^(\S.*)\n: ", page, re.MULTILINE)
    assert entries == sorted(entries, key=str.lower)
    terms = {term for entry in entries for term in entry.split(", ")}
    assert {"axon", "dendrite", "charging phase", "firing phase", "V_syn", "E", "beta", "shunting",
            "resistive coupling", "off level", "time to first spike", "TTFS", "saturation",
            "silent"} <= terms  # fmt: skip
    course = plain("\n".join(text for path in course_notebooks() for text in texts(path)))
    unused = [t for t in terms if not re.search(rf"\b{re.escape(plain(t))}s?\b", course, re.I)]
    assert unused == []


def test_numbers_of_the_summary():
    text = (ROOT / "docs" / "summary.md").read_text(encoding="utf-8")
    found = re.search(r": 1 for .*?, ([\d.]+) for .*?, ([\d.]+) for", text)
    for beta, value in zip((0.5, 1.0), found.groups(), strict=True):
        v = rb.membrane_potential([[0.0]], [[1.0]], beta).item()
        assert float(value) == pytest.approx(v, abs=5e-4)
        assert v == pytest.approx((1 - np.exp(-beta)) / beta, rel=1e-12)
    assert rb.membrane_potential([[0.25]], [[1.0]], 0.0).item() == pytest.approx(0.75, rel=1e-12)


@every_notebook
def test_sections_begin_slides(path):
    for number, cell in enumerate(cells(path)):
        kind = cell["metadata"].get("slideshow", {}).get("slide_type")
        if cell["cell_type"] == "markdown":
            section = number == 0 or cell["source"].startswith("## ")
            expected = "slide" if section else "subslide"
            expected = "skip" if cell["source"].startswith("## Exercises") else expected
            assert kind == expected, cell["source"][:40]
        else:
            assert kind is None


def test_slides_have_the_pictures_and_no_code(tmp_path, monkeypatch):
    pytest.importorskip("nbconvert", reason="slides need the extra 'notebooks'")
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    import make_slides

    path = course_notebooks()[1]
    monkeypatch.setattr("sys.argv", ["make_slides", str(path), "--out", str(tmp_path)])
    make_slides.main()
    (page,) = (p.read_text(encoding="utf-8") for p in tmp_path.iterdir())
    outputs = [output for cell in cells(path) for output in cell.get("outputs", [])]
    alts = re.findall(r'<img\s+alt="([^"]*)"[^>]*src="data:image/png', page)
    assert len(alts) == sum("image/png" in output.get("data", {}) for output in outputs)
    assert min(map(len, alts)) > 40
    assert "import matplotlib" not in page
    assert "Where does it saturate?" not in page
    headings = sum(text.count("\n## ") + text.startswith("## ") for text in texts(path))
    assert page.count("<h2 ") >= headings - 1  # but the exercises


def test_slides_in_japanese_leave_exercises_out_too(tmp_path, monkeypatch):
    pytest.importorskip("nbconvert", reason="slides need the extra 'notebooks'")
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    import make_slides

    copied = rb.copy_course(tmp_path / "ja", language="ja")
    path = copied.folder / course_notebooks()[2].name
    monkeypatch.setattr("sys.argv", ["make_slides", str(path), "--out", str(tmp_path / "slides")])
    make_slides.main()
    (page,) = (p.read_text(encoding="utf-8") for p in (tmp_path / "slides").iterdir())
    assert '<html lang="ja">' in page
    assert "最初のスパイクが勝つ" in page
    assert "明かりを落とす" not in page


def test_binder_installs_what_make_notebooks_does():
    makefile, build = (
        (ROOT / name).read_text(encoding="utf-8") for name in ("Makefile", ".binder/postBuild")
    )
    for part in ("--constraint constraints.txt", '--editable ".['):
        assert part in makefile
        assert part in build
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    version = (ROOT / ".binder/runtime.txt").read_text().strip().removeprefix("python-")
    assert f"Programming Language :: Python :: {version}" in project
    assert (ROOT / ".binder/postBuild").stat().st_mode & 0o111
