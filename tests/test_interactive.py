"""Sliders: they show the exact solution, and the picture follows them."""

import base64
import json
import re
import sys

import numpy as np
import pytest

from rcspike_brian import Circuit, InvalidInput, MissingExtra, membrane_potential, simulate
from rcspike_brian.interactive import (
    MembraneExplorer,
    MembranePicture,
    SliderValues,
    explore,
    explore_membrane,
    explorer_page,
    page,
    response,
)
from rcspike_brian.sweeps import full_results

VALUES = SliderValues([0.1, 0.35, 0.7], [1.2, -0.8, 0.9], v_syn=1.4, v_d=0.2)


def sliders(explorer):
    """Sliders by what stands beside them."""
    rows = explorer.widget.children[:-1]
    return {slider.description: slider for row in rows for slider in row.children}


def test_values_are_those_of_the_circuit_with_the_same_resistors():
    """A diode drop leaves the conductances alone: Circuit makes the same weights of them."""
    from brian2.units import volt

    ideal = Circuit(V_syn=1.4 * volt)
    real = Circuit(V_syn=1.4 * volt, V_d=0.2 * volt)
    expected = real.weights(ideal.conductances(VALUES.weights))
    np.testing.assert_allclose(VALUES.circuit_weights, expected, rtol=1e-12)
    assert VALUES.e == pytest.approx(real.e[0], rel=1e-12)
    assert VALUES.circuit.beta == pytest.approx(real.beta, rel=1e-12)


def test_response_is_the_exact_solution_of_both_circuits():
    both = response(VALUES)
    for model, weights, beta in (
        ("conventional", VALUES.weights, 0),
        ("RC-Spike", VALUES.circuit_weights, 1 / VALUES.e),
    ):
        v_end = membrane_potential([VALUES.spike_times], weights[:, None], beta).item()
        assert both[model].v_end == pytest.approx(v_end, abs=1e-12)
        assert both[model].t_out == pytest.approx(np.clip(1 - v_end, 0, 1), abs=1e-12)


def test_response_is_what_brian2_simulates():
    from brian2 import prefs
    from brian2.units import volt

    prefs.codegen.target = "numpy"
    circuit = Circuit(V_syn=1.4 * volt, V_d=0.2 * volt)
    result = simulate(circuit, VALUES.spike_times, VALUES.circuit_weights[:, None])
    solved = response(VALUES)["RC-Spike"]
    trace = result.traces[result.traces["t"] < 1 + solved.t_out - 0.01]
    exact = np.interp(trace["t"], solved.t, solved.v)
    np.testing.assert_allclose(trace["v"], exact, atol=5e-3)
    assert result.t_out.item() == pytest.approx(solved.t_out, abs=5e-3)


@pytest.mark.parametrize(
    ("weight", "fires", "t_out"), [(-1.0, False, 1.0), (3.0, True, 0.0), (0.5, True, 0.5)]
)
def test_output_spike_stays_inside_the_firing_phase(weight, fires, t_out):
    solved = response(SliderValues([0.0], [weight]))["conventional"]
    assert solved.fires == fires
    assert solved.t_out == pytest.approx(t_out, abs=1e-12)
    assert solved.t[-1] == pytest.approx(1 + t_out, abs=1e-12)


def test_picture_returns_to_the_same_bytes_and_differs_in_between():
    picture = MembranePicture(VALUES)
    seen = [picture.png()]
    for change in (
        {"v_syn": 3.0},
        {"v_d": 0.0},
        {"spike_times": [0.2, 0.35, 0.7]},
        {"weights": [1.2, -0.8, 8.0]},
    ):
        picture.show(VALUES.changed(**change))
        seen.append(picture.png())
        picture.show(VALUES)
        assert picture.png() == seen[0]
    assert len(set(seen)) == len(seen)


def test_a_quick_picture_is_the_one_drawn_from_scratch():
    """The kept bitmap leaves no traces of earlier curves and axes."""
    moved = VALUES.changed(v_syn=5.0, weights=[4.0, -0.8, 3.0])
    picture = MembranePicture(VALUES)
    picture.show(moved)
    assert picture.png() == MembranePicture(moved).png()


def test_curves_of_the_picture_are_the_response():
    picture = MembranePicture(VALUES)
    curves = [line.get_xydata() for line in picture.figure.axes[1].lines]
    for solved in response(VALUES).values():
        assert any(
            data.shape == (len(solved.t), 2) and np.array_equal(data[:, 1], solved.v)
            for data in curves
        )


def test_sliders_move_the_picture_and_set_moves_the_sliders():
    pytest.importorskip("ipywidgets")
    explorer = explore_membrane(VALUES.spike_times, VALUES.weights)
    moving, image = sliders(explorer), explorer.widget.children[-1]
    before = image.value
    moving["V_syn / V_th"].value = 4.0
    assert explorer.picture.values.v_syn == 4.0
    assert image.value != before
    explorer.set(v_syn=1.0)
    assert moving["V_syn / V_th"].value == 1.0
    assert image.value == before
    moving["weight 2"].value = 0.5
    np.testing.assert_array_equal(explorer.picture.values.weights, [1.2, 0.5, 0.9])
    moving["spike time 1"].value = 0.9
    np.testing.assert_array_equal(explorer.picture.values.spike_times, [0.9, 0.35, 0.7])


