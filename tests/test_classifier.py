"""The estimator of scikit-learn: its rules, its spike times, and what it says without it."""

import os
import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("sklearn", reason="the classifier needs the extra 'sklearn'")

from brian2 import volt
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from rcspike_brian import InvalidInput, RCSpikeClassifier, TrainingConfig, train
from rcspike_brian.data import Dataset

X, LABELS = load_iris(return_X_y=True)
SPECIES = np.array(["setosa", "versicolor", "virginica"])[LABELS]


def small(**settings):
    return RCSpikeClassifier(**{"hidden": (5,), "epochs": 3, "random_state": 0, **settings})


@pytest.fixture(scope="module")
def fitted():
    return small(epochs=50).fit(X, SPECIES)


def python(code, **environment):
    environment = {**os.environ, **environment}
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.slow
def test_all_checks_of_scikit_learn_pass():
    """None is skipped; array libraries are looked at only where SciPy was told before it loads."""
    code = """
import warnings
from sklearn.utils.estimator_checks import check_estimator
from rcspike_brian import RCSpikeClassifier
warnings.simplefilter("ignore")
results = check_estimator(RCSpikeClassifier(), on_skip=None, on_fail=None)
print([(r["check_name"], r["exception"]) for r in results if r["status"] != "passed"])
print(len(results) > 40)
"""
    assert python(code, SCIPY_ARRAY_API="1").split("\n") == ["[]", "True", ""]


class TestSpikeTimes:
    """What the network is given, seen in the network that results."""

    @staticmethod
    def trained_on(times, **settings):
        config = TrainingConfig(
            hidden=(5,), epochs=3, batch_size=32, learning_rate=5e-3, seed=0, **settings
        )
        data = Dataset("times", times, LABELS, times[:1], LABELS[:1], spike_times=True)
        return train(data, config, progress=False).network

    def assert_same(self, classifier, network):
        for found, expected in zip(classifier.network_.weights, network.weights, strict=True):
            np.testing.assert_array_equal(found, expected)

    def test_training_is_that_of_the_package_on_scaled_features(self):
        times = 1 - (X - X.min(axis=0)) / (X.max(axis=0) - X.min(axis=0))
        self.assert_same(small().fit(X, SPECIES), self.trained_on(times))

    def test_a_constant_feature_never_spikes(self):
        constant = np.full((150, 1), 7.0)
        times = 1 - (X - X.min(axis=0)) / (X.max(axis=0) - X.min(axis=0))
        found = small().fit(np.hstack([X, constant]), SPECIES)
        self.assert_same(found, self.trained_on(np.hstack([times, np.ones((150, 1))])))
        moved = found.predict_proba(np.hstack([X, constant + 1]))
        np.testing.assert_array_equal(moved, found.predict_proba(np.hstack([X, constant])))

    def test_scale_and_offset_of_a_feature_do_not_matter(self):
        """Powers of two, which are exact, over nearly the whole range of numbers."""
        for factor in (2.0**-1000, -1.0, 2.0**1015):
            columns = X * np.array([1, factor, 1, 1])
            assert np.isfinite(columns).all()
            if factor > 0:
                self.assert_same(small().fit(columns, SPECIES), small().fit(X, SPECIES).network_)
            else:
                small().fit(columns, SPECIES)

    def test_values_outside_the_range_are_clipped(self, fitted):
        low, high = X.min(axis=0), X.max(axis=0)
        at_the_ends = fitted.predict_proba([low, high])
        beyond = fitted.predict_proba([low - 1e300, high + 1e300])
        np.testing.assert_array_equal(at_the_ends, beyond)


def test_probabilities_are_the_softmax_of_training(fitted):
    """Their mean logarithm is the loss of training without its other term."""
    times = 1 - (X - fitted.data_min_) / (fitted.data_max_ - fitted.data_min_)
    t = 1 - fitted.network_.potentials(times).astype(float)
    found = fitted.predict_proba(X)
    odds = np.exp(-(t[:, 0] - t[:, 1]) / fitted.temperature)
    np.testing.assert_allclose(found[:, 0] / found[:, 1], odds, rtol=1e-12)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-14)
    np.testing.assert_array_equal(fitted.predict(X), fitted.classes_[t.argmin(axis=1)])


