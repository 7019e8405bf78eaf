"""``python -m benchmarks profile``."""

import click

from benchmarks.commands.options import (
    data_options,
    load,
    number,
    numbers,
    out_option,
    v_syn_option,
)


@click.command()
@data_options
@number("--batch-size", 64)
@numbers("--hidden", "200,200", "Neurons of the hidden layers.")
@v_syn_option
@number("--repetitions", 5, "The fastest counts.")
@out_option
def profile(out, **options):
    """Microseconds of every stage of a training step, for one sample in one thread."""
    from benchmarks.profile import measure_stages
    from benchmarks.report import Report, digits, table

    dataset = load(options)
    report = Report(out, f"profile-{dataset.name}", {"data": dataset.label(), **options})
    report.say_header()
    stages = measure_stages(dataset, **options)
    report.save(stages=stages)
    rows = [(s["stage"], digits(s["microseconds"]), f"{s['share']:.0%}") for s in stages]
    click.echo(f"\n{table(('stage', 'us per sample', 'share'), rows)}\n")
    report.say_where()
