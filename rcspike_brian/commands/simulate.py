"""``rcspike simulate``: a trained network in Brian2, compared with the exact solution."""

import re

import click

from rcspike_brian.commands import options
from rcspike_brian.commands.options import option
from rcspike_brian.commands.runs import open_run, simulate_in_numpy

_TARGETS = click.Choice(["auto", "cpp_standalone", "runtime", "solve_ivp"])
_TARGET = "Compiled C++, or in this process; auto compiles if there is a compiler."
_SYNAPSES = click.Choice(["summed", "individual"])
_SYNAPSES_HELP = "Conductances added up per sign, or a resistor and diode per synapse (slow)."
_V_D = "Forward drop of the diodes in units of V_th; the drive voltage is raised by as much."


class TimeSteps(click.ParamType):
    """Time steps as shares of T, such as T/200 or T/125,T/250, as numbers of steps per phase."""

    name = "T/N"

    def convert(self, value, param, ctx):
        """Tuple of whole numbers."""
        steps = []
        for part in value.split(","):
            before, slash, number = part.strip().partition("/")
            if (before, slash) != ("T", "/") or not re.fullmatch("0*[1-9][0-9]{0,8}", number):
                self.fail(f"{part!r} is not a share of T such as T/200", param, ctx)
            steps.append(int(number))
        if len(set(steps)) < len(steps):
            self.fail(f"{value!r} names a time step twice", param, ctx)
        return tuple(steps)


@click.command()
@options.run
@option("--images", type=click.IntRange(1), default=100, help="Test images, from the first one on.")
@option("--dt", type=TimeSteps(), default="T/1000", help="Time step, or several to compare.")
@option("--target", type=_TARGETS, default="auto", help=_TARGET)
@option("--workers", type=click.IntRange(1), help="Compiled programs [default: one per processor].")
@options.v_syn("Put the trained weights, unchanged, on another circuit")
@option("--v-d", type=click.FloatRange(0), default=0.0, help=_V_D)
@option("--synapses", type=_SYNAPSES, default="summed", help=_SYNAPSES_HELP)
@option("--show", type=click.IntRange(0), default=0, help="Image in the figure.")
@options.dataset
@options.data
@options.quiet
@options.out(required=True)
def simulate(run, images, dt, v_syn, v_d, show, dataset, data_dir, subset, out, quiet, **options):
    """Simulate the network of the run folder RUN in Brian2.

    OUT receives spikes.csv, labels.csv, agreement.csv (spike times against the exact solution, per
    layer), differing.csv (labels that differ from it), traces.csv and a figure of one image.
    """
    from rcspike_brian.errors import InvalidInput
    from rcspike_brian.experiments.agreement import simulate_into

    network, data, _ = open_run(run, data_dir, subset, dataset, v_syn)
    images = min(images, len(data.test_labels))
    if show >= images:
        raise InvalidInput(f"--show must be one of the {images} images, from 0, got {show}")
    simulate_in_numpy()
    circuit = _circuit(network, v_d)
    click.echo(f"{data.label()}; from {data.source}")
    samples = data.test_images[:images], data.test_labels[:images]
    options |= {"dts": [circuit.T / steps for steps in dt], "show": show, "progress": not quiet}
    simulate_into(out, network, *samples, circuit, say=click.echo, **options)
    click.echo(f"results in {out}")


def _circuit(network, v_d):
    """Circuit with the network's (V_syn - V_d)/V_th, and diodes that drop v_d."""
    from rcspike_brian.circuit import Circuit

    if not v_d:
        return network.circuit
    rails = tuple(rail + v_d for rail in network.circuit.e)
    V_th = Circuit().V_th
    return Circuit.normalised(rails, V_d=v_d * V_th, ramp=network.circuit.ramp)
