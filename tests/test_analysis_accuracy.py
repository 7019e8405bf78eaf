"""Accuracy tables."""

import io

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from rcspike_brian import InvalidInput
from rcspike_brian.analysis import accuracy_table, distance_to_reference, format_accuracy_table


@pytest.fixture
def results():
    rows = [("RC-Spike", 1.0, seed, 0.98 + 0.001 * seed) for seed in (-1, 0, 1)]
    rows += [("RC-Spike", 0.5, 0, 0.97)]
    rows += [("ReLU MLP", np.inf, seed, 0.984 + 0.002 * seed) for seed in (-1, 0, 1)]
    frame = pd.DataFrame(rows, columns=["model", "v_syn", "seed", "accuracy"])
    return frame.assign(dataset="mnist")


def test_mean_and_spread(results):
    table = accuracy_table(results).set_index(["model", "v_syn"])
    row = table.loc[("RC-Spike", 1.0)]
    assert row["mean"] == pytest.approx(0.98)
    assert row["std"] == pytest.approx(0.001)
    assert (row["low"], row["high"], row["n"]) == pytest.approx((0.979, 0.981, 3))


def test_a_single_seed_has_no_spread(results):
    table = accuracy_table(results).set_index(["model", "v_syn"])
    assert np.isnan(table.loc[("RC-Spike", 0.5), "std"])
    assert table.loc[("RC-Spike", 0.5), "n"] == 1


def test_order_of_rows_does_not_matter(results):
    shuffled = results.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(accuracy_table(shuffled), accuracy_table(results))


def test_distance_and_its_error(results):
    distances = distance_to_reference(accuracy_table(results)).set_index("v_syn")
    assert distances.loc[1.0, "distance"] == pytest.approx(-0.004)
    expected = np.sqrt(0.001**2 / 3 + 0.002**2 / 3)
    assert distances.loc[1.0, "distance_error"] == pytest.approx(expected)
    assert "ReLU MLP" not in set(distances["model"])


def test_confidence_interval_is_that_of_the_accuracies(results):
    """As from the accuracies themselves, not from their mean and standard deviation."""
    table = accuracy_table(results, confidence=0.9).set_index(["model", "v_syn"])
    accuracies = results[(results["model"] == "RC-Spike") & (results["v_syn"] == 1)]["accuracy"]
    expected = stats.ttest_1samp(accuracies, 0.98).confidence_interval(0.9)
    found = table.loc[("RC-Spike", 1.0), ["mean_low", "mean_high"]]
    np.testing.assert_allclose(found.astype(float), expected, rtol=1e-12)
    assert table.loc[("RC-Spike", 0.5), ["mean_low", "mean_high"]].isna().all()
    same = accuracy_table(results.assign(accuracy=0.98), confidence=0.9).dropna()
    np.testing.assert_allclose(same[["mean_low", "mean_high"]], 0.98)
    with pytest.raises(InvalidInput, match=r"confidence must be .* in \(0, 1\), got 95"):
        accuracy_table(results, confidence=95)


def test_significance_is_that_of_the_accuracies(results):
    distances = distance_to_reference(accuracy_table(results)).set_index("v_syn")
    one, reference = (
        results[(results["model"] == model) & (results["v_syn"] == v_syn)]["accuracy"]
        for model, v_syn in (("RC-Spike", 1.0), ("ReLU MLP", np.inf))
    )
    expected = stats.ttest_ind(one, reference, equal_var=False).pvalue
    assert distances.loc[1.0, "p"] == pytest.approx(expected)
    assert np.isnan(distances.loc[0.5, "p"])


def test_distance_stays_within_a_data_set(results):
    other = results.assign(dataset="fashion-mnist", accuracy=results["accuracy"] - 0.1)
    table = accuracy_table(pd.concat([results, other]))
    distances = distance_to_reference(table).groupby(["model", "v_syn"])["distance"]
    np.testing.assert_allclose(distances.max(), distances.min(), atol=1e-12)


def test_text_survives_a_csv_file(results):
    file = io.StringIO(results.to_csv(index=False))
    text = format_accuracy_table(accuracy_table(pd.read_csv(file)))
    assert text.columns.tolist() == [0.5, 1.0, np.inf]
    assert text.loc[("mnist", "RC-Spike")].tolist() == ["97.00 (1)", "98.00 ± 0.10 (3)", ""]
    assert text.loc[("mnist", "ReLU MLP"), np.inf] == "98.40 ± 0.20 (3)"


def test_impossible_tables(results):
    with pytest.raises(InvalidInput, match=r"fraction from 0 to 1, got 98\.0"):
        accuracy_table(results.assign(accuracy=98.0))
    with pytest.raises(InvalidInput, match="fraction"):
        accuracy_table(results.assign(accuracy=np.nan))
    with pytest.raises(InvalidInput, match=r"lacks the columns \['dataset'\]"):
        accuracy_table(results.drop(columns="dataset"))
    with pytest.raises(InvalidInput, match="'ReLU MLP' must have one row for 'mnist', it has 0"):
        distance_to_reference(accuracy_table(results[results["model"] == "RC-Spike"]))
    with pytest.raises(InvalidInput, match="it has 2"):
        distance_to_reference(accuracy_table(results), reference="RC-Spike")
