"""The Python code in README and documents runs, and does what the text says; files exist."""

import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from brian2 import prefs
from scipy.integrate import solve_ivp

import rcspike_brian as rb

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "README.ja.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"`(\w[\w./-]*/[\w./-]*)`")
load_dataset = rb.load_dataset


@pytest.fixture
def at_home(monkeypatch, tmp_path):
    """A reader's folder, with a trained network, little data and no compiler."""

    def few(name, subset=None, **options):
        whole = load_dataset(name, subset="bundled")
        return rb.data.Dataset(
            name,
            whole.train_images[:100],
            whole.train_labels[:100],
            whole.test_images[:1],
            whole.test_labels[:1],
            image_shape=whole.image_shape,
        )

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CXX", "no-compiler-here")
    monkeypatch.setattr(rb, "load_dataset", few)
    monkeypatch.setitem(prefs, "codegen.target", "numpy")
    monkeypatch.setattr(rb.data, "DATASETS", dict(rb.data.DATASETS))
    Path("runs/mnist").mkdir(parents=True)
    rb.Network.random(scale=2.0, seed=1).save("runs/mnist/network.npz")


def run(path):
    """Run the code of a document from top to bottom; return what it defines."""
    names = {}
    for code in BLOCK.findall(path.read_text(encoding="utf-8")):
        exec(compile(code, path.name, "exec"), names)
    return names


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["README.md", "docs/quickstart.md", "docs/data.md", "docs/convolution.md"]
)
def test_code_of_a_document_runs(name, at_home, capsys):
    names = run(ROOT / name)
    if "result" in names:
        by_hand = names["result"].v_end
        np.testing.assert_allclose(by_hand, np.ravel(names["v"]), atol=2e-3)


@pytest.mark.slow
def test_equations_of_ones_own(at_home, capsys):
    """What the document runs with the package's builder, against an integrator."""
    names = run(ROOT / "docs" / "simulation.md")
    per_T = float(names["circuit"].si.C / names["circuit"].si.T)

    def end(leak=0.0, current=0.0, forward=lambda u: u):
        """v(1) of the neuron of the text, with inputs 1.5 at 0.1 and -0.6 at 0.4."""

        def slope(t, v):
            synapses = 1.5 * forward(1 - v) * (t > 0.1) - 0.6 * forward(1 + v) * (t > 0.4)
            return synapses + current - leak * v

        return solve_ivp(slope, (0, 1), [0.0], rtol=1e-8, max_step=0.01).y[0, -1]

    for name in ("leaky", "the_same"):
        assert names[name].v_end[0] == pytest.approx(end(leak=50e-9 / per_T), abs=2e-3)
    currents = [0, 10e-9 / per_T, 20e-9 / per_T]
    expected = [end(current=current) for current in currents]
    np.testing.assert_allclose(names["second_current"].v_end, expected, atol=2e-3)
    # As good as white: the variance is 2 tau sigma^2 times the integral of exp(-2 F(t)) over the
    # phase, where F(t) is the integral of the conductance of the synapses from t to the end.
    t = (np.arange(1000) + 0.5) / 1000
    f = 1.5 * (t > 0.1) + 0.6 * (t > 0.4)
    left = np.exp(-np.cumsum(f[::-1])[::-1] / 1000)
    spread = 70e-9 / per_T * np.sqrt(2 * 0.01 * np.mean(left**2))
    assert names["jittered"].v_end.std() == pytest.approx(spread, rel=0.2)
    assert names["jittered"].t_out.std() == pytest.approx(spread, rel=0.2)
    for name in ("soft_diodes", "soft_object"):
        soft = end(forward=lambda u: u**2 / (abs(u) + 0.1))
        assert names[name].v_end[0] == pytest.approx(soft, abs=2e-3)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_files_that_are_named_exist(path):
    """Names of files and folders with a slash, in the repository or in the package."""
    for span in SPAN.findall(path.read_text(encoding="utf-8")):
        top = span.split("/")[0]
        found = any((folder / span).exists() for folder in (ROOT, ROOT / "rcspike_brian"))
        known = any((folder / top).exists() for folder in (ROOT, ROOT / "rcspike_brian"))
        made = top in ("figures", "results") or span.startswith("rcspike_brian/data/bundled")
        assert found or made or not known, f"{path.name} names {span}, which is not there"


def test_one_alias():
    """`rb`, in README, documents and notebooks."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in DOCUMENTS}
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        cells = nbformat.read(path, as_version=4).cells
        texts[path.name] = "\n".join(cell.source for cell in cells)
    for name, text in texts.items():
        aliases = re.findall(r"import rcspike_brian as (\w+)", text)
        assert set(aliases) <= {"rb"}, name
        assert not re.search(r"\brc\.\w", text), name
