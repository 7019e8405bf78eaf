"""Options that several commands share, and what is made of them."""

import os

import click

from rcspike_brian.commands.options import ListOf

CORES = len(os.sched_getaffinity(0))


def number(name, default, text=None, smallest=1):
    """Option for a whole number."""
    kind = click.IntRange(smallest)
    return click.option(name, type=kind, default=default, show_default=True, help=text)


def numbers(name, default, text=None, kind=int):
    """Option for a comma-separated list of numbers."""
    return click.option(name, type=ListOf(kind), default=default, show_default=True, help=text)


def _layer(text):
    from rcspike_brian.layers.notation import layer_name

    return layer_name(int(text) if text.isdecimal() else text)


layers_option = click.option(
    "--layers",
    "--hidden",
    "hidden",
    type=ListOf(_layer),
    default="200,200",
    show_default=True,
    help="Neurons of hidden layers; or convolutions and pools, as for `rcspike train`.",
)


def names(name, default, allowed, text=""):
    """Option for a comma-separated list of names; "none" is an empty one."""

    def check(ctx, param, value):
        chosen = [part.strip() for part in value.split(",") if part.strip() not in ("", "none")]
        for part in chosen:
            if part not in allowed:
                raise click.BadParameter(f"{part!r} is not one of: {', '.join(allowed)}")
        return chosen

    text = f"{text} Comma-separated; all: {', '.join(allowed)}.".strip()
    return click.option(name, default=",".join(default), callback=check, help=text)


v_syn_option = click.option(
    "--v-syn",
    type=click.FloatRange(0, 1e6, min_open=True),
    default=1.0,
    show_default=True,
    help="Drive voltage in units of V_th.",
)


def out_option(command):
    """``--out``."""
    return click.option(
        "--out",
        type=click.Path(),
        default="results/benchmarks",
        show_default=True,
        help="Folder of the results.",
    )(command)


def run_options(command):
    """``--threads`` and ``--out``."""
    return number("--threads", min(2, CORES))(out_option(command))


def data_options(command):
    """``--dataset``, ``--data-dir`` and ``--subset``."""
    command = click.option(
        "--subset", type=click.Choice(["bundled"]), help="Use the small data of the package."
    )(command)
    command = click.option("--data-dir", type=click.Path(), help="Folder with the IDX files.")(
        command
    )
    return click.option(
        "--dataset",
        type=click.Choice(["mnist", "fashion-mnist"]),
        default="mnist",
        show_default=True,
    )(command)


def load(options):
    """The data set of `data_options`; takes these options out of the dictionary."""
    from rcspike_brian.data import load_dataset

    name, folder, subset = (options.pop(name) for name in ("dataset", "data_dir", "subset"))
    dataset = load_dataset(name, data_dir=folder, subset=subset)
    click.echo(dataset.label())
    return dataset


def need_torch(needed=True):
    """Stop with the remedy if PyTorch is needed and missing."""
    from benchmarks.machine import torch_version

    if needed and torch_version() == "not installed":
        raise click.ClickException(
            "this needs PyTorch: python -m pip install -e '.[bench]', or leave the peers out "
            "(epoch --peers none, scaling --no-peers)"
        )
