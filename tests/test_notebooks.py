"""Every notebook runs, with the solutions folded away in it, and shows what is committed."""

import os
import re
import shutil
import sys
import textwrap
from pathlib import Path

import matplotlib as mpl
import nbformat
import pytest
from notebook_claims import CLAIMS
from notebook_outputs import assert_same_outputs, assert_same_text

from rcspike_brian.editions import CODE, EXERCISE, make_edition

pytest.importorskip("ipykernel", reason="notebooks need a kernel: pip install ipykernel")
nbclient = pytest.importorskip("nbclient")

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tools"))

from execute_notebooks import WIDGET, code_hash, tidy  # noqa: E402

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SECONDS = 300  # for a cell on a loaded machine; a whole notebook should take well under 90
AGAIN = "run `make execute-notebooks` and commit the result"


def with_claims(notebook, claims):
    """Return the teacher edition, in which what the texts claim is asserted.

    An assertion follows the cell, or the last cell of the solution, that it is about.
    """
    copy = nbformat.from_dict(make_edition(notebook, "teacher"))
    cells, copy.cells = copy.cells, []
    last = {exercise_of(cell): number for number, cell in enumerate(cells)}
    for number, cell in enumerate(cells):
        copy.cells.append(cell)
        exercise = exercise_of(cell)
        if exercise is not None and last[exercise] == number:
            copy.cells.append(hidden_cell(claim(claims[exercise])))
        elif cell.cell_type == "code" and exercise is None:
            texts = ((key, code) for key, code in claims.items() if isinstance(key, str))
            copy.cells += [hidden_cell(claim(code)) for key, code in texts if key in cell.source]
    return copy


def exercise_of(cell):
    """Number of the exercise whose solution a cell is, or None."""
    return cell.metadata.get("rcspike", {}).get("exercise")


def hidden_cell(source):
    return nbformat.v4.new_code_cell(source, metadata={"claim": True})


def claim(code):
    """Assertions in a scope of their own, so that no name of the notebook changes."""
    body = textwrap.indent(textwrap.dedent(code).strip(), "    ")
    return f"def claim():\n{body}\n\nclaim()"


def code_cells(notebook):
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [cell for cell in cells if "claim" not in cell.metadata and exercise_of(cell) is None]


def test_the_course_is_in_order():
    numbers = [path.name[:3] for path in NOTEBOOKS]
    assert numbers == [f"{number:02d}_" for number in range(1, len(NOTEBOOKS) + 1)]
    assert len(NOTEBOOKS) >= 4


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_and_shows_what_is_committed(path, tmp_path, monkeypatch):
    if path.stem.startswith("07") and shutil.which("ngspice") is None:
        pytest.skip("notebook 07 runs ngspice, which is not installed: apt-get install ngspice")
    search_path = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(search_path))
    committed = nbformat.read(path, as_version=4)
    notebook = with_claims(committed, CLAIMS[path.stem])
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    client = nbclient.NotebookClient(
        notebook, timeout=SECONDS, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    )
    client.execute()  # raises CellExecutionError with the traceback of the cell
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    texts = [output.text for output in outputs if output.get("name") == "stderr"]
    # What compiles says so, on a machine that has not compiled it before.
    complaints = [line for text in texts for line in text.splitlines() if "compil" not in line]
    assert not complaints
    pairs = zip(code_cells(notebook), code_cells(committed), strict=True)
    for number, (cell, expected) in enumerate(pairs, start=1):
        try:
            assert_same_outputs(cell, expected)
        except AssertionError as difference:
            pytest.fail(
                f"code cell {number} of {path.name} shows something else; {AGAIN}\n{difference}"
            )


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_committed_with_outputs_and_small(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = code_cells(notebook)
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1)), AGAIN
    assert any("image/png" in output.get("data", {}) for cell in code for output in cell.outputs)
    assert all(output.output_type != "error" for cell in code for output in cell.outputs)
    assert all(WIDGET not in output.get("data", {}) for cell in code for output in cell.outputs)
    assert path.stat().st_size < 1_000_000


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_picture_has_alternative_text(path):
    """For the site, where the name of a file would be read aloud; captions are text there too."""
    alts = []
    for cell in code_cells(nbformat.read(path, as_version=4)):
        if any("image/png" in output.get("data", {}) for output in cell.outputs):
            shown = cell.metadata.get("mystnb", {})
            alts.append(shown.get("image", {}).get("alt", ""))
            if "circuits_figure" in cell.source or "membrane_figure" in cell.source:
                assert shown["figure"]["caption"].startswith("Figure ")
    assert min(len(alt) for alt in alts) > 40
    assert len(set(alts)) == len(alts)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_those_of_the_cells_beside_them(path):
    notebook = nbformat.read(path, as_version=4)
    assert notebook.metadata.rcspike.code_sha256 == code_hash(notebook), AGAIN


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_solution_and_claim_has_its_place(path):
    """Each solution with code has an assertion, and each assertion a cell that it is about."""
    cells = nbformat.read(path, as_version=4).cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    solved = {
        int(found[1])
        for cell in cells
        if cell.cell_type == "markdown"
        for found in EXERCISE.finditer(cell.source)
        if CODE.search(EXERCISE.split(cell.source[found.end() :])[0])
    }
    claims = CLAIMS[path.stem]
    assert {key for key in claims if isinstance(key, int)} == solved
    for key, claimed in claims.items():
        assert "assert" in claimed, key
        if isinstance(key, str):
            assert sum(key in source for source in code) == 1, key


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_solutions_are_folded(path):
    """Solutions are the only Python outside of code cells, and every notebook has exercises."""
    folded = ""
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            inside = "".join(re.findall(r"<details>.*?</details>", cell.source, re.DOTALL))
            assert CODE.findall(cell.source) == CODE.findall(inside)
            assert cell.source.count("<details>") == cell.source.count("</details>")
            folded += inside
    assert len(CODE.findall(folded)) >= 3


