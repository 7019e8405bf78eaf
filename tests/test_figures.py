"""The figures: what they show, that nothing overlaps, and the files they become."""

import re
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import combinations
from threading import Event
from time import sleep

import matplotlib as mpl
import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from brian2 import prefs
from click.testing import CliRunner
from matplotlib.colors import to_hex
from matplotlib.text import Text

from rcspike_brian import Circuit, InvalidInput, RunFolderError, experiments, membrane_potential
from rcspike_brian.analysis import (
    MODEL_COLOURS,
    deviation_from_linear,
    exact_traces,
    phase_frame,
    raster_frame,
)
from rcspike_brian.commands.figures import figure1, figure2
from rcspike_brian.example import SPIKE_TIMES, V_SYN, WEIGHTS
from rcspike_brian.experiments import example_inputs, simulate_example
from rcspike_brian.figures import (
    accuracy_figure,
    add_caption,
    chips_figure,
    circuits_figure,
    membrane_figure,
    new_figure,
    noise_figure,
    raster_figure,
    save_figure,
    save_table,
    style,
)


@pytest.fixture(scope="module")
def example():
    """Traces and spikes of the example, from Brian2 without a compiler."""
    target = prefs.codegen.target
    prefs.codegen.target = "numpy"
    try:
        return simulate_example()
    finally:
        prefs.codegen.target = target


@pytest.fixture(scope="module")
def figure_2(example):
    circuit = Circuit()
    return membrane_figure(*example, example_inputs(circuit), circuit)


def made_up_results(data="full", datasets=("mnist", "fashion-mnist"), seeds=3):
    """Accuracies of the shape of real ones: RC-Spike near the references, the mapped ANN far."""
    rng = np.random.default_rng(0)
    rows = []
    for dataset in datasets:
        for seed in range(seeds):
            top = {"mnist": 0.98}.get(dataset, 0.89) + rng.normal(0, 0.001)
            for v_syn in (0.5, 1.0, 2.0, 4.0, 8.0):
                rows.append((dataset, "RC-Spike", v_syn, seed, top - 0.002 / v_syn))
                mapped = 0.1 + (top - 0.1) / (1 + (2 / v_syn) ** 3)
                rows.append((dataset, "ANN on RC-Spike circuit", v_syn, seed, mapped))
            rows.append((dataset, "conventional circuit", np.inf, seed, top))
            rows.append((dataset, "ReLU MLP", np.inf, seed, top + 0.002))
    frame = pd.DataFrame(rows, columns=["dataset", "model", "v_syn", "seed", "accuracy"])
    images = 60000 if data == "full" else 5000
    return frame.assign(epochs=15, train_images=images, data=data)


@pytest.fixture(scope="module")
def figure_3():
    return accuracy_figure(made_up_results())


def test_noise_figure_ends_at_the_conventional_circuit():
    results = made_up_results(datasets=("mnist",)).assign(**{"noise_0.02": 0.5})
    figure = noise_figure(results)
    top = figure.axes[0]
    ends = [line for line in top.lines if line.get_linestyle() == ":"]
    own = results[results["model"] == "conventional circuit"]["accuracy"].mean()
    right = sorted(float(line.get_ydata()[-1]) for line in ends)
    np.testing.assert_allclose(right, [0.5, own])
    np.testing.assert_allclose([line.get_xdata()[-1] for line in ends], 16)  # an octave beyond 8
    assert "At infinity: the conventional circuit" in words(figure)


def texts(figure):
    """Visible texts of a drawn figure with their boxes, tick labels included."""
    figure.draw_without_rendering()
    found = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip()]
    # Ticks outside the limits exist, but are not drawn.
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                outside = not low <= tick.get_loc() <= high
                if outside or not axis.get_visible() or not axes.axison:
                    found = [t for t in found if t not in (tick.label1, tick.label2)]
    if not found:
        raise AssertionError("a figure without text")
    return [(t, t.get_window_extent().shrunk(0.98, 0.98)) for t in found]


def words(figure):
    return "\n".join(text.get_text() for text, _ in texts(figure))


FIGURES = ["figure_1", "figure_2", "figure_3"]


@pytest.fixture(scope="module")
def figure_1():
    return circuits_figure()


