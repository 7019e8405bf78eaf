"""``rcspike export``: conductances for whoever programs a chip."""

import json
from contextlib import ExitStack

import click

from rcspike_brian.commands import options
from rcspike_brian.commands.options import option


@click.command()
@options.run
@option("--levels", type=click.IntRange(2), help="Weights per sign [default: not quantised].")
@option("--v-th", default=0.872, help="In volts.")
@option("--v-d", default=0.0, help="Diode drop, in volts.")
@option("--capacitance", default=140e-15, help="In farads.")
@option("--period", default=1e-6, help="T, in seconds.")
@options.out("Folder to write.", required=True)
def export(run, levels, v_th, v_d, capacitance, period, out):
    """Write the conductances of the network in RUN, a run folder or a network.npz.

    A file conductances_<layer>.csv for each layer, in siemens: a row for each line of its crossbar,
    the bias line last, a column for each neuron; no header. The crossbar of a convolution has a row
    for each place of a patch and a column for each channel; layers.json has kind, patch and pool of
    every layer. The sign is that of the synapse. Quantised weights
    are multiples of the largest of their layer over the number of levels; with unequal rails the
    conductances of either sign are, each of a unit of its own. A folder with files of further
    layers, of another network, is refused.
    """
    import pandas as pd

    from rcspike_brian.circuit import Circuit
    from rcspike_brian.devices import DeviceEffects, make_chip
    from rcspike_brian.errors import InvalidInput
    from rcspike_brian.network import Network, layer_kinds
    from rcspike_brian.quantities import SI, real_number
    from rcspike_brian.storage import atomic_write

    network = Network.load(run / "network.npz" if run.is_dir() else run)
    if network.circuit.kind == "conventional":
        raise InvalidInput(
            f"{run} is for a conventional circuit, whose weights are currents and no conductances: "
            "export a network that was trained with a finite V_syn"
        )
    if levels:
        network = make_chip(network, DeviceEffects(weight_levels=levels)).network
    v_d = real_number("--v-d", v_d, ">= 0")
    V_syn = tuple(SI(e * v_th + v_d) for e in network.circuit.e)
    circuit = Circuit(C=SI(capacitance), T=SI(period), V_th=SI(v_th), V_syn=V_syn, V_d=SI(v_d))
    paths = [out / f"conductances_{l}.csv" for l, _ in enumerate(network.layers, start=1)]
    if foreign := sorted(set(out.glob("conductances_*.csv")) - set(paths)):
        raise InvalidInput(
            f"{foreign[0]} is of a network with other layers: choose another folder, or remove it"
        )
    with ExitStack() as all_or_none:
        for path, layer in zip(paths, network.layers, strict=True):
            temporary = all_or_none.enter_context(atomic_write(path))
            frame = pd.DataFrame(circuit.as_conductances(layer.matrix))
            frame.to_csv(temporary, index=False, header=False)
        paths.append(out / "layers.json")
        temporary = all_or_none.enter_context(atomic_write(paths[-1]))
        temporary.write_text(json.dumps(layer_kinds(network.layers), indent=2) + "\n")
    for path in paths:
        click.echo(f"wrote {path}")
