"""``rcspike evaluate``: test accuracy of a trained network."""

from pathlib import Path

import click

from rcspike_brian.commands import options
from rcspike_brian.commands.options import option
from rcspike_brian.commands.runs import open_run


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@option("--dataset", help="Another data set than the run's.")
@options.v_syn("Put the trained weights, unchanged, on another circuit")
@option("--noise", default=0.0, help="Standard deviation of noise on hidden spike times, in T.")
@option("--seed", default=0, help="Of the noise.")
@options.data
@options.threads
def evaluate(run, dataset, v_syn, data_dir, subset, **options):
    """Evaluate the network of the run folder RUN on test images."""
    from rcspike_brian.training import evaluate as evaluate_network

    network, data, _ = open_run(run, data_dir, subset, dataset, v_syn)
    click.echo(f"{data.label()}; from {data.source}")
    for name, value in evaluate_network(network, data, **options).items():
        click.echo(f"{name:20s} {value:.4f}")
