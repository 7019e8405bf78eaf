"""The command ``rcspike simulate`` and its figure."""

import json

import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from test_network_simulation import SMALL

from rcspike_brian import Network
from rcspike_brian.analysis import plot_raster, raster_frame
from rcspike_brian.commands import main
from rcspike_brian.experiments.agreement import choose_probes
from rcspike_brian.figures import plot_layer_traces, presentation_figure
from rcspike_brian.simulation import exact_network_traces, exact_spike_times

RUNTIME = ["--images", "3", "--target", "runtime", "--quiet"]


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    """A run folder with a barely trained network."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    words = ["train", "--subset", "bundled", "--hidden", "6", "--epochs", "1", "--quiet", "--out"]
    result = CliRunner().invoke(main, [*words, str(folder)])
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture
def command(run_folder):
    from brian2.only import prefs

    before = prefs.codegen.target
    yield lambda *words: CliRunner().invoke(main, ["simulate", str(run_folder), *map(str, words)])
    prefs.codegen.target = before


def test_writes_spikes_agreement_and_a_figure(command, run_folder, tmp_path):
    out = tmp_path / "a" / "b"
    result = command(*RUNTIME, "--dt", "T/80,T/160", "--show", 2, "--out", out)
    assert result.exit_code == 0, result.output
    assert "target 'runtime', dt = T/160, in this process" in result.output
    assert "order in dt" in result.output
    agreement = pd.read_csv(out / "agreement.csv")
    assert agreement[["steps", "layer"]].values.tolist() == [[80, 1], [80, 2], [160, 1], [160, 2]]
    assert agreement["labels_differ"].isna().tolist() == [True, False, True, False]
    assert (agreement["rmse"] < 3 * agreement["dt"]).all()
    # The files hold what the solver says, up to the time step.
    network = Network.load(run_folder / "network.npz")
    from rcspike_brian import load_dataset

    data = load_dataset("mnist", subset="bundled")
    exact = exact_spike_times(network, data.test_images[:3])
    spikes = pd.read_csv(out / "spikes.csv")
    for number, times in enumerate(exact, start=1):
        rows = spikes[spikes.layer == number]
        np.testing.assert_allclose(rows.t_out, times[rows.image, rows.neuron], atol=0.1)
        assert len(rows) >= (times < 1 - 3 / 160).sum()
    labels = pd.read_csv(out / "labels.csv")
    assert labels.label.tolist() == data.test_labels[:3].tolist()
    differing = pd.read_csv(out / "differing.csv")
    expected = int(agreement["labels_differ"].sum())
    assert len(differing) == expected
    traces = pd.read_csv(out / "traces.csv")
    assert set(traces.image) == {2}
    assert traces.groupby(["layer", "neuron"]).ngroups == 6
    assert len(traces) == 6 * 321
    settings = json.loads((out / "simulation.json").read_text())
    assert settings["plan"]["steps"] == 160
    assert settings["versions"]["brian2"]
    assert matplotlib.image.imread(out / "presentation.png").shape[1] == 2160
    assert (out / "presentation.pdf").stat().st_size > 5000
    assert not list(out.glob(".*"))


def test_diode_drop_leaves_the_effective_drive_voltage(command, tmp_path):
    options = [*RUNTIME, "--dt", "T/80", "--v-syn", "2,1", "--v-d", "0.25"]
    result = command(*options, "--out", tmp_path)
    assert result.exit_code == 0, result.output
    circuit = json.loads((tmp_path / "simulation.json").read_text())["circuit"]
    assert circuit["V_syn"] == [2.25, 1.25]
    assert circuit["V_d"] == 0.25
    assert (pd.read_csv(tmp_path / "agreement.csv")["rmse"] < 0.05).all()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--dt 0.005", "not a share of T such as T/200"),
        ("--dt T/0", "not a share of T"),
        ("--dt T/40,T/40", "names a time step twice"),
        ("--dt T/5", "too large"),
        ("--show 7", "--show must be one of the 3 images, from 0, got 7"),
        ("--v-d -1", "--v-d"),
        ("--v-syn inf --v-d 0.2", "conventional"),
        ("--v-syn inf --synapses individual", "no diodes"),
        ("--workers 0", "--workers"),
        ("--images 0", "--images"),
    ],
)
def test_bad_options_are_refused(command, tmp_path, words, message):
    result = command(*RUNTIME, *words.split(), "--out", tmp_path / "out")
    assert result.exit_code != 0
    assert "Traceback" not in result.output
    assert message in result.output


def test_missing_run_is_refused(tmp_path):
    words = ["simulate", str(tmp_path / "none"), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 1
    assert "cannot read" in result.output


def test_probes_are_always_as_many_and_spread_over_the_firing_phase():
    times = np.array([1.0, 0.0, 0.9, 0.1, 0.5, 0.3])
    chosen = choose_probes([times, times, times[:2]])
    assert chosen == {1: [3, 5, 2], 2: [3, 5, 2], 3: [1, 0]}
    silent = choose_probes([np.ones(4), np.ones(5)])
    assert [len(neurons) for neurons in silent.values()] == [3, 3]


def test_figure_shows_every_spike_and_trace_over_the_phases():
    times = np.linspace(0, 1, 6)
    exact = exact_spike_times(SMALL, times[None])
    spikes = raster_frame([times, *(layer[0] for layer in exact)])
    traces = exact_network_traces(SMALL, times[None], record={1: [0, 2], 2: [1]}, samples=20)
    figure = presentation_figure(spikes, spikes, traces, traces, SMALL.sizes, "One image.")
    figure.draw_without_rendering()
    left, right = figure.axes[::2], figure.axes[1::2]
    for number, axes in enumerate(left):
        rings, dots = (collection.get_offsets() for collection in axes.collections)
        assert len(dots) == len(rings) == (spikes.layer == number).sum()
        assert ((dots[:, 0] >= number) & (dots[:, 0] < number + 1)).all()
    for number, axes in enumerate(right[1:], start=1):
        curves = [line for line in axes.lines if len(line.get_xdata()) == 41]
        assert len(curves) == 2 * traces[traces.layer == number].neuron.nunique()
        assert curves[0].get_xdata()[0] == number - 1
    assert left[-1].get_xlabel() == "time since the presentation began ($T$)"
    assert [text.get_text() for text in figure.texts] == ["One image."]


def test_parts_of_the_figure_draw_on_given_axes():
    from matplotlib.figure import Figure

    axes = Figure().subplots()
    assert plot_raster(raster_frame([[0.5]]), axes) is axes
    traces = exact_network_traces(SMALL, [[0.5] * 6], record={1: [0]}, samples=10)
    assert plot_layer_traces(traces, traces, axes, 1) is axes
