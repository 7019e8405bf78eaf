"""``rcspike simulate``: a trained network in Brian2, compared with the exact solution."""

from pathlib import Path

import click

from rcspike_brian.commands.options import (
    DriveVoltage,
    TimeSteps,
    data_options,
    fills_folder,
)
from rcspike_brian.commands.runs import same_subset


@click.command()
@click.argument("run", type=click.Path())
@click.option(
    "--images",
    type=click.IntRange(1),
    default=100,
    show_default=True,
    help="Test images to present, from the first one on.",
)
@click.option(
    "--dt",
    type=TimeSteps(),
    default="T/1000",
    show_default=True,
    help="Time step such as T/200, or several, to see how the error shrinks with dt.",
)
@click.option(
    "--target",
    type=click.Choice(["auto", "cpp_standalone", "runtime"]),
    default="auto",
    show_default=True,
    help="Compiled C++, or in this process; auto compiles if there is a compiler.",
)
@click.option(
    "--workers",
    type=click.IntRange(1),
    help="Compiled programs side by side (default: one per processor).",
)
@click.option(
    "--v-syn",
    type=DriveVoltage(),
    help="Put the trained weights on a circuit with this (V_syn - V_d)/V_th, unchanged.",
)
@click.option(
    "--v-d",
    type=click.FloatRange(0),
    default=0.0,
    show_default=True,
    help="Forward drop of the diodes in units of V_th; V_syn is raised by as much.",
)
@click.option(
    "--synapses",
    type=click.Choice(["summed", "individual"]),
    default="summed",
    show_default=True,
    help="Conductances added up per sign, or one resistor and one diode per synapse (slow).",
)
@click.option(
    "--show",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Image in the figure.",
)
@click.option("--dataset", help="Another data set than the run's.")
@data_options
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write.")
@click.option("--quiet", is_flag=True, help="No progress bar.")
@fills_folder
def simulate(run, images, dt, v_syn, v_d, show, dataset, data_dir, subset, out, quiet, **options):
    """Simulate the network of the run folder RUN in Brian2.

    OUT receives spikes.csv, labels.csv, agreement.csv (spike times against the exact solution, per
    layer), differing.csv (labels that differ from it), traces.csv and a figure of one image.
    """
    from brian2.only import prefs

    from rcspike_brian.data import load_dataset
    from rcspike_brian.errors import InvalidInput
    from rcspike_brian.experiments.agreement import simulate_into
    from rcspike_brian.network import Network
    from rcspike_brian.training import run_settings

    network = Network.load(Path(run) / "network.npz")
    _, trained_on = run_settings(run)
    subset = same_subset(subset, data_dir, trained_on)
    data = load_dataset(dataset or trained_on["name"], data_dir=data_dir, subset=subset)
    if v_syn is not None:
        network = network.on_circuit(v_syn)
    images = min(images, len(data.test_labels))
    if show >= images:
        raise InvalidInput(f"--show must be one of the {images} images, from 0, got {show}")
    # This process is ours: NumPy starts at once, where Cython would compile for a minute first.
    prefs.codegen.target = "numpy"
    circuit = _circuit(network, v_d)
    click.echo(f"{data.label()}; from {data.source}")
    simulate_into(
        out,
        network,
        data.test_images[:images],
        data.test_labels[:images],
        circuit,
        dts=[circuit.T / steps for steps in dt],
        show=show,
        progress=not quiet,
        say=click.echo,
        **options,
    )
    click.echo(f"results in {out}")


def _circuit(network, v_d):
    """Circuit with the network's (V_syn - V_d)/V_th, and diodes that drop v_d."""
    from rcspike_brian.circuit import Circuit

    if not v_d:
        return network.circuit
    rails = tuple(rail + v_d for rail in network.circuit.e)
    V_th = Circuit().V_th
    return Circuit.normalised(rails, V_d=v_d * V_th)
