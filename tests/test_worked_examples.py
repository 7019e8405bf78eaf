"""The worked examples of CONTRIBUTING.md, run from outside the package, each with its physics."""

import re
import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from brian2 import joule, prefs, volt
from click.testing import CliRunner

import rcspike_brian as rb
from rcspike_brian import Circuit, Network, TrainingConfig
from rcspike_brian.commands import main
from rcspike_brian.energy import EnergyCosts, energy_budget
from rcspike_brian.training import recipe
from tests.ngspice import needs_ngspice

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = sorted((ROOT / "tests" / "worked_examples").glob("*.py"))
REGISTRIES = (
    rb.diodes.DIODES,
    rb.ramps.RAMPS,
    rb.encodings.ENCODINGS,
    rb.layers.LAYERS,
    rb.optimizers.OPTIMIZERS,
    rb.data.DATASETS,
    main.commands,
)


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch, tmp_path):
    """A folder of a user; what examples register is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(prefs, "codegen.target", "numpy")
    before = [dict(registry) for registry in REGISTRIES]
    yield
    for registry, content in zip(REGISTRIES, before, strict=True):
        for name in set(registry) - set(content):
            del registry[name]


def example(name):
    """Names that the file of an example defines, run from another folder."""
    return runpy.run_path(str(ROOT / "tests" / "worked_examples" / f"{name}.py"))


def train(dataset, **settings):
    settings = {"hidden": (8,), "epochs": 30, "batch_size": 6, "learning_rate": 0.01, **settings}
    config = recipe("plain", dataset, **settings)
    return rb.train(dataset, config, progress=False)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_document_shows_the_code_and_it_touches_no_private_name(path):
    code = path.read_text(encoding="utf-8")
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert f"```python\n{code}```" in text
    assert not re.search(r"(\.|import )_[a-z]", code)


def test_every_section_names_at_most_two_files_and_a_test():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    sections = text.split("\n### How to add ")[1:]
    assert len(sections) == len(EXAMPLES) == 8
    for section in sections:
        files = section.split("Files that change: ")[1].split("\n\n")[0]
        changed = re.findall(r"`(rcspike_brian/[\w<>/.]+)`", files)
        assert len(changed) == 2
        assert files.rstrip().endswith("a test.")
        assert (ROOT / changed[1]).is_file()


INPUTS = [0.05, 0.3, 0.45, 0.8], [[1.3], [-0.8], [1.0], [0.9]]


def test_soft_diode_in_brian2():
    example("soft_diode")
    found = {}
    for name in ("ideal", "soft"):
        for synapses in ("summed", "individual"):
            run = rb.simulate(Circuit(diode=name), *INPUTS, synapses=synapses, record=None)
            found[name, synapses] = run.v_end[0]
    assert found["soft", "summed"] == pytest.approx(found["soft", "individual"], abs=1e-12)
    # Some of the forward voltage of each synapse is lost, at most the foot.
    assert 0 < found["ideal", "summed"] - found["soft", "summed"] < 0.05
    with pytest.raises(rb.InvalidInput, match="exact solution is for ideal diodes"):
        Network.random((4, 2), Circuit(diode="soft")).potentials([INPUTS[0]])


@needs_ngspice
def test_soft_diode_in_ngspice():
    example("soft_diode")
    spice = rb.spice.simulate_spice(Circuit(diode="soft"), INPUTS[1], INPUTS[0])
    ideal = rb.spice.simulate_spice(Circuit(), INPUTS[1], INPUTS[0])
    assert spice.v_end[0][0] < ideal.v_end[0][0]


def test_supply_ramp_everywhere(tiny_dataset):
    ramp = example("supply_ramp")["SupplyRamp"]()
    circuit = Circuit.normalised(1.0, ramp="supply")
    v = np.linspace(-0.1, 1.2, 27)
    inside = np.clip(v, 0, 1)
    np.testing.assert_allclose(circuit.spike_time(v), 1 - np.log1p(-inside / 2) / np.log(0.5))
    slope = (circuit.spike_time(0.4 + 1e-6) - circuit.spike_time(0.4 - 1e-6)) / 2e-6
    assert ramp.slope(0.4, circuit) == pytest.approx(slope, rel=1e-8)
    # Training, with the compiled kernels
    run = train(tiny_dataset, ramp="supply")
    network = run.network
    assert run.metrics["test_accuracy"].iloc[-1] == 1
    assert network.circuit.ramp.name == "supply"
    # Devices, energy
    times = 1 - tiny_dataset.test_images / 255
    chip = rb.devices.make_chip(network, rb.devices.DeviceEffects())
    for mine, exact in zip(chip.spike_times(times), network.walk(times), strict=True):
        np.testing.assert_allclose(mine, exact.times, atol=1e-12)
    costs = EnergyCosts(V_dd=2 * volt, comparator=0 * joule, static_power=None)
    budget = energy_budget(network, times, network.circuit, costs)
    np.testing.assert_allclose(budget.supply.sum(axis=2), budget.dissipation.sum(axis=2))
    lower = energy_budget(network, times, network.circuit, replace(costs, V_dd=1 * volt))
    np.testing.assert_array_equal(lower.supply, budget.supply)  # its supply is its own
    # Brian2, to first order in dt
    errors = []
    for steps in (200, 400):
        found = rb.simulate_network(
            network, times[:3], dt=circuit.T / steps, target="runtime", progress=False
        )
        exact = [state.times for state in network.walk(times[:3])]
        errors.append(max(np.abs(a - b).max() for a, b in zip(found.t_out, exact, strict=True)))
    assert errors[1] < 0.6 * errors[0] < 0.02


@needs_ngspice
def test_supply_ramp_in_ngspice():
    example("supply_ramp")
    circuit = Circuit.normalised(1.0, ramp="supply")
    spice = rb.spice.simulate_spice(circuit, INPUTS[1], INPUTS[0])
    v = rb.membrane_potential(INPUTS[0], INPUTS[1], circuit.beta)
    assert spice.t_out[0] == pytest.approx(circuit.spike_time(v), abs=1e-5)


def test_one_to_one_layer_everywhere(tiny_dataset, tmp_path):
    OneToOne = example("one_to_one")["OneToOne"]
    rng = np.random.default_rng(0)
    circuit = Circuit.normalised(1.5)
    layer = OneToOne(rng.normal(0.8, 0.3, (2, 6)))
    gradient = rng.normal(size=layer.weights.shape)
    direction = rng.normal(size=layer.parameters.shape)
    # <expand(d), g> = <d, collect(g)>
    assert np.sum(layer.expand(direction) * gradient) == pytest.approx(
        np.sum(direction * layer.collect(gradient))
    )
    start = Network([layer, rng.normal(0, 0.8, (7, 3))], circuit)
    config = TrainingConfig(v_syn=1.5, epochs=30, batch_size=6, learning_rate=0.02)
    run = rb.train(tiny_dataset, config, start=start, out=tmp_path / "run", progress=False)
    assert run.metrics["test_accuracy"].iloc[-1] == 1
    network = Network.load(tmp_path / "run" / "network.npz")
    dense = Network(network.weights, circuit)
    images = tiny_dataset.test_images
    np.testing.assert_allclose(network.potentials(images), dense.potentials(images), atol=1e-12)
    found = rb.simulate_network(network, images[:3], target="runtime", progress=False)
    exact = [state.times for state in network.walk(images[:3])]
    assert max(np.abs(a - b).max() for a, b in zip(found.t_out, exact, strict=True)) < 0.01
    assert rb.evaluate(network, tiny_dataset)["accuracy"] == 1


def test_early_encoding_everywhere(tiny_dataset):
    encoding = example("early_encoding")["EarlyEncoding"]()
    grey = np.array([[0, 64, 255]], np.uint8)
    np.testing.assert_allclose(encoding.spike_times(grey), [[1, 1 - np.sqrt(64 / 255), 0]])
    network = train(tiny_dataset, encoding="early").network
    assert rb.evaluate(network, tiny_dataset)["accuracy"] == 1
    images = tiny_dataset.test_images[:3]
    times = network.input_spike_times(images)
    np.testing.assert_allclose(network.potentials(images), network.potentials(times), atol=1e-6)
    found = rb.simulate_network(network, images, target="runtime", progress=False)
    assert found.labels["predicted"].tolist() == tiny_dataset.test_labels[:3].tolist()


def test_rms_prop_learns_and_resumes(tiny_dataset, tmp_path):
    example("rms_prop")
    whole = train(tiny_dataset, optimizer="rmsprop")
    assert whole.metrics["test_accuracy"].iloc[-1] == 1
    settings = {"hidden": (8,), "epochs": 3, "optimizer": "rmsprop"}
    config = TrainingConfig(**settings)
    run = {"progress": False, "out": tmp_path / "run"}
    rb.train(tiny_dataset, config, pause=lambda: True, **run)
    resumed = rb.train(tiny_dataset, config, resume=True, **run)
    straight = rb.train(tiny_dataset, config, progress=False)
    for a, b in zip(resumed.network.weights, straight.network.weights, strict=True):
        np.testing.assert_array_equal(a, b)


def test_drive_figure_shows_what_it_is_given(tmp_path):
    drive_figure = example("drive_figure")["drive_figure"]
    frame = pd.DataFrame({"v_syn": [0.5, 1.0, 2.0], "v_end": [0.2, 0.3, 0.5]})
    figure = drive_figure(frame)
    np.testing.assert_array_equal(figure.axes[0].lines[0].get_ydata(), frame["v_end"])
    assert "weights are the same" in figure.texts[0].get_text().replace("\n", " ")
    assert len(rb.figures.save_figure(figure, tmp_path, "drive")) == 2


def test_sizes_command(tmp_path):
    example("sizes_command")
    Network.random((4, 3, 2)).save(tmp_path / "network.npz")
    result = CliRunner().invoke(main, ["sizes", str(tmp_path)])
    assert result.exit_code == 0
    assert result.output.startswith("4-3-2 on Circuit(C=140. fF")
    missing = CliRunner().invoke(main, ["sizes", str(tmp_path / "none")])
    assert missing.exit_code == 1
    assert "cannot read" in missing.output
