"""``rcspike figure2``: membrane potential of both circuits, simulated in Brian2."""

import click

from rcspike_brian.commands import options
from rcspike_brian.commands.options import option
from rcspike_brian.commands.runs import simulate_in_numpy, write_results


@click.command()
@option(
    "--target",
    type=click.Choice(["runtime", "cpp_standalone"]),
    default="runtime",
    help="How Brian2 runs: in Python, or as a compiled C++ program.",
)
@options.out(
    "Folder for fig2.png and fig2.pdf, and the numbers behind them: fig2.csv (membrane "
    "potentials), fig2_inputs.csv and fig2_spikes.csv."
)
def figure2(out, target):
    """Simulate and draw Figure 2: membrane potential for the same input spikes.

    Both circuits, both phases, and RC-Spike at several drive voltages.
    """
    from rcspike_brian.circuit import Circuit
    from rcspike_brian.experiments import example_inputs, simulate_example
    from rcspike_brian.figures import membrane_figure

    simulate_in_numpy()
    circuit = Circuit.normalised(1.0)
    inputs = example_inputs(circuit)
    traces, spikes = simulate_example(target=target)
    figure = membrane_figure(traces, spikes, inputs, circuit)
    tables = {"fig2": traces, "fig2_inputs": inputs, "fig2_spikes": spikes}
    write_results(out, tables, {"fig2": figure})