@pytest.mark.parametrize("begin", [{}, {"v_syn": 0.3}, {"v_syn": 3.0, "v_d": 2.9}, {"v_syn": 40.0}])
def test_no_position_of_the_sliders_is_refused(begin):
    pytest.importorskip("ipywidgets")
    explorer = MembraneExplorer(SliderValues([0.5], [1.0], **begin))
    v_syn, v_d = (sliders(explorer)[f"{name} / V_th"] for name in ("V_syn", "V_d"))
    for voltage in (v_syn.min, v_syn.max):
        for drop in (v_d.min, v_d.max):
            v_syn.value, v_d.value = voltage, drop
            assert explorer.picture.values.v_syn == voltage
            assert explorer.picture.values.v_d == drop


def test_shown_as_widget_and_as_picture():
    pytest.importorskip("ipywidgets")
    explorer = explore_membrane()
    bundle = explorer._repr_mimebundle_(include=None, exclude=None)
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"]
    assert base64.b64decode(bundle["image/png"]) == explorer.picture.png()


def test_without_ipywidgets_there_is_the_picture(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    explorer = explore_membrane()
    assert explorer.widget is None
    assert set(explorer._repr_mimebundle_()) == {"image/png", "text/plain"}
    before = explorer.picture.png()
    explorer.set(v_syn=3.0)
    assert explorer.picture.png() != before


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"v_d": 1.0}, "less than v_syn"),
        ({"v_d": -0.1}, "at least 0"),
        ({"v_syn": float("nan")}, "v_syn must be a finite number, got nan"),
        ({"spike_times": [0.1, 0.2, 1.2]}, r"1\.2 at index 2"),
        ({"weights": [1.0]}, "same length"),
    ],
)
def test_bad_values_are_refused_and_change_nothing(values, message):
    explorer = explore_membrane(VALUES.spike_times, VALUES.weights)
    before = explorer.picture.png()
    with pytest.raises(InvalidInput, match=message):
        explorer.set(**values)
    assert explorer.picture.png() == before


def test_the_page_holds_all_it_shows_and_names_no_other_place():
    text = explorer_page()
    assert len(text.encode()) < 1e6
    # Addresses that are no requests: the namespace of SVG.
    assert set(re.findall(r"https?://[^\s\"'`<]+", text)) <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"\b(src|href)=\"(?!data:)", text)
    assert not re.search(
        r"\b(fetch|XMLHttpRequest|WebSocket|import)\(|^import ", text, re.MULTILINE
    )


def test_the_networks_of_the_page_are_small_and_good_where_they_were_trained():
    networks = page.explorer_data()["networks"]
    assert len(json.dumps(networks)) < 300_000
    accuracy = networks["about"]["accuracy"]
    assert min(accuracy["trained"]) > 0.94
    assert networks["about"]["v_syn"][-1] == "inf"
    assert accuracy["mapped"] == sorted(accuracy["mapped"])
    assert accuracy["mapped"][0] < 0.6


def test_the_points_of_figure_3_are_those_of_the_results():
    mnist = page.explorer_data()["figure3"]["mnist"]
    results = full_results().query("dataset == 'mnist'").groupby(["model", "v_syn"])["accuracy"]
    means = results.mean()
    assert dict(mnist["trained"])[1.0] == pytest.approx(means["rc-spike", 1.0], abs=5e-5)
    mapped = dict(mnist["mapped"])[0.5]
    assert mapped == pytest.approx(means["mapped-conventional", 0.5], abs=5e-5)
    assert dict(mnist["energy"])[8.0] > 4 * dict(mnist["energy"])[1.0] > 0


def test_every_text_of_the_page_is_there_in_both_languages():
    texts = page.explorer_data()["texts"]
    assert list(texts["en"]) == list(texts["ja"])
    for key, english in texts["en"].items():
        values = [set(re.findall(r"{(\w+)}", text)) for text in (english, texts["ja"][key])]
        assert values[0] == values[1], key
    said = set(re.findall(r"say\(\"(\w+)\"", page.module_source()))
    assert said <= set(texts["en"])


def test_the_widget_begins_where_it_is_told():
    pytest.importorskip("anywidget")
    widget = explore([0.1, 0.4], [1.0, -0.5], v_syn=float("inf"), language="ja")
    assert widget.values["v"] == "inf"
    assert widget.values["inputs"] == [{"t": 0.1, "w": 1.0}, {"t": 0.4, "w": -0.5}]
    assert widget.values["lang"] == "ja"
    assert explore(v_d=0.2).values["diode"] == "drop"


def test_the_widget_has_a_picture_for_where_widgets_do_not_run():
    pytest.importorskip("anywidget")
    data, _ = explore([0.1, 0.4], [1.0, -0.5], v_syn=2.0)._repr_mimebundle_()
    begins = MembranePicture(SliderValues([0.1, 0.4], [1.0, -0.5], v_syn=2.0))
    assert base64.b64decode(data["image/png"]) == begins.png()
    assert data["text/plain"] == "<explorer of 2 inputs, v_syn=2, v_d=0>"
    assert "application/vnd.jupyter.widget-view+json" in data


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"v_syn": 0.1}, r"v_syn must be in \[0.25, 16\]"),
        ({"v_d": 0.5}, "v_d <= 0.4"),
        ({"language": "fr"}, "'en' or 'ja', got 'fr'"),
        ({"spike_times": [0.1] * 9, "weights": [1.0] * 9}, "at most 8 inputs"),
    ],
)
def test_the_widget_refuses_what_the_explorer_cannot_show(values, message):
    pytest.importorskip("anywidget")
    with pytest.raises(InvalidInput, match=message):
        explore(**values)


def test_without_anywidget_an_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    with pytest.raises(MissingExtra, match=r"rcspike-brian\[widget\]"):
        explore()
