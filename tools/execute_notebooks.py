"""Run the notebooks of the course and store their outputs, as they are committed.

``make execute-notebooks`` runs all of them, with ``NOTEBOOKS=notebooks/05*`` some.

A stored notebook says in its metadata which code made its outputs (`code_hash`), so that a test can
tell when a cell was edited afterwards. Widgets are left out of stored outputs: without a running
kernel a front end could only show that they are gone; the picture beside them stays.
"""

import argparse
import hashlib
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from rcspike_brian.storage import atomic_write

ROOT = Path(__file__).resolve().parents[1]
WIDGET = "application/vnd.jupyter.widget-view+json"
SECONDS = 600  # for a cell; a whole notebook should take well under 90


def code_hash(notebook) -> str:
    """SHA-256 of all code cells, in order."""
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return hashlib.sha256("\0".join(code).encode()).hexdigest()


def execute(notebook, folder):
    """Run a notebook from scratch, in place, in a fresh kernel of this Python.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
    folder : str or Path
        Current folder of the kernel.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        A cell failed.
    """
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        notebook,
        timeout=SECONDS,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute()


def tidy(notebook):
    """Leave only what belongs under version control."""
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:02d}"
        if cell.cell_type == "code":
            # What is compiled for the first time on this machine is no output of the notebook.
            cell.outputs = [o for o in cell.outputs if o.get("name") != "stderr"]
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET, None)
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            "rcspike": {"code_sha256": code_hash(notebook)},
        }
    )


def main():
    """Execute the notebooks that the command line names, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all of the course")
    paths = parser.parse_args().notebooks or sorted((ROOT / "notebooks").glob("*.ipynb"))
    for path in paths:
        notebook = nbformat.read(path, as_version=4)
        start = time.perf_counter()
        execute(notebook, path.parent)
        tidy(notebook)
        with atomic_write(path) as temporary:
            nbformat.write(notebook, temporary)
        kib = path.stat().st_size / 1024
        print(f"{path.name}: {time.perf_counter() - start:.0f} s, {kib:.0f} KiB", flush=True)


if __name__ == "__main__":
    sys.exit(main())
