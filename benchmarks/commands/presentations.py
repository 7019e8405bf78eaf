"""``python -m benchmarks presentations``."""

import tempfile
from pathlib import Path

import click

from benchmarks.commands.options import data_options, load, number, numbers, run_options


@click.command()
@data_options
@numbers("--hidden", "200,200", "Neurons of the hidden layers.")
@numbers("--images", "1000,250,1000", "Numbers of images, one after another; the first compiles.")
@number("--steps", 200, "Time steps per phase.")
@number("--workers", 2, "Compiled programs side by side.")
@number("--presentations", 50, "Presentations in one run of a program.")
@number("--epochs", 1, "Of the training of the network.")
@number("--starts", 3, "Later starts of rcspike simulate that are timed.", smallest=0)
@run_options
def presentations(out, threads, starts, epochs, **options):
    """Whole network in C++: images per second, where the time goes, memory, and a second start.

    Begins with an empty cache of compiled programs and leaves the user's alone.
    """
    import os

    from benchmarks.presentations import measure_throughput, presentations_table
    from benchmarks.report import Report, digits

    arguments = ["--data-dir", os.path.abspath(options["data_dir"])] if options["data_dir"] else []
    arguments += ["--subset", options["subset"]] if options["subset"] else []
    dataset = load(options)
    report = Report(out, "presentations", {"data": dataset.label(), "epochs": epochs, **options})
    report.say_header()
    with tempfile.TemporaryDirectory() as folder:
        before = os.environ.get("RCSPIKE_CACHE")
        os.environ["RCSPIKE_CACHE"] = str(Path(folder, "cache"))
        try:
            runs = _two_runs(dataset, options.pop("hidden"), epochs, folder)
            counts = options.pop("images")
            rows = measure_throughput(
                runs[0], dataset.test_images, counts, threads=threads, **options
            )
            report.save(rows=rows)
            click.echo(f"\n{presentations_table(rows)}\n")
            latencies = _later_starts(folder, arguments, starts, options)
            report.save(later_starts=latencies)
        finally:
            os.environ.pop("RCSPIKE_CACHE")
            if before is not None:
                os.environ["RCSPIKE_CACHE"] = before
    for entry in latencies:
        click.echo(
            f"rcspike simulate, {entry['network']}: {digits(entry['seconds'])} s to the first "
            f"result, {'compiled' if entry['compiled'] else 'nothing compiled'}"
        )
    report.say_where()


def _two_runs(dataset, hidden, epochs, folder):
    """Run folders of two networks of one shape, with different seeds and drive voltages."""
    from rcspike_brian.training import recipe, train

    networks = []
    for seed, v_syn in enumerate((1.0, 2.0)):
        shape = {"v_syn": v_syn, "hidden": tuple(hidden)}
        config = recipe("plain", dataset, **shape, epochs=epochs, seed=seed)
        out = Path(folder, f"run-{seed}")
        networks.append(train(dataset, config, progress=False, out=out).network)
    return networks


def _later_starts(folder, arguments, starts, options):
    """The first start compiles (it also records probes); later ones have another checkpoint."""
    from benchmarks.presentations import seconds_to_first_result

    if not starts:
        return []
    arguments = [*arguments, "--images", "100", "--dt", f"T/{options['steps']}"]
    arguments += ["--target", "cpp_standalone", "--workers", str(options["workers"])]
    found = []
    for k in range(starts + 1):
        run = Path(folder, f"run-{min(k, 1)}")
        seconds, compiled = seconds_to_first_result(run, arguments)
        name = "first start, V_syn = 1" if k == 0 else "later start, other checkpoint, V_syn = 2"
        found.append({"network": name, "seconds": seconds, "compiled": compiled})
    return found
