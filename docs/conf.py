"""Sphinx: the documentation site, built by ``make docs``."""

import inspect
import json
import re
import sys
from pathlib import Path

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util import logging

from rcspike_brian import __version__
from rcspike_brian.course import course_notebooks
from rcspike_brian.interactive import explorer_page
from rcspike_brian.translations import translated

DOCS = Path(__file__).resolve().parent
logger = logging.getLogger(__name__)
sys.path.append(str(DOCS.parent / "tools"))

from public_names import public_constants, public_objects, public_packages  # noqa: E402

project = "rcspike_brian"
author = "The rcspike_brian authors"
version = release = __version__

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx_click",
    "sphinx_copybutton",
    "sphinx_design",
]
exclude_patterns = ["_build"]
default_role = "py:obj"  # single backticks in docstrings are names

# --- notebooks: run at every build; a failing cell fails it --------------------------------------
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 600
# In Japanese they are the same, and have the outputs that are stored.
nb_execution_excludepatterns = ["course/ja/*"]
# The pages have no kernel: show the picture beside a widget, not the widget.
nb_mime_priority_overrides = [
    ("html", "image/png", 1),
    ("html", "application/vnd.jupyter.widget-view+json", 90),
]
nb_ipywidgets_js = {}
myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
suppress_warnings = [
    "mystnb.unknown_mime_type",  # the widget that is left out
]

# --- API from the docstrings -------------------------------------------------------------------
autodoc_typehints = "signature"  # a docstring need not repeat them
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

# --- HTML ----------------------------------------------------------------------------------------
html_math_renderer = "mathml"
html_theme = "pydata_sphinx_theme"
html_title = "rcspike_brian"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_theme_options = {
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "footer_start": ["copyright"],
    "footer_end": ["theme-version"],
}
html_sidebars = {"index": []}
html_show_sourcelink = False
copyright = "the rcspike_brian authors, BSD-3-Clause"

linkcheck_anchors = False
linkcheck_timeout = 20


def bring_course():
    """Put the notebooks where Sphinx finds them; they are kept in one place only, notebooks/."""
    notebooks = course_notebooks()
    for language, folder in (("en", DOCS / "course"), ("ja", DOCS / "course" / "ja")):
        folder.mkdir(exist_ok=True)
        for path in set(folder.glob("*.ipynb")) - {folder / path.name for path in notebooks}:
            path.unlink()
        for path in notebooks:
            copy, content = folder / path.name, json.dumps(translated(path, language))
            if not copy.exists() or copy.read_text(encoding="utf-8") != content:
                copy.write_text(content, encoding="utf-8")


def write_api():
    """Write a page for each package with public names, from its ``__all__``."""
    folder = DOCS / "api"
    folder.mkdir(exist_ok=True)
    described = {}
    pages = {f"{p.__name__}.rst": api_page(p, described) for p in public_packages()}
    pages["index.rst"] = api_index(pages)
    for path in set(folder.iterdir()) - {folder / name for name in pages}:
        path.unlink()
    for name, text in pages.items():
        if not (folder / name).exists() or (folder / name).read_text() != text:
            (folder / name).write_text(text)


def api_page(package, described):
    """Docstring of the package, then those of its functions and classes.

    What ``described`` (object -> full name) has already is only referred to; it gets the rest.
    """
    name = package.__name__
    parts = [name, "=" * len(name), "", f".. automodule:: {name}", "   :no-members:", ""]
    objects = public_objects(package)
    if elsewhere := [described[value] for value in objects.values() if value in described]:
        parts += ["Described elsewhere: " + ", ".join(f"`{full}`" for full in elsewhere), ""]
    for public, value in objects.items():
        if described.setdefault(value, f"{name}.{public}") != f"{name}.{public}":
            continue
        kind = "autofunction"
        if inspect.isclass(value):
            kind = "autoexception" if issubclass(value, Exception) else "autoclass"
        parts += [f".. {kind}:: {name}.{public}", ""]
    values = {public: getattr(package, public) for public in package.__all__}
    modules = [value.__name__ for value in values.values() if inspect.ismodule(value)]
    if modules:
        parts += ["Packages: " + ", ".join(f":doc:`{module}`" for module in modules), ""]
    if constants := public_constants(package):
        parts += ["Values: " + ", ".join(f"``{constant}``" for constant in constants), ""]
    return "\n".join(parts)


def api_index(pages):
    """Table of contents of the API."""
    text = (
        "Public names are those of the ``__init__`` of each package; every one has an example, "
        "which the tests run."
    )
    entries = [f"   {name.removesuffix('.rst')}" for name in pages]
    toctree = [".. toctree::", "   :maxdepth: 1", "", *entries, ""]
    return "\n".join(["API", "===", "", text, "", *toctree])


def escape_bars(app, what, name, obj, options, lines):
    """Let |w| in a docstring be a magnitude: reStructuredText would substitute it."""
    for number, line in enumerate(lines):
        if not line.lstrip().startswith((">>>", "...")):
            lines[number] = re.sub(r"\|(?=[^\s|`]([^|`]*[^\s|`])?\|)([^|`]+)\|", r"\\|\2\\|", line)


def visit_math(translator, node):
    """Write a formula as MathML, which browsers show without a script from somewhere else."""
    block = isinstance(node, nodes.math_block)
    try:
        mathml = tex2mathml(node.astext().strip(), as_block=block)
    except MathError as error:
        logger.warning("cannot show %s: %s", node.astext(), error, location=node)
        mathml = translator.encode(node.astext())
    translator.body.append(f'<div class="math">{mathml}</div>' if block else mathml)
    raise nodes.SkipNode


def say_language(app, pagename, templatename, context, doctree):
    """Tell browsers and screen readers which pages are Japanese."""
    if pagename.startswith("course/ja/"):
        context["language"] = "ja"


def write_explorer(app, exception):
    """Put the explorer beside the pages, where docs/explorer.md shows it."""
    if exception is None and app.builder.format == "html":
        page = Path(app.outdir, "_static", "explorer.html")
        page.write_text(explorer_page(), encoding="utf-8")


def setup(app):
    """Add what the extensions do not know."""
    app.connect("build-finished", write_explorer)
    app.connect("html-page-context", say_language)
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math, None))
    app.connect("autodoc-process-docstring", escape_bars, priority=100)


bring_course()
write_api()
