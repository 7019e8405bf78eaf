"""Test accuracy and activity of a network."""

import numpy as np

from rcspike_brian.core.checks import positive_integer
from rcspike_brian.data import Dataset
from rcspike_brian.errors import expect
from rcspike_brian.network import Network
from rcspike_brian.readout import NO_DECISION, accuracies, first_to_spike


def evaluate(
    network: Network, dataset: Dataset, *,
    noise: float | tuple[float, float, float] = 0.0, seed: int = 0, threads: int | None = None,
) -> dict[str, float]:  # fmt: skip
    """Accuracy of a network on the test images.

    Parameters
    ----------
    network : Network
    dataset : Dataset
        Its test images must fit the network, or `InvalidInput`.
    noise, seed, threads
        As for `rcspike_brian.Network.potentials`.

    Returns
    -------
    dict
        ``accuracy`` (earliest spike; undecided samples are wrong), ``accuracy_potential`` (largest
        v), ``undecided`` (fraction of samples without a single first spike), and per layer l
        ``silent_l`` and ``saturated_l``, all fractions.

    Examples
    --------
    >>> from rcspike_brian import load_dataset
    >>> found = evaluate(Network.random((4, 5, 3)), load_dataset("iris"))
    >>> 0 <= found["accuracy"] <= found["accuracy_potential"] <= 1
    True
    """
    expect("network", network, Network)
    rng = np.random.default_rng(positive_integer(seed, "seed", least=0))
    clipped, outputs = np.zeros((len(network.layers), 2)), []
    for block in network.blocks(len(dataset.test_images)):
        images = dataset.test_images[block]
        layers = network.potentials(images, all_layers=True, noise=noise, seed=rng, threads=threads)
        clipped += [[np.sum(v <= 0) / v.shape[1], np.sum(v >= 1) / v.shape[1]] for v in layers]
        outputs.append(layers[-1])
    v = np.concatenate(outputs)
    clipped /= len(v)
    times = network.circuit.spike_time(v)
    by_spike, by_potential = accuracies(v, dataset.test_labels, times)
    result = {
        "accuracy": by_spike,
        "accuracy_potential": by_potential,
        "undecided": float(np.mean(first_to_spike(times) == NO_DECISION)),
    }
    for l, (silent, saturated) in enumerate(clipped.tolist(), start=1):
        result |= {f"silent_{l}": silent, f"saturated_{l}": saturated}
    return result
