"""The Pareto front of accuracy and energy, and the command that draws it."""

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from rcspike_brian import InvalidInput
from rcspike_brian.analysis import accuracy_table, front_table, pareto_front
from rcspike_brian.commands import main
from rcspike_brian.figures import front_figure

# Few values, so that ties are common.
POINTS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=30)


@given(POINTS)
def test_front_is_what_no_other_beats(points):
    cost, gain = np.array(points, float).reshape(-1, 2).T
    beaten = [
        any(c <= a and g >= b and (c, g) != (a, b) for c, g in zip(cost, gain, strict=True))
        for a, b in zip(cost, gain, strict=True)
    ]
    np.testing.assert_array_equal(pareto_front(cost, gain), ~np.array(beaten, bool))


@given(POINTS, st.randoms())
def test_front_depends_on_no_order_and_no_scale(points, random):
    cost, gain = np.array(points, float).reshape(-1, 2).T
    order = random.sample(range(len(points)), len(points))
    front = pareto_front(cost, gain)
    np.testing.assert_array_equal(pareto_front(cost[order], gain[order]), front[order])
    np.testing.assert_array_equal(pareto_front(np.exp(cost), 3 * gain - 1), front)
    np.testing.assert_array_equal(pareto_front(cost[front], gain[front]), front[front])


def test_front_refuses_what_is_no_point():
    with pytest.raises(InvalidInput, match="same shape"):
        pareto_front([1.0, 2.0], [1.0])
    with pytest.raises(InvalidInput, match="gain must be finite"):
        pareto_front([1.0], [float("nan")])


def networks():
    rows = [
        ("mnist", v, d, s, 0.97 + 0.001 * v - 0.01 * d + 1e-4 * s, 0.9 + d,
         (v + 5 - d) * 1e-11 + s * 1e-13)
        for v in (0.5, 1.0, 8.0)
        for d in (0.0, 0.05)
        for s in range(3)
    ]  # fmt: skip
    names = ["dataset", "v_syn", "weight_decay", "seed", "accuracy", "accuracy_jitter", "energy"]
    frame = pd.DataFrame(rows, columns=names).assign(temperature=0.1)
    return pd.concat([frame, frame.assign(dataset="fashion-mnist", accuracy=0.5)])


def test_table_over_seeds():
    by = ["dataset", "v_syn", "weight_decay", "temperature"]
    table = front_table(networks(), by)
    assert len(table) == 12
    assert (table["seeds"] == 3).all()
    known = accuracy_table(networks(), by, 0.95).merge(table, on=by)
    np.testing.assert_allclose(known["mean_low"], known["accuracy_low"], rtol=1e-12)
    # Student's t of three seeds that are 1e-13 J apart: 4.3027 standard errors.
    half = 4.302653 * 1e-13 / np.sqrt(3)
    np.testing.assert_allclose(table["energy_high"] - table["energy"], half, rtol=1e-6)
    # Where all are equally good, the cheapest is the front; data sets do not compete.
    fashion = table[(table["dataset"] == "fashion-mnist") & table["front"]]
    assert fashion[["v_syn", "weight_decay"]].to_numpy().tolist() == [[0.5, 0.05]]
    assert table.loc[table["dataset"] == "mnist", "front"].sum() == 6
    with pytest.raises(InvalidInput, match="dataset"):
        front_table(networks(), ["v_syn"])


def test_figure_shows_the_table():
    table = front_table(networks(), ["dataset", "v_syn", "weight_decay", "temperature"])
    figure = front_figure(table, 0.03, "What was kept.")
    assert figure.axes[0].get_title(loc="left") == "(a) MNIST, ideal"
    assert "0.03" in figure.axes[1].get_title(loc="left")
    for axes, name in zip(figure.axes[::2], ("mnist", "fashion-mnist"), strict=True):
        part = table[table["dataset"] == name]
        assert axes.get_xlabel() == "energy per inference (pJ)", name
        assert axes.get_ylabel() == "test accuracy (%)"
        drawn = [line for line in axes.lines if line.get_drawstyle() == "steps-post"]
        np.testing.assert_allclose(drawn[0].get_xdata(), 1e12 * part["energy"][part["front"]])
        np.testing.assert_allclose(drawn[0].get_ydata(), 100 * part["accuracy"][part["front"]])
        assert len(axes.containers) == len(part)
    assert any("What was kept." in text.get_text() for text in figure.texts)


def test_command(tmp_path):
    runner = CliRunner()
    for v_syn in ("1", "8"):
        for seed in ("0", "1"):
            words = ["train", "--subset", "bundled", "--hidden", "8", "--epochs", "1", "--quiet"]
            out = str(tmp_path / "runs" / f"{v_syn}-{seed}")
            words += ["--v-syn", v_syn, "--seed", seed, "--out", out]
            assert runner.invoke(main, words).exit_code == 0
    words = ["front", str(tmp_path / "runs"), "--comparator-energy", "0", "--images", "100"]
    tables = []
    saving = ["--ramp", "threshold", "--threshold-capacitance", "1e-15", "--stop-at-first-spike"]
    for name, more in {"a": [], "b": ["--draws", "1"], "c": saving}.items():
        result = runner.invoke(main, [*words, *more, "--out", str(tmp_path / name)])
        assert result.exit_code == 0, result.output
        assert "on the front" in result.output
        assert (tmp_path / name / "front.png").exists()
        tables.append(pd.read_csv(tmp_path / name / "front.csv"))
    first, other_draws, saving = tables
    assert first["v_syn"].tolist() == [1, 8]
    assert (first["seeds"] == 2).all()
    assert first["hidden"].tolist() == [8, 8]
    assert (first["accuracy_jitter"] != other_draws["accuracy_jitter"]).any()
    np.testing.assert_array_equal(saving["accuracy"], first["accuracy"])
    assert (saving["energy"] < first["energy"]).all()
    result = runner.invoke(main, ["front", str(tmp_path / "runs")])
    assert "say --comparator-energy" in result.output
