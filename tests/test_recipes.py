"""Recipes by name: the presets of sweeps, the data set's symmetries, the command line."""

import dataclasses
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

import rcspike_brian as rb
from rcspike_brian.commands import main
from rcspike_brian.data.catalog import get_entry
from rcspike_brian.sweeps.grid import Grid
from rcspike_brian.training import RECIPES, recipe, run_settings

ROOT = Path(__file__).parents[1]
TRAIN = ["train", "--dataset", "iris", "--hidden", "5", "--epochs", "2", "--quiet", "--out"]


@pytest.mark.parametrize("name", ["figure3", "robust"])
def test_recipe_and_preset_are_the_same(name):
    cells = [cell for cell in Grid.read(name).cells() if cell.model == "rc-spike"]
    assert {cell.dataset for cell in cells} == {"mnist", "fashion-mnist"}
    for cell in cells:
        place = {place: cell.config[place] for place in ("v_syn", "seed")}
        assert recipe(name, get_entry(cell.dataset), **place).to_dict() == cell.config


def test_plain_are_the_defaults():
    assert recipe("plain", get_entry("mnist")) == rb.TrainingConfig()


@pytest.mark.parametrize("name", RECIPES)
def test_samples_that_are_no_images_are_left_as_they_are(name):
    config = recipe(name, iris := rb.load_dataset("iris"), hidden=(5,), epochs=1)
    assert (config.flip, config.shift) == (False, 0)
    rb.train(iris, config, progress=False)


@pytest.mark.parametrize(("mirrored", "moved"), [(True, True), (True, False), (False, True)])
def test_images_are_distorted_only_where_that_keeps_their_labels(mirrored, moved):
    facts = {"mirroring_keeps_labels": mirrored, "moving_keeps_labels": moved}
    entry = dataclasses.replace(get_entry("mnist"), **facts)
    config = recipe("robust", entry)
    assert (config.flip, config.shift) == (mirrored, 0 if mirrored else 1)


def test_command_line_puts_its_settings_in_place_of_the_recipes(tmp_path):
    run, out = CliRunner().invoke, str(tmp_path / "run")
    assert run(main, [*TRAIN, out, "--recipe", "robust", "--noise", "0.01"]).exit_code == 0
    config, _ = run_settings(out)
    expected = recipe("robust", get_entry("iris"), hidden=(5,), epochs=2, noise=0.01)
    assert config == expected
    result = run(main, ["train", "--resume", "--quiet", "--out", out])
    assert result.exit_code == 0, result.output
    result = run(main, ["train", "--resume", "--quiet", "--out", out, "--recipe", "figure3"])
    assert result.exit_code != 0
    assert "made with" in result.output
    result = run(main, [*TRAIN, str(tmp_path / "other"), "--recipe", "best"])
    assert "recipe must be 'plain' or 'figure3' or 'robust', got 'best'" in result.output


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_what_is_recommended_has_been_tried(name):
    """A row of the table of trials has the settings of the recipe, and accuracies with jitter."""
    trials = pd.read_csv(ROOT / "results" / "recipe" / "trials.csv")
    rows = trials[(trials["dataset"] == name) & trials["jitter_0.03"].notna()]
    settings = recipe("robust", get_entry(name)).to_dict()
    for option, value in settings.items():
        shown = ",".join(map(str, value)) if isinstance(value, list) else value
        rows = rows[rows[option] == shown]
    assert len(rows) == 1


def test_what_is_no_data_set_has_no_recipe():
    with pytest.raises(rb.InvalidInput, match="dataset must be a Dataset or its description"):
        recipe("robust", "mnist")
