"""``python -m benchmarks profile``."""

import click

from benchmarks.commands.options import (
    data_options,
    layers_option,
    load,
    number,
    out_option,
    v_syn_option,
)


@click.command()
@data_options
@number("--batch-size", 64)
@layers_option
@v_syn_option
@number("--repetitions", 5, "The fastest counts.")
@out_option
def profile(out, **options):
    """Microseconds of every stage of a training step, for one sample in one thread."""
    from benchmarks.profile import measure_stages
    from benchmarks.profile_maps import measure_map_stages
    from benchmarks.report import Report, digits, table

    dataset = load(options)
    report = Report(out, f"profile-{dataset.name}", {"data": dataset.label(), **options})
    report.say_header()
    maps = any(isinstance(layer, str) for layer in options["hidden"])
    stages = (measure_map_stages if maps else measure_stages)(dataset, **options)
    report.save(stages=stages)
    head = ["stage", "us per sample", "share"]
    rows = [[s["stage"], digits(s["microseconds"]), f"{s['share']:.0%}"] for s in stages]
    if maps:
        head += ["neuron-events", "of the limit"]
        for row, s in zip(rows, stages, strict=True):
            there = "neuron_events" in s
            row += [f"{s['neuron_events']:,.0f}", f"{s['of_limit']:.0%}"] if there else ["", ""]
    click.echo(f"\n{table(head, rows)}\n")
    report.say_where()
