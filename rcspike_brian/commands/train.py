"""``rcspike train``: train a network into a run folder."""

import sys

import click

from rcspike_brian.commands.options import (
    DriveVoltage,
    NumberList,
    data_options,
    threads_option,
)
from rcspike_brian.commands.runs import same_subset


@click.command()
@click.option("--dataset", default="mnist", show_default=True, help="mnist or fashion-mnist.")
@click.option(
    "--v-syn",
    type=DriveVoltage(),
    default=1.0,
    show_default=True,
    help="Drive voltage in units of V_th; 'inf' is the conventional circuit.",
)
@click.option(
    "--hidden",
    type=NumberList(int),
    default="200,200",
    show_default=True,
    help="Neurons of the hidden layers.",
)
@click.option("--epochs", type=int, default=10, show_default=True)
@click.option("--batch-size", type=int, default=64, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--learning-rate", type=float, default=1e-3, show_default=True)
@click.option("--schedule", default="cosine", show_default=True, help="cosine or constant.")
@click.option(
    "--weight-decay",
    type=float,
    default=0.0,
    show_default=True,
    help="Weights shrink by this times the learning rate in every step.",
)
@click.option("--temperature", type=float, default=0.1, show_default=True, help="Of the softmax.")
@click.option(
    "--window",
    type=float,
    default=1.0,
    show_default=True,
    help="Weight of the penalty that keeps output spikes inside the firing phase.",
)
@click.option(
    "--noise",
    type=float,
    default=0.0,
    show_default=True,
    help="Standard deviation of noise on hidden spike times in training, in units of T.",
)
@click.option(
    "--weight-spread",
    type=float,
    default=0.0,
    show_default=True,
    help="Log-normal spread of the weights, drawn anew for every batch: robust against devices "
    "that differ.",
)
@click.option(
    "--label-smoothing",
    type=float,
    default=0.0,
    show_default=True,
    help="Fraction of each label that is shared by all classes.",
)
@click.option(
    "--shift",
    type=int,
    default=0,
    show_default=True,
    help="Move training images by up to so many pixels, at random.",
)
@click.option("--flip", is_flag=True, help="Mirror half of the training images, at random.")
@click.option(
    "--init-scale",
    type=float,
    default=1.0,
    show_default=True,
    help="Initial weights have the standard deviation init_scale/sqrt(n_in).",
)
@click.option(
    "--init-bias",
    type=float,
    default=0.0,
    show_default=True,
    help="Initial weight of the bias line of hidden neurons.",
)
@data_options
@threads_option
@click.option("--out", type=click.Path(), required=True, help="Run folder to write.")
@click.option("--resume", is_flag=True, help="Continue the run in --out with its own settings.")
@click.option("--quiet", is_flag=True, help="No progress bar.")
@click.pass_context
def train(ctx, out, resume, quiet, threads, **options):
    """Train a network by exact spike-time gradients.

    The folder OUT receives network.npz, config.json, metrics.csv and checkpoint.npz after each
    epoch. Ctrl-C stops; --resume continues to the same result as an uninterrupted run.
    """
    from rcspike_brian.data import load_dataset
    from rcspike_brian.training import train as run_training

    config, name, subset = _resumed(ctx, out, options) if resume else _fresh(options)
    dataset = load_dataset(name, data_dir=options["data_dir"], subset=subset)
    click.echo(f"{dataset.label()}; from {dataset.source}")
    try:
        run = run_training(
            dataset, config, out=out, resume=resume, progress=not quiet, threads=threads
        )
    except KeyboardInterrupt:
        click.echo(f"\nStopped. Continue with: rcspike train --resume --out {out}", err=True)
        sys.exit(130)
    last = run.metrics.iloc[-1]
    click.echo(
        f"test accuracy {last['test_accuracy']:.4f} by earliest spike "
        f"({last['test_accuracy_potential']:.4f} by largest potential); run folder {out}"
    )


def _fresh(options):
    from rcspike_brian.training import TrainingConfig

    return TrainingConfig(**_settings(options)), options["dataset"], options["subset"]


def _settings(options):
    """Those options that are settings of the training."""
    from dataclasses import fields

    from rcspike_brian.training import TrainingConfig

    names = (field.name for field in fields(TrainingConfig))
    return {name: options[name] for name in names if name in options}


def _resumed(ctx, out, options):
    """Settings of the run, changed by what was said on the command line.

    A change is refused later, by a message that names it: silently ignoring it would be worse.
    """
    from dataclasses import replace

    from rcspike_brian.training import run_settings

    def said(name):
        return ctx.get_parameter_source(name).name == "COMMANDLINE"

    config, data = run_settings(out)
    changes = {name: value for name, value in _settings(options).items() if said(name)}
    config = replace(config, **changes)
    subset = same_subset(options["subset"], options["data_dir"], data)
    return config, options["dataset"] if said("dataset") else data["name"], subset
