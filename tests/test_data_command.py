"""``rcspike data``: list, import, fetch, path."""

import pytest
from click.testing import CliRunner
from data_fakes import FakeWorld

from rcspike_brian.commands import main
from rcspike_brian.commands.data import data
from rcspike_brian.errors import DataError, InvalidInput


@pytest.fixture
def world(monkeypatch, tmp_path):
    return FakeWorld(monkeypatch, tmp_path)


def run(*arguments):
    """Run the command and return its output; its own errors come through as exceptions."""
    result = CliRunner().invoke(data, [str(a) for a in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_list_shows_every_source_with_its_state(world, tmp_path, monkeypatch):
    folder = world.write(tmp_path / "my" / "mnist")
    world.write(world.cache / "mnist", leave_out=["t10k-labels-idx1-ubyte"])
    lines = run("list", "--data-dir", tmp_path / "my").splitlines()
    assert lines[0] == "mnist  (MNIST, CC BY-SA 3.0, Y. LeCun, C. Cortes, C. J. C. Burges)"
    assert lines[1] == f"  {folder} (given folder): complete"
    assert lines[2].startswith(f"  {world.cache / 'mnist'} (user cache): ")
    assert "lacks t10k-labels-idx1-ubyte" in lines[2]
    assert lines[3] == "  bundled subset: complete"
    assert lines[4].startswith("fashion-mnist  (Fashion-MNIST, MIT, Zalando")
    assert lines[-2:] == ["iris  (Iris, CC BY 4.0, R. A. Fisher)", "  the package: complete"]
    monkeypatch.setenv("RCSPIKE_DATA", str(folder))
    assert f"{folder} (RCSPIKE_DATA): complete" in run("list")


def test_import_then_list(world, tmp_path):
    output = run("import", world.write(tmp_path / "d"))
    assert output.startswith("mnist: imported t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte, ")
    assert output.strip().endswith(f"into {world.cache / 'mnist'}")
    assert f"{world.cache / 'mnist'} (user cache): complete" in run("list")


def test_import_says_what_is_still_missing(world, tmp_path):
    folder = world.write(tmp_path / "d", leave_out=["train-images-idx3-ubyte"])
    assert "mnist: still missing train-images-idx3-ubyte" in run("import", folder)


def test_import_of_nothing_fails(world, tmp_path):
    with pytest.raises(DataError, match="holds no undamaged file"):
        run("import", tmp_path)
    assert CliRunner().invoke(data, ["import", str(tmp_path)]).exit_code != 0


def test_fetch_of_what_is_there_needs_no_network(world):
    world.write(world.cache / "mnist")
    assert run("fetch", "mnist").strip() == (
        f"mnist: complete and verified in {world.cache / 'mnist'}"
    )


def test_fetch_without_a_mirror_fails_with_the_ways_on(world):
    with pytest.raises(DataError, match=r"(?s)could not be downloaded.*rcspike data import PATH"):
        run("fetch", "mnist")


def test_fetch_of_an_unknown_data_set(world):
    with pytest.raises(InvalidInput, match="unknown data set 'cifar'; allowed: mnist, fashion"):
        run("fetch", "cifar")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["import", "absent.zip"], "Error: cannot import absent.zip: it does not exist"),
        (["fetch", "cifar"], "Error: unknown data set 'cifar'; allowed: mnist, fashion-mnist"),
    ],
)
def test_errors_at_the_command_line_have_no_traceback(world, arguments, message):
    result = CliRunner().invoke(main, ["data", *arguments])
    assert result.exit_code == 1
    assert result.output.startswith(message)


def test_path(world):
    assert run("path").strip() == str(world.cache)
