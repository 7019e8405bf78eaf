"""The chip experiment, small: data, training, and three judges side by side."""

import numpy as np
import pytest
from brian2 import prefs

from rcspike_brian import Network
from rcspike_brian.data import load_iris
from rcspike_brian.data.iris import read_iris
from rcspike_brian.experiments import compare_iris, iris_accuracy, iris_rmse, train_iris
from rcspike_brian.experiments.small_network import _gradients
from rcspike_brian.figures import iris_figure
from tests.ngspice import needs_ngspice


def test_iris_is_fishers():
    """Fisher's own means and, of the rows with errors elsewhere, his values."""
    lengths, labels = read_iris()
    assert lengths.shape == (150, 4)
    assert np.bincount(labels).tolist() == [50, 50, 50]
    assert load_iris().class_names == ("setosa", "versicolor", "virginica")
    expected = [[5.006, 3.428, 1.462, 0.246], [5.936, 2.770, 4.260, 1.326], [6.588, 2.974, 5.552, 2.026]]  # fmt: skip # noqa: E501
    means = [lengths[labels == k].mean(axis=0) for k in range(3)]
    np.testing.assert_allclose(means, expected, atol=1e-12)
    np.testing.assert_array_equal(lengths[34], [4.9, 3.1, 1.5, 0.2])
    np.testing.assert_array_equal(lengths[37], [4.9, 3.6, 1.4, 0.1])


def test_test_flowers_are_not_trained_on():
    iris = load_iris(3)
    assert iris.train_images.min() == 0
    assert iris.train_images.max() == 1
    assert ((iris.test_images >= 0) & (iris.test_images <= 1)).all()
    counts = np.bincount(iris.train_labels) + np.bincount(iris.test_labels)
    assert counts.tolist() == [50, 50, 50]
    # The largest flower spikes first: petals of virginica are longer than those of setosa.
    petal = iris.train_images[:, 2]
    assert petal[iris.train_labels == 2].max() < petal[iris.train_labels == 0].min()


def test_gradient_of_the_small_trainer():
    """Finite differences of the loss that the docstring states."""
    rng = np.random.default_rng(0)
    times, labels = rng.uniform(0, 1, (7, 3)), rng.integers(0, 2, 7)
    network = Network.random((3, 4, 2), (2.8, 1.53), 1, 2.0, np.float64)
    # Away from w = 0, where |w| has a kink.
    network = Network([w + np.where(w == 0, 0.1, 0) for w in network.weights], network.circuit)

    def loss(weights):
        v = Network(weights, network.circuit).potentials(times)
        logits = v / 0.1
        top = logits.max(axis=1, keepdims=True)
        log_sum = top[:, 0] + np.log(np.exp(logits - top).sum(axis=1))
        entropy = log_sum - logits[np.arange(7), labels]
        return (entropy + 0.7 * ((1 - v - 0.9) ** 2).sum(axis=1)).mean()

    gradients = _gradients(times, labels, list(network.weights), network.beta, 0.7)
    for l in range(2):
        for index in [(0, 0), (2, 1), (len(network.weights[l]) - 1, 0)]:
            shifted = []
            for step in (1e-6, -1e-6):
                weights = [w.copy() for w in network.weights]
                weights[l][index] += step
                shifted.append(loss(weights))
            slope = (shifted[0] - shifted[1]) / 2e-6
            assert gradients[l][index] == pytest.approx(slope, rel=1e-5, abs=1e-8)


@needs_ngspice
def test_trained_model_predicts_the_circuit_and_the_ann_does_not(monkeypatch):
    monkeypatch.setitem(prefs, "codegen.target", "numpy")
    networks = train_iris(steps=250)
    frame = compare_iris(networks, samples=6, tolerance=1e-4, brian_steps=200)
    rmse = iris_rmse(frame).set_index(["network", "layer"])
    trained, mapped = rmse.loc[("RC-Spike", "all")], rmse.loc[("ANN on RC-Spike circuit", "all")]
    assert trained["model_ngspice"] < 1e-3
    assert mapped["model_ngspice"] > 10 * trained["model_ngspice"]
    assert trained["brian2_ngspice"] < 0.02
    assert mapped["brian2_ngspice"] < 0.02
    accuracy = iris_accuracy(frame)
    assert (accuracy[["model", "brian2", "ngspice"]] <= 1).all(axis=None)
    assert len(iris_figure(frame).axes) == 2
