"""``python -m benchmarks full-batch``."""

import click

from benchmarks.commands.options import names, number, numbers, out_option, v_syn_option

_METHODS = ("sgd", "adam", "CG", "L-BFGS-B")


@click.command("full-batch")
@click.option("--dataset", default="mnist", show_default=True, help="Its bundled subset, or iris.")
@numbers("--hidden", "50", "Neurons of the hidden layers.")
@v_syn_option
@names("--methods", _METHODS, _METHODS)
@number("--seconds", 60, "For each method and learning rate.")
@number("--seed", 0, "Of the weights that all begin with.", smallest=0)
@out_option
def full_batch(out, dataset, hidden, v_syn, methods, seconds, seed):
    """Loss of full-batch training against seconds, by gradient descent, Adam and SciPy."""
    from benchmarks import plots
    from benchmarks.full_batch import best_rates, courses, losses_table
    from benchmarks.report import Report
    from rcspike_brian import Network, SpikeTimeObjective, load_dataset

    subset = None if dataset == "iris" else "bundled"
    data = load_dataset(dataset, subset=subset)
    sizes = (data.train_images.shape[1], *hidden, len(data.class_names))
    settings = {"dataset": dataset, "sizes": sizes, "v_syn": v_syn, "seconds": seconds}
    report = Report(out, f"full-batch-{dataset}", {**settings, "seed": seed})
    report.say_header()
    click.echo(data.label())
    network = Network.random(sizes, v_syn=v_syn, seed=seed)
    objective = SpikeTimeObjective(network, data.train_images, data.train_labels)
    frame = courses(objective, methods, seconds)
    report.save_frame(frame)
    best = best_rates(frame)
    moments = [seconds / 4, seconds / 2, seconds]
    report.save(table=losses_table(best, moments))
    caption = plots.full_batch_caption(data.label(), sizes, v_syn)
    report.save_figure(plots.full_batch_figure(best, caption))
    click.echo(f"\n{report.content['table']}\n")
    report.say_where()
