"""``rcspike evaluate``: test accuracy of a trained network."""

from pathlib import Path

import click

from rcspike_brian.commands.options import DriveVoltage, data_options, threads_option
from rcspike_brian.commands.runs import same_subset


@click.command()
@click.argument("run", type=click.Path())
@click.option("--dataset", help="Another data set than the run's.")
@click.option(
    "--v-syn",
    type=DriveVoltage(),
    help="Put the trained weights on a circuit with this drive voltage, unchanged.",
)
@click.option(
    "--noise",
    type=float,
    default=0.0,
    show_default=True,
    help="Standard deviation of noise on hidden spike times, in units of T.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the noise.")
@data_options
@threads_option
def evaluate(run, dataset, v_syn, noise, seed, data_dir, subset, threads):
    """Evaluate the network of the run folder RUN on test images."""
    from rcspike_brian.data import load_dataset
    from rcspike_brian.network import Network
    from rcspike_brian.training import evaluate as evaluate_network
    from rcspike_brian.training import run_settings

    network = Network.load(Path(run) / "network.npz")
    _, trained_on = run_settings(run)
    subset = same_subset(subset, data_dir, trained_on)
    data = load_dataset(dataset or trained_on["name"], data_dir=data_dir, subset=subset)
    if v_syn is not None:
        network = network.on_circuit(v_syn)
    click.echo(f"{data.label()}; from {data.source}")
    for name, value in evaluate_network(
        network, data, noise=noise, seed=seed, threads=threads
    ).items():
        click.echo(f"{name:20s} {value:.4f}")
