"""The chip experiment, small: data, training, and three judges side by side."""

import numpy as np
from brian2 import prefs

from rcspike_brian.data import load_iris
from rcspike_brian.data.iris import read_iris
from rcspike_brian.experiments import compare_iris, iris_accuracy, iris_rmse, train_iris
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


@needs_ngspice
def test_trained_model_predicts_the_circuit_and_the_ann_does_not(monkeypatch):
    monkeypatch.setitem(prefs, "codegen.target", "numpy")
    networks = train_iris()
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