@pytest.mark.parametrize("name", FIGURES)
class TestEveryFigure:
    def test_no_text_overlaps_another(self, name, request):
        boxes = texts(request.getfixturevalue(name))
        for (one, first), (other, second) in combinations(boxes, 2):
            assert not first.overlaps(second), f"{one.get_text()!r} and {other.get_text()!r}"

    def test_all_text_is_inside(self, name, request):
        figure = request.getfixturevalue(name)
        width, height = figure.bbox.size
        for text, box in texts(figure):
            assert box.x0 >= -1, text
            assert box.y0 >= -1, text
            assert box.x1 <= width + 1, text
            assert box.y1 <= height + 1, text

    def test_has_the_width_of_a_page_and_letters_one_can_read(self, name, request):
        figure = request.getfixturevalue(name)
        assert figure.get_size_inches()[0] == 7.2
        assert min(text.get_fontsize() for text, _ in texts(figure)) >= 6

    def test_has_a_caption_of_its_number(self, name, request):
        figure = request.getfixturevalue(name)
        (caption,) = figure.findobj(lambda artist: artist.get_gid() == "caption")
        assert caption.get_text().startswith(f"Figure {name[-1]}. ")


def test_figure_1_has_the_parts_of_both_circuits(figure_1):
    conventional, rc_spike, firing = figure_1.axes
    blue, orange = (to_hex(MODEL_COLOURS[name]) for name in ("RC-Spike", "conventional"))

    def filled(axes, colour):
        return [p for p in axes.patches if p.get_fill() and to_hex(p.get_facecolor()) == colour]

    assert len(filled(rc_spike, blue)) == 3, "one diode per synapse"
    assert not filled(conventional, blue), "no diodes"
    assert orange in {to_hex(line.get_color()) for line in conventional.lines}
    assert orange not in {to_hex(line.get_color()) for line in rc_spike.lines}
    for axes in (conventional, rc_spike):
        labels = " ".join(text.get_text() for text in axes.texts)
        for symbol in (r"V_\mathrm{syn}", "G_{i1}", "G_{iN}", "$C$", "off"):
            assert symbol in labels
        # The comparison is that of the charging phase: no source, no comparator.
        assert "ramp" not in labels
        assert r"V_\mathrm{th}" not in labels
    apart = " ".join(text.get_text() for text in firing.texts)
    assert all(symbol in apart for symbol in ("ramp", r"V_\mathrm{th}", r"V_\mathrm{dd}"))


def test_figure_1_leaves_lines_that_are_off_floating(figure_1):
    """At 0 V the diode of a negative synapse would conduct; so off is no level of the drive."""
    for axes in figure_1.axes[:2]:
        steps = [line for line in axes.lines if line.get_linestyle() == ":"]
        assert len(steps) == 3, "one for each axon"
        assert "floats" in words(figure_1)


def test_captions_say_that_weights_are_kept(figure_2, figure_3):
    for figure in (figure_2, figure_3):
        caption = " ".join(words(figure).split())
        assert "weights are kept" in caption
        assert "resistors" in caption


def test_figure_3_says_how_networks_came_to_the_circuit(figure_3):
    assert "99.9 %" in words(figure_3)


def test_example_is_inside_the_window_in_both_circuits():
    weights = np.reshape(WEIGHTS, (-1, 1))
    ends = {v: membrane_potential([SPIKE_TIMES], weights, 1 / v).item() for v in V_SYN}
    assert all(0 < v < 1 for v in ends.values())
    assert list(ends.values()) == sorted(ends.values())
    deviation = deviation_from_linear(exact_traces(SPIKE_TIMES, WEIGHTS, [1.0, np.inf]))
    assert deviation["deviation"].min() < -0.5


def test_example_simulation_is_the_exact_solution(example):
    traces, _ = example
    for v_syn, trace in traces[traces["phase"] == "charging"].groupby("v_syn"):
        exact = exact_traces(SPIKE_TIMES, WEIGHTS, v_syn, trace["t"])
        # First order in dt = T/1000; the largest slope is 2.
        np.testing.assert_allclose(trace["v"], exact["v"], atol=5e-3)


def test_figure_2_ends_every_curve_at_its_output_spike(figure_2, example):
    _, spikes = example
    axes = figure_2.axes[3]
    curves = [line for line in axes.lines if len(line.get_xdata()) > 2]
    assert len(curves) == len(V_SYN)
    ends = sorted(line.get_xdata()[-1] for line in curves)
    np.testing.assert_allclose(ends, np.sort(spikes["time"] * 1e6), atol=1e-9)
    strokes = np.concatenate([c.get_segments() for c in axes.collections if c.get_segments()])
    np.testing.assert_allclose(np.sort(strokes[:, 0, 0]), ends, atol=1e-9)


def test_figure_2_shows_both_circuits_and_the_input(figure_2):
    top, _, bottom, _ = figure_2.axes
    curves = {to_hex(line.get_color()) for line in bottom.lines if len(line.get_xdata()) > 2}
    assert curves == {MODEL_COLOURS["conventional"], MODEL_COLOURS["RC-Spike"]}
    stems = np.array(top.collections[0].get_segments())
    np.testing.assert_allclose(stems[:, 1], np.transpose([SPIKE_TIMES, WEIGHTS]))
    assert "140 fF" in words(figure_2)


