"""``rcspike spice``: netlists, ngspice, and the solver against it."""

from pathlib import Path

import click

from rcspike_brian.commands import options
from rcspike_brian.commands.options import option
from rcspike_brian.commands.runs import write_results

_TIMES = "Input spike times in units of T, e.g. 0.1,0.4,1; 1 is no spike."
_RAMP = "Of the circuit [default: the network's; linear for a CSV file]."
_netlist_options = options.all_of(
    click.argument("weights", type=click.Path(path_type=Path)),
    option("--times", type=options.ListOf(float), required=True, help=_TIMES),
    options.v_syn("Circuit [default: the network's; 1 for a CSV file]"),
    options.tolerance,
    options.diode,
    option("--ramp", metavar="[linear|rc]", help=_RAMP),
    option("--wire-resistance", default=0.0, help="Of a line between synapses, in ohms."),
)


@click.group()
def spice():
    """Write the circuit as a SPICE netlist and run it with ngspice."""


@spice.command()
@_netlist_options
@option("--out", type=click.Path(path_type=Path), required=True, help="File to write.")
def netlist(weights, times, v_syn, ramp, out, **options):
    """Write the netlist of WEIGHTS; ngspice need not be installed.

    WEIGHTS is a run folder, a network.npz, or a CSV file with the normalised weights of one layer:
    a row for each input, a column for each neuron, no header.
    """
    from rcspike_brian.spice.simulate import netlist_of
    from rcspike_brian.storage import atomic_write, make_folder

    circuit, network = _read(weights, v_syn, ramp)
    text, _ = netlist_of(circuit, network, times, **options)
    make_folder(out.parent)
    with atomic_write(out) as temporary:
        temporary.write_text(text, encoding="ascii")
    click.echo(f"wrote {out}; run it with: ngspice -b -r circuit.raw {out}")


@spice.command()
@_netlist_options
@option("--time-limit", default=120.0, help="In seconds.")
@options.out("Folder for the tables, the netlist, ngspice's raw file and its log.", required=True)
def run(weights, times, v_syn, ramp, out, **options):
    """Run WEIGHTS (as for `netlist`) in ngspice, beside the exact solver."""
    from rcspike_brian.spice import simulate_spice

    circuit, network = _read(weights, v_syn, ramp)
    exact_times = _exact(circuit, network, times)
    result = simulate_spice(circuit, network, times, keep=out, **options)
    click.echo("layer neuron   t_out ngspice   t_out exact   difference")
    layers = zip(result.t_out, exact_times, strict=True)
    for l, (found, exact) in enumerate(layers, start=1):
        for i, (a, b) in enumerate(zip(found, exact, strict=True)):
            click.echo(f"{l:5d} {i:6d} {a:15.6f} {b:13.6f} {a - b:12.2e}")
    write_results(out, {"spikes": result.spikes, "traces": result.traces}, {})
    click.echo(f"the netlist, the raw file and the log are beside the tables in {out}")


@spice.command()
@option("--neurons", default=40, help="Random neurons.")
@option("--seed", default=0)
@options.v_syn("Circuit", 2.5)
@option("--tolerances", type=options.ListOf(float), default="1e-2,1e-3,1e-4,1e-5,1e-6")
@options.out()
def accuracy(neurons, seed, v_syn, tolerances, out):
    """Exact solver against ngspice: random 10-input neurons.

    Ideal diodes at every tolerance; all three diodes at the finest, with and without their forward
    drop in the model. V_th is 1 V.
    """
    import pandas as pd

    from rcspike_brian.circuit import Circuit
    from rcspike_brian.figures import spice_figure
    from rcspike_brian.spice import compare_neurons

    circuit = Circuit.normalised(v_syn)
    runs = [("ideal", tolerance) for tolerance in sorted(tolerances, reverse=True)]
    if circuit.kind == "rc-spike":  # a conventional circuit has no diodes
        runs += [(name, min(tolerances)) for name in ("near-ideal", "real")]
    frames = [
        compare_neurons(circuit, neurons, diode=diode, tolerance=tolerance, seed=seed)
        for diode, tolerance in runs
    ]
    frame = pd.concat(frames, ignore_index=True)
    for (diode, tolerance), part in frame.groupby(["diode", "tolerance"], sort=False):
        errors = part[["t_ideal", "t_drop"]].sub(part["t_ngspice"], axis=0)
        without, with_drop = (errors**2).mean() ** 0.5
        click.echo(
            f"{diode:10s} tolerance {tolerance:.0e}: spike-time RMSE {without:.2e} T without V_d "
            f"in the model, {with_drop:.2e} T with V_d = {part['V_d'].mean():.3f} V"
        )
    write_results(out, {"spice_accuracy": frame}, {"spice_accuracy": spice_figure(frame)})


@spice.command()
@option("--sizes", type=options.ListOf(int), default="16,64", help="Crossbars of n x n synapses.")
@option("--resistances", type=options.ListOf(float), default="0,2,20,200", help="In ohms.")
@option("--seed", default=0)
@option("--time-limit", default=3600.0, help="In seconds, for each run.")
@options.out()
def wires(sizes, resistances, seed, time_limit, out):
    """Spike times of crossbars whose lines have a resistance, against the exact solver without.

    The circuit is that of arXiv:2412.09010; a resistance is that of a line between two synapses.
    """
    import pandas as pd

    from rcspike_brian.circuit import Circuit
    from rcspike_brian.spice import compare_wires

    how = {"seed": seed, "time_limit": time_limit}
    frames = [compare_wires(Circuit.sky130(), n, resistances, **how) for n in sizes]
    frame = pd.concat(frames, ignore_index=True)
    for (n, R), part in frame.groupby(["n", "wire_resistance"]):
        error = part["t_ngspice"] - part["t_exact"]
        click.echo(
            f"{n} x {n}, {R:g} ohm: RMSE {(error**2).mean() ** 0.5:.2e} T, most "
            f"{error.abs().max():.2e} T"
        )
    write_results(out, {"wires": frame}, {})


def _read(path, v_syn, ramp):
    """Circuit and network (or one layer of weights) from a file."""
    import numpy as np

    from rcspike_brian.circuit import Circuit
    from rcspike_brian.errors import InvalidInput
    from rcspike_brian.network import Network
    from rcspike_brian.storage import readable_file

    path = readable_file(path)
    if path.suffix != ".csv":
        network = Network.load(path / "network.npz" if path.is_dir() else path)
        if v_syn is not None:
            return Circuit.normalised(v_syn, ramp=ramp or network.circuit.ramp), network
        values = {**network.circuit.to_dict(), "diode": "ideal"}  # --diode says which
        return Circuit.from_dict(values | ({"ramp": ramp} if ramp else {})), network
    try:
        weights = np.loadtxt(path, delimiter=",", ndmin=2, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise InvalidInput(f"cannot read the weights {path}: {error}") from None
    v_syn = 1.0 if v_syn is None else v_syn
    return Circuit.normalised(v_syn, ramp=ramp or "linear"), weights


def _exact(circuit, network, times):
    """Spike times of all layers by the exact solver."""
    from rcspike_brian.core.membrane import membrane_potential
    from rcspike_brian.network import Network

    if not isinstance(network, Network):
        v = membrane_potential([times], network, circuit.beta)
        return [circuit.spike_time(v)[0]]
    return [state.times[0] for state in network.on_circuit(circuit).walk([times])]
