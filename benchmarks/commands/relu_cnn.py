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
@click.option("--epochs", type=click.IntRange(1), help="Default: those of the recipe.")
@number("--seeds", 3, "How many, from 0 on.")
@click.option("--learning-rate", default=1e-3, show_default=True)
@click.option("--weight-decay", default=0.05, show_default=True)
@click.option("--v-syn", default="0.5,1,2,4,8,inf", show_default=True, help="Of the circuits.")
@click.option("--noise", default=0.02, show_default=True, help="Of spike times, in units of T.")
@out_option
def relu_cnn(out, hidden, epochs, seeds, learning_rate, weight_decay, v_syn, noise, **options):
    """Test accuracy of the ReLU network of the same shape, trained in PyTorch.

    Then it is put on circuits, as it is and rescaled (`rcspike_brian.training.mapping`), and its
    accuracy by the first spike is measured with and without noise on spike times.
    """
    import pandas as pd

    need_torch(["mlp"])
    from benchmarks.relu_cnn import train_relu
    from benchmarks.report import Report
    from rcspike_brian.training import recipe

    dataset = load(options)
    config = recipe("robust", dataset, hidden=hidden)
    epochs = epochs or config.epochs
    settings = {"layers": hidden, "epochs": epochs, "rate": learning_rate, "decay": weight_decay}
    report = Report(out, f"relu-cnn-{dataset.name}", {"data": dataset.label(), **settings})
    report.say_header()
    rows, mapped = [], []
    for seed in range(seeds):
        how = dataset, config, seed, epochs, learning_rate, weight_decay

        def tell(epoch, accuracy, seed=seed):
            rows.append(
                {"dataset": dataset.name, "seed": seed, "epoch": epoch, "accuracy": accuracy}
            )
            click.echo(f"  seed {seed}, epoch {epoch}: {accuracy:.4f}")

        _, network = train_relu(*how, tell)
        report.save_frame(pd.DataFrame(rows))
        mapped += _on_circuits(network, dataset, seed, v_syn.split(","), noise)
        report.save_frame(pd.DataFrame(mapped), "-mapped")
    report.say_where()


def _on_circuits(network, dataset, seed, drives, noise):
    """Rows of accuracies of the network on each circuit."""
    from rcspike_brian.training import evaluate, mapping

    images = dataset.train_images
    usual, widest = (
        mapping.normalised(network, images, quantile=quantile) for quantile in (0.999, 1.0)
    )
    for v_syn in map(float, drives):
        circuits = {
            "as is": usual.on_circuit(v_syn),
            "rescaled": mapping.rescaled((usual, widest), v_syn, images),
        }
        for how, circuit in circuits.items():
            found = {
                f"noise_{level:g}": evaluate(circuit, dataset, noise=level, seed=0)["accuracy"]
                for level in (0.0, noise)
            }
            click.echo(f"  seed {seed}, V_syn/V_th = {v_syn:g}, {how}: {found}")
            where = {"dataset": dataset.name, "seed": seed, "v_syn": v_syn, "mapping": how}
            yield {**where, **found}