def test_figure_2_shows_the_exponential_decay_beside_the_straight_lines(figure_2):
    """Second differences vanish between input spikes in one circuit and not in the other."""
    bottom = figure_2.axes[2]
    curvature = {}
    for line in bottom.lines:
        if len(line.get_xdata()) > 2:
            inside = (line.get_xdata() > 0.1) & (line.get_xdata() < 0.29)
            curvature[to_hex(line.get_color())] = np.abs(np.diff(line.get_ydata()[inside], 2)).max()
    assert curvature[MODEL_COLOURS["conventional"]] < 1e-12
    assert curvature[MODEL_COLOURS["RC-Spike"]] > 1e-7


def test_figure_2_without_output_spikes(example):
    traces, spikes = example
    figure = membrane_figure(traces, spikes.iloc[:0], example_inputs(Circuit()), Circuit())
    assert max(line.get_xdata()[-1] for line in figure.axes[3].lines) == pytest.approx(2.0)


def test_figure_2_names_the_drive_voltages_it_has(example):
    with pytest.raises(InvalidInput, match=r"no trace with v_syn = 3, only \[0\.5, 1\.0"):
        membrane_figure(*example, example_inputs(Circuit()), Circuit(), v_syn=3)


def test_figure_3_magnifies_the_trained_networks_and_shows_the_collapse(figure_3):
    results = made_up_results()
    for column, dataset in enumerate(("mnist", "fashion-mnist")):
        top, bottom = figure_3.axes[column], figure_3.axes[column + 2]
        own = results[results["dataset"] == dataset]
        trained = own[~own["model"].str.startswith("ANN")]
        low, high = top.get_ylim()
        means = trained.groupby(["model", "v_syn"])["accuracy"].mean()
        assert low < means.min()
        assert means.max() < high
        assert high - low < 0.02
        assert bottom.get_ylim()[0] == 0


def test_figure_3_has_no_note_on_full_data(figure_3):
    assert "subset" not in words(figure_3)
    assert "3 seeds" in words(figure_3).replace("\n", " ")
    assert "60,000 images" in words(figure_3).replace("\n", " ")


def test_figure_3_says_that_it_used_a_subset():
    figure = accuracy_figure(made_up_results("bundled subset", seeds=1))
    titles = [axes.get_title(loc="left") for axes in figure.axes[:2]]
    assert titles == ["(a) MNIST (bundled subset)", "(b) Fashion-MNIST (bundled subset)"]
    caption = words(figure).replace("\n", " ")
    assert "bundled subset: expect lower accuracies" in caption
    assert "one seed" in caption
    assert "5,000 images" in caption


def test_figure_3_of_one_data_set_is_one_column_wide():
    figure = accuracy_figure(made_up_results(datasets=("other",)))
    assert figure.get_size_inches()[0] == 3.5
    assert figure.axes[0].get_title(loc="left") == "(a) other"


def test_figure_3_survives_a_csv_file(figure_3, tmp_path):
    path = save_table(made_up_results(), tmp_path, "fig3")
    again = accuracy_figure(pd.read_csv(path))
    assert words(again) == words(figure_3)


def test_figure_3_refuses_incomplete_results():
    with pytest.raises(InvalidInput, match=r"lacks the columns \['data'\]"):
        accuracy_figure(made_up_results().drop(columns="data"))


def test_names_from_files_are_no_formulas():
    table = made_up_results("$\\frac$", datasets=("$\\nosuch$", "5$"))
    figure = accuracy_figure(table)
    figure.canvas.draw()
    assert r"(a) \$\nosuch\$ (\$\frac\$)" in {axes.get_title(loc="left") for axes in figure.axes}
    chips = pd.DataFrame({"dataset": "x", "model": ["$\\frac$", "a"], "spread": 0.0, "chip": 0})
    figure = chips_figure(chips.assign(accuracy=0.9))
    figure.canvas.draw()


def test_caption_gets_room_of_its_own():
    with style():
        figure, axes = new_figure(height=2.0)
        add_caption(figure, "A word, $V_\\mathrm{th}$, and " + 40 * "another word, ")
    figure.draw_without_rendering()
    (caption,) = figure.findobj(lambda artist: artist.get_gid() == "caption")
    assert caption.get_window_extent().y1 < axes.get_tightbbox().y0
    assert caption.get_window_extent().x1 < figure.bbox.width
    assert figure.get_size_inches()[1] > 2.5


