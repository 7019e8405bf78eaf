"""``python -m benchmarks simulation``."""

import click

from benchmarks.commands.options import (
    data_options,
    load,
    names,
    number,
    numbers,
    run_options,
    v_syn_option,
)


@click.command()
@data_options
@numbers("--hidden", "50", "Neurons of the hidden layers.")
@v_syn_option
@number("--images", 10, "Test images to present.")
@number("--steps", 200, "Time steps of Brian2 per phase.")
@names(
    "--methods",
    ("exact", "brian2"),
    ("exact", "brian2", "brian2-standalone"),
    "Standalone compiles each layer of each image anew.",
)
@run_options
def simulation(out, **options):
    """Seconds per image in Brian2 against the exact solution."""
    from benchmarks.report import Report
    from benchmarks.simulation import compare_simulators, simulators_table, trained_network

    if "exact" not in options["methods"]:
        raise click.BadParameter("--methods needs 'exact', with which the others are compared")
    dataset = load(options)
    report = Report(out, "simulation", {"data": dataset.label(), **options})
    report.say_header()
    network = trained_network(dataset, options.pop("hidden"), options.pop("v_syn"))
    rows = compare_simulators(network, dataset.test_images[: options.pop("images")], **options)
    report.save(rows=rows)
    click.echo(f"\n{simulators_table(rows)}\n")
    report.say_where()
