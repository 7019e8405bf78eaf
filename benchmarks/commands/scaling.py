"""``python -m benchmarks scaling``."""

import tempfile

import click

from benchmarks.commands.options import (
    CORES,
    data_options,
    load,
    names,
    need_torch,
    number,
    numbers,
    run_options,
    v_syn_option,
)

_SWEEPS = ("layer", "width", "depth", "batch_size", "threads", "n_in")
_METHODS = {"package": "this package", "autograd": "autograd", "dstd": "DSTD, 15 steps"}


@click.command()
@data_options
@v_syn_option
@names("--sweeps", _SWEEPS, _SWEEPS)
@numbers("--sizes", "100,300,1000,3000,6000", "Numbers of inputs n_in.")
@number("--n-out", 1000, "Neurons of the layer.")
@number("--layer-batch", 100, "Samples of the layer.")
@number("--images", 12800, "Training images per epoch.", smallest=100)
@number("--repeats", 3, "Processes per point of the training.")
@names("--methods", tuple(_METHODS), tuple(_METHODS), "For the layer.")
@click.option("--peers/--no-peers", default=True, show_default=True, help="PyTorch beside it.")
@run_options
def scaling(out, **options):
    """Time and memory against n_in, width, depth, batch size and threads."""
    from benchmarks.report import Report
    from benchmarks.scaling import exponents, exponents_table

    if not options["peers"]:
        options["methods"] = ["package"]
    trained = [name for name in options["sweeps"] if name != "layer"]
    need_torch(options["peers"] and (trained or options["methods"] != ["package"]))
    dataset = load(options) if trained else None
    label = dataset.label() if trained else "uniform random spikes"
    report = Report(out, "scaling", {"data": label, **options})
    report.say_header()
    rows = _layer_rows(options) if "layer" in options["sweeps"] else []
    report.save(rows=rows)
    rows += _training_rows(trained, dataset, options) if trained else []
    fits = exponents(rows)
    report.save(rows=rows, exponents=fits)
    _draw(report, rows)
    click.echo(f"\n{exponents_table(fits)}\n")
    report.say_where()


def _layer_rows(options):
    from benchmarks.scaling import layer_sweep

    return layer_sweep(
        options["sizes"],
        options["n_out"],
        options["layer_batch"],
        options["v_syn"],
        options["threads"],
        [_METHODS[name] for name in options["methods"]],
    )


def _training_rows(sweeps, dataset, options):
    from benchmarks.data import store
    from benchmarks.scaling import TRAINING_SWEEPS, training_sweep

    default = {
        **{name: options[name] for name in ("v_syn", "threads")},
        "n_images": min(options["images"], len(dataset.train_labels)),
    }
    ranges = {**TRAINING_SWEEPS, "n_in": options["sizes"], "threads": range(1, CORES + 1)}
    peers = ("mlp",) if options["peers"] else ()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        store(folder, dataset)
        for name in sweeps:
            default["data"] = folder
            rows += training_sweep(name, ranges[name], default, options["repeats"], peers)
    return rows


def _draw(report, rows):
    import pandas as pd

    from benchmarks import plots

    frame = pd.DataFrame(rows)
    report.save_frame(frame)
    settings = report.content["settings"]
    machine = f"{report.content['machine']['cpu']}, threads: {settings['threads']}"
    if (frame["sweep"] == "layer").any():
        caption = plots.layer_caption(settings, machine)
        report.save_figure(plots.layer_figure(frame, caption), "-layer")
    if (frame["sweep"] != "layer").any():
        caption = plots.training_caption(settings, machine)
        report.save_figure(plots.training_figure(frame, caption), "-training")