def test_style_ends_with_its_block():
    before = dict(mpl.rcParams)
    with style():
        assert mpl.rcParams["font.size"] == 8
    assert dict(mpl.rcParams) == before


def test_style_in_several_threads_leaves_the_users_settings():
    before = dict(mpl.rcParams)
    begun, ended = Event(), Event()

    def first():
        with style():
            begun.set()
            ended.wait(0.2)  # if the other block begins meanwhile, it outlasts this one

    def second():
        begun.wait()
        with style():
            ended.set()
            sleep(0.1)

    with ThreadPoolExecutor(2) as threads:
        wait([threads.submit(first), threads.submit(second)])
    assert dict(mpl.rcParams) == before


def test_a_matplotlibrc_of_ones_own_changes_no_picture(tmp_path):
    own = {
        "text.usetex": True, "savefig.bbox": "tight", "savefig.facecolor": "red", "font.size": 30,
        "axes.facecolor": "black", "axes.grid": True, "figure.constrained_layout.h_pad": 1.0,
        "savefig.transparent": True, "path.sketch": (1, 100, 2), "lines.linewidth": 9,
    }  # fmt: skip
    paths = []
    for name, settings in (("default", {}), ("own", own)):
        with mpl.rc_context(settings):
            paths += save_figure(circuits_figure(), tmp_path, name)
            assert settings.items() <= mpl.rcParams.items()
    default, own = paths[::2]
    assert default.read_bytes() == own.read_bytes()


def test_saved_files_are_printable_and_reproducible(tmp_path):
    with style():
        figure, axes = new_figure(height=2.0)
        axes.plot([0, 1], [0, 1])
    first = [path.read_bytes() for path in save_figure(figure, tmp_path / "a" / "b", "fig")]
    paths = save_figure(figure, tmp_path / "a" / "b", "fig")
    assert [path.name for path in paths] == ["fig.png", "fig.pdf"]
    assert [path.read_bytes() for path in paths] == first
    assert mpl.image.imread(paths[0]).shape[:2] == (600, 1050)
    assert first[1].startswith(b"%PDF")
    assert sorted(path.name for path in (tmp_path / "a" / "b").iterdir()) == ["fig.pdf", "fig.png"]


def test_failed_save_leaves_the_old_file(tmp_path):
    (tmp_path / "fig.png").write_bytes(b"old")
    with style():
        figure, axes = new_figure()
    axes.set_title("$\\unknown$")
    with pytest.raises(ValueError, match="unknown"):
        save_figure(figure, tmp_path, "fig")
    assert [path.name for path in tmp_path.iterdir()] == ["fig.png"]
    assert (tmp_path / "fig.png").read_bytes() == b"old"


def test_folder_that_is_a_file(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(RunFolderError, match="taken"):
        save_figure(new_figure()[0], tmp_path / "taken", "fig")


def test_command_figure1(tmp_path):
    result = CliRunner().invoke(figure1, ["--out", str(tmp_path / "new")], catch_exceptions=False)
    assert result.exit_code == 0
    assert re.findall(r"fig1\.\w+", result.output) == ["fig1.png", "fig1.pdf"]
    assert mpl.image.imread(tmp_path / "new" / "fig1.png").shape[1] == 2160


def test_command_figure2_writes_the_numbers_behind_it(tmp_path, example, monkeypatch):
    asked = {}
    monkeypatch.setattr(experiments, "simulate_example", lambda **k: asked.update(k) or example)
    arguments = ["--out", str(tmp_path), "--target", "cpp_standalone"]
    result = CliRunner().invoke(figure2, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    assert asked == {"target": "cpp_standalone"}
    assert {path.name for path in tmp_path.iterdir()} == {
        *("fig2.png", "fig2.pdf", "fig2.csv", "fig2_inputs.csv", "fig2_spikes.csv")
    }
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "fig2.csv"), example[0])
    assert pd.read_csv(tmp_path / "fig2_inputs.csv")["weight"].tolist() == list(WEIGHTS)


@pytest.mark.parametrize("images", [3, 20])
def test_raster_of_many_images_has_a_bar_instead_of_names(images):
    times = np.random.default_rng(0).random((images, 4))
    raster = raster_frame([times, times], period=2.0)
    figure = raster_figure(raster, phase_frame(1, images, 2.0))
    dots = {to_hex(c) for a in figure.axes[:2] for d in a.collections for c in d.get_facecolors()}
    assert len(dots) >= images
    named = [t.get_text() for t in figure.legends[0].get_texts() if t.get_text().startswith("im")]
    bars = [axes for axes in figure.axes if axes.get_ylabel() == "image"]
    assert (len(named), len(bars)) == ((images, 0) if images <= 8 else (0, 1))
