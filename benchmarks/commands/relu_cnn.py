"""``python -m benchmarks relu-cnn``."""

import click

from benchmarks.commands.options import (
    data_options,
    layers_option,
    load,
    need_torch,
    number,
    out_option,
)


@click.command("relu-cnn")
@data_options
@layers_option
@number("--epochs", 30)
@number("--seeds", 3, "How many, from 0 on.")
@click.option("--learning-rate", default=1e-3, show_default=True)
@click.option("--weight-decay", default=0.05, show_default=True)
@out_option
def relu_cnn(out, hidden, epochs, seeds, learning_rate, weight_decay, **options):
    """Test accuracy of the ReLU network of the same shape, trained in PyTorch."""
    import pandas as pd

    need_torch(["mlp"])
    from benchmarks.relu_cnn import train_relu
    from benchmarks.report import Report
    from rcspike_brian.training import recipe

    dataset = load(options)
    config = recipe("robust", dataset, hidden=hidden)
    settings = {"layers": hidden, "epochs": epochs, "rate": learning_rate, "decay": weight_decay}
    report = Report(out, f"relu-cnn-{dataset.name}", {"data": dataset.label(), **settings})
    report.say_header()
    rows = []
    for seed in range(seeds):
        how = dataset, config, seed, epochs, learning_rate, weight_decay

        def tell(epoch, accuracy, seed=seed):
            rows.append(
                {"dataset": dataset.name, "seed": seed, "epoch": epoch, "accuracy": accuracy}
            )
            click.echo(f"  seed {seed}, epoch {epoch}: {accuracy:.4f}")

        train_relu(*how, tell)
        report.save_frame(pd.DataFrame(rows))
    report.say_where()
