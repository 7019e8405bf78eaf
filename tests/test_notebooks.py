"""Every notebook runs, and so do the solutions that are folded away in it."""

import os
import re
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest

pytest.importorskip("ipykernel", reason="notebooks need a kernel: pip install ipykernel")
nbclient = pytest.importorskip("nbclient")

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SECONDS = 300  # for a cell on a loaded machine; a whole notebook should take well under 90
SOLUTION = re.compile(r"```python\n(.*?)```", re.DOTALL)


def with_solutions(notebook):
    """Return a copy in which the Python blocks of every text cell follow it as code cells."""
    copy = deepcopy(notebook)
    copy.cells = []
    for cell in notebook.cells:
        copy.cells.append(cell)
        if cell.cell_type == "markdown":
            copy.cells += map(nbformat.v4.new_code_cell, SOLUTION.findall(cell.source))
    return copy


def test_there_are_notebooks():
    assert [path.name for path in NOTEBOOKS][:1] == ["01_membrane_dynamics.ipynb"]


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path, tmp_path, monkeypatch):
    search_path = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(search_path))
    notebook = with_solutions(nbformat.read(path, as_version=4))
    client = nbclient.NotebookClient(
        notebook, timeout=SECONDS, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    )
    client.execute()  # raises CellExecutionError with the traceback of the cell
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    complaints = [output.text for output in outputs if output.get("name") == "stderr"]
    assert not complaints


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_committed_with_outputs_and_small(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert any("image/png" in output.get("data", {}) for cell in code for output in cell.outputs)
    assert all(output.output_type != "error" for cell in code for output in cell.outputs)
    assert path.stat().st_size < 1_000_000


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_solutions_are_folded(path):
    """Solutions are the only Python outside of code cells."""
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            folded = "".join(re.findall(r"<details>.*?</details>", cell.source, re.DOTALL))
            assert SOLUTION.findall(cell.source) == SOLUTION.findall(folded)
            assert cell.source.count("<details>") == cell.source.count("</details>")
