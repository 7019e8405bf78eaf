"""``python -m benchmarks startup``."""

import os

import click

from benchmarks.commands.options import data_options, load, number, run_options


@click.command()
@data_options
@number("--cold", 2, "Starts with an empty cache of compiled kernels.")
@number("--warm", 5, "Starts with a filled one.", smallest=0)
@run_options
def startup(out, threads, cold, warm, **options):
    """Seconds from the command "rcspike train" to its first batch."""
    from benchmarks.report import Report
    from benchmarks.startup import measure_startup, startup_table

    arguments = ["--dataset", options["dataset"]]
    if options["data_dir"]:
        arguments += ["--data-dir", os.path.abspath(options["data_dir"])]
    if options["subset"]:
        arguments += ["--subset", options["subset"]]
    dataset = load(options)
    settings = {"data": dataset.label(), "threads": threads}
    report = Report(out, "startup", settings)
    report.say_header()
    seconds = measure_startup(arguments, cold, warm, threads)
    report.save(seconds=seconds)
    click.echo(f"\n{startup_table(seconds)}\n")
    report.say_where()