def test_the_temperature_is_that_of_training(fitted):
    other = pickle.loads(pickle.dumps(fitted)).set_params(temperature=10.0)
    np.testing.assert_array_equal(other.predict_proba(X), fitted.predict_proba(X))


def test_it_learns_flowers_by_name(fitted):
    assert fitted.score(X, SPECIES) > 0.92
    assert fitted.classes_.tolist() == ["setosa", "versicolor", "virginica"]


@pytest.mark.parametrize(
    "labels",
    [
        LABELS - 1,
        LABELS > 0,
        LABELS - 0.5 * 2,
        SPECIES.astype(object),
        pd.Series(SPECIES, dtype="category"),
        pd.Series(SPECIES, dtype="string"),
    ],
    ids=["negative", "bool", "float", "object", "category", "string"],
)
def test_labels_of_any_kind_come_back(labels):
    classifier = small(epochs=20).fit(X, labels)
    assert set(classifier.predict(X)) <= set(labels)
    assert classifier.score(X, labels) > 0.6


def test_frames_in_and_names_kept():
    frame = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    model = make_pipeline(StandardScaler().set_output(transform="pandas"), small(epochs=20))
    model.fit(frame, pd.Series(SPECIES))
    assert model[-1].feature_names_in_.tolist() == ["a", "b", "c", "d"]
    assert model.score(frame, SPECIES) > 0.6
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame[["b", "a", "c", "d"]])


def test_a_search_over_the_drive_voltage():
    search = GridSearchCV(small(), {"v_syn": [0.5, np.inf, (2.8, 1.53)]}, cv=2).fit(X, SPECIES)
    assert search.best_estimator_.network_.v_syn in {(0.5, 0.5), (np.inf, np.inf), (2.8, 1.53)}
    assert cross_val_score(clone(search.best_estimator_), X, SPECIES, cv=2).min() > 0.3


class TestRandomState:
    def test_a_seed_gives_the_same_bits_whatever_the_threads(self):
        one, two = (small(threads=n).fit(X, LABELS).predict_proba(X) for n in (1, 2))
        np.testing.assert_array_equal(one, two)

    def test_a_state_is_drawn_from(self):
        state = np.random.RandomState(0)
        first, second = (small(random_state=state).fit(X, LABELS).config_.seed for _ in "12")
        again = small(random_state=np.random.RandomState(0)).fit(X, LABELS).config_.seed
        assert first == again != second


class TestGoingOn:
    def test_partial_fit_is_training_epoch_by_epoch(self):
        """With the state of the optimiser: three calls are three epochs, bit for bit."""
        whole = small(schedule="constant").fit(X, LABELS)
        parts = small()
        for _ in range(3):
            parts.partial_fit(X, LABELS, classes=[0, 1, 2])
        np.testing.assert_array_equal(parts.predict_proba(X), whole.predict_proba(X))
        assert parts.loss_curve_ == whole.loss_curve_

    def test_a_batch_may_hold_one_sample_of_one_class(self):
        stream = small().partial_fit(X[:1], LABELS[:1], classes=[0, 1, 2])
        assert stream.predict_proba(X).shape == (150, 3)
        # One value is the range: no feature varies, and none ever spikes.
        np.testing.assert_array_equal(np.ptp(stream.predict_proba(X), axis=0), 0)

    def test_partial_fit_keeps_range_and_classes_of_the_first_call(self):
        stream = small().partial_fit(X[50:], SPECIES[50:], classes=np.unique(SPECIES))
        stream.partial_fit(10 * X, SPECIES)
        np.testing.assert_array_equal(stream.data_max_, X[50:].max(axis=0))
        with pytest.raises(InvalidInput, match=r"classes must be those of the first call"):
            stream.partial_fit(X, SPECIES, classes=["setosa", "virginica"])
        with pytest.raises(ValueError, match=r"unseen labels.*tulip"):
            stream.partial_fit(X[:1], ["tulip"])
        with pytest.raises(InvalidInput, match="the first call of partial_fit needs classes"):
            small().partial_fit(X, SPECIES)

    def test_a_copy_from_a_file_goes_on_in_the_same_way(self):
        stream = small().partial_fit(X, LABELS, classes=[0, 1, 2])
        copy = pickle.loads(pickle.dumps(stream))
        one, two = (c.partial_fit(X, LABELS).predict_proba(X) for c in (stream, copy))
        np.testing.assert_array_equal(one, two)

    def test_warm_start_goes_on_on_the_present_circuit(self):
        warm = small(warm_start=True, epochs=20).fit(X, LABELS)
        before = warm.loss_curve_[-1]
        warm.set_params(v_syn=2.0, epochs=2).fit(X, LABELS)
        assert warm.network_.v_syn == (2.0, 2.0)
        assert warm.loss_curve_[0] < 1.3 * before < small(v_syn=2.0).fit(X, LABELS).loss_curve_[0]
        with pytest.raises(InvalidInput, match=r"hidden is \(6,\).*\(5,\)"):
            warm.set_params(hidden=(6,)).fit(X, LABELS)

    def test_a_fit_that_fails_changes_nothing(self, fitted):
        copy = pickle.loads(pickle.dumps(fitted))
        with pytest.raises(InvalidInput, match="at least 2 classes, got 1 class: 7"):
            copy.fit(2 * X, np.full(150, 7))
        np.testing.assert_array_equal(copy.predict_proba(X), fitted.predict_proba(X))


