"""Make slides from notebooks: ``make slides`` writes slides/NAME.slides.html.

Each text cell says in its metadata which slide it begins, ``slideshow.slide_type``; a heading of a
section inside a text begins one too. Code is left out: what it drew and printed stays as stored.
"""

import argparse
import re
import sys
from copy import deepcopy
from pathlib import Path

import nbformat
from nbconvert import SlidesExporter

from rcspike_brian.editions import PHRASES
from rcspike_brian.storage import atomic_write, make_folder

ROOT = Path(__file__).resolve().parents[1]
EXERCISES = tuple(phrases.exercises for phrases in PHRASES.values())
HEADING = re.compile(r"^(?=## )", re.MULTILINE)


def on_slides(notebook):
    """Return a copy in which every section begins a slide of its own."""
    copy = deepcopy(notebook)
    copy.cells = []
    for cell in notebook.cells:
        texts = [cell.source]
        if cell.cell_type == "markdown":
            texts = [text for text in HEADING.split(cell.source) if text.strip()]
        for number, text in enumerate(texts):
            part = deepcopy(cell)
            part.source = text
            describe_pictures(part)
            if number:
                part.id += f"-{number}"
                part.metadata.slideshow = {"slide_type": slide_type(text)}
            copy.cells.append(part)
    return copy


def describe_pictures(cell):
    """Give pictures the alternative text that the site shows."""
    alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt")
    for output in cell.get("outputs", []):
        if alt and "image/png" in output.get("data", {}):
            output.metadata["image/png"] = {"alt": alt}


def slide_type(text):
    """Type of slide of a section: exercises are for the desk."""
    return "skip" if text.startswith(EXERCISES) else "slide"


def main():
    """Write slides of the notebooks that the command line names, or of all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all of the course")
    parser.add_argument("--out", type=Path, default=ROOT / "slides", help="folder to write")
    parser.add_argument(
        "--modules", type=Path, help="folder of npm with reveal.js, requirejs, jquery and mathjax@2"
    )
    chosen = parser.parse_args()
    exporter = SlidesExporter(exclude_input=True, exclude_output_prompt=True)
    exporter.reveal_scroll, exporter.reveal_width, exporter.reveal_height = True, "1280", "800"
    if chosen.modules:
        modules = chosen.modules.resolve(strict=True)
        exporter.reveal_url_prefix = str(modules / "reveal.js")
        exporter.require_js_url = str(modules / "requirejs" / "require.js")
        exporter.jquery_url = str(modules / "jquery" / "dist" / "jquery.min.js")
        exporter.mathjax_url = f"{modules}/mathjax/MathJax.js?config=TeX-AMS_CHTML-full,Safe"
    folder = make_folder(chosen.out)
    for path in chosen.notebooks or sorted((ROOT / "notebooks").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        exporter.language_code = notebook.metadata.get("rcspike", {}).get("language", "en")
        page, _ = exporter.from_notebook_node(on_slides(notebook))
        target = folder / f"{path.stem}.slides.html"
        with atomic_write(target) as temporary:
            temporary.write_text(page, encoding="utf-8")
        print(target)


if __name__ == "__main__":
    sys.exit(main())
