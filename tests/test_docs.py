"""The documentation site builds without warnings, and a failing notebook cell fails the build."""

import inspect
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest

pytest.importorskip("sphinx", reason="the site needs the extra 'docs'")
pytest.importorskip("myst_nb", reason="the site needs the extra 'docs'")
ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """A copy of what the site is made of: the build writes beside it."""
    folder = tmp_path_factory.mktemp("site")
    ignore = shutil.ignore_patterns("_build", "course", "api")
    shutil.copytree(ROOT / "docs", folder / "docs", ignore=ignore)
    for name in ("tools", "equations", "results"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "CONTRIBUTING.md", folder)
    return folder / "docs"


def build(sources, out, *options):
    command = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "-q"]
    return subprocess.run(
        [*command, *options, sources, out], capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def site(sources, tmp_path_factory):
    """The site with the committed outputs; that they are right is tested elsewhere."""
    out = tmp_path_factory.mktemp("html")
    result = build(sources, out, "-D", "nb_execution_mode=off")
    assert result.returncode == 0, result.stderr
    return out


class Page(HTMLParser):
    """Links, anchors and text of a page."""

    def __init__(self, path):
        super().__init__()
        self.links, self.anchors, self.tags, self.alts = [], set(), set(), []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.add(tag)
        if tag == "img":
            self.alts.append(attributes.get("alt", ""))
        self.anchors |= {attributes[name] for name in ("id", "name") if attributes.get(name)}
        self.links += [attributes[name] for name in ("href", "src") if attributes.get(name)]


def html_of(site):
    """The pages of the site; the theme has templates of its own among the static files."""
    return [path for path in site.rglob("*.html") if "_static" not in path.parts]


def test_every_internal_link_leads_somewhere(site):
    pages = {path: Page(path) for path in html_of(site)}
    assert len(pages) > 15
    for path, page in pages.items():
        for link in page.links:
            if ":" in link.split("/")[0] or link.startswith("//"):
                continue
            place, _, anchor = link.partition("#")
            target = (path.parent / place.partition("?")[0]).resolve() if place else path
            assert target.exists(), f"{path.relative_to(site)}: {link}"
            if anchor and target in pages:
                assert anchor in pages[target].anchors, f"{path.relative_to(site)}: {link}"


def test_pages_load_nothing_from_elsewhere(site):
    """Formulas and widgets included: the site works without a network."""
    for path in html_of(site):
        text = path.read_text(encoding="utf-8")
        for mark in ('src="http', "src='http", 'src="//', "cdn.jsdelivr", "unpkg.com"):
            assert mark not in text, f"{path.relative_to(site)}: {mark}"
    assert "math" in Page(site / "model.html").tags


def test_every_notebook_of_the_course_is_a_page_with_its_pictures(site):
    for notebook in sorted((ROOT / "notebooks").glob("*.ipynb")):
        page = (site / "course" / f"{notebook.stem}.html").read_text(encoding="utf-8")
        code = [c for c in nbformat.read(notebook, 4).cells if c.cell_type == "code"]
        pictures = sum("image/png" in o.get("data", {}) for c in code for o in c.outputs)
        assert page.count("<img") >= pictures > 0
        assert "<details>" in page


def test_the_course_is_there_in_japanese_with_the_same_pictures(site):
    for page in sorted((site / "course").glob("*.html")):
        english, japanese = (
            path.read_text(encoding="utf-8") for path in (page, site / "course/ja" / page.name)
        )
        assert '<html lang="en"' in english
        assert '<html lang="ja"' in japanese
        assert "学習目標" in japanese
        assert japanese.count('<img alt="') == english.count('<img alt="') > 0


def test_every_picture_has_alternative_text(site):
    """What it shows, not the name of its file."""
    for path in html_of(site):
        for alt in Page(path).alts if path.name != "py-modindex.html" else ():
            assert len(alt) > 15, f"{path.relative_to(site)}: {alt!r}"
            assert not alt.endswith((".png", ".svg")), path


def test_every_public_name_is_on_an_api_page(site):
    import rcspike_brian

    page = Page(site / "api" / "rcspike_brian.html")
    for name in set(rcspike_brian.__all__) - {"__version__"}:
        if inspect.ismodule(getattr(rcspike_brian, name)):
            assert f"rcspike_brian.{name}.html" in page.links
        else:
            assert f"rcspike_brian.{name}" in page.anchors


def test_a_failing_cell_fails_the_build(sources, tmp_path):
    """With the configuration of the site, on a site of a single notebook."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Title")])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    outcomes = {}
    for code in ("1 + 1", "1 / 0"):
        source = tmp_path / f"source-{len(outcomes)}"
        source.mkdir()
        notebook.cells[1:] = [nbformat.v4.new_code_cell(code)]
        nbformat.write(notebook, source / "index.ipynb")
        outcomes[code] = build(source, tmp_path / f"out-{len(outcomes)}", "-c", sources)
    assert outcomes["1 + 1"].returncode == 0, outcomes["1 + 1"].stderr
    assert outcomes["1 / 0"].returncode != 0
    assert "ExecutionError" in outcomes["1 / 0"].stderr