WIDE = X * np.where(np.arange(150) % 2, 2e307, -2e307)[:, None]


@pytest.mark.parametrize(
    ("features", "labels", "message"),
    [
        (np.where(X > 7, np.nan, X), LABELS, "contains NaN"),
        (np.where(X > 7, np.inf, X), LABELS, "contains infinity"),
        (WIDE, LABELS, "feature 0 ranges from -.* to .*, wider than double precision"),
        (X[:0], LABELS[:0], "0 sample"),
        (X, LABELS[:10], "inconsistent numbers of samples"),
        (X, X[:, 0], "Unknown label type: continuous"),
        (X, np.where(LABELS, LABELS, np.nan), "y contains NaN"),
        (X, np.where(LABELS, SPECIES.astype(object), 1), r"of one kind.*\['int', 'str'\]"),
        (X + 1j, LABELS, "Complex data not supported"),
        (X * volt, LABELS, "X must be in plain numbers"),
        (np.ma.masked_greater(X, 7), LABELS, "X has masked entries"),
        (X, np.ma.masked_equal(LABELS, 2), "y has masked entries"),
        (X, None, "requires y to be passed"),
    ],
)
def test_data_that_cannot_be_trained_on(features, labels, message):
    with pytest.raises(ValueError, match=message):
        small().fit(features, labels)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"v_syn": 0}, "v_syn must be a number > 0"),
        ({"hidden": 5}, "hidden must be"),
        ({"learning_rate": "fast"}, "learning_rate must be"),
        ({"hidden": (0,)}, "each hidden layer must be a whole number >= 1"),
        ({"hidden": ("4C3", 8)}, r"hidden must be numbers of neurons.*rb\.train"),
        ({"optimizer": "newton"}, "optimizer must be"),
        ({"random_state": -1}, "Seed must be between 0"),
        ({"random_state": "dice"}, "cannot be used to seed"),
        ({"threads": 0}, "threads must be a whole number >= 1"),
    ],
)
def test_settings_are_refused_when_they_are_used(settings, message):
    classifier = small(**settings)
    with pytest.raises(ValueError, match=message):
        classifier.fit(X, LABELS)
    with pytest.raises(NotFittedError):
        classifier.predict(X)


def test_the_library_is_loaded_when_it_is_used_only():
    code = "import sys, rcspike_brian as rb; rb.Network; rb.train; print('sklearn' in sys.modules)"
    assert python(code).strip() == "False"


def test_without_the_library_one_message_names_the_extra():
    """When it is used: tools that look at all public names find this one too."""
    code = """
import sys
sys.modules["sklearn"] = sys.modules["sklearn.base"] = None
from rcspike_brian import MissingExtra, RCSpikeClassifier
for arguments in ({}, {"v_syn": 1.0, "hidden": (5,)}):
    try:
        RCSpikeClassifier(**arguments)
    except ImportError as error:
        print(isinstance(error, MissingExtra), error)
"""
    lines = python(code).splitlines()
    assert len(lines) == 2
    for line in lines:
        assert line.startswith("True RCSpikeClassifier needs scikit-learn (")
        assert line.endswith("): pip install 'rcspike-brian[sklearn]'")
