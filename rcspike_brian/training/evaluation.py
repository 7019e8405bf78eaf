"""Test accuracy and activity of a network."""

import numpy as np

from rcspike_brian.data import Dataset
from rcspike_brian.network import Network
from rcspike_brian.readout import NO_DECISION, accuracies, earliest_spike


def evaluate(
    network: Network,
    dataset: Dataset,
    *,
    noise: float = 0.0,
    seed: int = 0,
    threads: int | None = None,
) -> dict[str, float]:
    """Accuracy of a network on the test images.

    Parameters
    ----------
    network : Network
    dataset : Dataset
    noise : float
        Standard deviation of Gaussian noise on hidden spike times, in units of T.
    seed : int
        Of the noise.
    threads : int, optional

    Returns
    -------
    dict
        ``accuracy`` (earliest spike; undecided samples are wrong), ``accuracy_potential`` (largest
        v), ``undecided`` (fraction of samples without a single first spike), and per layer l
        ``silent_l`` and ``saturated_l``, all fractions.

    Raises
    ------
    InvalidInput
        Images that do not fit the network.

    Examples
    --------
    >>> from rcspike_brian import Network, evaluate, load_dataset
    >>> data = load_dataset("mnist", subset="bundled")
    >>> found = evaluate(Network.random((784, 20, 10)), data)
    >>> 0 <= found["accuracy"] <= found["accuracy_potential"] <= 1
    True
    """
    layers = network.potentials(
        dataset.test_images, all_layers=True, noise=noise, seed=seed, threads=threads
    )
    by_spike, by_potential = accuracies(layers[-1], dataset.test_labels)
    result = {
        "accuracy": by_spike,
        "accuracy_potential": by_potential,
        "undecided": float(np.mean(earliest_spike(layers[-1]) == NO_DECISION)),
    }
    for l, v in enumerate(layers, start=1):
        result |= {f"silent_{l}": float(np.mean(v <= 0)), f"saturated_{l}": float(np.mean(v >= 1))}
    return result
