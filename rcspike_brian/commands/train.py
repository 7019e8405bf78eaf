"""``rcspike train``, ``rcspike evaluate``: a network into a run folder, and its accuracy."""

import sys

import click

from rcspike_brian.commands import options
from rcspike_brian.commands.options import flag, option
from rcspike_brian.commands.runs import open_run, same_subset

_RECIPE = (
    "Settings for the data set by name, in place of the defaults below where these are not given: "
    "robust is accurate with comparators that jitter too, sharp is for those that do not, plain "
    "has the loss and Adam alone."
)


@click.command()
@option("--dataset", default="mnist", help="Name of a data set; `rcspike data list` shows all.")
@option("--recipe", default="robust", help=_RECIPE)
# How a batch is cut up for the threads is nothing that a user would choose.
@options.fields_of("training/config.py", "TrainingConfig", without=("shards",))
@options.data
@options.threads
@option("--out", type=click.Path(), required=True, help="Run folder to write.")
@flag("--resume", help="Continue the run in --out with its own settings.")
@options.quiet
@click.pass_context
def train(ctx, dataset, recipe, data_dir, subset, threads, out, resume, quiet, **settings):
    """Train a network by exact spike-time gradients.

    The folder OUT receives network.npz, config.json, metrics.csv and checkpoint.npz after each
    epoch. Ctrl-C stops; --resume continues to the same result as an uninterrupted run.
    """
    from dataclasses import replace

    from rcspike_brian import training
    from rcspike_brian.data import load_dataset

    def said(name):
        return ctx.get_parameter_source(name).name == "COMMANDLINE"

    settings = {name: value for name, value in settings.items() if said(name)}
    if resume:
        config, trained_on = training.run_settings(out)
        dataset = dataset if said("dataset") else trained_on["name"]
        subset = same_subset(subset, data_dir, trained_on)
    data = load_dataset(dataset, data_dir=data_dir, subset=subset)
    if said("recipe") or not resume:
        config = training.recipe(recipe, data, **settings)
    else:
        # A change is refused later, by a message that names it: ignoring it would be worse.
        config = replace(config, **settings)
    click.echo(f"{data.label()}; from {data.source}")
    try:
        how = {"out": out, "resume": resume, "progress": not quiet, "threads": threads}
        run = training.train(data, config, **how)
    except KeyboardInterrupt:
        click.echo(f"\nStopped. Continue with: rcspike train --resume --out {out}", err=True)
        sys.exit(130)
    last = run.metrics.iloc[-1]
    click.echo(
        f"test accuracy {last['test_accuracy']:.4f} by earliest spike "
        f"({last['test_accuracy_potential']:.4f} by largest potential); run folder {out}"
    )


@click.command()
@options.run
@options.dataset
@options.v_syn("Put the trained weights, unchanged, on another circuit")
@option("--noise", default=0.0, help="Standard deviation of noise on hidden spike times, in T.")
@option("--seed", default=0, help="Of the noise.")
@options.data
@options.threads
def evaluate(run, dataset, v_syn, data_dir, subset, **options):
    """Evaluate the network of the run folder RUN on test images.

    Comparators that jitter, and other devices: `rcspike chips`, and `rcspike front`.
    """
    from rcspike_brian.training import evaluate as evaluate_network

    network, data, _ = open_run(run, data_dir, subset, dataset, v_syn)
    click.echo(f"{data.label()}; from {data.source}")
    for name, value in evaluate_network(network, data, **options).items():
        click.echo(f"{name:20s} {value:.4f}")
