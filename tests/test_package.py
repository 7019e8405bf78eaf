"""What a wheel and an sdist contain, and where imports find the two top-level folders."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def distributions(tmp_path_factory):
    """Wheel and sdist of the files that are under version control."""
    pytest.importorskip("build")
    source = tmp_path_factory.mktemp("source")
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode:
        pytest.skip("not a git checkout")
    subprocess.run(["tar", "-x"], cwd=source, input=archive.stdout, check=True)
    out = tmp_path_factory.mktemp("dist")
    # Without isolation nothing is downloaded.
    command = [sys.executable, "-m", "build", "--no-isolation", "--quiet", "--outdir", out, source]
    subprocess.run(command, check=True)
    return out


@pytest.mark.slow
def test_wheel_has_one_top_level_package(distributions):
    (wheel,) = distributions.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"rcspike_brian"}
    data = ("data/bundled/mnist.npz", "interactive/explorer_page/networks.npz")
    results = ("results/figure3/results.csv", "results/circuit/energy.csv")
    for part in ("py.typed", "__init__.pyi", *data, *results):
        assert f"rcspike_brian/{part}" in names
    assert any(name.startswith("rcspike_brian/notebooks/01_") for name in names)
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        assert f"rcspike_brian/notebooks/ja/{path.stem}.md" in names
    assert any(name.endswith("ATTRIBUTION.md") for name in names)


@pytest.mark.slow
def test_sdist_is_complete(distributions):
    (sdist,) = distributions.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        members = {member.name.partition("/")[2]: member for member in archive}
    names = set(members)
    for part in ("setup.py", "equations/__init__.py", "analysis/__init__.py", "tests/exact.py"):
        assert part in names
    assert "rcspike_brian/data/bundled/fashion-mnist.npz" in names
    assert "notebooks/ja/01_membrane_dynamics.md" in names
    assert members["rcspike_brian/equations"].linkname == "../equations"


@pytest.mark.slow
def test_installed_wheel_imports_both_folders(distributions, tmp_path):
    (wheel,) = distributions.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = (
        "import rcspike_brian.equations as e, rcspike_brian.analysis as a; "
        "print(e.__file__); print(a.__file__)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    for line, part in zip(result.stdout.split(), ("equations", "analysis"), strict=True):
        assert Path(line) == tmp_path / "rcspike_brian" / part / "__init__.py"


def test_both_folders_are_found_by_path_alone():
    """As editors and type checkers look for them: in a checkout, with no import hook."""
    code = (
        "import sys; sys.meta_path[:] = [f for f in sys.meta_path if isinstance(f, type) "
        "and f.__module__.startswith('_frozen_importlib')]; "
        "import rcspike_brian.equations as e, rcspike_brian.analysis as a; "
        "print(e.__file__, a.__file__)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = [Path(name).resolve() for name in result.stdout.split()]
    assert found == [ROOT / name / "__init__.py" for name in ("equations", "analysis")]
