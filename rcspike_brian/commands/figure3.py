"""``rcspike figure3``: accuracy against V_syn."""

import click

from rcspike_brian.commands.options import NumberList, data_options, threads_option


@click.command()
@click.argument("results", required=False, type=click.Path())
@click.option("--out", type=click.Path(), default="figures", show_default=True)
@click.option(
    "--v-syn",
    "v_syns",
    type=NumberList(float),
    default="0.5,1,2,4,8",
    show_default=True,
    help="Drive voltages in units of V_th.",
)
@click.option("--seeds", type=int, default=2, show_default=True, help="Networks per point.")
@click.option("--epochs", type=int, default=15, show_default=True)
@data_options
@threads_option
def figure3(results, out, v_syns, seeds, epochs, data_dir, subset, threads):
    """Draw Figure 3: accuracy against V_syn, with the ordinary networks beside it.

    With RESULTS, a CSV file as written by an earlier call, draw from it. Without, train all the
    networks first; this takes hours on the complete data and minutes with --subset bundled.
    """
    import pandas as pd

    from rcspike_brian.errors import DataError
    from rcspike_brian.storage import make_folder

    folder = make_folder(out)
    if results:
        try:
            frame = pd.read_csv(results)
        except (OSError, ValueError) as error:
            raise DataError(f"cannot read the results {results}: {error}") from None
    else:
        frame = figure3_results(v_syns, range(seeds), epochs, data_dir, subset, threads)
    draw_figure3(frame, folder)


def figure3_results(v_syns, seeds, epochs, data_dir, subset, threads):
    """Train all networks of Figure 3 on both data sets; returns the frame of results."""
    from rcspike_brian.data import DATASETS, load_dataset
    from rcspike_brian.sweeps import figure3_cells, run_cells
    from rcspike_brian.training import TrainingConfig

    datasets = {name: load_dataset(name, data_dir=data_dir, subset=subset) for name in DATASETS}
    for dataset in datasets.values():
        click.echo(f"{dataset.label()}; from {dataset.source}")
    config = TrainingConfig(epochs=epochs)
    return run_cells(figure3_cells(datasets, v_syns, seeds, config), datasets, threads=threads)


def draw_figure3(frame, folder):
    """Write fig3.csv, fig3.png and fig3.pdf into a folder."""
    from rcspike_brian.figures import accuracy_figure, save_figure, save_table

    paths = [
        save_table(frame, folder, "fig3"),
        *save_figure(accuracy_figure(frame), folder, "fig3"),
    ]
    for path in paths:
        click.echo(f"wrote {path}")
