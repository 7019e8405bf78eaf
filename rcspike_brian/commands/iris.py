"""``rcspike iris``: the chip experiment."""

from pathlib import Path

import click

from rcspike_brian.commands.options import NumberList, fills_folder


@click.command()
@click.option("--samples", type=int, default=50, show_default=True, help="Test flowers, up to 50.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--steps", type=int, default=1000, show_default=True, help="Of the training.")
@click.option(
    "--diode",
    type=click.Choice(["ideal", "near-ideal"]),
    default="ideal",
    show_default=True,
    help="Of the netlist.",
)
@click.option("--tolerance", type=float, default=1e-5, show_default=True, help="Of ngspice.")
@click.option(
    "--tolerances",
    "sweep",
    type=NumberList(float),
    help="Also compare the trained network with ngspice at these tolerances.",
)
@click.option("--out", type=click.Path(path_type=Path), default=Path("figures"), show_default=True)
@fills_folder
def iris(samples, seed, steps, diode, tolerance, sweep, out):
    """Run a 5-5-5 network on Iris in the exact solver, in Brian2 and in ngspice.

    The circuit is that of Sakemi et al., arXiv:2412.09010, simulated there in the sky130 process:
    E+ = 2.80, E- = 1.53, T = 1 us. Beside the network that was trained for it stands an ordinary
    network, trained as an ANN and mapped to the circuit.
    """
    from brian2 import prefs

    from rcspike_brian.experiments import (
        compare_iris,
        iris_accuracy,
        iris_rmse,
        iris_tolerances,
        train_iris,
    )
    from rcspike_brian.figures import iris_figure, save_figure, save_table

    # This process is ours: NumPy starts at once, where Cython would compile for a minute first.
    prefs.codegen.target = "numpy"
    networks = train_iris(seed=seed, steps=steps)
    frame = compare_iris(networks, samples=samples, diode=diode, tolerance=tolerance)
    rmse, accuracy = iris_rmse(frame), iris_accuracy(frame)
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
    paths = [save_table(frame, out, "iris"), save_table(rmse, out, "iris_rmse")]
    paths.append(save_table(accuracy, out, "iris_accuracy"))
    if sweep:
        swept = iris_tolerances(networks, sweep, samples=samples)
        for row in swept.itertuples():
            click.echo(
                f"RC-Spike against ngspice, tolerance {row.tolerance:.0e}: "
                f"{row.model_ngspice * nanoseconds:.5f} ns"
            )
        paths.append(save_table(swept, out, "iris_tolerances"))
    paths += save_figure(iris_figure(frame), out, "iris")
    for path in paths:
        click.echo(f"wrote {path}")
