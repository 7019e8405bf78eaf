"""``rcspike spice``: netlists, ngspice, and the solver against it."""

from pathlib import Path

import click

from rcspike_brian.commands.options import DriveVoltage, NumberList, fills_folder


def _circuit_options(command):
    """Options of a netlist."""
    for option in (
        click.option("--ramp", default="linear", show_default=True, help="Or rc, or your own."),
        click.option(
            "--diode",
            default="ideal",
            show_default=True,
            help="Or near-ideal, real, leaky, none, or your own.",
        ),
        click.option(
            "--tolerance",
            type=float,
            default=1e-5,
            show_default=True,
            help="Relative tolerance of SPICE.",
        ),
        click.option(
            "--v-syn",
            type=DriveVoltage(),
            help="Drive voltage in units of V_th [default: the network's; 1 for a CSV file].",
        ),
        click.option(
            "--times",
            type=NumberList(float),
            required=True,
            help="Input spike times in units of T, e.g. 0.1,0.4,1; 1 is no spike.",
        ),
    ):
        command = option(command)
    return command


@click.group()
def spice():
    """Write the circuit as a SPICE netlist and run it with ngspice."""


@spice.command()
@click.argument("weights", type=click.Path(path_type=Path))
@_circuit_options
@click.option("--out", type=click.Path(path_type=Path), required=True, help="File to write.")
def netlist(weights, times, v_syn, tolerance, diode, ramp, out):
    """Write the netlist of WEIGHTS; ngspice need not be installed.

    WEIGHTS is a run folder, a network.npz, or a CSV file with the normalised weights of one layer:
    a row for each input, a column for each neuron, no header.
    """
    from rcspike_brian.spice.simulate import netlist_of
    from rcspike_brian.storage import atomic_write, make_folder

    circuit, network = _read(weights, v_syn, ramp)
    text, _ = netlist_of(circuit, network, times, diode=diode, tolerance=tolerance)
    make_folder(out.parent)
    with atomic_write(out) as temporary:
        temporary.write_text(text, encoding="ascii")
    click.echo(f"wrote {out}; run it with: ngspice -b -r circuit.raw {out}")


@spice.command()
@click.argument("weights", type=click.Path(path_type=Path))
@_circuit_options
@click.option("--time-limit", type=float, default=120, show_default=True, help="In seconds.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder for spikes.csv, traces.csv, the netlist, ngspice's raw file and its log.",
)
@fills_folder
def run(weights, times, v_syn, tolerance, diode, ramp, time_limit, out):
    """Run WEIGHTS (as for `netlist`) in ngspice, beside the exact solver."""
    from rcspike_brian.figures import save_table
    from rcspike_brian.spice import simulate_spice

    circuit, network = _read(weights, v_syn, ramp)
    options = {"diode": diode, "tolerance": tolerance, "time_limit": time_limit, "keep": out}
    result = simulate_spice(circuit, network, times, **options)
    save_table(result.spikes, out, "spikes")
    save_table(result.traces, out, "traces")
    click.echo("layer neuron   t_out ngspice   t_out exact   difference")
    for l, (found, exact) in enumerate(
        zip(result.t_out, _exact(circuit, network, times), strict=True), start=1
    ):
        for i, (a, b) in enumerate(zip(found, exact, strict=True)):
            click.echo(f"{l:5d} {i:6d} {a:15.6f} {b:13.6f} {a - b:12.2e}")
    click.echo(f"wrote spikes.csv, traces.csv, netlist, raw file and log to {out}")


@spice.command()
@click.option("--neurons", type=int, default=40, show_default=True, help="Random neurons.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--v-syn", type=DriveVoltage(), default=2.5, show_default=True)
@click.option(
    "--tolerances",
    type=NumberList(float),
    default="1e-2,1e-3,1e-4,1e-5,1e-6",
    show_default=True,
)
@click.option("--out", type=click.Path(path_type=Path), default=Path("figures"), show_default=True)
@fills_folder
def accuracy(neurons, seed, v_syn, tolerances, out):
    """Exact solver against ngspice: random 10-input neurons.

    Ideal diodes at every tolerance; all three diodes at the finest, with and without their forward
    drop in the model. V_th is 1 V.
    """
    import pandas as pd

    from rcspike_brian.circuit import Circuit
    from rcspike_brian.figures import save_figure, save_table, spice_figure
    from rcspike_brian.spice import compare_neurons

    circuit = Circuit.normalised(v_syn)
    runs = [("ideal", tolerance) for tolerance in sorted(tolerances, reverse=True)]
    runs += [(name, min(tolerances)) for name in ("near-ideal", "real")]
    frame = pd.concat(
        [
            compare_neurons(circuit, neurons, diode=diode, tolerance=tolerance, seed=seed)
            for diode, tolerance in runs
        ],
        ignore_index=True,
    )
    for (diode, tolerance), part in frame.groupby(["diode", "tolerance"], sort=False):
        without = ((part["t_ideal"] - part["t_ngspice"]) ** 2).mean() ** 0.5
        with_drop = ((part["t_drop"] - part["t_ngspice"]) ** 2).mean() ** 0.5
        click.echo(
            f"{diode:10s} tolerance {tolerance:.0e}: spike-time RMSE {without:.2e} T without V_d "
            f"in the model, {with_drop:.2e} T with V_d = {part['V_d'].mean():.3f} V"
        )
    paths = [save_table(frame, out, "spice_accuracy")]
    paths += save_figure(spice_figure(frame), out, "spice_accuracy")
    for path in paths:
        click.echo(f"wrote {path}")


def _read(path, v_syn, ramp):
    """Circuit and network (or one layer of weights) from a file."""
    import numpy as np

    from rcspike_brian.circuit import Circuit
    from rcspike_brian.errors import InvalidInput
    from rcspike_brian.network import Network

    if path.suffix != ".csv":
        network = Network.load(path / "network.npz" if path.is_dir() else path)
        network = network if v_syn is None else network.on_circuit(v_syn)
        return Circuit.normalised(network.circuit.e, ramp=ramp), network
    try:
        weights = np.loadtxt(path, delimiter=",", ndmin=2)
    except (OSError, ValueError) as error:
        raise InvalidInput(f"cannot read the weights {path}: {error}") from None
    return Circuit.normalised(1.0 if v_syn is None else v_syn, ramp=ramp), weights


def _exact(circuit, network, times):
    """Spike times of all layers by the exact solver."""
    from rcspike_brian.core.membrane import membrane_potential
    from rcspike_brian.network import Network

    if not isinstance(network, Network):
        v = membrane_potential([times], network, circuit.beta)
        return [circuit.spike_time(v)[0]]
    return [state.times[0] for state in network.on_circuit(circuit).walk([times])]