class TestTheComparison:
    """A changed number, word or curve is seen; a rounding error is not."""

    @staticmethod
    def cell(text, height=1.0, tags=()):
        from base64 import b64encode
        from io import BytesIO

        from matplotlib.figure import Figure

        with mpl.rc_context({"savefig.dpi": 100}):
            figure, png = Figure(figsize=(4, 3)), BytesIO()
            figure.subplots().plot([0, 1], [0, height], linewidth=2)
            figure.axes[0].set_ylim(0, 2)
            figure.savefig(png, format="png")
        image = b64encode(png.getvalue()).decode()
        outputs = [
            nbformat.v4.new_output("stream", name="stdout", text=text),
            nbformat.v4.new_output("display_data", {"image/png": image, "text/plain": "<Figure>"}),
        ]
        return nbformat.v4.new_code_cell(outputs=outputs, metadata={"tags": list(tags)})

    @pytest.mark.parametrize("text", ["v = 0.19103 V", "v = 0.190 V", "v = −0.19102 V", "w = 0.1"])
    def test_text(self, text):
        same = text == "v = 0.19103 V"
        if same:
            assert_same_outputs(self.cell(text), self.cell("v = 0.19102 V"))
        else:
            with pytest.raises(AssertionError):
                assert_same_outputs(self.cell(text), self.cell("v = 0.19102 V"))

    def test_curve(self):
        assert_same_outputs(self.cell("", 1.0), self.cell("", 1.001))
        with pytest.raises(AssertionError):
            assert_same_outputs(self.cell("", 1.0), self.cell("", 1.1))

    def test_training_may_differ_a_little(self):
        committed = self.cell("accuracy 93.4 %", tags=["training"])
        assert_same_outputs(self.cell("accuracy 93.6 %"), committed)
        with pytest.raises(AssertionError):
            assert_same_outputs(self.cell("accuracy 73.6 %"), committed)

    def test_width_of_a_table_does_not_matter(self):
        assert_same_text("a   1.00\nb  10.00", "a  1.00\nb 10.00", 1e-5, 0)

    def test_an_edited_cell_is_seen(self):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")])
        tidy(notebook)
        notebook.cells[0].source = "1 + 2"
        assert notebook.metadata.rcspike.code_sha256 != code_hash(notebook)
