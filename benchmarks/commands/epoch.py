"""``python -m benchmarks epoch``."""

import tempfile

import click

from benchmarks.commands.options import (
    data_options,
    layers_option,
    load,
    names,
    need_torch,
    number,
    run_options,
    v_syn_option,
)
from benchmarks.peers import DEFAULT, PEERS

_NETWORK = ("hidden", "batch_size", "v_syn")


@click.command()
@data_options
@number("--batch-size", 64)
@layers_option
@v_syn_option
@names("--peers", DEFAULT, tuple(PEERS))
@number("--pairs", 5, "Processes of the package and of each peer, in alternation.")
@number("--epochs", 3, "In each process; its median counts.")
@number("--batches", 30, "Batches on which expensive peers are measured, scaled to an epoch.")
@number("--warm-up", 50, "Batches before the clock starts.")
@run_options
def epoch(out, **options):
    """Seconds and memory of a training epoch, package and peers in alternation."""
    from benchmarks.data import store
    from benchmarks.epoch import EpochBenchmark, summary_table
    from benchmarks.report import Report

    need_torch(options["peers"])
    dataset = load(options)
    name = f"epoch-{dataset.name}-batch-{options['batch_size']}"
    report = Report(out, name, {"data": dataset.label(), **options})
    report.say_header()
    peers = options.pop("peers")
    network = {setting: options.pop(setting) for setting in _NETWORK}
    results = []
    with tempfile.TemporaryDirectory() as folder:
        store(folder, dataset)
        benchmark = EpochBenchmark({"data": folder, **network}, **options)
        benchmark.prime()
        if not peers:
            report.save(package_runs=benchmark.alone())
        for peer in peers:
            results.append(benchmark.compare(peer))
            report.save(results=results)
    if peers:
        click.echo(f"\n{summary_table(results)}\n")
    report.say_where()
