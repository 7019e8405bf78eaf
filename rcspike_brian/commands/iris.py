"""``rcspike iris``: the chip experiment."""

import click

from rcspike_brian.commands import options
from rcspike_brian.commands.options import option
from rcspike_brian.commands.runs import simulate_in_numpy, write_results


@click.command()
@option("--samples", type=click.IntRange(1, 50), default=50, help="Test flowers, up to 50.")
@option("--seed", default=0)
@option("--iterations", default=60, help="Of the training, at most.")
@options.diode
@options.tolerance
@option("--tolerances", "sweep", type=options.ListOf(float), help="Compare at these, too.")
@options.out()
def iris(samples, seed, iterations, diode, tolerance, sweep, out):
    """Run a 5-5-5 network on Iris in the exact solver, in Brian2 and in ngspice.

    The circuit is that of Sakemi et al., arXiv:2412.09010, simulated there in the sky130 process:
    E+ = 2.80, E- = 1.53, T = 1 us. Beside the network that was trained for it stands an ordinary
    network, trained as an ANN and mapped to the circuit.
    """
    from rcspike_brian import experiments
    from rcspike_brian.figures import iris_figure

    simulate_in_numpy()
    networks = experiments.train_iris(seed=seed, iterations=iterations)
    frame = experiments.compare_iris(networks, samples=samples, diode=diode, tolerance=tolerance)
    rmse, accuracy = experiments.iris_rmse(frame), experiments.iris_accuracy(frame)
    nanoseconds = float(networks.circuit.T) * 1e9
    click.echo("Spike-time RMSE in ns of T = 1000 ns (model: the equations that training assumed)")
    click.echo("network                  layer  model-ngspice  Brian2-ngspice  model-Brian2")
    for row in rmse.itertuples():
        click.echo(
            f"{row.network:24s} {row.layer:>5s} {row.model_ngspice * nanoseconds:14.4f} "
            f"{row.brian2_ngspice * nanoseconds:15.4f} {row.model_brian2 * nanoseconds:13.4f}"
        )
    click.echo("Test accuracy            model  Brian2  ngspice")
    for row in accuracy.itertuples():
        click.echo(f"{row.network:24s} {row.model:.3f} {row.brian2:7.3f} {row.ngspice:8.3f}")
    tables = {"iris": frame, "iris_rmse": rmse, "iris_accuracy": accuracy}
    if sweep:
        tables["iris_tolerances"] = experiments.iris_tolerances(networks, sweep, samples=samples)
        for row in tables["iris_tolerances"].itertuples():
            click.echo(
                f"RC-Spike against ngspice, tolerance {row.tolerance:.0e}: "
                f"{row.model_ngspice * nanoseconds:.5f} ns"
            )
    write_results(out, tables, {"iris": iris_figure(frame)})
