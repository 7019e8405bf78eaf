"""Files that RCSPIKE_PLUGINS names: ramps, diodes, encodings, layers, optimisers of one's own."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import rcspike_brian as rb
from rcspike_brian.commands import main
from rcspike_brian.sweeps.local import LocalWorkers

EXAMPLES = Path(__file__).resolve().parent / "worked_examples"
NAMES = ("supply_ramp", "soft_diode", "early_encoding", "one_to_one", "rms_prop")
REGISTRIES = (
    rb.ramps.RAMPS, rb.diodes.DIODES, rb.encodings.ENCODINGS, rb.layers.LAYERS,
    rb.optimizers.OPTIMIZERS,
)  # fmt: skip


@pytest.fixture
def plugins(monkeypatch, tmp_path):
    """The worked examples, in a folder of a user; forgotten after the test."""
    before = [dict(registry) for registry in REGISTRIES]
    paths = [shutil.copy(EXAMPLES / f"{name}.py", tmp_path) for name in NAMES]
    monkeypatch.setenv("RCSPIKE_PLUGINS", os.pathsep.join(paths))
    yield
    for registry, content in zip(REGISTRIES, before, strict=True):
        registry.clear()
        registry.update(content)


def test_every_concept_is_looked_up_in_plugins(plugins, tmp_path):
    circuit = rb.Circuit.normalised(2.0, ramp="supply")
    assert circuit.ramp.name == "supply"
    assert rb.Circuit(diode="soft").diode.name == "soft"
    config = rb.TrainingConfig(optimizer="rmsprop", encoding="early")
    assert rb.TrainingConfig.from_dict(config.to_dict()) == config
    layer = rb.layers.LAYERS["one-to-one"](np.ones((2, 3)))
    rb.Network([layer], circuit, "early").save(tmp_path / "network.npz")
    again = rb.Network.load(tmp_path / "network.npz")
    assert type(again.layers[0]).__name__ == "OneToOne"


def test_threads_wait_until_a_plugin_has_run(plugins, tmp_path, monkeypatch):
    slow = (tmp_path / "supply_ramp.py").read_text()
    (tmp_path / "slow_ramp.py").write_text(f"import time\ntime.sleep(0.2)\n{slow}")
    monkeypatch.setenv("RCSPIKE_PLUGINS", str(tmp_path / "slow_ramp.py"))
    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(lambda name: rb.Circuit(ramp=name).ramp.name, ["supply"] * 2))
    assert found == ["supply"] * 2


def test_the_command_line_knows_them(plugins, tmp_path):
    (tmp_path / "w.csv").write_text("0.5\n0.7\n")
    words = ["spice", "netlist", tmp_path / "w.csv", "--times", "0.2,0.6", "--v-syn", "2"]
    words += ["--ramp", "supply", "--diode", "soft", "--out", tmp_path / "net.cir"]
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    assert ".subckt diode a k" in (tmp_path / "net.cir").read_text()
    result = CliRunner().invoke(main, [*map(str, words[:-6]), "--ramp", "cubic", "--out", "x"])
    assert "ramp must be 'linear' or 'rc' or " in result.output
    assert "or 'supply', got 'cubic'" in result.output


def test_workers_know_them(plugins):
    with closing(LocalWorkers(1)) as workers:
        found = workers.submit(rb.spike_time, 0.25, "supply").result()
    assert found == rb.spike_time(0.25, "supply")
