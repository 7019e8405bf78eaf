"""Recipes by name: the presets of sweeps, the data set's symmetries, the command line."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import rcspike_brian as rb
from rcspike_brian.classifier import RCSpikeClassifier
from rcspike_brian.commands import main
from rcspike_brian.commands.train import train as train_command
from rcspike_brian.data.catalog import get_entry
from rcspike_brian.sweeps.grid import Grid
from rcspike_brian.training import RECIPES, recipe, run_settings

ROOT = Path(__file__).parents[1]
TRAIN = ["train", "--dataset", "iris", "--hidden", "5", "--epochs", "2", "--quiet", "--out"]


@pytest.mark.parametrize("name", RECIPES)
def test_sweeps_take_the_recipe_by_name(name):
    grid = Grid(datasets=["mnist", "fashion-mnist"], recipe=name, options={"batch_size": 32})
    for cell in grid.cells():
        v_syn = 1.0 if cell.model == "rc-spike" else float("inf")
        expected = recipe(name, get_entry(cell.dataset), batch_size=32, v_syn=v_syn)
        assert cell.config == expected.to_dict()


def test_sweep_by_another_recipe_and_by_none(tmp_path):
    words = ["sweep", "--dataset", "iris", "--epochs", "1", "--set", "hidden=5", "--no-references"]
    words += ["--workers", "1", "--quiet", "--out", str(tmp_path / "s"), "--recipe"]
    result = CliRunner().invoke(main, [*words, "best"])
    assert result.exit_code != 0
    assert "recipe must be 'robust' or 'sharp' or 'plain', got 'best'" in result.output
    assert not (tmp_path / "s").exists()
    result = CliRunner().invoke(main, [*words, "plain"])
    assert result.exit_code == 0, result.output
    [config] = [run_settings(cell)[0] for cell in (tmp_path / "s" / "cells").iterdir()]
    assert config == recipe("plain", get_entry("iris"), hidden=(5,), epochs=1)


def test_one_recipe_is_the_default_everywhere():
    """Of configurations but for what depends on the images, of sweeps, runs and the command."""
    iris, fashion = rb.load_dataset("iris"), get_entry("fashion-mnist")
    assert recipe("robust", iris) == rb.TrainingConfig()
    depend = {"epochs": 1, "noise": 0.01, "flip": False, "shift": 0}
    assert recipe("robust", fashion, **depend) == rb.TrainingConfig(**depend)
    assert Grid().recipe == "robust"
    how = {"hidden": (5,), "epochs": 1}
    assert rb.train(iris, **how, progress=False).config == recipe("robust", iris, **how)
    assert train_command.params[1].default == "robust"
    estimator = RCSpikeClassifier(epochs=1, random_state=0)
    config = estimator.fit(iris.train_images, iris.train_labels).config_
    own = {name: getattr(config, name) for name in ("hidden", "batch_size", "learning_rate")}
    assert config == recipe("robust", iris, epochs=1, **own)


@pytest.mark.parametrize(
    ("v_syn", "epochs"), [(0.5, 200), ((2.0, 0.9), 200), (1.0, 100), (np.inf, 100)]
)
def test_below_the_threshold_mirrored_images_are_trained_for_longer(v_syn, epochs):
    config = recipe("robust", get_entry("fashion-mnist"), v_syn=v_syn)
    assert (config.epochs, config.temperature) == (epochs, 0.06 if epochs == 200 else 0.05)
    assert recipe("robust", get_entry("fashion-mnist"), v_syn=v_syn, epochs=3).epochs == 3
    assert recipe("robust", get_entry("mnist"), v_syn=v_syn).epochs == 50
    assert recipe("sharp", get_entry("fashion-mnist"), v_syn=v_syn).epochs == 40


@pytest.mark.parametrize(("name", "epochs"), [("robust", (6, 12)), ("plain", (6, 10))])
def test_convolutions_are_trained_for_fewer_epochs_with_less_noise(name, epochs):
    for dataset, most in zip(("mnist", "fashion-mnist"), epochs, strict=True):
        data, layers = get_entry(dataset), {"hidden": ("16C3", "P2", 128)}
        config, dense = recipe(name, data, **layers), recipe(name, data)
        assert (config.epochs, config.noise) == (most, min(dense.noise, 0.01))
        assert recipe(name, data, **layers, epochs=50, noise=0.02) == dataclasses.replace(
            config, epochs=50, noise=0.02
        )


def test_methods_of_scipy_get_what_they_can_use():
    fashion = rb.load_dataset("fashion-mnist", subset="bundled")
    config = recipe("robust", fashion, optimizer="l-bfgs")
    assert (config.flip, config.noise, config.weight_decay, config.averaging) == (False, 0, 0, 0)
    assert recipe("robust", fashion, optimizer="l-bfgs", flip=True).flip  # to be refused in words
    assert recipe("robust", fashion, optimizer="l-bfgs", noise=0.01).noise == 0.01


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
    assert run(main, [*TRAIN, out, "--recipe", "sharp", "--noise", "0.01"]).exit_code == 0
    config, _ = run_settings(out)
    expected = recipe("sharp", get_entry("iris"), hidden=(5,), epochs=2, noise=0.01)
    assert config == expected
    result = run(main, ["train", "--resume", "--quiet", "--out", out])
    assert result.exit_code == 0, result.output
    result = run(main, ["train", "--resume", "--quiet", "--out", out, "--recipe", "plain"])
    assert result.exit_code != 0
    assert "made with" in result.output
    result = run(main, [*TRAIN, str(tmp_path / "other"), "--recipe", "best"])
    assert "recipe must be 'robust' or 'sharp' or 'plain', got 'best'" in result.output


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_what_is_recommended_has_been_tried(name):
    """A row of the table of trials has the settings of the recipe, and accuracies with noise."""
    trials = pd.read_csv(ROOT / "results" / "recipe" / "trials.csv")
    rows = trials[(trials["dataset"] == name) & trials["jitter_0.03"].notna()]
    settings = recipe("robust", get_entry(name)).to_dict()
    for option, value in settings.items():
        shown = ",".join(map(str, value)) if isinstance(value, list) else value
        rows = rows[rows[option] == shown]
    assert len(rows) == 1


def test_train_takes_a_recipe_by_name():
    iris = rb.load_dataset("iris")
    run = rb.train(iris, recipe="sharp", hidden=(4,), epochs=1, progress=False)
    assert run.config == recipe("sharp", iris, hidden=(4,), epochs=1)
    with pytest.raises(rb.InvalidInput, match="a config is given, and the recipe 'sharp'"):
        rb.train(iris, rb.TrainingConfig(), recipe="sharp")
    with pytest.raises(rb.InvalidInput, match="recipe must be 'robust' or"):
        rb.train(iris, recipe="bland")
    with pytest.raises(rb.InvalidInput, match="recipe must be 'robust' or"):
        rb.train(iris, recipe="")


def test_what_is_no_data_set_has_no_recipe():
    with pytest.raises(rb.InvalidInput, match="dataset must be a Dataset or its description"):
        recipe("robust", "mnist")
