"""``python -m benchmarks relu-cnn``."""

import click

from benchmarks.commands.options import (
    data_options,
    layers_option,
    load,
    need_torch,
    number,
    numbers,
    out_option,
)


@click.command("relu-cnn")
@data_options
@layers_option
@click.option("--epochs", type=click.IntRange(1), help="Default: those of the recipe.")
@numbers("--seeds", "0,1,2")
@click.option("--learning-rate", default=1e-3, show_default=True)
@click.option("--weight-decay", default=0.05, show_default=True)
@numbers("--v-syn", "0.5,1,2,4,8,inf", "Circuits that the first network is put on.", float)
@number("--threads", 1)
@out_option
def relu_cnn(
    out, hidden, epochs, seeds, learning_rate, weight_decay, v_syn, threads, **options
):  # fmt: skip
    """Test accuracy of the ReLU network of the same shape, trained in PyTorch.

    The network of the first seed is also put on circuits, as it is and rescaled
    (`rcspike_brian.training.mapping`), and measured there with and without noise. The rows are
    those of a sweep: `rcspike figure3` draws them with its results.
    """
    need_torch(["mlp"])
    import pandas as pd
    import torch

    from benchmarks.relu_cnn import train_relu
    from benchmarks.report import Report
    from rcspike_brian.layers.notation import network_name
    from rcspike_brian.sweeps.work import on_circuits
    from rcspike_brian.training import recipe

    torch.set_num_threads(threads)
    dataset = load(options)
    config = recipe("robust", dataset, hidden=hidden)
    epochs = epochs or config.epochs
    settings = {"layers": hidden, "epochs": epochs, "rate": learning_rate, "decay": weight_decay}
    report = Report(out, f"relu-cnn-{dataset.name}", {"data": dataset.label(), **settings})
    report.say_header()
    report.save()
    common = {
        "dataset": dataset.name,
        "data": "bundled subset" if dataset.is_subset else "full",
        "train_images": len(dataset.train_labels),
        "epochs": epochs,
    }
    rows = []

    def add(row):
        rows.append({**common, **row})
        report.save_frame(pd.DataFrame(rows))
        click.echo("  " + ", ".join(f"{name} {value}" for name, value in row.items()))

    for seed in seeds:
        network = train_relu(dataset, config, seed, epochs, learning_rate, weight_decay, click.echo)
        common["network"] = network_name(network.layers)
        accuracy = network.accuracy(dataset)
        add({"model": "relu-cnn", "v_syn": float("inf"), "seed": seed, "accuracy": accuracy})
        if seed == seeds[0]:
            for row in on_circuits(network, dataset, v_syn, threads):
                add({"seed": seed, **row})
    report.say_where()
