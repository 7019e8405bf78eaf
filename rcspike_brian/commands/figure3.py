"""``rcspike figure3``: accuracy against V_syn, from the results of a sweep."""

from pathlib import Path

import click

from rcspike_brian.commands.options import option
from rcspike_brian.commands.runs import write_results


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder for fig3.png, fig3.pdf and the table fig3.csv (default: where the results are).",
)
@option("--where", multiple=True, metavar="NAME=VALUE", help="Use only these; can be repeated.")
def figure3(results, out, where):
    """Draw Figure 3 from RESULTS: the folder of a sweep, or its results.csv alone.

    `rcspike sweep --preset figure3 --out DIR` makes the results from the complete data. Where the
    sweep varied a training option, --where chooses a value.
    """
    from rcspike_brian.analysis import accuracy_table, format_accuracy_table
    from rcspike_brian.figures import accuracy_figure, named_models
    from rcspike_brian.sweeps import read_results, select

    frame = named_models(select(read_results(results), where))
    table = accuracy_table(frame)
    folder = out or (results if results.is_dir() else results.parent)
    write_results(folder, {"fig3": table}, {"fig3": accuracy_figure(frame)})
    click.echo("Accuracy in %, mean ± standard deviation (networks), against V_syn/V_th:")
    click.echo(format_accuracy_table(table).to_string())
