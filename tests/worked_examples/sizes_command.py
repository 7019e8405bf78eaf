"""A command: `rcspike sizes RUN`."""

import click

from rcspike_brian.commands import main


@click.command()
@click.argument("run", type=click.Path())
def sizes(run):
    """Print the sizes and the circuit of the network in the run folder RUN."""
    from rcspike_brian import Network

    network = Network.load(f"{run}/network.npz")
    click.echo(f"{'-'.join(map(str, network.sizes))} on {network.circuit}")


main.add_command(sizes)
