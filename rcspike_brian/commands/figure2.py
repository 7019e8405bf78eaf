"""``rcspike figure2``: membrane potential of both circuits, simulated in Brian2."""

from pathlib import Path

import click

from rcspike_brian.commands.options import fills_folder


@click.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("figures"),
    show_default=True,
    help="Folder for fig2.png and fig2.pdf, and the numbers behind them: fig2.csv (membrane "
    "potentials), fig2_inputs.csv and fig2_spikes.csv.",
)
@click.option(
    "--target",
    type=click.Choice(["runtime", "cpp_standalone"]),
    default="runtime",
    show_default=True,
    help="How Brian2 runs: in Python, or as a compiled C++ program.",
)
@fills_folder
def figure2(out, target):
    """Simulate and draw Figure 2: membrane potential for the same input spikes.

    Both circuits, both phases, and RC-Spike at several drive voltages.
    """
    from brian2 import prefs

    from rcspike_brian import experiments, figures
    from rcspike_brian.circuit import Circuit

    # This process is ours: NumPy starts at once, where Cython would compile for a minute first.
    prefs.codegen.target = "numpy"
    circuit = Circuit.normalised(1.0)
    inputs = experiments.example_inputs(circuit)
    traces, spikes = experiments.simulate_example(target=target)
    figure = figures.membrane_figure(traces, spikes, inputs, circuit)
    paths = figures.save_figure(figure, out, "fig2")
    for name, frame in (("fig2", traces), ("fig2_inputs", inputs), ("fig2_spikes", spikes)):
        paths.append(figures.save_table(frame, out, name))
    for path in paths:
        click.echo(f"wrote {path}")
