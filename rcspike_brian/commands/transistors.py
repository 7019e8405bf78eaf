"""``rcspike transistors``: RC-Spike in the open process sky130."""

import math

import click

from rcspike_brian.commands import options
from rcspike_brian.commands.options import option
from rcspike_brian.commands.runs import simulate_in_numpy, write_results


def _corner(text):
    from rcspike_brian.spice.sky130 import Process

    return Process(text).corner


_corners = option(
    "--corners", type=options.ListOf(_corner), default="tt,ss,ff,sf,fs", help="Of the process."
)


@click.group()
def transistors():
    """Simulate RC-Spike in transistors of the open process sky130 (needs ngspice and the extra)."""


@transistors.command("lambda")
@_corners
@option("--temperature", default=27.0, help="In degrees Celsius.")
@options.out()
def modulation(corners, temperature, out):
    """Channel-length modulation and reversal potentials against the bias, by simulation."""
    import pandas as pd

    from rcspike_brian.figures import modulation_figure
    from rcspike_brian.spice import Design, Process, at_current, extract_sources

    design = Design()
    frames = [extract_sources(Process(corner, temperature), design) for corner in corners]
    click.echo("corner  lambda N  lambda P  discharge (1/V)     E+     E- (V_th)")
    for corner, frame in zip(corners, frames, strict=True):
        n, p = (at_current(frame, kind, "lambda", design.I_unit) for kind in "np")
        d = at_current(frame, "discharge", "lambda", design.I_full)
        e = [1 / (x * design.V_th) for x in (n, p)]
        click.echo(f"{corner:6s} {n:9.3f} {p:9.3f} {d:10.3f} {e[0]:14.2f} {e[1]:6.2f}")
    frame = pd.concat(frames, ignore_index=True)
    write_results(out, {"lambda": frame}, {"lambda": modulation_figure(frame, design.I_unit)})


@transistors.command()
@_corners
@option(
    "--samples",
    type=click.IntRange(1, 50),
    default=50,
    help="Test flowers in corner tt; Brian2 and resistors with diodes judge all 50 only.",
)
@option("--samples-corners", type=click.IntRange(1, 50), default=50, help="In the others.")
@option("--mismatch", type=click.IntRange(0), default=20, help="Chips with mismatch.")
@option("--samples-mismatch", type=click.IntRange(1, 50), default=50, help="On each of them.")
@options.out()
def iris(corners, samples, samples_corners, mismatch, samples_mismatch, out):
    """A 5-5-5 network on Iris: exact solver, Brian2, resistors and diodes, transistors.

    In every corner a network is trained for what is extracted there; and the network for tt is put
    on chips of the other corners, and on chips with mismatch.
    """
    import pandas as pd

    from rcspike_brian.experiments import (
        compare_transistors,
        train_for_transistors,
        transistor_rmse,
    )
    from rcspike_brian.figures import transistors_figure
    from rcspike_brian.spice import Process, extract

    simulate_in_numpy()
    frames, circuits = [], []

    def add(*what, **how):
        frames.append(compare_transistors(*what, **how))
        for row in transistor_rmse(frames[-1]).itertuples():
            click.echo(
                f"extracted in {row.extracted}, made in {row.corner}, mismatch {row.mismatch}, "
                f"{row.network}: {row.model:.2f} ns against its model, {row.circuit:.2f} ns "
                f"against the exact circuit, accuracy {row.accuracy:.2f}"
            )

    nominal = extract(Process("tt"))
    networks = train_for_transistors(nominal)
    add(networks, nominal, samples=samples, others=samples == 50)
    for corner in corners:
        extracted = nominal if corner == "tt" else extract(Process(corner))
        plus, minus = extracted.circuit.e
        parts = extracted.parasitics | {f"gain_{k}": v for k, v in extracted.gains.items()}
        found = {"corner": corner, "V_th": extracted.design.V_th, "e_plus": plus, "e_minus": minus}
        _, g = extracted.circuit.ramp.drive(extracted.circuit)
        circuits.append(found | {"b": -math.expm1(-g)} | parts)
        if corner != "tt":
            trained = train_for_transistors(extracted)
            add(trained, extracted, samples=samples_corners)
            add(networks, nominal, Process(corner), samples=samples_corners, models=["RC-Spike"])
    for seed in range(mismatch):
        chip = Process("tt", seed=seed)
        add(networks, nominal, chip, samples=samples_mismatch, models=["RC-Spike"])
    frame = pd.concat(frames, ignore_index=True)
    tables = {"iris": frame, "iris_rmse": transistor_rmse(frame)}
    tables["circuits"] = pd.DataFrame(circuits)
    write_results(out, tables, {"iris": transistors_figure(frame)})


@transistors.command()
@option("--chips", type=click.IntRange(1), default=20, help="With the mismatch of seeds 0, 1, ...")
@option("--samples", type=click.IntRange(1, 50), default=10, help="Test flowers on each.")
@options.out()
def copiers(chips, samples, out):
    """The chips with mismatch of `iris`, whose sources make their gate voltages themselves."""
    import pandas as pd

    from rcspike_brian.experiments import (
        compare_transistors,
        train_for_transistors,
        transistor_rmse,
    )
    from rcspike_brian.spice import Process, extract

    nominal = extract(Process("tt"))
    networks = train_for_transistors(nominal)
    how = {"samples": samples, "models": ["RC-Spike"], "copiers": True}
    frames = []
    for seed in range(chips):
        chip = Process("tt", seed=seed)
        frames.append(transistor_rmse(compare_transistors(networks, nominal, chip, **how)))
        error, accuracy = frames[-1][["model", "accuracy"]].iloc[0]
        click.echo(f"mismatch {seed}: {error:.2f} ns against the model, accuracy {accuracy:.2f}")
    write_results(out, {"copiers": pd.concat(frames, ignore_index=True)}, {})


@transistors.command()
@_corners
@options.out()
def parts(corners, out):
    """What a comparator and an operational amplifier take: the numbers of --parts sky130."""
    import pandas as pd

    from rcspike_brian.spice import Process, simulate_parts

    frame = pd.concat([simulate_parts(Process(corner)) for corner in corners], ignore_index=True)
    for row in frame.itertuples():
        click.echo(
            f"{row.corner}: comparator {row.comparator * 1e15:.0f} fJ per inference "
            f"({row.comparator_least * 1e15:.0f} to {row.comparator_most * 1e15:.0f} by spike "
            f"time) and {row.comparator_static * 1e9:.2g} nW at rest; amplifier "
            f"{row.amplifier_static * 1e6:.2f} uW, settles in {row.amplifier_settling * 1e9:.0f} ns"
        )
    write_results(out, {"parts": frame}, {})
